"""Four eyes: who reads a reply before it goes out, what they may do, and that what was approved is what is sent (A5, A6,
issue 4 points 2, 4 and 7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.makers import make_agent

from amends.core.graph import Refused
from amends.desk import actions, approving, cooling, replies, seconding, sender
from amends.desk.approving import Seen
from amends.desk.entering import Wish
from amends.store import models as rows

pytestmark = pytest.mark.django_db

GOOD = "Ioana, I am sorry about your router. Which town are you in? I will tell you more by 6 pm today."
OTHER = "Ioana, I am very sorry about your router. Which town are you in? You hear more by 6 pm today."
HOT = "This is ridiculous. Which town are you in, Ioana?"
PRIVATE = "Ioana, ring me at 0722 123 456 and we will sort it out by 6 pm today."


@pytest.fixture
def case(desk):
    return desk.hear("My Novatel router is broken again and nobody answers")


@pytest.fixture
def four_eyes(desk):
    """Dana has just joined; a lead is there."""
    rows.Organisation.objects.update(four_eyes={"new_days": 14, "severities": ["critical"], "amount": 50})
    rows.Agent.objects.update(joined_at=desk.now - timedelta(days=400))
    rows.Agent.objects.filter(pk=desk.dana.pk).update(joined_at=desk.now - timedelta(days=3))
    desk.dana.refresh_from_db()


@pytest.fixture
def lea(desk):
    lea = make_agent("Lea", "lead")
    rows.Agent.objects.filter(pk=lea.pk).update(joined_at=desk.now - timedelta(days=400))
    lea.refresh_from_db()
    return lea


def approve(desk, case, text=GOOD, **more):
    return approving.approve_wish(
        case.pk,
        Wish(text=text, mode=more.pop("mode", "reply")),
        by=more.pop("by", desk.dana),
        now=desk.now,
        **more,
    )


def sent(desk):
    return [each["text"] for each in desk.town.replies]


def draft_of(agent, case):
    return (
        rows.Draft.objects.filter(case=case, agent=agent, mode="reply").values_list("text", flat=True).first()
    )


def told(agent):
    return [str(each.text["t"]) for each in rows.Notice.objects.filter(agent=agent)]


# -- asking


def test_a_new_agents_reply_waits_and_a_second_person_lets_it_out_exactly_so(desk, case, four_eyes, lea):
    waiting = approve(desk, case)
    assert isinstance(waiting, rows.Approval)
    desk.send()
    assert sent(desk) == []
    entry = seconding.approve(waiting.pk, by=lea, now=desk.now)
    desk.send()
    assert sent(desk) == [GOOD]
    entry.refresh_from_db()
    assert (entry.status, entry.written_by, entry.approved_by) == ("sent", desk.dana, lea)
    assert any("let your reply" in each for each in told(desk.dana))
    assert "approval_asked" in desk.kinds(case)


def test_an_agent_of_long_standing_sends_alone(desk, case, four_eyes):
    old = make_agent("Old", "agent")
    rows.Agent.objects.filter(pk=old.pk).update(joined_at=desk.now - timedelta(days=30))
    old.refresh_from_db()
    assert isinstance(approve(desk, case, by=old), rows.OutboxEntry)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"severity": "critical"}, GOOD),
        ({"abuse": "threat"}, GOOD),
        ({}, "Ioana, I am sorry. We give you 80 euros back, you have them by 6 pm today."),
    ],
)
def test_grave_cases_threats_and_amounts_are_read_by_two_also_a_leads(
    desk, case, four_eyes, lea, changes, text
):
    rows.Case.objects.filter(pk=case.pk).update(**changes)
    waiting = approve(desk, case, text, by=lea)
    assert isinstance(waiting, rows.Approval)
    with pytest.raises(Refused, match="your own"):
        seconding.approve(waiting.pk, by=lea, now=desk.now)
    assert isinstance(seconding.approve(waiting.pk, by=desk.admin, now=desk.now), rows.OutboxEntry)


def test_a_small_amount_needs_nobody(desk, case, four_eyes, lea):
    text = "Ioana, I am sorry. We give you 20 euros back, you have them by 6 pm today."
    assert isinstance(approve(desk, case, text, by=lea), rows.OutboxEntry)


def test_anybody_may_ask_for_a_second_pair_of_eyes(desk, case, lea):
    waiting = approve(desk, case, plea="Is this too stiff?")
    assert isinstance(waiting, rows.Approval)
    assert [each["ground"] for each in waiting.grounds] == ["asked"]


def test_an_experienced_colleague_reads_along_with_a_new_one_but_lifts_no_block(desk, case, four_eyes, lea):
    old = make_agent("Old", "agent")
    rows.Agent.objects.filter(pk=old.pk).update(joined_at=desk.now - timedelta(days=30))
    old.refresh_from_db()
    waiting = approve(desk, case)
    assert isinstance(seconding.approve(waiting.pk, by=old, now=desk.now), rows.OutboxEntry)
    replies.undo(rows.OutboxEntry.objects.get().pk, by=desk.dana, now=desk.now)
    waiting = approve(desk, case, PRIVATE, plea="It is our shop's number")
    with pytest.raises(Refused, match="lead or an admin"):
        seconding.approve(waiting.pk, reason="Yes", by=old, now=desk.now)


def test_somebody_alone_is_not_locked_out(desk, case, four_eyes):
    """Only Dana is left: she is warned by the page, and the trail says that nobody read along."""
    rows.Agent.objects.exclude(pk=desk.dana.pk).update(is_active=False)
    assert isinstance(approve(desk, case), rows.OutboxEntry)
    assert rows.CaseEvent.objects.get(kind="reply_approved").data["alone"] == ["new_agent"]


def test_alone_a_heated_draft_rests_all_the_same(desk, case, four_eyes):
    rows.Agent.objects.exclude(pk=desk.dana.pk).update(is_active=False)
    assert isinstance(approve(desk, case, HOT), rows.CoolDown)


def test_who_asks_for_a_second_person_and_finds_none_sends_nothing(desk, case):
    rows.Agent.objects.exclude(pk=desk.dana.pk).update(is_active=False)
    with pytest.raises(Refused, match="Nobody else is here"):
        approve(desk, case, plea="Is this too stiff?")
    assert rows.OutboxEntry.objects.count() == 0
    assert draft_of(desk.dana, case) == GOOD


def test_alone_nobody_lifts_a_block(desk, case):
    rows.Agent.objects.exclude(pk=desk.dana.pk).update(is_active=False)
    with pytest.raises(Refused, match="Nobody else is here"):
        approve(desk, case, PRIVATE, plea="It is our shop's number")
    assert draft_of(desk.dana, case) == PRIVATE


# -- deciding


def test_the_second_person_changes_words_and_both_are_kept(desk, case, four_eyes, lea):
    waiting = approve(desk, case)
    seconding.approve(waiting.pk, text=OTHER, by=lea, now=desk.now)
    desk.send()
    assert sent(desk) == [OTHER]
    waiting.refresh_from_db()
    assert (waiting.text, waiting.decided_text) == (GOOD, OTHER)
    assert any("see the difference" in each for each in told(desk.dana))


def test_what_is_given_back_is_the_authors_draft_again_with_the_reason(desk, case, four_eyes, lea):
    waiting = approve(desk, case)
    assert draft_of(desk.dana, case) is None
    with pytest.raises(Refused, match="what should be different"):
        seconding.give_back(waiting.pk, "  ", by=lea, now=desk.now)
    seconding.give_back(waiting.pk, "Ask for the model, too", by=lea, now=desk.now)
    assert draft_of(desk.dana, case) == GOOD
    assert any("back" in each for each in told(desk.dana))
    assert isinstance(approve(desk, case, OTHER), rows.Approval)


def test_words_begun_meanwhile_are_not_written_over(desk, case, four_eyes, lea):
    waiting = approve(desk, case)
    cooling.keep(case, "Another thought", "reply", by=desk.dana, now=desk.now)
    seconding.give_back(waiting.pk, "Shorter", by=lea, now=desk.now)
    assert draft_of(desk.dana, case) == "Another thought"
    assert rows.Approval.objects.get().text == GOOD


def test_only_the_author_withdraws(desk, case, four_eyes, lea):
    waiting = approve(desk, case)
    with pytest.raises(Refused, match="Only Dana"):
        seconding.withdraw(waiting.pk, by=lea, now=desk.now)
    seconding.withdraw(waiting.pk, by=desk.dana, now=desk.now)
    assert draft_of(desk.dana, case) == GOOD
    with pytest.raises(Refused, match="Dana has withdrawn it"):
        seconding.approve(waiting.pk, by=lea, now=desk.now)
    desk.send()
    assert sent(desk) == []


def test_of_two_who_decide_the_second_is_told_so(desk, case, four_eyes, lea):
    waiting = approve(desk, case)
    seconding.approve(waiting.pk, by=lea, now=desk.now)
    for decide in (
        lambda: seconding.approve(waiting.pk, by=desk.admin, now=desk.now),
        lambda: seconding.give_back(waiting.pk, "No", by=desk.admin, now=desk.now),
        lambda: seconding.withdraw(waiting.pk, by=desk.dana, now=desk.now),
    ):
        with pytest.raises(Refused, match="Lea has let it out already"):
            decide()
    desk.send()
    assert sent(desk) == [GOOD]


def test_an_agent_who_is_no_second_person_decides_nothing(desk, case, four_eyes, lea):
    waiting = approve(desk, case)
    for nobody in (make_agent("New", "agent"), make_agent("Rea", "read_only")):
        rows.Agent.objects.filter(pk=nobody.pk).update(joined_at=desk.now)
        nobody.refresh_from_db()
        with pytest.raises(Refused):
            seconding.approve(waiting.pk, by=nobody, now=desk.now)
    assert rows.Approval.objects.get().state == "waiting"


def test_the_guards_look_again_at_what_the_second_person_wrote(desk, case, four_eyes, lea):
    waiting = approve(desk, case)
    with pytest.raises(Refused, match="telephone number"):
        seconding.approve(waiting.pk, text=PRIVATE, by=lea, now=desk.now)
    assert rows.Approval.objects.get().state == "waiting"
    assert rows.OutboxEntry.objects.count() == 0


# -- what was approved is exactly what is sent


def parent(desk):
    return desk.town.posts[0]["id"]


@pytest.mark.parametrize("what", ["edited", "deleted", "wrote again"])
def test_it_comes_back_when_what_it_answers_has_changed(desk, case, four_eyes, lea, what):
    waiting = approve(desk, case)
    desk.later(minutes=1)
    match what:
        case "edited":
            desk.town.edit(parent(desk), "My Novatel router works again, sorry")
        case "deleted":
            desk.town.delete(parent(desk))
        case _:
            desk.town.post("And now the phone is dead too", "ioana", thread=parent(desk), to=parent(desk))
    desk.listen()
    with pytest.raises(seconding.Overtaken):
        seconding.approve(waiting.pk, by=lea, now=desk.now)
    desk.send()
    assert sent(desk) == []
    assert rows.Approval.objects.get().state == "overtaken"
    assert draft_of(desk.dana, case) == GOOD
    assert "approval_overtaken" in desk.kinds(case)


def test_it_comes_back_by_itself_once(desk, case, four_eyes, lea):
    approve(desk, case)
    desk.later(minutes=1)
    desk.tick()
    assert rows.Approval.objects.get().state == "waiting"
    desk.town.edit(parent(desk), "My Novatel router works again, sorry")
    desk.listen()
    desk.tick()
    desk.tick()
    assert rows.Approval.objects.get().state == "overtaken"
    assert desk.kinds(case).count("approval_overtaken") == 1
    assert any("came back" in each for each in told(desk.dana))


@pytest.mark.parametrize(
    "changes",
    [{"text": "You are an idiot"}, {"purpose": "last_offer"}, {"asked": {"public_line": "Bought!"}}],
)
def test_words_changed_behind_everybodys_back_never_leave(desk, case, four_eyes, lea, changes):
    waiting = approve(desk, case)
    rows.Approval.objects.update(**changes)
    with pytest.raises(seconding.Overtaken):
        seconding.approve(waiting.pk, by=lea, now=desk.now)
    desk.send()
    assert sent(desk) == []


def test_it_keeps_the_time_at_which_it_was_to_leave(desk, case, four_eyes, lea):
    at = desk.now + timedelta(hours=5)
    waiting = approving.approve_wish(case.pk, Wish(text=GOOD, send_at=at), by=desk.dana, now=desk.now)
    entry = seconding.approve(waiting.pk, by=lea, now=desk.now)
    assert entry.send_at == at


def test_images_are_covered_by_the_yes_and_come_back_with_the_draft(desk, case, four_eyes, lea):
    picture = rows.Attachment.objects.create(
        case=case,
        by=desk.dana,
        at=desk.now,
        name="x.png",
        media_type="image/png",
        data=b"x",
        digest="d",
        alt="A router",
    )
    wish = Wish(text=GOOD, media=(picture.pk,))
    waiting = approving.approve_wish(case.pk, wish, by=desk.dana, now=desk.now)
    picture.refresh_from_db()
    assert picture.used_at == desk.now
    rows.Attachment.objects.update(alt="Something else")
    with pytest.raises(seconding.Overtaken):
        seconding.approve(waiting.pk, by=lea, now=desk.now)
    picture.refresh_from_db()
    assert (picture.used_at, picture.by) == (None, desk.dana)
    waiting = approving.approve_wish(case.pk, wish, by=desk.dana, now=desk.now)
    entry = seconding.approve(waiting.pk, by=lea, now=desk.now)
    assert [each["alt"] for each in entry.media] == ["Something else"]


def test_what_could_not_leave_anyhow_asks_nobody(desk, case, four_eyes, lea):
    with pytest.raises(Refused, match="not there any more"):
        approving.approve_wish(case.pk, Wish(text=GOOD, media=(99,)), by=desk.dana, now=desk.now)
    with pytest.raises(Refused, match="time has passed"):
        approving.approve_wish(case.pk, Wish(text=GOOD, send_at=desk.now), by=desk.dana, now=desk.now)
    assert rows.Approval.objects.count() == 0


def test_a_time_that_passed_while_it_waited_means_at_once(desk, case, four_eyes, lea):
    at = desk.now + timedelta(hours=1)
    waiting = approving.approve_wish(case.pk, Wish(text=GOOD, send_at=at), by=desk.dana, now=desk.now)
    desk.later(hours=2)
    entry = seconding.approve(waiting.pk, by=lea, now=desk.now)
    assert entry.send_at == desk.now + timedelta(seconds=10)


def test_while_one_waits_nobody_answers_past_it(desk, case, four_eyes, lea):
    approve(desk, case)
    with pytest.raises(Refused, match="A reply of Dana"):
        approve(desk, case, OTHER, by=lea)
    assert draft_of(lea, case) == OTHER
    new = make_agent("Noa", "agent")
    rows.Agent.objects.filter(pk=new.pk).update(joined_at=desk.now)
    new.refresh_from_db()
    with pytest.raises(Refused, match="A reply of Dana"):
        approve(desk, case, OTHER, by=new)


def test_a_promise_is_noted_when_it_is_let_out_and_not_before(desk, case, four_eyes, lea):
    waiting = approve(desk, case, keeps_promise=True)
    assert rows.Promise.objects.count() == 0
    seconding.approve(waiting.pk, by=lea, now=desk.now)
    assert rows.Promise.objects.count() == 1


def test_a_closed_case_lets_nothing_out(desk, case, four_eyes, lea):
    waiting = approve(desk, case)
    actions.close(case.pk, "not_ours", reason="A namesake", by=lea, now=desk.now)
    with pytest.raises(Refused, match="closed"):
        seconding.approve(waiting.pk, by=lea, now=desk.now)


# -- a block is lifted by a second person


def test_a_block_stays_without_a_reason_and_is_lifted_by_two_with_both_on_record(desk, case, lea):
    with pytest.raises(Refused, match="telephone number"):
        approve(desk, case, PRIVATE)
    waiting = approve(desk, case, PRIVATE, plea="It is the number of our shop")
    assert isinstance(waiting, rows.Approval)
    with pytest.raises(Refused, match="Say why"):
        seconding.approve(waiting.pk, by=lea, now=desk.now)
    seconding.approve(waiting.pk, reason="It is on our site", by=lea, now=desk.now)
    desk.send()
    assert sent(desk) == [PRIVATE]
    event = rows.CaseEvent.objects.get(kind="block_lifted")
    assert event.actor == lea
    assert event.data["asked"] == "It is the number of our shop"
    assert event.data["why"] == "It is on our site"
    assert event.data["rules"] == "AM001"


def test_other_words_than_those_that_were_shown_are_not_lifted(desk, case, lea):
    waiting = approve(desk, case, PRIVATE, plea="It is the number of our shop")
    with pytest.raises(Refused, match="telephone number"):
        seconding.approve(
            waiting.pk, text=PRIVATE.replace("456", "457"), reason="On our site", by=lea, now=desk.now
        )


def test_a_block_that_was_taken_out_needs_no_reason(desk, case, lea):
    waiting = approve(desk, case, PRIVATE, plea="It is the number of our shop")
    seconding.approve(waiting.pk, text=GOOD, by=lea, now=desk.now)
    assert "block_lifted" not in desk.kinds(case)


@pytest.mark.parametrize(
    "text",
    [
        "Ioana, we charged the card 4111 1111 1111 1111 twice. You have it back by 6 pm today.",
        "Ioana, the money went to RO49AAAA1B31007593840000 today, you have it by 6 pm.",
        "Ioana, is 1960229410015 your CNP? You hear from me by 6 pm today.",
    ],
)
def test_card_numbers_ibans_and_national_ids_are_never_let_through(desk, case, lea, text):
    with pytest.raises(Refused, match="Nobody can let that through"):
        approve(desk, case, text, plea="She wants it so")
    assert rows.Approval.objects.count() == 0


# -- never in anger (A6)


def test_a_heated_draft_rests_with_its_text_kept_and_a_calmer_wording(desk, case):
    rest = approve(desk, case, HOT)
    assert isinstance(rest, rows.CoolDown)
    assert rest.until == desk.now + timedelta(minutes=10)
    assert draft_of(desk.dana, case) == HOT
    assert rest.calmer and "ridiculous" not in rest.calmer and "Which town" in rest.calmer
    desk.send()
    assert sent(desk) == []
    again = approve(desk, case, HOT)
    assert again.pk == rest.pk and again.until == rest.until


def outcome():
    return rows.CoolDown.objects.get().outcome


def test_after_its_rest_it_may_go_as_it_is(desk, case):
    approve(desk, case, HOT)
    desk.later(minutes=10)
    assert isinstance(approve(desk, case, HOT), rows.OutboxEntry)
    assert outcome() == "unchanged"


def test_a_calm_one_goes_at_once(desk, case):
    approve(desk, case, HOT)
    assert isinstance(approve(desk, case, GOOD), rows.OutboxEntry)
    assert outcome() == "revised"


def test_it_can_be_thrown_away(desk, case):
    approve(desk, case, HOT)
    cooling.throw_away(case.pk, "reply", by=desk.dana, now=desk.now)
    assert outcome() == "cancelled"
    assert draft_of(desk.dana, case) is None
    with pytest.raises(Refused, match="No draft of yours"):
        cooling.throw_away(case.pk, "reply", by=desk.dana, now=desk.now)


def test_a_second_person_lets_it_out_sooner(desk, case, lea):
    approve(desk, case, HOT)
    waiting = approve(desk, case, HOT, plea="I stand by it")
    assert isinstance(waiting, rows.Approval)
    seconding.approve(waiting.pk, by=lea, now=desk.now)
    assert outcome() == "lifted"
    assert rows.CoolDown.objects.get().lifted_by == lea
    desk.send()
    assert sent(desk) == [HOT]


def test_what_was_forgotten_for_a_day_counts_as_cancelled_and_another_rests_anew(desk, case):
    approve(desk, case, HOT)
    desk.later(days=2)
    assert isinstance(approve(desk, case, HOT), rows.CoolDown)
    assert sorted(rows.CoolDown.objects.values_list("outcome", flat=True)) == ["", "cancelled"]


def test_a_team_may_rest_no_drafts(desk, case):
    rows.Organisation.objects.update(cooldown_minutes=0)
    assert isinstance(approve(desk, case, HOT), rows.OutboxEntry)


def test_who_had_to_read_much_abuse_is_stopped_sooner(desk, case):
    sharp = "Ioana, you should have called. Which town are you in?"
    other = make_agent("Old", "agent")
    posts = [desk.hear(f"Novatel {n} you idiots", f"troll{n}") for n in range(4)]
    for each in posts:
        mention = rows.Mention.objects.filter(case=each).first()
        rows.Exposure.objects.create(agent=desk.dana, mention=mention, abuse="insult", at=desk.now)
    assert isinstance(approve(desk, case, sharp), rows.CoolDown)
    assert isinstance(approve(desk, case, sharp, by=other), rows.OutboxEntry)


# -- two on one case


def test_who_comes_second_is_stopped_once_with_the_text_kept(desk, case):
    before = approving.seen_of(case)
    approve(desk, case)
    desk.send()
    desk.later(minutes=2)
    with pytest.raises(approving.Answered, match="Dana answered 2 minutes ago") as stopped:
        approve(desk, case, OTHER, by=desk.admin, seen=before)
    assert draft_of(desk.admin, case) == OTHER
    assert isinstance(approve(desk, case, OTHER, by=desk.admin, seen=stopped.value.seen), rows.OutboxEntry)


def test_ones_own_earlier_reply_stops_nobody(desk, case):
    before = approving.seen_of(case)
    approve(desk, case)
    desk.send()
    assert isinstance(approve(desk, case, OTHER, seen=before), rows.OutboxEntry)


def test_an_answer_outside_the_desk_stops_too(desk, case):
    before = approving.seen_of(case)
    desk.town.post("Hello from our app", "novatel", ours=True, thread=parent(desk), to=parent(desk))
    desk.listen()
    with pytest.raises(approving.Answered, match="outside this desk"):
        approve(desk, case, seen=before)


@pytest.mark.parametrize("text", ["", "1", "a-b", "-1-2", "1-2-3", "٣-٤", "9" * 30 + "-1"])
def test_what_cannot_be_read_is_nothing_seen(text):
    assert Seen.read(text) is None


def test_what_was_seen_can_be_written_and_read():
    assert Seen.read(str(Seen(12, 340))) == Seen(12, 340)


def test_a_drain_sends_nothing_that_waits(desk, case, four_eyes, lea):
    approve(desk, case)
    desk.later(days=1)
    assert not sender.drain(now=desk.now)
    assert sent(desk) == []
