"""A long reply is several posts: each waits for the one before, and all are what was approved (A9, S6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fakes import NetworkWithoutMemory
from tests.makers import Desk

from amends.core.mention import Visibility
from amends.desk import approving, replies, sender
from amends.reply.outbox import body_digest
from amends.store import models as rows

pytestmark = pytest.mark.django_db

FIRST = "Ioana, I am sorry about your router. Which town are you in?"
LATER = ("Please switch it off for a minute.", "I will tell you more by 6 pm today.")


@pytest.fixture
def case(desk):
    return desk.hear("My Novatel router is broken again and nobody answers")


def approve_thread(desk, case, *later: str, follows: bool = True) -> list[rows.OutboxEntry]:
    """A reply of several posts, as it lies in the outbox once it was approved."""
    first = approving.approve(case.pk, FIRST, by=desk.dana, now=desk.now)
    parts = len(later) + 1
    made = [first]
    for part, text in enumerate(later, 2):
        made.append(
            rows.OutboxEntry.objects.create(
                case=case,
                source=first.source,
                text=text,
                in_reply_to="" if follows else first.in_reply_to,
                thread_id=first.thread_id,
                key=f"{first.key}/{part}",
                status="waiting",
                written_by=desk.dana,
                approved_by=desk.dana,
                approved_at=desk.now,
                send_at=first.send_at,
                part=part,
                parts=parts,
                first=first,
                follows=follows,
                body_digest=body_digest(
                    text,
                    first.in_reply_to,
                    first.source.name,
                    Visibility.PUBLIC,
                    part=part,
                    parts=parts,
                    follows=follows,
                    first_key=first.key,
                ),
            )
        )
    first.parts = parts
    first.body_digest = body_digest(
        FIRST, first.in_reply_to, first.source.name, Visibility.PUBLIC, part=1, parts=parts
    )
    first.save()
    return made


def statuses() -> list[str]:
    return list(rows.OutboxEntry.objects.order_by("part").values_list("status", flat=True))


def test_each_part_answers_the_one_before_it(desk, case):
    entries = approve_thread(desk, case, *LATER)
    desk.send()
    town = desk.town.replies
    assert [each["text"] for each in town] == [FIRST, *LATER]
    assert [each["to"] for each in town] == [entries[0].in_reply_to, town[0]["id"], town[1]["id"]]
    assert statuses() == ["sent"] * 3


def test_the_case_is_answered_when_the_last_part_is_out(desk, case):
    approve_thread(desk, case, *LATER)
    desk.later(seconds=11)
    sender.drain(now=desk.now, limit=2)
    assert desk.case().status == "new" or desk.case().status == "open"
    assert desk.case().first_answer_at == desk.now
    sender.drain(now=desk.now)
    assert desk.case().status == "pending"
    assert desk.kinds(case).count("reply_part_sent") == 2
    assert desk.kinds(case).count("reply_sent") == 1


def test_a_part_that_answers_the_customer_waits_too(desk, case):
    """M5: a line in public, then a message."""
    entries = approve_thread(desk, case, LATER[0], follows=False)
    desk.send()
    assert [each["to"] for each in desk.town.replies] == [entries[0].in_reply_to] * 2


def test_what_is_refused_holds_up_the_parts_behind_it(desk, case):
    first, *_ = approve_thread(desk, case, *LATER)
    desk.town.refuses = "No more words today"
    desk.send()
    assert statuses() == ["failed", "waiting", "waiting"]
    desk.town.refuses = ""
    replies.try_again(first.pk, by=desk.dana, now=desk.now)
    desk.send()
    assert [each["text"] for each in desk.town.replies] == [FIRST, *LATER]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_taking_back_one_part_takes_back_all(desk, case, which):
    entries = approve_thread(desk, case, *LATER)
    replies.undo(entries[which].pk, by=desk.dana, now=desk.now)
    desk.send()
    assert desk.town.replies == []
    assert statuses() == ["cancelled"] * 3
    assert rows.Draft.objects.get().text == " ".join((FIRST, *LATER))


def test_giving_up_a_refused_part_takes_those_behind_it(desk, case):
    entries = approve_thread(desk, case, *LATER)
    desk.later(seconds=11)
    sender.drain(now=desk.now, limit=1)
    desk.town.refuses = "No more words today"
    sender.drain(now=desk.now, limit=1)
    replies.undo(entries[1].pk, by=desk.dana, now=desk.now)
    assert statuses() == ["sent", "cancelled", "cancelled"]
    assert rows.Draft.objects.get().text == " ".join(LATER)


def test_a_lost_part_is_looked_for_and_the_next_follows(desk, case):
    approve_thread(desk, case, *LATER)
    desk.town.loses_answers = 1
    desk.send()
    assert statuses() == ["unsure", "waiting", "waiting"]
    for _ in range(3):
        desk.later(minutes=3)
        sender.drain(now=desk.now)
    assert [each["text"] for each in desk.town.replies] == [FIRST, *LATER]


def test_where_the_number_of_a_part_is_not_known_a_person_posts_the_next(db):
    desk = Desk(NetworkWithoutMemory)
    first, second = approve_thread(desk, desk.hear("My Novatel router is broken again"), LATER[0])
    desk.town.loses_answers = 1
    desk.send()
    replies.settle(first.pk, True, by=desk.dana, now=desk.now)
    desk.send()
    assert len(desk.town.replies) == 1
    assert statuses() == ["sent", "by_hand"]
    replies.mark_sent_by_hand(second.pk, by=desk.dana, now=desk.now)
    assert desk.case().status == "pending"


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Go away."},
        {"part": 3, "parts": 3},
        {"follows": False},
        {"visibility": "direct"},
        {"media": [{"attachment": 1, "digest": "0" * 64, "alt": ""}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_part_that_was_changed_while_it_waited_never_leaves(desk, case, change):
    _, second = approve_thread(desk, case, LATER[0])
    rows.OutboxEntry.objects.filter(pk=second.pk).update(**change)
    desk.send()
    desk.send()
    assert [each["text"] for each in desk.town.replies] == [FIRST]
    if "part" not in change:
        assert statuses() == ["sent", "failed"]


def test_a_part_put_under_another_post_never_leaves(desk, case):
    approve_thread(desk, case, LATER[0])
    desk.later(seconds=11)
    sender.drain(now=desk.now, limit=1)
    rows.OutboxEntry.objects.filter(part=2).update(in_reply_to="post-of-somebody-else")
    desk.later(seconds=1)
    sender.drain(now=desk.now)
    assert len(desk.town.replies) == 1
    assert statuses() == ["sent", "failed"]


def test_a_reply_approved_before_there_were_parts_still_leaves(desk, case):
    entry = approving.approve(case.pk, FIRST, by=desk.dana, now=desk.now)
    assert entry.body_digest == body_digest(FIRST, entry.in_reply_to, entry.source.name, Visibility.PUBLIC)
    assert entry.send_at - entry.approved_at == timedelta(seconds=10)
    desk.send()
    assert statuses() == ["sent"]
