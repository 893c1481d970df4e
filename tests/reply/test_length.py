"""A text is counted as its network counts it (AM004)."""

import pytest

from amends.reply.length import bluesky_length, graphemes, mastodon_length, plain


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("abc", 3),
        ("a\r\nb", 3),
        ("é", 1),
        ("e\u0301", 1),
        ("👩‍👩‍👧", 1),
        ("🇷🇴🇫🇷", 2),
        ("각", 1),
        ("🏴‍☠️!", 2),
    ],
)
def test_what_a_reader_sees_as_one_counts_once(text, count):
    assert graphemes(text) == count


def test_plain_counts_code_points():
    assert plain("e\u0301") == 2


def test_bluesky_keeps_the_limit_of_bytes_too():
    assert bluesky_length("a" * 300) == 300
    assert bluesky_length("👩‍👩‍👧‍👦" * 200) > 300 >= graphemes("👩‍👩‍👧‍👦" * 200)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("See https://shop.example/" + "x" * 80, 4 + 23),
        ("See https://a.example.", 4 + 23 + 1),
        ("(https://a.example)", 1 + 23 + 1),
        ("@ana@town.example hello", len("@ana hello")),
        ("@ana hello", len("@ana hello")),
        ("ana@town.example", len("ana@town.example")),
        ("shop.example", len("shop.example")),
    ],
)
def test_mastodon_counts_links_as_23_and_names_without_their_server(text, count):
    assert mastodon_length(text) == count
