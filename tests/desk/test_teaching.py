"""People teach it: a correction holds at once for posts that say nearly the same. (W1, W7)"""

from __future__ import annotations

import pytest

from amends.core.case import Kind
from amends.desk import actions, judging
from amends.desk.teaching import Taught
from amends.store import models as rows

pytestmark = pytest.mark.django_db

WORDS = "Novatel lol the box is on holiday again, same as last summer and the one before"
NEARLY = WORDS + " too"


def correct(desk, case, field, value, by=None):
    desk.later(minutes=1)
    actions.correct(case.pk, field, value, by=by or desk.dana, now=desk.now)


def reasons(case) -> list[str]:
    from amends.core.say import Said

    post = case.mentions.order_by("id").first()
    return [str(Said.from_json(each)) for each in post.judgement["reasons"]]


def other_than(case) -> str:
    return next(each.value for each in (Kind.OTHER, Kind.QUESTION) if each != case.kind)


def test_a_like_post_is_judged_as_the_person_did_and_says_who_and_where(desk):
    first = desk.hear(WORDS)
    wanted = other_than(first)
    correct(desk, first, "kind", wanted)
    second = desk.hear(WORDS.upper() + " https://x.example/y", who="gigi")
    assert second.kind == wanted
    assert f"Dana judged a like post so on 2026-11-21: case #{first.pk}" in reasons(second)


def test_a_nearly_like_post_too(desk):
    first = desk.hear(WORDS)
    correct(desk, first, "topic", "summer_box")
    assert desk.hear(NEARLY, who="gigi").topic == "summer_box"


def test_only_what_was_corrected_is_taken_over(desk):
    first = desk.hear(WORDS)
    before = (first.kind, first.severity, first.cause)
    correct(desk, first, "topic", "summer_box")
    second = desk.hear(WORDS, who="gigi")
    assert (second.kind, second.severity, second.cause) == before


def test_another_post_is_not_touched(desk):
    first = desk.hear("Novatel router broken")
    correct(desk, first, "topic", "summer_box")
    assert desk.hear("Novatel router broken today", who="gigi").topic != "summer_box"
    assert desk.hear("Novatel, my bill is wrong and the shop says it is not", who="ion").topic != "summer_box"


def test_the_newest_correction_wins_whoever_made_it(desk):
    first = desk.hear(WORDS)
    second = desk.hear(WORDS, who="gigi")
    correct(desk, first, "topic", "one")
    correct(desk, second, "topic", "two", by=desk.admin)
    assert desk.hear(WORDS, who="ion").topic == "two"
    correct(desk, first, "topic", "three")
    assert desk.hear(WORDS, who="lia").topic == "three"


def test_a_threat_that_a_post_makes_itself_is_never_lowered(desk):
    words = "Novatel I will come to your office tonight and kill you all, you know who I am"
    first = desk.hear(words)
    assert first.abuse == "threat"
    correct(desk, first, "abuse", "none")
    correct(desk, first, "severity", "low")
    same = desk.hear(words, who="gigi")
    assert (same.abuse, same.severity) == ("none", "low")
    other = desk.hear(words + " tomorrow", who="ion")
    assert (other.abuse, other.severity) == ("threat", "critical")


def test_a_denial_makes_it_another_post(desk):
    first = desk.hear(
        "Novatel says that my line in the old town works since the day before yesterday, they say"
    )
    correct(desk, first, "topic", "summer_box")
    denied = "Novatel says that my line in the old town never works since the day before yesterday, they say"
    assert desk.hear(denied, who="gigi").topic != "summer_box"


def test_the_record_says_that_the_desk_judged_it_not_the_person(desk):
    first = desk.hear(WORDS)
    correct(desk, first, "topic", "summer_box")
    second = desk.hear(WORDS, who="gigi")
    assert [each.by for each in rows.Judgement.objects.filter(mention__case=second)] == [None]


def test_what_the_desk_had_said_is_kept_beside_the_correction(desk):
    first = desk.hear(WORDS)
    before = first.kind
    correct(desk, first, "kind", other_than(first))
    correct(desk, first, "topic", "summer_box")
    kept = rows.CorrectedText.objects.get()
    assert kept.judged["kind"] == before
    assert kept.fields == {"kind": other_than(rows.Case(kind=before)), "topic": "summer_box"}


def test_a_page_asks_once_for_all_its_posts(desk, django_assert_num_queries):
    case = desk.hear(WORDS)
    correct(desk, case, "topic", "summer_box")
    texts = [f"{WORDS} {word}" for word in "abcdefghij"] + [WORDS] * 5 + ["Short one"]
    with django_assert_num_queries(1):
        taught = Taught(texts)
        found = [taught.newest(each) for each in texts]
    assert found[-2] is not None
    assert found[-1] is None


def test_a_text_that_anybody_asks_about_is_judged_by_the_desk_alone(desk):
    """The API's answer to any text is what the models and rules say."""
    case = desk.hear(WORDS)
    correct(desk, case, "topic", "summer_box")
    (found,) = judging.judged([judging.Asked(WORDS)])
    assert found.topic != "summer_box"


def test_an_edited_post_is_judged_by_what_was_taught(desk):
    first = desk.hear(WORDS)
    correct(desk, first, "topic", "summer_box")
    desk.town.post("Novatel, hello", who="gigi", id="g-1")
    desk.listen()
    desk.town.edit("g-1", WORDS)
    desk.listen()
    post = rows.Mention.objects.get(author__remote_id="gigi")
    assert post.judgement["topic"] == "summer_box"
