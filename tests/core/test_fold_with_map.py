"""A place found in folded text is shown in the original."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.core.text import fold, fold_with_map, original_span

ODD = st.text(
    alphabet="aé\u0219İﬁßœ½각ﷺΣ`´«\u200b\u200d\u0301\u0323\u0345\u0f71\u0f73\u3099が🧡\ud800 ", max_size=16
)


@given(st.text() | ODD)
def test_it_folds_as_fold_does_and_knows_where_each_letter_came_from(text):
    folded, origins = fold_with_map(text)
    assert folded == fold(text)
    assert len(origins) == len(folded) + 1 and origins[-1] == len(text)
    assert origins == sorted(origins)


@pytest.mark.parametrize(
    ("text", "sought", "shown"),
    [
        ("nous sommes désolés !", "desoles", "désolés"),
        ("De\u0301sole\u0301!", "desole", "De\u0301sole\u0301"),
        ("cal\u200bm", "calm", "cal\u200bm"),
        ("Ștraße 3", "strasse", "Ștraße"),
        ("Stra\u00dfe", "s", "S"),
        ("eﬃcace", "ff", "ﬃ"),
        ("plain `x`", "'x'", "`x`"),
    ],
)
def test_a_span_goes_back_to_whole_letters(text, sought, shown):
    folded, origins = fold_with_map(text)
    start = folded.index(sought)
    begin, end = original_span(origins, start, start + len(sought))
    assert text[begin:end] == shown
