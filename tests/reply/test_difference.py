"""Both wordings are shown, word by word (four eyes)."""

from hypothesis import given
from hypothesis import strategies as st

from amends.reply.difference import MOST_PIECES, Piece, difference


def test_words_that_went_and_came_are_told_apart():
    assert difference("Sorry about the router.", "Sorry about your new router.") == (
        Piece("same", "Sorry about "),
        Piece("gone", "the"),
        Piece("new", "your new"),
        Piece("same", " router."),
    )


def test_the_same_text_has_no_difference():
    assert difference("Sorry.", "Sorry.") == (Piece("same", "Sorry."),)
    assert difference("", "") == ()


@given(st.text(max_size=200), st.text(max_size=200))
def test_both_texts_can_be_read_off_it(before, after):
    pieces = difference(before, after)
    assert "".join(each.text for each in pieces if each.what != "new") == before
    assert "".join(each.text for each in pieces if each.what != "gone") == after


def test_a_text_of_any_length_is_compared_at_once():
    before, after = "a " * MOST_PIECES, "b " * MOST_PIECES
    assert difference(before, after) == (Piece("gone", before), Piece("new", after))
