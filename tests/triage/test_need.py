"""A7: what the customer needs comes first, in their own words, and the insults do not come with it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.triage.judgement import Abuse
from amends.triage.need import LONGEST, need_of
from amends.triage.policy import TriagePolicy

POLICY = TriagePolicy.load()

#: The language, the post, a word of the need that must be there, and words that must not.
HARSH = [
    ("en", "You useless idiots, my parcel never arrived and I want my money back.", "parcel never arrived", "idiots useless"),
    ("en", "My internet is down again. You are a bunch of morons.", "My internet is down again.", "morons bunch"),
    ("en", "Where is my refund, you lying thieves?", "Where is my refund", "thieves lying"),
    ("en", "@novatel your stupid router stopped working on Monday, fix it", "stopped working", "stupid"),
    ("en", "This fucking phone does not charge any more.", "phone does not charge", "fucking"),
    ("en", "Clowns, all of you. They billed me twice for the same month.", "billed me twice", "Clowns"),
    ("fr", "Bande d'incapables, mon colis n'est jamais arrivé !", "n'est jamais arrivé", "incapables"),
    ("fr", "Vous êtes des crétins. Ma box ne marche plus depuis lundi.", "Ma box ne marche plus depuis lundi.", "crétins"),
    ("fr", "Remboursez-moi, bande de voleurs, j'ai été facturé deux fois.", "facturé deux fois", "voleurs"),
    ("fr", "Deux putains de mois que ma box est en panne, bande d'incapables", "mois que ma box est en panne", "putains"),
    ("fr", "Putain de routeur, il est encore en panne", "en panne", "Putain"),
    ("ro", "Sunteți niște idioți. Coletul meu nu a ajuns nici azi.", "nu a ajuns", "idioți"),
    ("ro", "Bă proștilor, netul nu merge de trei zile, vreau banii înapoi", "nu merge de trei zile", "proștilor"),
    ("ro", "Hoților! 120 de lei taxă la un cont gol.", "120 de lei taxă la un cont gol.", "Hoților"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "there", "not_there"), HARSH)
def test_the_need_is_there_and_the_insult_is_not(language, text, there, not_there):
    said = need_of(text, POLICY, (language,), abuse=Abuse.INSULT)
    assert there in said
    for word in not_there.split():
        assert word not in said


@pytest.mark.parametrize(
    "text",
    [
        "You are all idiots and morons",
        "Bande de minables",
        "Sunteți niște nesimțiți",
        "🖕🖕🖕",
        "",
    ],
)
def test_where_nothing_is_needed_nothing_is_made_up(text):
    assert need_of(text, POLICY, abuse=Abuse.INSULT) == ""


def test_of_a_sentence_with_a_threat_nothing_is_taken():
    text = "My line is dead since Monday. If it is not repaired I will kill you all."
    assert need_of(text, POLICY, abuse=Abuse.THREAT) == "My line is dead since Monday."


def test_where_the_harsh_words_are_not_known_only_clean_words_are_taken():
    """A model hears an insult that no list has: then nothing is taken that might be it."""
    text = "You absolute wazzocks have charged me twice for a broken kettle, you gormless bunch."
    said = need_of(text, POLICY, ("en",), abuse=Abuse.INSULT)
    assert "charged me twice" in said
    assert not re.search("wazzock|gormless", said)


def test_a_calm_post_gives_the_sentence_that_matters():
    text = (
        "Good morning. I hope that you are well. My order has not arrived, can you help me? Have a nice day."
    )
    assert need_of(text, POLICY, ("en",)) == "My order has not arrived, can you help me?"


def test_a_long_one_is_cut_at_a_word():
    said = need_of("My parcel never arrived and " + "again " * 200, POLICY, ("en",))
    assert len(said) <= LONGEST
    assert said.endswith("again…")


@given(st.text(max_size=400) | st.sampled_from([text for _, text, *_ in HARSH]))
def test_every_word_of_it_is_theirs(text):
    """Never invented words: each piece between the marks stands in the post."""
    theirs = " ".join(text.split())
    for piece in need_of(text, POLICY, abuse=Abuse.INSULT).split("…"):
        assert " ".join(piece.split()) in theirs
