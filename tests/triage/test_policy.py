"""A desk's own words take effect; a typo never switches a rule off in silence."""

from __future__ import annotations

import pytest

from amends.core.case import Kind
from amends.core.policy import BadPolicy
from amends.triage.deciding import judge
from amends.triage.lexicon import Lexicon, cut
from amends.triage.policy import TriagePolicy


def own(tmp_path, text: str):
    (tmp_path / "triage.toml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[upsett]\nen = ['bad']", "upsett"),
        ("[problem.biling]\nen = ['bad']", "biling"),
        ("[upset]\nde = ['schlecht']", "'de'"),
        ("[upset]\nen = 'bad'", "list of phrases"),
        ("[upset]\nen = ['']", "list of phrases"),
        ("[upset]\nen = ['~ bad']", "word at both ends"),
        ("[upset]\nen = ['!!']", "word at both ends"),
        ("upset = 3", "table of languages"),
        ("[problem]\nbilling = 3", "table of languages"),
        ("[upset", "triage.toml"),
    ],
)
def test_a_broken_policy_is_refused_with_its_file_and_place(tmp_path, text, said):
    with pytest.raises(BadPolicy, match=r"triage\.toml") as caught:
        TriagePolicy.load(own(tmp_path, text))
    assert said in str(caught.value)


def test_a_desks_own_words_take_the_place_of_ours(tmp_path):
    policy = TriagePolicy.load(own(tmp_path, "[problem.quality]\nen = ['zorbed']"))
    assert judge("my new lamp is zorbed", policy).kind is Kind.COMPLAINT
    assert judge("the soup was cold", policy).kind is not Kind.COMPLAINT


def found(phrase: str, text: str) -> bool:
    return bool(Lexicon([("g", phrase)], numbers=["three"]).find(cut(text)))


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("never ~ arrived", "it never arrived"),
        ("never ~ arrived", "it has never once yet arrived"),
        ("<n> days late", "Three days late"),
        ("<n> days late", "12 days late"),
        ("<n> h", "2h"),
        ("disappoint*", "so DISAPPOINTING"),
        ("c'est une honte", "C’est une honte"),
        ("c'est une honte", "cest une honte"),
        ("can't", "cant"),
        ("can't", "can’t"),
        ("n-am net", "n-am net"),
        ("n-am net", "nam net"),
        ("rușine", "RUŞINE"),
        ("rușine", "rusine"),
        ("so slow", "sooooo sloooow"),
        ("never again", "#NeverAgain"),
        ("f*ck", "f*ck"),
        ("$ <n>", "$25.50"),
        ("never again", "never\u00a0again"),
        ("déçu", "de\u0301c\u0327u"),
        ("lost", "lo\u200bst"),
    ],
)
def test_a_phrase_finds_how_people_write_it(phrase, text):
    assert found(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("never ~ arrived", "it never, ever, arrived"),
        ("never ~ arrived", "never in all those years arrived"),
        ("late", "later"),
        ("late", "@late https://late.example/late"),
        ("never again", "never. Again"),
    ],
)
def test_a_phrase_stays_within_its_words_and_its_sentence(phrase, text):
    assert not found(phrase, text)
