"""A reply that is out is edited or taken down where the network allows, once, and on record (A9, D1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fakes import FakeNetwork
from tests.makers import Desk

from amends.connectors.base import AnswerLost, NeedsAttention, Receipt, Resend, RetryLater, Traits
from amends.core.graph import Refused
from amends.core.say import say
from amends.desk import approving, audit, changing
from amends.store import models as rows

pytestmark = pytest.mark.django_db

GOOD = "Ioana, I am sorry about your router. Which town are you in? I will tell you more by 6 pm today."
BETTER = "Ioana, I am sorry about your router. Which town do you live in? I will tell you more by 6 pm today."


class Forgiving(FakeNetwork):
    """A network on which one can change what one said."""

    traits = Traits(
        name="bluesky",
        label="Bluesky",
        longest_reply=300,
        can_reply=True,
        resend=Resend.BY_LOOKUP,
        poll_every=timedelta(seconds=1),
        settle=timedelta(minutes=2),
        least_gap=timedelta(),
        can_edit=True,
        can_remove=True,
    )

    def __init__(self, town):
        super().__init__(town)
        self.changes, self.faults = [], []

    def edit(self, remote_id, reply):
        self._stumble()
        done = next((each for each in self.town.replies if each["id"] == remote_id), None)
        if done is None:
            raise NeedsAttention(say("It is not there any more."))
        if done["text"] != reply.text:
            done["text"] = reply.text
            self.changes.append(("edit", remote_id))
        self._lose()
        return Receipt(remote_id=remote_id, url="https://town.invalid/1", text=reply.text)

    def remove(self, remote_id):
        self._stumble()
        before = len(self.town.replies)
        self.town.replies = [each for each in self.town.replies if each["id"] != remote_id]
        if len(self.town.replies) < before:
            self.changes.append(("remove", remote_id))
        self._lose()

    def _stumble(self):
        if self.faults and not isinstance(self.faults[0], AnswerLost):
            raise self.faults.pop(0)

    def _lose(self):
        if self.faults:
            raise self.faults.pop(0)


@pytest.fixture
def desk(db):
    return Desk(Forgiving)


@pytest.fixture
def entry(desk):
    case = desk.hear("My Novatel router is broken again and nobody answers")
    made = approving.approve(case.pk, GOOD, by=desk.dana, now=desk.now)
    desk.send()
    return made


def drain(desk, **span):
    desk.later(**span)
    changing.drain(now=desk.now)


def texts(desk):
    return [each["text"] for each in desk.town.replies]


def test_an_edit_is_made_where_the_reply_stands_and_sealed(desk, entry):
    changing.edit(entry.pk, BETTER, by=desk.dana, now=desk.now)
    drain(desk)
    drain(desk, minutes=5)
    assert texts(desk) == [BETTER] == [rows.OutboxEntry.objects.get().text]
    assert rows.Evidence.objects.filter(kind="changed").count() == 1
    assert GOOD in rows.Evidence.objects.get(kind="changed").canonical
    assert audit.verify_log().faults == ()
    assert "reply_changed" in desk.kinds(entry.case)


def test_a_reply_is_taken_down_and_what_it_said_is_kept(desk, entry):
    changing.remove(entry.pk, by=desk.dana, now=desk.now)
    drain(desk)
    assert texts(desk) == []
    assert rows.OutboxEntry.objects.get().removed_at == desk.now
    assert GOOD in rows.Evidence.objects.get(kind="removed").canonical
    with pytest.raises(Refused, match="already"):
        changing.remove(entry.pk, by=desk.dana, now=desk.now)


@pytest.mark.parametrize("fault", [AnswerLost(), RetryLater(timedelta(seconds=5))])
def test_a_change_whose_answer_is_lost_is_asked_for_again_and_made_once(desk, entry, fault):
    changing.edit(entry.pk, BETTER, by=desk.dana, now=desk.now)
    desk.network.faults.append(fault)
    drain(desk)
    assert rows.ReplyChange.objects.get().status == "waiting"
    drain(desk, seconds=31)
    assert (texts(desk), desk.network.changes) == (
        [BETTER],
        [("edit", rows.OutboxEntry.objects.get().remote_id)],
    )
    assert rows.ReplyChange.objects.get().status == "done"


def test_a_change_that_is_refused_leaves_the_reply_as_it_was_and_is_told(desk, entry):
    changing.edit(entry.pk, BETTER, by=desk.dana, now=desk.now)
    desk.network.faults.append(NeedsAttention(say("No edits after an hour.")))
    drain(desk)
    assert texts(desk) == [GOOD] == [rows.OutboxEntry.objects.get().text]
    assert rows.ReplyChange.objects.get().status == "failed"
    assert rows.Notice.objects.filter(agent=desk.dana, level="loud").exists()


def test_an_edit_passes_the_guards_as_a_reply_does(desk, entry):
    with pytest.raises(Refused):
        changing.edit(entry.pk, f"{GOOD} Write to ioana.pop@example.com.", by=desk.dana, now=desk.now)
    with pytest.raises(Refused, match="one post"):
        changing.edit(entry.pk, " ".join([GOOD] * 4), by=desk.dana, now=desk.now)
    with pytest.raises(Refused, match="Change its words"):
        changing.edit(entry.pk, GOOD, by=desk.dana, now=desk.now)
    assert not rows.ReplyChange.objects.exists()


def test_an_edit_that_a_second_person_must_read_is_a_new_reply(desk, entry):
    rows.Organisation.objects.update(four_eyes={"severities": ["low", "medium", "high", "critical"]})
    with pytest.raises(Refused, match="second person"):
        changing.edit(entry.pk, BETTER, by=desk.dana, now=desk.now)


def test_two_changes_at_once_are_one(desk, entry):
    changing.edit(entry.pk, BETTER, by=desk.dana, now=desk.now)
    with pytest.raises(Refused, match="on its way"):
        changing.remove(entry.pk, by=desk.admin, now=desk.now)


def test_what_has_not_left_is_taken_back_instead(desk):
    case = desk.hear("My Novatel router is broken again and nobody answers")
    entry = approving.approve(case.pk, GOOD, by=desk.dana, now=desk.now)
    with pytest.raises(Refused, match="take it back"):
        changing.remove(entry.pk, by=desk.dana, now=desk.now)


def test_a_network_without_edits_says_so():
    desk = Desk()
    case = desk.hear("My Novatel router is broken again and nobody answers")
    entry = approving.approve(case.pk, GOOD, by=desk.dana, now=desk.now)
    desk.send()
    with pytest.raises(Refused, match="nobody edit"):
        changing.edit(entry.pk, BETTER, by=desk.dana, now=desk.now)
    with pytest.raises(Refused, match="do it there"):
        changing.remove(entry.pk, by=desk.dana, now=desk.now)


def test_who_only_reads_changes_nothing(desk, entry):
    from tests.makers import make_agent

    with pytest.raises(Refused):
        changing.remove(entry.pk, by=make_agent("Rita", "read_only"), now=desk.now)
