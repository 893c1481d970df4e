"""Triage on small cases that each ask one thing (W1, W5, A7). Floors are a little under what was measured."""

from __future__ import annotations

from functools import cache

import pytest
from tests.triage.sets import LANGUAGES, cases, judged, right, with_the_encoder

from amends.core.case import Kind
from amends.triage.judgement import Abuse, Judgement
from amends.triage.model.scorer import Scorer

FEWEST = 150
FLOORS = {
    "ngrams": {"kind": 0.60, "abuse": 0.75, "sentiment": 0.70},
    "encoder": {"kind": 0.70, "abuse": 0.88, "sentiment": 0.84},
}
TIERS = (pytest.param("ngrams"), pytest.param("encoder", marks=pytest.mark.shared))


@cache
def scorer(tier: str) -> Scorer:
    return with_the_encoder() if tier == "encoder" else Scorer.open(None)


@cache
def answers(tier: str, language: str) -> list[Judgement]:
    return judged([case["text"] for case in cases(language)], language, scorer(tier))


def of_function(tier: str, language: str, *names: str) -> list[tuple[dict[str, str], Judgement]]:
    both = zip(cases(language), answers(tier, language), strict=True)
    return [(case, each) for case, each in both if case["function"] in names]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_cases(language):
    found = cases(language)
    assert len(found) >= FEWEST and len({case["text"] for case in found}) == len(found)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("field", ["kind", "abuse", "sentiment"])
def test_the_cases_are_answered(tier, language, field):
    assert right(cases(language), answers(tier, language), field) >= FLOORS[tier][field]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tier", TIERS)
def test_a_customer_who_swears_is_no_troll(tier, language):
    taken = [
        case["text"]
        for case, each in of_function(tier, language, "rude_but_right")
        if each.kind is Kind.ABUSE
    ]
    assert len(taken) <= 1, taken


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tier", TIERS)
def test_sarcasm_is_not_filed_as_praise(tier, language):
    taken = [
        case["text"] for case, each in of_function(tier, language, "sarcasm") if each.kind is Kind.PRAISE
    ]
    assert len(taken) <= {"ngrams": 4, "encoder": 1}[tier], taken


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tier", TIERS)
def test_the_law_is_no_threat(tier, language):
    taken = [
        case["text"]
        for case, each in of_function(tier, language, "legal_threat_is_no_threat")
        if each.abuse is Abuse.THREAT
    ]
    assert len(taken) <= 1, taken


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tier", TIERS)
def test_who_speaks_of_themselves_is_not_veiled(tier, language):
    taken = [
        case["text"]
        for case, each in of_function(tier, language, "reclaimed_or_neutral_identity")
        if each.abuse in (Abuse.HATE, Abuse.THREAT)
    ]
    assert len(taken) <= 2, taken
