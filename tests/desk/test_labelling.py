"""Two people label a desk's own posts, neither seeing the other's first; where they differ, a lead settles it."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from tests.makers import make_agent

from amends.core.graph import Refused
from amends.desk import actions, labelling
from amends.store import models as rows

pytestmark = pytest.mark.django_db

POSTS = 12


@pytest.fixture
def full(desk):
    for number in range(POSTS):
        desk.town.post(f"My Novatel router number {number} is broken again", f"customer{number}")
    desk.listen()
    desk.bob = make_agent("Bob")
    desk.lea = make_agent("Lea", "lead")
    return desk


def next_for(desk, agent):
    labelling.draw_more(by=agent, now=desk.now, chance=random.Random(5))
    return labelling.next_post(by=agent)


def label(desk, post, agent, kind="complaint", abuse="none"):
    desk.later(seconds=5)
    labelling.label(post.id, kind, abuse, by=agent, now=desk.now)


def test_a_post_is_judged_by_two_and_then_by_nobody(full):
    first = next_for(full, full.dana)
    label(full, first, full.dana)
    # The second person begins with what waits for a second.
    assert next_for(full, full.bob).id == first.id
    label(full, first, full.bob)
    row = rows.Sampled.objects.get(pk=first.id)
    assert (row.given, row.kind, row.abuse) == (2, "complaint", "none")
    assert next_for(full, full.lea).id != first.id
    with pytest.raises(Refused, match="next one"):
        label(full, first, full.lea)


def test_nobody_judges_a_post_twice(full):
    first = next_for(full, full.dana)
    label(full, first, full.dana)
    assert next_for(full, full.dana).id != first.id
    with pytest.raises(Refused, match="already"):
        label(full, first, full.dana, "praise")


def test_what_is_shown_tells_neither_author_nor_anybody_s_opinion(full):
    shown = next_for(full, full.dana)
    assert set(vars(shown)) == {"id", "title", "text", "language", "network"}


def test_where_two_differ_a_lead_settles_it(full):
    post = next_for(full, full.dana)
    label(full, post, full.dana, "complaint", "none")
    label(full, post, full.bob, "question", "none")
    row = rows.Sampled.objects.get(pk=post.id)
    assert (row.kind, row.abuse) == ("", "none")
    with pytest.raises(Refused, match="role"):
        labelling.settle(post.id, "complaint", "none", by=full.dana, now=full.now)
    labelling.settle(post.id, "complaint", "none", by=full.lea, now=full.now)
    row.refresh_from_db()
    assert (row.kind, row.abuse, row.settled_by) == ("complaint", "none", full.lea)


def test_one_person_s_word_cannot_be_settled(full):
    post = next_for(full, full.dana)
    label(full, post, full.dana)
    with pytest.raises(Refused, match="Two people"):
        labelling.settle(post.id, "other", "none", by=full.lea, now=full.now)


def test_a_skipped_post_goes_to_others(full):
    post = next_for(full, full.dana)
    labelling.skip(post.id, by=full.dana, now=full.now)
    assert next_for(full, full.dana).id != post.id
    label(full, post, full.bob)
    label(full, post, full.lea)
    assert rows.Sampled.objects.get(pk=post.id).kind == "complaint"


def test_a_label_can_be_taken_back_until_somebody_has_judged_since(full):
    post = next_for(full, full.dana)
    label(full, post, full.dana, "praise")
    assert labelling.undo(by=full.dana, now=full.now) == post.id
    assert rows.Sampled.objects.get(pk=post.id).given == 0
    label(full, post, full.dana, "complaint")
    label(full, post, full.bob, "other")
    with pytest.raises(Refused, match="since"):
        labelling.undo(by=full.dana, now=full.now)
    # Whoever came second may: nobody has seen it.
    labelling.undo(by=full.bob, now=full.now)
    assert rows.Sampled.objects.get(pk=post.id).given == 1


def test_an_old_label_stays(full):
    post = next_for(full, full.dana)
    label(full, post, full.dana)
    with pytest.raises(Refused, match="ten minutes"):
        labelling.undo(by=full.dana, now=full.now + timedelta(minutes=11))


def test_all_posts_are_drawn_in_the_end_and_none_twice(full):
    while (post := next_for(full, full.dana)) is not None:
        label(full, post, full.dana)
    assert rows.Label.objects.count() == POSTS


def test_half_are_drawn_by_chance_and_half_for_being_unsure(full):
    odd = full.hear("Novatel hm zzz", who="odd")
    rows.Mention.objects.filter(case=odd).update(judgement={"kind": "unsure", "details": {"confidence": 0.1}})
    labelling.draw(now=full.now, chance=random.Random(1), half=3)
    by_chance = rows.Sampled.objects.filter(is_random=True)
    unsure = rows.Sampled.objects.filter(is_random=False)
    assert (by_chance.count(), unsure.count()) == (3, 3)
    assert rows.Sampled.objects.filter(mention__case=odd).exists()


def test_chance_does_not_pass_over_posts_that_were_drawn_for_being_unsure(full):
    """Else the base rate would be that of easy posts."""
    labelling.draw(now=full.now, chance=random.Random(1), half=4)
    labelling.draw(now=full.now, chance=random.Random(2), half=POSTS)
    assert rows.Sampled.objects.filter(is_random=True).count() == POSTS
    assert rows.Sampled.objects.count() == POSTS


def test_chance_is_fair(full):
    """Every post comes first as often as any other."""
    seen: dict[int, int] = {}
    for seed in range(600):
        (post,) = labelling._by_chance(random.Random(seed), 1)
        seen[post.pk] = seen.get(post.pk, 0) + 1
    assert len(seen) == POSTS
    assert min(seen.values()) > 20
    assert max(seen.values()) < 90


def test_chance_is_fair_among_very_many_too(full, monkeypatch):
    monkeypatch.setattr(labelling, "FEW", 1)
    seen = {labelling._by_chance(random.Random(seed), 1)[0].pk for seed in range(200)}
    assert len(seen) == POSTS


def test_our_own_words_and_deleted_ones_are_not_asked_about(full):
    gone, *_ = rows.Mention.objects.order_by("pk")
    rows.Mention.objects.filter(pk=gone.pk).update(deleted_at=full.now)
    labelling.draw(now=full.now, chance=random.Random(1), half=POSTS)
    assert not rows.Sampled.objects.filter(mention=gone).exists()


def test_a_post_that_a_person_judged_at_work_is_not_asked_about_for_being_unsure(full):
    case = full.case(rows.Case.objects.first().pk)
    actions.correct(case.pk, "topic", "odd", by=full.dana, now=full.now)
    drawn = [each.case_id for each in labelling._least_sure(POSTS - 1, without=set())]
    assert case.pk not in drawn


def test_who_may_only_read_labels_nothing(full):
    reader = make_agent("Rea", "read_only")
    with pytest.raises(Refused):
        next_for(full, reader)
    with pytest.raises(Refused):
        labelling.skip(1, by=reader, now=full.now)


def test_nonsense_is_refused(full):
    post = next_for(full, full.dana)
    for kind, abuse in (("unsure", "none"), ("complaint", ""), ("x", "none")):
        with pytest.raises(Refused, match="Say both"):
            labelling.label(post.id, kind, abuse, by=full.dana, now=full.now)
    with pytest.raises(Refused, match="no such post"):
        labelling.label(999_999, "complaint", "none", by=full.dana, now=full.now)
