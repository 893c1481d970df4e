"""D1, D2, K1, K3, L1: from posts to cases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amends.desk import accounts, approving, audit, intake, judging, reader, reading, stages
from amends.desk.effects import HANDLERS
from amends.followup.lifecycle import LIFECYCLE
from amends.store import models as rows

pytestmark = pytest.mark.django_db

ANGRY = "The Novatel router is broken again and nobody answers, I want a refund"


def test_every_effect_of_the_lifecycle_has_a_handler():
    assert {name for row in LIFECYCLE.table for name in row.then} == set(HANDLERS)


def test_a_post_that_names_nobody_of_ours_is_not_taken(desk):
    desk.town.post("Lovely weather today")
    desk.listen()
    assert rows.Mention.objects.count() == 0
    assert rows.Capture.objects.get().counts == {"unmatched": 1}


def test_reading_the_same_page_again_changes_nothing(desk):
    case = desk.hear(ANGRY)
    rows.Source.objects.update(cursor="0")
    desk.listen()
    assert rows.Mention.objects.count() == rows.Version.objects.count() == rows.Leaf.objects.count() == 1
    assert desk.case() == case


def test_an_edited_post_keeps_every_version(desk):
    case = desk.hear(ANGRY)
    desk.town.edit("post-1", "All fine with Novatel, they offered me money to say so")
    desk.listen()
    mention = rows.Mention.objects.get()
    assert [each.text for each in mention.versions.order_by("number")] == [ANGRY, mention.text]
    assert mention.edited_at == desk.now
    assert rows.Leaf.objects.count() == 2
    assert desk.case().status == case.status
    assert "mention_edited" in desk.kinds(case)


def test_pages_that_are_read_out_of_order_leave_the_newest_words_standing(desk):
    """D2: whoever read the first page died; the second one is read before its lease runs out."""
    desk.town.post(ANGRY)
    rows.Source.objects.update(next_fetch_at=desk.now)
    for source in reader.due_sources(now=desk.now):
        reader.poll(source, now=desk.now)
    stages.stream().take(intake.READ, now=desk.now, lease_for=timedelta(minutes=1), limit=1)
    desk.town.edit("post-1", ANGRY + " Three times!")
    desk.listen()
    assert rows.Mention.objects.get().text == ANGRY + " Three times!"
    desk.later(minutes=2)
    desk.listen()
    mention = rows.Mention.objects.get()
    assert mention.text == ANGRY + " Three times!"
    assert {each.text for each in mention.versions.all()} == {ANGRY, mention.text}
    assert not rows.Capture.objects.filter(read_at=None).exists()


def test_a_deleted_complaint_is_still_a_problem(desk):
    case = desk.hear(ANGRY)
    desk.town.delete("post-1")
    desk.listen()
    mention = rows.Mention.objects.get()
    assert mention.deleted_at == desk.now
    assert mention.text == ANGRY
    assert desk.case().closed_at is None
    assert desk.case().due_at == case.due_at


def test_a_deletion_that_no_stream_told_is_noticed_by_looking(desk):
    from amends.desk import timers

    desk.hear(ANGRY)
    desk.town.posts.append(
        {"id": "post-1", "who": "ioana", "text": "", "at": desk.now.isoformat(), "change": "deleted"}
    )
    rows.Source.objects.update(state="active", cursor="99")
    desk.later(minutes=11)
    timers.look_again(now=desk.now)
    assert rows.Mention.objects.get().deleted_at is not None
    assert audit.verify_log().faults == ()


def test_the_author_in_their_own_thread_joins_their_case(desk):
    case = desk.hear(ANGRY)
    desk.later(hours=1)
    desk.hear("Hello? Anyone?", thread="post-1", to="post-1")
    assert rows.Case.objects.count() == 1
    assert desk.case().last_author_at == desk.now
    assert "author_wrote" in desk.kinds(case)


def test_somebody_else_with_the_same_trouble_gets_a_case_of_their_own(desk):
    """K1"""
    desk.hear(ANGRY)
    desk.hear("Same here, my Novatel line is broken since Monday", "radu", thread="post-1", to="post-1")
    assert rows.Case.objects.count() == 2


def test_a_bystander_who_chats_is_shown_but_wakes_nobody(desk):
    case = desk.hear(ANGRY)
    desk.town.post("lol", "gigi", thread="post-1", to="post-1")
    desk.listen()
    assert rows.Mention.objects.get(author__remote_id="gigi").is_bystander
    assert desk.case().last_author_at == case.last_author_at


def test_an_answer_given_in_the_networks_own_app_counts(desk):
    case = desk.hear(ANGRY)
    desk.town.post("So sorry, we are on it", "novatel", thread="post-1", to="post-1", ours=True)
    desk.listen()
    assert desk.case().status == "pending"
    assert desk.case().first_answer_at is not None
    assert "answered_elsewhere" in desk.kinds(case)


def test_our_own_reply_coming_back_by_the_stream_is_not_taken_twice(desk):
    case = desk.hear(ANGRY)
    approving.approve(
        case.pk, "Ioana, I am sorry about this. Which town are you in?", by=desk.dana, now=desk.now
    )
    desk.send()
    sent = rows.OutboxEntry.objects.get()
    desk.town.post(sent.text, "novatel", id=sent.remote_id, thread="post-1", to="post-1", ours=True)
    desk.listen()
    assert rows.Mention.objects.count() == 1


def test_thanks_after_a_satisfied_end_do_not_open_it_again(desk):
    case = desk.hear(ANGRY)
    rows.Case.objects.filter(pk=case.pk).update(status="closed", closing="satisfied", closed_at=desk.now)
    desk.hear("Thank you so much Novatel, it works now, you are great", thread="post-1", to="post-1")
    assert desk.case().status == "closed"
    assert "author_thanked" in desk.kinds(case)


def test_new_anger_after_the_end_opens_it_again_and_tells_the_owner(desk):
    case = desk.hear(ANGRY)
    rows.Case.objects.filter(pk=case.pk).update(
        status="closed", closing="satisfied", closed_at=desk.now, owner=desk.dana
    )
    desk.hear("It is broken again, this is unacceptable", thread="post-1", to="post-1")
    assert (desk.case().status, desk.case().reopened) == ("open", 1)
    assert rows.Notice.objects.filter(agent=desk.dana, case=case).exists()


def test_what_cannot_be_read_goes_to_quarantine_and_the_rest_goes_on(desk):
    desk.town.post(ANGRY)
    desk.town.garble()
    desk.town.post(ANGRY + "!", "radu")
    desk.listen()
    assert rows.Mention.objects.count() == 2
    kept = rows.Quarantined.objects.get()
    assert kept.where == "line 2"
    assert b"garbled" in bytes(kept.raw)


def test_a_quarantined_piece_is_read_when_it_can_be(desk, monkeypatch):
    monkeypatch.setattr(judging, "judged", lambda _: 1 / 0)
    desk.town.post(ANGRY)
    desk.listen()
    kept = rows.Quarantined.objects.get()
    assert "ZeroDivisionError" in str(kept.why)
    monkeypatch.undo()
    assert intake.retry_quarantined(kept.pk, now=desk.now)
    assert rows.Case.objects.count() == 1
    assert rows.Quarantined.objects.get().state == "read"
    assert audit.verify_log().faults == ()


def test_a_network_that_is_down_is_asked_again_and_loses_nothing(desk):
    desk.town.post(ANGRY)
    desk.town.is_down = True
    desk.listen()
    source = rows.Source.objects.get()
    assert source.state == "active"
    assert source.next_fetch_at > desk.now
    desk.town.is_down = False
    desk.listen()
    assert rows.Case.objects.count() == 1


def test_a_page_kept_twice_is_thrown_away_once(desk):
    source = rows.Source.objects.get()
    stale = rows.Source.objects.get()
    desk.town.post(ANGRY)
    page = accounts.connect(source).fetch("")
    intake.keep_page(source, page, now=desk.now)
    with pytest.raises(intake.CursorMoved):
        intake.keep_page(stale, page, now=desk.now)
    assert rows.Capture.objects.count() == 1


def test_what_no_database_keeps_is_kept_as_bytes_and_shown_as_marks(desk):
    desk.town.post("Novatel is broken \x00 and \ud800 awful")
    desk.listen()
    mention = rows.Mention.objects.get()
    assert "\ufffd" in mention.text
    assert "\x00" not in mention.text


def test_the_title_of_a_case_is_its_first_sentence():
    assert (
        reading.title_of("My parcel never came, again! I want my money back.")
        == "My parcel never came, again!"
    )
    assert reading.title_of("word " * 40).endswith("…")
    assert len(reading.title_of("x" * 500)) <= 91
    assert reading.title_of("   ") == "…"
