"""The small tier's features: the same for a post wherever it stands in a batch, and nothing crosses posts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.triage.model.ngrams import BUCKETS, Ngrams, cut, prepare

POSTS = [
    "Where is my parcel?",
    "Unde e coletul meu?!",
    "",
    "👍",
    "où est mon colis…",
    "a",
    "RT   @user  http",
]


def features(text: str, batch: list[str]) -> list[int]:
    at = batch.index(text)
    found = cut([prepare(each) for each in batch])
    return sorted(found.hashes[found.owners == at].tolist())


@pytest.mark.parametrize("text", POSTS)
def test_a_post_has_the_same_features_alone_and_in_a_batch(text):
    assert features(text, POSTS) == features(text, [text])


def test_accents_and_capitals_make_no_difference():
    assert features("ÎNTÂRZIERE", ["ÎNTÂRZIERE"]) == features("intarziere", ["intarziere"])


def test_another_word_makes_a_difference():
    assert features("late", ["late"]) != features("lane", ["lane"])


def test_features_lie_within_the_table():
    hashes = cut([prepare(each) for each in POSTS]).hashes
    assert hashes.min() >= 0 and hashes.max() < BUCKETS


@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_any_text_can_be_cut(texts):
    found = cut([prepare(each) for each in texts])
    assert found.count == len(texts) and np.all(np.diff(found.owners) >= 0)


def weights(column_of: dict[str, int]) -> Ngrams:
    table = np.zeros((BUCKETS, 2), np.int8)
    for word, column in column_of.items():
        alone = cut([prepare(word)])
        table[alone.hashes, column] = 100
    return Ngrams(table, np.ones(2, np.float32), np.zeros(2, np.float32))


def test_weights_of_a_word_count_for_its_class():
    logits = weights({"broken": 0, "lovely": 1}).logits(["it is broken", "what a lovely shop", ""])
    assert logits[0, 0] > logits[0, 1] and logits[1, 1] > logits[1, 0]
    assert logits[2].tolist() == [0, 0]


def test_the_words_that_spoke_can_be_shown():
    text = "my new phone is broken again"
    (start, end), *_ = weights({"broken": 0}).words(text, 0)
    assert prepare(text)[start:end] == "broken"
