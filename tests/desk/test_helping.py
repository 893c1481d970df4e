"""What helps an agent to write: house rules, ways out, who helps, and a proposed draft."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.makers import make_agent

from amends.core.graph import Refused
from amends.desk import (
    actions,
    approving,
    example_book,
    housebook,
    people,
    proposing,
    reviewing,
    setup,
    waysout,
)
from amends.reply.gaps import gaps
from amends.reply.guard import Level
from amends.store import models as rows

pytestmark = pytest.mark.django_db

WEEK = dict.fromkeys(range(5), "9:00–18:00")


@pytest.fixture
def lead(desk):
    return make_agent("Lea", "lead")


@pytest.fixture
def case(desk):
    found = desk.hear("Novatel, my bill is wrong, I was charged twice", "ioana")
    rows.Case.objects.filter(pk=found.pk).update(topic="billing", language="en")
    return desk.case(found.pk)


def rule(lead, now, **more):
    values = {
        "title": "Order number first",
        "topics": ["Billing"],
        "texts": {"en": "We ask for the order number", "fr": "Nous demandons le numéro"},
        "reasons": {"en": "two orders can look alike", "fr": "il y a des homonymes"},
        **more,
    }
    return housebook.write(**values, by=lead, now=now)


def test_a_rule_is_offered_with_its_reason_where_its_topic_comes_up(desk, lead, case):
    rule(lead, desk.now)
    rule(lead, desk.now, title="For parcels", topics=["delivery"])
    rule(lead, desk.now, title="For all", topics=[])
    offered = proposing.tools(case.pk, by=desk.dana, now=desk.now).rules
    assert [each.title for each in offered] == ["Order number first", "For all"]
    assert offered[0].says == "We ask for the order number, because two orders can look alike."
    assert (
        housebook.offered("billing", "fr")[0].says
        == "Nous demandons le numéro, parce qu’il y a des homonymes."
    )
    assert housebook.offered("billing", "ro")[0].says == "", (
        "not written in their language: nothing to put in"
    )


def test_the_coach_names_the_rule_behind_a_complaint(desk, lead, case):
    rule(lead, desk.now)
    seen = reviewing.situation_of(case, "reply", now=desk.now).house_rules
    assert [(each.title, each.reason) for each in seen] == [
        ("Order number first", "two orders can look alike")
    ]


def test_a_changed_rule_keeps_what_it_said_before(desk, lead):
    first = rule(lead, desk.now)
    second = rule(lead, desk.now, number=first.number, texts={"en": "Another"}, reasons={"en": "b"})
    assert (second.number, second.version) == (first.number, 2)
    assert [each.says for each in housebook.offered("billing", "en")] == ["Another, because b."]
    housebook.retire(first.number, by=lead, now=desk.now)
    assert not housebook.offered("billing", "en")
    housebook.retire(first.number, is_retired=False, by=lead, now=desk.now)
    assert housebook.offered("billing", "en")[0].says == "Another, because b."
    kept = rows.HouseRule.objects.order_by("version").values_list("version", "is_current", "is_retired")
    assert list(kept) == [(1, False, False), (2, False, False), (3, False, True), (4, True, False)]
    assert rows.HouseRule.objects.get(version=1).texts["fr"] == "Nous demandons le numéro"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"reasons": {"en": "a"}}, "Say why"),
        ({"title": " "}, "title"),
        ({"texts": {}, "reasons": {}}, "title"),
        ({"texts": {"en": "a"}, "reasons": {"en": "b", "fr": "c"}}, "without its rule"),
        ({"texts": {"en": "a" * 500}, "reasons": {"en": "b"}}, "too long"),
        ({"texts": {"english": "a"}, "reasons": {"english": "b"}}, "no language"),
        ({"number": 99}, "no house rule 99"),
    ],
)
def test_half_a_rule_is_refused(desk, lead, more, said):
    with pytest.raises(Refused, match=said):
        rule(lead, desk.now, **more)
    assert not rows.HouseRule.objects.exists()


def way(lead, **more):
    values = {"kind": "telephone", "address": "020 7946 0182", "titles": {"en": "bills"}, **more}
    return waysout.write(**values, by=lead)


def test_a_way_out_says_whether_somebody_is_there(desk, lead):
    way(lead, zone="UTC", days=WEEK)
    way(lead, kind="site", address="novatel.example/help", titles={"en": "everything"})
    friday, saturday = datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 21, 10, tzinfo=UTC)
    there = waysout.offered("billing", "en", now=friday)
    assert [str(each.hours) for each in there] == ["open until 18:00", "None"]
    assert there[0].says == "For bills you can also ring us on 020 7946 0182; somebody answers until 6 pm."
    shut = waysout.offered("billing", "en", now=saturday)
    assert [each.kind for each in shut] == ["site", "telephone"], (
        "open ones first, closed ones with their hours"
    )
    assert str(shut[1].hours) == "opens on Monday at 09:00" and not shut[1].is_open
    assert "somebody answers from Monday at 9 am" in shut[1].says
    sunday = saturday + timedelta(days=1)
    assert str(waysout.offered("billing", "en", now=sunday)[1].hours) == "opens tomorrow at 09:00"
    early = friday.replace(hour=7)
    assert str(waysout.offered("billing", "en", now=early)[1].hours) == "opens today at 09:00"


def test_a_way_out_fits_a_topic_and_a_language(desk, lead):
    way(lead, topics=["billing"], languages=["EN"])
    assert waysout.offered("billing", "en-GB", now=desk.now) and not waysout.offered(
        "delivery", "en", now=desk.now
    )
    assert not waysout.offered("billing", "fr", now=desk.now)
    way(lead, address="01 99 00 41 00", languages=["fr"], titles={"en": "bills"})
    assert waysout.offered("billing", "fr", now=desk.now)[0].says == "", (
        "what it is for is not said in French yet"
    )


def test_an_address_of_ours_may_be_said_in_public_until_it_is_switched_off(desk, lead, case):
    found = way(lead)
    text = "I understand. You can ring 020 7946 0182 about it. What do you see?"
    assert not reviewing.review(case.pk, text, "reply", by=desk.dana, now=desk.now).is_blocked
    waysout.switch(found.pk, False, by=lead)
    assert reviewing.review(case.pk, text, "reply", by=desk.dana, now=desk.now).is_blocked
    assert not waysout.offered("billing", "en", now=desk.now)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"kind": "pigeon"}, "kind"),
        ({"address": "ring us"}, "dialled"),
        ({"kind": "mail", "address": "help at brand"}, "mail address"),
        ({"kind": "site", "address": "javascript:alert(1)"}, "address of the site"),
        ({"titles": {}}, "what it is for"),
        ({"days": {0: "nine"}}, "hours"),
        ({"days": {0: "9-17"}, "zone": "Mars"}, "zone"),
        ({"way_id": 77}, "no such way"),
    ],
)
def test_a_way_that_leads_nowhere_is_refused(desk, lead, more, said):
    with pytest.raises(Refused, match=said):
        way(lead, **more)


def test_ways_are_put_in_order(desk, lead):
    first, second = way(lead), way(lead, address="020 7946 0183")
    waysout.move(second.pk, True, by=lead)
    assert [each.pk for each in rows.WayOut.objects.order_by("position")] == [second.pk, first.pk]
    waysout.move(second.pk, True, by=lead)
    with pytest.raises(Refused):
        waysout.move(77, True, by=lead)


def test_agents_offer_and_do_not_write(desk):
    for act in (
        lambda: rule(desk.dana, desk.now),
        lambda: housebook.retire(1, by=desk.dana, now=desk.now),
        lambda: way(desk.dana),
        lambda: waysout.switch(1, True, by=desk.dana),
        lambda: waysout.move(1, True, by=desk.dana),
    ):
        with pytest.raises(Refused, match="Your role"):
            act()


def test_who_takes_over_is_introduced_by_a_name_and_what_they_do(desk, case):
    people.set_identity(desk.dana, name="Dana Pop", email=desk.dana.email, introduced_as="Dana, billing")
    with pytest.raises(Refused, match="assign it first"):
        proposing.introduction(case.pk, by=desk.admin, now=desk.now)
    actions.assign(case.pk, to=desk.dana.pk, by=desk.admin, now=desk.now)
    line = proposing.introduction(case.pk, by=desk.admin, now=desk.now)
    assert (
        "Dana from our team for billing" in line.says and "Pop" not in line.says and "today by" in line.says
    )
    mine = proposing.introduction(case.pk, by=desk.dana, now=desk.now)
    assert mine.is_self and mine.says.startswith("I am Dana from our team for billing")
    seen = reviewing.review(case.pk, line.says, "reply", by=desk.admin, now=desk.now)
    assert seen.promise is not None and seen.promise.due_at is not None
    assert not seen.is_blocked and not [each for each in seen.verdicts if each.level is Level.WARN]


def test_what_customers_read_of_us_holds_nothing_private(desk):
    for private in ("Dana, dana@brand.example", "Dana, 0722 123 456", "Dana 42"):
        with pytest.raises(Refused, match="in public"):
            people.set_identity(desk.dana, name="Dana", email=desk.dana.email, introduced_as=private)


def test_a_draft_is_proposed_in_other_words_each_time_and_nothing_is_sent(desk, case):
    drafts = [proposing.propose(case.pk, by=desk.dana, now=desk.now) for _ in range(6)]
    assert len({each.text for each in drafts}) == 6
    assert all(each.by == "play" and each.agent == desk.dana and each.name == "billing" for each in drafts)
    assert not rows.OutboxEntry.objects.exists() and not rows.Draft.objects.exists()
    assert rows.Proposal.objects.count() == 6


def test_a_proposal_is_not_what_we_sent_to_others(desk, case):
    first = proposing.propose(case.pk, by=desk.dana, now=desk.now)
    other = desk.hear("Novatel, my bill is wrong, I was charged twice!", "mihai")
    rows.Case.objects.filter(pk=other.pk).update(topic="billing", language="en")
    approving.approve(other.pk, first.text.replace("[", "(").replace("]", ")"), by=desk.dana, now=desk.now)
    desk.send()
    for _ in range(8):
        again = proposing.propose(case.pk, by=desk.dana, now=desk.now)
        seen = reviewing.review(case.pk, again.text, "reply", by=desk.dana, now=desk.now)
        assert "AM009" not in {each.rule for each in seen.verdicts}


def test_a_proposal_with_a_gap_is_not_sent_until_it_is_filled(desk, case):
    text = "I understand that this bothers you. The reason: [how it came to this]. What do you see?"
    assert gaps(text)
    with pytest.raises(Refused, match="gap"):
        approving.approve(case.pk, text, by=desk.dana, now=desk.now)
    seen = reviewing.review(case.pk, text, "reply", by=desk.dana, now=desk.now)
    assert [each.rule for each in seen.verdicts if each.level is Level.BLOCK] == ["AM029"]
    approving.approve(case.pk, text.replace("[how it came to this]", "a storm"), by=desk.dana, now=desk.now)


def test_a_proposal_is_in_their_language_and_form_or_not_made(desk, case):
    rows.Case.objects.filter(pk=case.pk).update(language="fr")
    assert "vous" in proposing.propose(case.pk, by=desk.dana, now=desk.now).text.lower()
    rows.Mention.objects.update(text="T’as vu ton service ? Tu te moques de moi")
    text = proposing.propose(case.pk, by=desk.dana, now=desk.now).text
    assert " vous " not in text and "votre" not in text
    rows.Case.objects.filter(pk=case.pk).update(language="de")
    with pytest.raises(Refused, match="no words in this language"):
        proposing.propose(case.pk, by=desk.dana, now=desk.now)


def test_a_reader_is_offered_nothing(desk, case):
    reader = make_agent("Rita", "read_only")
    for act in (proposing.tools, proposing.introduction, proposing.propose):
        with pytest.raises(Refused):
            act(case.pk, by=reader, now=desk.now)


def test_the_example_has_a_book_and_a_real_desk_begins_with_an_empty_one(desk, lead):
    assert not rows.HouseRule.objects.exists()
    rows.Organisation.objects.all().delete()
    setup.start_example(by=lead, now=desk.now)
    assert rows.HouseRule.objects.count() >= 3 and rows.WayOut.objects.count() >= 3
    for each in rows.HouseRule.objects.all():
        assert set(each.texts) == set(each.reasons) == {"en", "fr", "ro"}
    example_book.write(by=lead, now=desk.now)
    assert rows.HouseRule.objects.count() == rows.HouseRule.objects.filter(version=1).count()


def test_the_example_beside_a_real_brand_brings_no_rules(desk, lead):
    setup.start_example(by=lead, now=desk.now)
    assert not rows.HouseRule.objects.exists() and not rows.WayOut.objects.exists()
