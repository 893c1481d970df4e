"""Every text from outside gets a judgement; none breaks the room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.core.case import Kind
from amends.triage.deciding import judge
from amends.triage.judgement import TOPICS
from amends.triage.policy import TriagePolicy

POLICY = TriagePolicy.load()

FRAGMENTS = st.sampled_from(
    "not no nu pas never charged twice fuck idiots merci thanks great ! ? … # @ ' ’ * ** 3 9,50 € $ 😡 👏 \u202e \u200d "
    "\ud800 \x00 İ ß ﬁ ½ #NeverAgain #novatelfail https://x.example &amp; still waiting de 3 zile nu merge".split(
        " "
    )
)
ANY_TEXT = st.text(st.characters(), max_size=300) | st.lists(FRAGMENTS, max_size=40).map(" ".join)


@given(ANY_TEXT, st.lists(st.text(max_size=5), max_size=3).map(tuple))
def test_any_text_is_judged_and_its_words_lie_in_the_text(text, hints):
    judgement = judge(text, POLICY, hints)
    assert judgement.topic in TOPICS
    assert 0 <= judgement.confidence <= 1
    assert 0 <= judgement.anger <= 3
    assert judgement.reasons
    ends = 0
    for start, end in judgement.words:
        assert ends <= start < end <= len(text)
        ends = end
    for reason in judgement.reasons:
        str(reason).encode("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "nu merge " * 12_000,
        "a" * 100_000,
        "*" * 100_000,
        "f*" * 50_000,
        "#" * 100_000,
        "'t" * 50_000,
        "not " * 25_000,
        "\u0301" * 100_000,
        "אין לי אינטרנט " * 6_000,
        "\x00" * 100_000,
        "you idiots " * 9_000,
    ],
    ids=lambda text: ascii(text[:10]),
)
def test_huge_texts_are_judged(text):
    assert judge(text, POLICY).kind in Kind


def test_no_words_are_no_complaint():
    for text in ("", "   ", "https://example.org/a", "@novatel", "\u200d"):
        assert judge(text, POLICY).kind in (Kind.OTHER, Kind.UNSURE)
