"""Sending: approved once, sent once; unsure is looked at, never guessed (A5, M1, reliability S1–S6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fakes import NetworkWithoutMemory
from tests.makers import Desk

from amends.connectors.base import AnswerLost
from amends.core.graph import Refused
from amends.desk import actions, approving, audit, drafts, replies, reviewing, sender
from amends.store import models as rows

pytestmark = pytest.mark.django_db

GOOD = "Ioana, I am sorry about your router. Which town are you in? I will tell you more by 6 pm today."


@pytest.fixture
def case(desk):
    return desk.hear("My Novatel router is broken again and nobody answers")


def approve(desk, case, text=GOOD, **more):
    return approving.approve(case.pk, text, by=more.pop("by", desk.dana), now=desk.now, **more)


def sent(desk):
    return [each["text"] for each in desk.town.replies]


def test_an_approved_reply_leaves_after_the_undo_window_once(desk, case):
    approve(desk, case)
    sender.drain(now=desk.now)
    assert sent(desk) == []
    desk.send()
    desk.send()
    assert sent(desk) == [GOOD]
    entry = rows.OutboxEntry.objects.get()
    assert (entry.status, bool(entry.url)) == ("sent", True)
    assert rows.Evidence.objects.filter(kind="sent", case=case).count() == 1
    assert audit.verify_log().faults == ()


def test_a_reply_taken_back_in_time_is_never_posted_and_is_a_draft_again(desk, case):
    entry = approve(desk, case)
    replies.undo(entry.pk, by=desk.dana, now=desk.now)
    desk.send()
    assert sent(desk) == []
    assert rows.Draft.objects.get(case=case, agent=desk.dana).text == GOOD


def test_a_reply_taken_back_takes_back_what_it_promised(desk, case):
    """M1: nobody read it, so nobody waits for it."""
    earlier = actions.promise(case.pk, "a call", desk.now + timedelta(hours=2), by=desk.dana, now=desk.now)
    desk.later(minutes=1)
    entry = approve(desk, case)
    noted = actions.promise(case.pk, "news", desk.now + timedelta(hours=1), by=desk.dana, now=desk.now)
    replies.undo(entry.pk, by=desk.dana, now=desk.now)
    still_open = rows.Promise.objects.filter(withdrawn_at=None)
    assert [each.pk for each in still_open] == [earlier]
    assert rows.Promise.objects.get(pk=noted).withdrawn_at == desk.now


def test_it_is_too_late_to_take_back_what_is_leaving(desk, case):
    entry = approve(desk, case)
    desk.later(seconds=11)
    with pytest.raises(Refused, match="too late"):
        replies.undo(entry.pk, by=desk.dana, now=desk.now)


def test_a_lost_answer_is_never_sent_again_blindly(desk, case):
    approve(desk, case)
    desk.town.loses_answers = 1
    desk.send()
    assert rows.OutboxEntry.objects.get().status == "unsure"
    desk.send()
    assert sent(desk) == [GOOD]
    desk.later(minutes=3)
    sender.drain(now=desk.now)
    assert sent(desk) == [GOOD]
    assert rows.OutboxEntry.objects.get().status == "sent"


def test_a_reply_that_surely_is_not_there_goes_out_with_the_same_key(desk, case):
    approve(desk, case)
    desk.town.loses_answers = 1
    desk.send()
    desk.town.replies.clear()
    desk.later(minutes=3)
    sender.drain(now=desk.now)
    sender.drain(now=desk.now)
    assert sent(desk) == [GOOD]
    assert desk.town.replies[0]["key"] == rows.OutboxEntry.objects.get().key


def test_a_sender_that_died_is_looked_after_only_when_the_network_had_its_time(desk, case):
    approve(desk, case)
    desk.later(seconds=11)
    (claimed,) = sender.claim(now=desk.now)
    desk.later(seconds=60)
    sender.drain(now=desk.now)
    assert rows.OutboxEntry.objects.get(pk=claimed.pk).status == "sending"
    desk.later(minutes=2)
    sender.drain(now=desk.now)
    sender.drain(now=desk.now)
    assert sent(desk) == [GOOD]


def test_a_post_that_begins_late_is_given_its_whole_time(desk, case, monkeypatch):
    """The settle time counts from when the answer was lost, not from the claim."""
    approve(desk, case)
    desk.later(seconds=11)

    def slowly(*_):
        desk.later(seconds=25)
        raise AnswerLost

    monkeypatch.setattr(type(desk.network), "send", slowly)
    sender.drain(now=desk.now, clock=lambda: desk.now)
    monkeypatch.undo()
    desk.later(seconds=119)
    sender.drain(now=desk.now)
    assert (sent(desk), rows.OutboxEntry.objects.get().status) == ([], "unsure")
    desk.later(seconds=1)
    sender.drain(now=desk.now)
    assert sent(desk) == [GOOD]


def test_who_slept_on_a_claim_does_not_post(desk, case, monkeypatch):
    """A machine that was suspended between the claim and the post."""
    approve(desk, case)
    desk.later(seconds=11)
    connect = sender.accounts.connect

    def sleepily(source):
        desk.later(seconds=31)
        return connect(source)

    monkeypatch.setattr(sender.accounts, "connect", sleepily)
    sender.drain(now=desk.now, clock=lambda: desk.now, limit=1)
    assert (sent(desk), rows.OutboxEntry.objects.get().status) == ([], "approved")


def test_where_nobody_can_tell_a_person_decides(db):
    desk = Desk(NetworkWithoutMemory)
    case = desk.hear("My Novatel router is broken again and nobody answers")
    entry = approve(desk, case)
    desk.town.loses_answers = 1
    desk.send()
    desk.later(hours=5)
    sender.drain(now=desk.now)
    assert rows.OutboxEntry.objects.get().status == "unsure"
    assert rows.Notice.objects.filter(agent=desk.dana, level="loud").exists()
    replies.settle(entry.pk, True, "https://town.invalid/1", by=desk.dana, now=desk.now)
    assert desk.case().status == "pending"
    assert sent(desk) == [GOOD]


def test_a_refused_reply_says_why_and_can_be_tried_again(desk, case):
    entry = approve(desk, case)
    desk.town.refuses = "The post that you answer is gone"
    desk.send()
    failed = rows.OutboxEntry.objects.get()
    assert failed.status == "failed"
    assert "gone" in str(failed.problem)
    desk.town.refuses = ""
    replies.try_again(entry.pk, by=desk.dana, now=desk.now)
    desk.send()
    assert sent(desk) == [GOOD]


def test_a_reply_that_stands_there_otherwise_is_sent_and_makes_an_alarm(desk, case):
    """It is on the network: to call it failed would have somebody send it twice."""
    approve(desk, case)
    desk.town.shows_otherwise = "Everybody can read it"
    desk.send()
    entry = rows.OutboxEntry.objects.get()
    assert entry.status == "sent" and entry.remote_id
    alarms = rows.Notice.objects.filter(level="loud", text__v__why="Everybody can read it")
    assert {notice.agent_id for notice in alarms} >= {desk.dana.pk, desk.admin.pk}
    desk.send()
    assert sent(desk) == [GOOD]


def test_a_network_that_asks_to_wait_is_waited_for(desk, case):
    approve(desk, case)
    desk.town.is_down = True
    desk.send()
    assert rows.OutboxEntry.objects.get().status == "approved"
    desk.town.is_down = False
    sender.drain(now=desk.now)
    assert sent(desk) == []
    desk.later(seconds=31)
    sender.drain(now=desk.now)
    assert sent(desk) == [GOOD]


def test_two_agents_do_not_answer_one_customer_twice(desk, case):
    approve(desk, case)
    with pytest.raises(Refused, match="already on its way"):
        approve(desk, case, by=desk.admin)


def test_words_changed_after_the_approval_never_leave(desk, case):
    approve(desk, case)
    rows.OutboxEntry.objects.update(text="You are an idiot")
    desk.send()
    assert sent(desk) == []
    assert rows.OutboxEntry.objects.get().status == "failed"


def test_private_data_in_public_is_stopped_with_a_reason(desk, case):
    """A5"""
    with pytest.raises(Refused):
        approve(desk, case, "Call Ioana at 0722 123 456 about it, I am sorry")
    assert rows.OutboxEntry.objects.count() == 0


def test_a_text_too_long_even_for_several_posts_is_stopped(desk, case):
    with pytest.raises(Refused):
        approve(desk, case, GOOD + " x" * 2000)


def test_a_direct_message_is_refused_where_the_network_has_none(desk, case):
    with pytest.raises(Refused, match="no direct messages"):
        approve(desk, case, mode="direct")


def test_a_network_that_cannot_be_written_to_is_answered_by_hand(desk):
    from amends.desk import setup

    feed = setup.add_row("feed", "Alerts", {"url": "https://alerts.example/feed"}, now=desk.now)
    case = desk.hear("My Novatel router is broken and nobody answers")
    rows.Case.objects.filter(pk=case.pk).update(network="feed", source=feed)
    entry = approve(desk, case)
    assert entry.status == "by_hand"
    desk.send()
    assert sent(desk) == []
    replies.mark_sent_by_hand(entry.pk, "https://forum.example/1", by=desk.dana, now=desk.now)
    assert desk.case().status == "pending"


def test_a_draft_is_kept_and_comes_back(desk, case):
    drafts.save_draft(case.pk, "reply", "Dear Io", by=desk.dana, now=desk.now)
    drafts.save_draft(case.pk, "reply", "Dear Ioana", by=desk.dana, now=desk.now)
    assert rows.Draft.objects.get().text == "Dear Ioana"
    drafts.save_draft(case.pk, "reply", "  ", by=desk.dana, now=desk.now)
    assert rows.Draft.objects.count() == 0


def test_the_review_says_what_the_draft_holds_and_lacks(desk, case):
    seen = reviewing.review(
        case.pk, "I understand how annoying that is.", "reply", by=desk.dana, now=desk.now
    )
    done = {each.step.value: each.is_done for each in seen.steps}
    assert done["acknowledge"]
    assert not done["ask"]
    assert seen.count == len("I understand how annoying that is.")
    assert seen.longest == 300


def test_a_reader_may_not_answer(desk, case):
    from tests.makers import make_agent

    with pytest.raises(Refused, match="role"):
        approve(desk, case, by=make_agent("Rea", "read_only"))


def test_a_secret_of_a_source_is_not_in_the_database(desk):
    source = rows.Source.objects.get()
    assert "secret-word" not in str(source.settings) + source.secrets


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//nowhere"])
def test_an_address_that_is_no_web_page_is_never_kept_as_a_link(desk, case, url):
    entry = approve(desk, case)
    rows.OutboxEntry.objects.update(status="by_hand")
    with pytest.raises(Refused, match="https://"):
        replies.mark_sent_by_hand(entry.pk, url, by=desk.dana, now=desk.now)
    assert rows.OutboxEntry.objects.get().status == "by_hand"
