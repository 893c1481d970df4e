"""The language of short posts, with and without accents."""

from __future__ import annotations

import pytest

from amends.triage.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("my order is late", "en"),
        ("wtf why is this down again", "en"),
        ("mon colis n'est pas la svp", "fr"),
        ("ca marche pas depuis hier", "fr"),
        ("toujours pas de reponse", "fr"),
        ("nu merge netul", "ro"),
        ("unde e coletul meu", "ro"),
        ("mi-ati luat banii", "ro"),
        ("RUSINE SA VA FIE", "ro"),
        ("în Iaşi nu e semnal", "ro"),
        ("în Iași nu e semnal", "ro"),
        ("wo ist mein Paket und warum antwortet ihr nicht", "und"),
        ("¿dónde está mi pedido? llevo una semana esperando", "und"),
        ("мой заказ не пришел", "und"),
        ("", "und"),
        ("😡😡😡", "und"),
        ("ok", "und"),
    ],
)
def test_the_language_of_a_short_post(text, language):
    assert language_of(text) == language


def test_the_networks_hint_decides_only_where_the_words_do_not():
    assert language_of("Novatel Cluj", ["ro"]) == "ro"
    assert language_of("unde este coletul meu, nu a ajuns", ["en"]) == "ro"
    assert language_of("интернет", ["en"]) == "und"
    assert language_of("Novatel", ["de"]) == "und"
    assert language_of("Novatel", ["", "x", "fr-CA"]) == "fr"


def test_only_the_languages_asked_for_are_given():
    assert language_of("where is my order", among=("fr", "ro")) == "und"
