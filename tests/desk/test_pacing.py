"""S8: an account keeps its pace, and a flood of the same words waits for a person. S6: nobody answers a post that is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fakes import FakeNetwork
from tests.makers import Desk

from amends.connectors.base import RetryLater
from amends.core.graph import Refused
from amends.desk import approving, pacing, replies, sender
from amends.reply.pacing import Brake, Pace, SendingPolicy
from amends.store import models as rows

pytestmark = pytest.mark.django_db

SORRY = "Sorry about the outage in your street, {}. We expect the line to be back by noon; I will write then."


@pytest.fixture
def policy(monkeypatch):
    """Sets what `policy/sending.toml` says."""

    def set_to(pace: Pace | None = None, most_alike: int = 5) -> None:
        found = SendingPolicy(
            paces={"bluesky": pace} if pace else {},
            brake=Brake(most=most_alike, within=timedelta(hours=1), alike=0.7, from_words=5),
        )
        monkeypatch.setattr("amends.desk.policies.sending", lambda: found)

    return set_to


def answer_many(desk, n: int, text: str = SORRY) -> list[rows.OutboxEntry]:
    made = []
    for number in range(n):
        desk.later(seconds=1)
        who = f"customer{number}"
        case = desk.hear(f"My Novatel line is dead, {number}", who)
        made.append(approving.approve(case.pk, text.format(who.title()), by=desk.dana, now=desk.now))
    return made


def posted(desk) -> int:
    return len(desk.town.replies)


def test_an_account_keeps_its_gap(desk, policy):
    policy(Pace(gap=timedelta(seconds=30), most=0, within=timedelta(minutes=15)), most_alike=0)
    answer_many(desk, 3)
    desk.send()
    assert posted(desk) == 1
    assert "waits for its turn" in str(rows.OutboxEntry.objects.filter(status="approved").first().problem)
    desk.later(seconds=29)
    sender.drain(now=desk.now)
    assert posted(desk) == 1
    desk.later(seconds=1)
    sender.drain(now=desk.now)
    assert posted(desk) == 2


def test_an_account_never_posts_more_than_it_may_and_loses_nothing(desk, policy):
    policy(Pace(gap=timedelta(0), most=4, within=timedelta(minutes=10)), most_alike=0)
    answer_many(desk, 10)
    shift = sender.Shift(began_at=desk.now)
    seen = []
    for _ in range(40):
        desk.later(minutes=1)
        sender.drain(now=desk.now, shift=shift)
        seen.append(posted(desk))
    assert seen[0] == 4 and seen[-1] == 10
    assert all(late - early <= 4 for early, late in zip(seen, seen[9:], strict=False))
    assert not rows.CaseEvent.objects.filter(kind="reply_doubted").exists()


def test_the_longest_approved_goes_first(desk, policy):
    policy(Pace(gap=timedelta(seconds=5), most=0, within=timedelta(minutes=15)), most_alike=0)
    entries = answer_many(desk, 4)
    desk.later(seconds=30)
    for _ in range(8):
        sender.drain(now=desk.now)
        desk.later(seconds=5)
    assert [each["key"] for each in desk.town.replies] == [each.key for each in entries]


def test_a_reply_that_waits_for_its_turn_can_be_taken_back(desk, policy):
    policy(Pace(gap=timedelta(minutes=5), most=0, within=timedelta(minutes=15)), most_alike=0)
    _, second = answer_many(desk, 2)
    desk.send()
    replies.undo(second.pk, by=desk.dana, now=desk.now)
    desk.later(hours=1)
    sender.drain(now=desk.now)
    assert posted(desk) == 1


def test_a_flood_of_the_same_words_is_held_and_a_person_lets_it_go(desk, policy):
    policy(most_alike=3)
    entries = answer_many(desk, 5)
    desk.send()
    desk.send()
    assert posted(desk) == 3
    held = rows.OutboxEntry.objects.filter(status="held").order_by("pk")
    assert [each.pk for each in held] == [each.pk for each in entries[3:]]
    assert "said nearly the same" in str(held[0].problem)
    assert rows.Notice.objects.filter(agent=desk.admin, level="loud").count() == 1
    pacing.let_go(held[0].pk, by=desk.dana, now=desk.now)
    desk.send()
    assert posted(desk) == 4
    assert desk.kinds(entries[3].case)[-2:] == ["reply_let_go", "reply_sent"]
    assert rows.OutboxEntry.objects.get(pk=entries[4].pk).status == "held"


def test_a_held_reply_can_be_taken_back(desk, policy):
    policy(most_alike=1)
    _, second = answer_many(desk, 2)
    desk.send()
    replies.undo(second.pk, by=desk.dana, now=desk.now)
    assert rows.OutboxEntry.objects.get(pk=second.pk).status == "cancelled"
    assert rows.Draft.objects.get(case=second.case).text == second.text


def test_a_reply_held_back_still_answers_its_customer_alone(desk, policy):
    policy(most_alike=1)
    _, second = answer_many(desk, 2)
    desk.send()
    with pytest.raises(Refused, match="already on its way"):
        approving.approve(second.case_id, "Something else, quite other words", by=desk.admin, now=desk.now)


def test_answers_in_their_own_words_are_never_held(desk, policy):
    policy(most_alike=2)
    words = (
        "Which town are you in, {}?",
        "Since when is the line dead, {}?",
        "{}, may I call you at noon today?",
    )
    for number, text in enumerate(words):
        case = desk.hear("My Novatel line is dead", f"person{number}")
        approving.approve(case.pk, text.format("Ana"), by=desk.dana, now=desk.now)
    desk.send()
    assert posted(desk) == 3


def test_an_hour_later_the_same_words_may_be_said_again(desk, policy):
    policy(most_alike=2)
    answer_many(desk, 2)
    desk.send()
    desk.later(minutes=61)
    case = desk.hear("My Novatel line is dead too", "later")
    approving.approve(case.pk, SORRY.format("Later"), by=desk.dana, now=desk.now)
    desk.send()
    assert posted(desk) == 3


def test_who_may_not_answer_lets_nothing_go(desk, policy):
    from tests.makers import make_agent

    policy(most_alike=1)
    _, second = answer_many(desk, 2)
    desk.send()
    with pytest.raises(Refused, match="role"):
        pacing.let_go(second.pk, by=make_agent("Rea", "read_only"), now=desk.now)


# -- the parent


@pytest.fixture
def entry(desk):
    case = desk.hear("My Novatel router is broken again")
    return approving.approve(case.pk, SORRY.format("Ioana"), by=desk.dana, now=desk.now)


def test_a_post_deleted_since_the_approval_is_not_answered(desk, entry):
    desk.town.delete(entry.in_reply_to)
    desk.send()
    failed = rows.OutboxEntry.objects.get()
    assert (posted(desk), failed.status) == (0, "failed")
    assert "not there any more" in str(failed.problem)
    replies.undo(entry.pk, by=desk.dana, now=desk.now)
    assert rows.Draft.objects.get().text == SORRY.format("Ioana")


def test_a_post_edited_since_the_approval_is_read_again_first(desk, entry):
    desk.town.edit(entry.in_reply_to, "My Novatel router works again, thank you")
    desk.send()
    failed = rows.OutboxEntry.objects.get()
    assert (posted(desk), failed.status) == (0, "failed")
    assert "edited" in str(failed.problem)


def test_what_we_know_ourselves_is_not_asked(desk, entry, monkeypatch):
    monkeypatch.setattr(FakeNetwork, "look", None)
    rows.Mention.objects.update(deleted_at=desk.now)
    desk.send()
    assert rows.OutboxEntry.objects.get().status == "failed"


def test_a_network_that_cannot_tell_now_loses_no_reply(desk, entry, monkeypatch):
    monkeypatch.setattr(FakeNetwork, "look", lambda *_: iter(()))
    desk.send()
    assert (posted(desk), rows.OutboxEntry.objects.get().status) == (0, "approved")
    monkeypatch.undo()
    desk.later(seconds=31)
    sender.drain(now=desk.now)
    assert posted(desk) == 1


def test_a_look_that_fails_is_tried_again(desk, entry, monkeypatch):
    def down(*_):
        raise RetryLater(timedelta(seconds=30))

    monkeypatch.setattr(FakeNetwork, "look", down)
    desk.send()
    assert (posted(desk), rows.OutboxEntry.objects.get().status) == (0, "approved")


def test_a_connector_that_looks_itself_is_not_asked_twice(db):
    from dataclasses import replace

    looks = []

    class LooksItself(FakeNetwork):
        traits = replace(FakeNetwork.traits, checks_parent=True)

        def look(self, remote_ids):
            looks.append(remote_ids)
            return super().look(remote_ids)

    desk = Desk(LooksItself)
    case = desk.hear("My Novatel router is broken again")
    approving.approve(case.pk, SORRY.format("Ioana"), by=desk.dana, now=desk.now)
    looks.clear()
    desk.send()
    assert (posted(desk), looks) == (1, [])
