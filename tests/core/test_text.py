import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.core.text import fold, storable, words


@pytest.mark.parametrize(
    ("said", "compared"),
    [
        ("Réponse", "reponse"),
        ("Mulțumesc ŞI TU", "multumesc si tu"),
        ("İSTANBUL ışık", "istanbul isik"),
        ("Łódź", "lodz"),
        ("l’oréal", "l'oreal"),
        ("Straße", "strasse"),
        ("Ｎｏｖａｔｅｌ", "novatel"),
        ("𝐍𝐨𝐯𝐚𝐭𝐞𝐥", "novatel"),
        ("no\u200bva\u00adtel", "novatel"),
    ],
)
def test_spellings_of_one_word_compare_equal(said, compared):
    assert fold(said) == compared


def test_hindi_keeps_its_vowels():
    assert "ि" in fold("किताब")


def test_what_a_database_refuses_is_marked_not_dropped():
    assert storable("a\x00b\ud800c") == "a\ufffdb\ufffdc"


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_words_are_parts_of_the_text(text):
    assert all(word in text for word in words(text))
