"""The contrast sentences: the same words on both sides of the line, in three languages (W1, A7)."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from training.contrast import make

HATEFUL = {
    "dislike",
    "bad_traits",
    "dehumanise",
    "unwelcome",
    "threat_group",
    "hate_asked",
    "hate_opinion",
    "hate_two_clauses",
    "hate_denied_worth",
    "hate_sworn",
    "hate_misspelt",
    "hate_customer",
}
HARMLESS = {
    "group_neutral",
    "group_positive",
    "group_complaint",
    "hate_negated",
    "hate_denounced",
    "counter_speech",
    "insult_person",
    "insult_trade",
    "object_hated",
    "object_sworn",
    "insult_crowd",
    "swearing",
    "reclaimed",
    "figure_of_speech",
    "rage_matter",
    "legal_threat",
    "threat_negated",
    "fine_misspelt",
}
in_each_language = pytest.mark.parametrize("lang", make.LANGUAGES)


@pytest.fixture(scope="module")
def drawn() -> list[make.Row]:
    return make.rows()


def test_the_same_seed_gives_the_same_sentences_and_another_seed_others(drawn):
    assert make.rows() == drawn
    assert make.rows(seed=make.SEED + 1) != drawn


def test_every_row_has_a_label_of_the_guide_and_a_side_that_fits_it(drawn):
    assert {row.abuse for row in drawn} == set(make.LABELS)
    assert all(row.abuse in make.SHIELDED for row in drawn if row.hateful)
    assert {row.function for row in drawn if row.abuse in make.SHIELDED and not row.hateful} == {
        "threat_staff"
    }


@in_each_language
def test_there_are_enough_sentences_and_both_sides_get_their_share(drawn, lang):
    sides = Counter(row.abuse in make.SHIELDED for row in drawn if row.lang == lang)
    assert sides == {True: 600, False: 900}
    assert len(make.available(lang)) >= 3000


@in_each_language
def test_every_function_has_its_own_templates_and_its_share_of_a_sample(drawn, lang):
    templates: dict[str, set[str]] = {}
    for one in make.available(lang):
        templates.setdefault(one.row.function, set()).add(one.template)
    assert set(templates) == HATEFUL | HARMLESS | {"threat_staff"}
    assert all(12 <= len(own) <= 25 for own in templates.values())
    shares = Counter(row.function for row in drawn if row.lang == lang)
    assert min(shares[function] for function in templates) >= 25
    assert max(shares.values()) <= 100


@in_each_language
def test_every_template_gives_at_least_one_sentence(lang):
    used = {one.template for one in make.available(lang)}
    written = [
        line for family in make.read(lang)["family"] for line in family["templates"].strip().splitlines()
    ]
    assert sorted(used) == sorted(written)


@in_each_language
def test_each_group_is_named_as_often_in_harmless_sentences_as_in_hate(drawn, lang):
    groups = make.read(lang)["groups"]
    of_text = {make.bare(one.row.text): one.group for one in make.available(lang)}
    told = {True: Counter[str](), False: Counter[str]()}
    for row in (row for row in drawn if row.lang == lang):
        text = make.bare(re.sub(r"^@\w+ ", "", row.text))
        told[row.hateful][of_text[text]] += 1
    assert all(abs(told[True][group] - told[False][group]) <= 6 for group in groups)
    assert min(told[True][group] for group in groups) >= 30


def test_no_slot_stays_empty_and_no_text_comes_twice(drawn):
    texts = [row.text for row in drawn]
    assert not [text for text in texts if re.search(r"[{}<>|\t\n]|  ", text) or text != text.strip()]
    assert len({make.bare(text) for text in texts}) == len(texts)


def test_articles_contract_and_agree():
    french = {
        noun.forms["pl"]: noun.forms
        for noun in make.french("", ["m* handicapés / handicapé", "f Algériennes / Algérienne"])
    }
    assert [french["handicapés"][form] for form in ("de", "ce", "au")] == [
        "de handicapés",
        "ce handicapé",
        "au handicapé",
    ]
    assert [french["Algériennes"][form] for form in ("de", "ce", "au")] == [
        "d'Algériennes",
        "cette Algérienne",
        "à l'Algérienne",
    ]
    [romanian] = make.romanian(
        "", ["f persoane trans / persoanele trans / persoanelor trans / o persoană trans"]
    )
    assert make.agreed("<Îi|Le> văd pe {prep}.", romanian) == "Le văd pe persoanele trans."


def test_the_command_prints_rows_as_tsv(capsys):
    make.main(["1", "60"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 180
    assert {len(line.split("\t")) for line in lines} == {5}
