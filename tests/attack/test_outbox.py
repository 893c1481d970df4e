"""S5, S6: what was approved is what is sent, once; a hand in the outbox sends nothing."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from amends.core.graph import Refused
from amends.desk import approving
from amends.store import models as rows

pytestmark = pytest.mark.django_db

SORRY = "I am sorry about the router. Since when has it been broken?"


@pytest.fixture
def entry(desk):
    case = desk.hear("The Novatel router is broken again")
    return approving.approve(case.pk, SORRY, by=desk.dana, now=desk.now)


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Your router is your own fault."},
        {"text": SORRY + " "},
        {"in_reply_to": "post-of-somebody-else"},
        {"visibility": "direct"},
        {"body_digest": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_was_changed_after_the_approval_is_never_sent(desk, entry, change):
    rows.OutboxEntry.objects.filter(pk=entry.pk).update(**change)
    desk.send()
    desk.send()
    assert desk.town.replies == []
    assert rows.OutboxEntry.objects.get().status == "failed"
    assert rows.Notice.objects.filter(agent=desk.dana, level="loud").exists()


def test_a_reply_moved_to_another_account_is_never_sent(desk, entry):
    other = rows.Source.objects.create(connector="bluesky", name="Another account", settings={})
    rows.OutboxEntry.objects.filter(pk=entry.pk).update(source=other)
    desk.send()
    assert desk.town.replies == []
    assert rows.OutboxEntry.objects.get().status == "failed"


def test_a_changed_reply_holds_up_no_other(desk, entry):
    desk.later(seconds=1)
    second = desk.hear("No internet from Novatel in our street", who="mihai")
    approving.approve(second.pk, "Sorry, Mihai. Which street is it?", by=desk.dana, now=desk.now)
    rows.OutboxEntry.objects.filter(pk=entry.pk).update(text="Go away.")
    desk.send()
    assert [each["text"] for each in desk.town.replies] == ["Sorry, Mihai. Which street is it?"]


def test_the_database_itself_refuses_a_second_reply_under_way(desk, entry):
    with pytest.raises(Refused):
        approving.approve(entry.case_id, SORRY, by=desk.admin, now=desk.now)
    entry.pk, entry.key = None, "another-key"
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.save(force_insert=True)
    assert rows.OutboxEntry.objects.count() == 1
