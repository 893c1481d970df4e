"""W1, W2, A7: what the desk keeps of a judgement, pages judged together, and threats that go to a person at once."""

from __future__ import annotations

import numpy as np
import pytest
from tests.makers import make_agent, make_mention

from amends.core.case import Kind
from amends.desk import intake, judging, policies
from amends.desk.judging import Asked, Judgings
from amends.store import models as rows
from amends.store import queries
from amends.triage.model.beside import Heard
from amends.triage.model.tasks import WIDTH

pytestmark = pytest.mark.django_db

ANGRY = "The Novatel router is broken again and nobody answers, I want a refund"
THREAT = "Novatel, I will come to your office and kill you all"


def first_in_queue(desk) -> rows.Case:
    return desk.case(queries.queue("due", now=desk.now).rows[0].id)


def told(agent) -> list[str]:
    return [str(each.text["t"]) for each in rows.Notice.objects.filter(agent=agent, level="loud")]


def test_a_row_keeps_all_that_was_judged(desk):
    desk.hear("Novatel, you charged me twice and this is the third time I write, I want my 40 euros")
    details = rows.Judgement.objects.get().details
    assert {"kind_p", "abuse_p", "sentiment_p", "emotion", "sarcasm", "severity_parts", "tier"} <= set(
        details
    )
    assert details["severity_parts"] == ["money", "repeat"]
    assert rows.Mention.objects.get().judgement["details"] == details


def test_likelihoods_are_kept_with_three_digits():
    assert judging.rounded({"complaint": 0.123456, "other": 1 / 3}) == {"complaint": 0.123, "other": 0.333}


def test_a_page_is_judged_together_and_each_text_once(desk, monkeypatch):
    asked: list[int] = []
    judged = judging.judged
    monkeypatch.setattr(judging, "judged", lambda texts: asked.append(len(texts)) or judged(texts))
    for number in range(5):
        desk.town.post(f"{ANGRY} {number}", who=f"customer{number}")
    desk.town.post("Lovely weather", who="gigi")
    desk.listen()
    assert asked == [5]
    assert rows.Case.objects.count() == 5


def test_an_answer_in_a_thread_of_the_same_page_is_judged_with_it(desk, monkeypatch):
    asked: list[int] = []
    judged = judging.judged
    monkeypatch.setattr(judging, "judged", lambda texts: asked.append(len(texts)) or judged(texts))
    desk.town.post(ANGRY, id="post-1")
    desk.town.post("Still nothing!", thread="post-1", to="post-1")
    desk.listen()
    assert asked == [2]


def test_a_page_that_is_read_again_is_not_judged_again(desk, monkeypatch):
    desk.hear(ANGRY)
    rows.Source.objects.update(cursor="0")
    monkeypatch.setattr(judging, "judged", lambda texts: [1 / 0] if texts else [])
    desk.listen()
    assert rows.Mention.objects.count() == 1
    assert rows.Quarantined.objects.count() == 0


def test_what_was_not_foreseen_is_judged_when_its_turn_comes():
    judgings = Judgings()
    judgings.foresee([])
    assert judgings.of(make_mention(ANGRY)).kind is Kind.COMPLAINT


def test_the_title_of_a_post_is_judged_with_its_words():
    assert judging.asked_of(make_mention("No parcel", title="Awful")) == Asked("Awful\nNo parcel")


def test_too_many_at_once_send_only_a_part_to_the_encoder(settings):
    settings.AMENDS_TRIAGE_AT_ONCE = 100
    assert judging.encoded_share(100) == 1.0
    assert judging.encoded_share(400) == 0.25


def test_a_threat_is_critical_first_in_the_queue_and_told_to_leads_at_once(desk):
    lea = make_agent("Lea", "lead")
    desk.hear(ANGRY, who="dan")
    desk.later(hours=30)
    case = desk.hear(THREAT, who="troll")
    assert (case.abuse, case.severity) == ("threat", "critical")
    assert first_in_queue(desk) == case
    assert told(lea) == told(desk.admin) == ["{author} may threaten somebody: read it now"]
    assert told(desk.dana) == []


def test_a_threat_in_anothers_thread_is_a_case_of_its_own(desk):
    desk.hear(ANGRY)
    case = desk.hear(THREAT, who="troll", thread="post-1", to="post-1")
    assert rows.Case.objects.count() == 2
    assert case.abuse == "threat"


def test_a_customer_who_threatens_later_comes_first_from_then_on(desk):
    case = desk.hear(ANGRY)
    desk.hear("I will come and kill you", thread="post-1", to="post-1")
    assert (desk.case(case.pk).abuse, desk.case(case.pk).severity) == ("threat", "critical")
    assert len(told(desk.admin)) == 1


def test_a_threat_that_was_answered_waits_like_the_others(desk):
    other = desk.hear(ANGRY, who="dan")
    desk.later(hours=30)
    case = desk.hear(THREAT, who="troll")
    rows.Case.objects.filter(pk=case.pk).update(first_answer_at=desk.now)
    assert first_in_queue(desk) == other


def test_a_post_that_is_changed_into_a_threat_is_told(desk):
    case = desk.hear(ANGRY)
    desk.town.edit("post-1", THREAT)
    desk.listen()
    assert (desk.case(case.pk).abuse, desk.case(case.pk).severity) == ("threat", "critical")
    assert len(told(desk.admin)) == 1


def test_reading_takes_the_judgements_made_before_its_transaction(desk, monkeypatch):
    from django.db import connection

    inside: list[bool] = []
    judged = judging.judged

    def looks(texts):
        inside.append(bool(connection.savepoint_ids))
        return judged(texts)

    monkeypatch.setattr(judging, "judged", looks)
    desk.town.post(ANGRY)
    source = rows.Source.objects.get()
    from amends.desk import accounts

    capture = intake.keep_page(source, accounts.connect(source).fetch(""), now=desk.now)
    inside.clear()
    intake.read_capture(capture, now=desk.now)
    assert inside == [False]


class Quick:
    """A scorer with an encoder that reads only the first of a batch."""

    tier = "encoder"

    def __init__(self):
        self.shares: list[float] = []

    def hear(self, texts, *, share=1.0):
        self.shares.append(share)
        row = np.log(np.full(WIDTH, 0.2, np.float32))
        return [Heard(row, "encoder" if at == 0 else "ngrams") for at in range(len(texts))]


def test_under_overload_the_surest_skip_the_encoder_and_are_counted(desk, settings, monkeypatch):
    scorer = Quick()
    monkeypatch.setattr(policies, "scorer", lambda: scorer, raising=False)
    settings.AMENDS_TRIAGE_AT_ONCE = 2
    for number in range(4):
        desk.town.post(f"{ANGRY} {number}", who=f"customer{number}")
    desk.listen()
    assert scorer.shares == [0.5]
    assert [each.details.get("in_haste", False) for each in rows.Judgement.objects.order_by("pk")] == [
        False,
        True,
        True,
        True,
    ]
    assert queries.plan_page(now=desk.now).figures["triage"]["in_haste"] == 3


def test_a_desk_without_the_encoder_judges_nothing_in_haste(desk):
    desk.hear(ANGRY)
    assert "in_haste" not in rows.Judgement.objects.get().details
