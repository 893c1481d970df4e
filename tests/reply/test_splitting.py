"""A long reply becomes posts that each fit, and ends each where a reader would pause (A9, issue 4 point 8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.reply.length import bluesky_length, graphemes, mastodon_length
from amends.reply.splitting import MOST_PARTS, TooLong, opened, split

SENTENCE = "We have found your parcel in the depot and it leaves with the first van tomorrow."


def words_of(parts):
    return " ".join(part.rsplit(" ", 1)[0] for part in parts).split()


def test_what_fits_is_one_post_without_a_number():
    assert split("  All is well. ", 300, len) == ("All is well.",)


def test_no_limit_is_one_post():
    assert split(SENTENCE * 100, 0, len) == (SENTENCE * 100,)


def test_paragraphs_are_kept_together_where_they_can_be():
    first, second = SENTENCE, f"{SENTENCE} {SENTENCE}"
    parts = split(f"{first}\n\n{second}", 180, len)
    assert parts == (f"{first} 1/2", f"{second} 2/2")


def test_sentences_are_kept_whole_where_they_can_be():
    parts = split(" ".join([SENTENCE] * 6), 200, len)
    assert [part.rsplit(" ", 1)[0] for part in parts] == [f"{SENTENCE} {SENTENCE}"] * 3


def test_a_long_sentence_is_broken_between_words():
    text = "word " * 60 + "end"
    parts = split(text, 100, len)
    assert words_of(parts) == text.split()


def test_the_numbers_can_be_left_out():
    parts = split(" ".join([SENTENCE] * 4), 200, len, has_marks=False)
    assert " ".join(parts) == " ".join([SENTENCE] * 4)


def test_a_link_and_a_name_are_never_broken():
    link, name = "https://shop.example/" + "a-b." * 20 + "x", "@the.person.with-a-name@far.example"
    text = f"{'word ' * 18}{link} {'word ' * 18}{name} {'word ' * 15}"
    parts = split(text, 130, len)
    assert any(link in part for part in parts)
    assert any(name in part for part in parts)


def test_a_link_longer_than_a_post_is_said():
    with pytest.raises(TooLong, match="link"):
        split("See https://shop.example/" + "x" * 400, 300, bluesky_length)


def test_a_long_link_that_the_network_shortens_fits():
    assert len(split("See https://shop.example/" + "x" * 400, 300, mastodon_length)) == 1


def test_more_posts_than_anybody_reads_are_refused():
    with pytest.raises(TooLong, match="more than 9"):
        split(" ".join([SENTENCE] * 100), 300, len)


def test_a_script_without_spaces_is_broken_between_its_sentences_and_characters():
    text = "荷物が届かなかったことをお詫びいたします。" * 12
    parts = split(text, 100, graphemes, has_marks=False)
    assert "".join(parts) == text
    assert all(part.endswith("。") for part in parts)
    assert "".join(split("é" * 250, 100, graphemes, has_marks=False)) == "é" * 250


def test_what_is_seen_as_one_character_is_never_broken():
    family = "👩‍👩‍👧‍👦"
    parts = split(family * 90, 100, bluesky_length, has_marks=False)
    assert all(set(part.replace(family, "")) == set() for part in parts)


def test_a_sign_after_a_french_space_does_not_begin_a_post():
    text = ("Nous sommes navrés de ce retard " * 4) + "vraiment !" + " Nous vous répondons demain" * 4
    for longest in range(60, 160):
        for part in split(text, longest, len, has_marks=False):
            assert not part.startswith("!")


def test_a_short_form_ends_no_sentence():
    text = "Please ask for Dr. Popescu at the desk of the second floor, she knows it all. " * 3
    parts = split(text, 100, len, has_marks=False)
    assert not any(part.endswith("Dr.") for part in parts)


def test_a_last_post_of_two_words_is_evened_out():
    text = "word " * 81 + "bye"
    _, second = split(text, 400, len, has_marks=False)
    assert len(second) > 80


def test_everybody_is_named_in_every_post_where_the_network_wants_it():
    parts = split(" ".join([SENTENCE] * 4), 200, mastodon_length, opening="@ana@far.example ")
    assert all(part.startswith("@ana@far.example ") for part in parts)
    assert all(mastodon_length(part) <= 200 for part in parts)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Hello.", "@ana Hello."),
        ("@ana Hello.", "@ana Hello."),
        ("Dear @ANA, hello.", "Dear @ANA, hello."),
        ("@anabel hello", "@ana @anabel hello"),
        ("@ana@far.example hello", "@ana @ana@far.example hello"),
        ("Thank you, @ana.", "Thank you, @ana."),
    ],
)
def test_who_is_named_already_is_not_named_twice(text, whole):
    assert opened(text, "@ana ") == whole


@given(
    st.text(
        st.one_of(
            st.sampled_from(" .\n!?é👩‍👧@#"), st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"))
        ),
        max_size=700,
    ),
    st.sampled_from([(300, bluesky_length), (120, mastodon_length), (90, len)]),
    st.booleans(),
)
def test_every_post_fits_and_no_word_is_lost(text, network, has_marks):
    longest, count = network
    try:
        parts = split(text, longest, count, has_marks=has_marks)
    except TooLong:
        return
    assert len(parts) <= MOST_PARTS
    assert all(count(part) <= longest for part in parts)
    if len(parts) > 1 and has_marks:
        parts = [part.rsplit(" ", 1)[0] for part in parts]
    assert "".join("".join(parts).split()) == "".join(text.split())
