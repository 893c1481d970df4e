"""Replies alike in meaning are told where the desk has the large model, and nobody waits for it (A3)."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest

from amends.desk import encoder, likeness, policies

#: What the stand-in reads: one axis for each matter.
MATTERS = ("till", "parcel", "bill")


class Reader:
    """Stands for the models: a text is how often it speaks of each matter."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.encoder = SimpleNamespace(digest="d1")

    def embed(self, texts):
        self.read += texts
        return np.array([[text.count(word) + 0.01 for word in MATTERS] for text in texts], np.float32)


@pytest.fixture
def reader(monkeypatch):
    reader = Reader()
    monkeypatch.setattr(encoder, "stamp", lambda: ("somewhere", 1))
    monkeypatch.setattr(policies, "scorer", lambda: reader)
    monkeypatch.setattr(likeness, "_opening", None)
    likeness._held.clear()
    likeness._asked.clear()
    likeness._draft.cache_clear()
    return reader


def opened():
    end = time.monotonic() + 5
    while (alike := likeness.meaning()) is None:
        assert time.monotonic() < end
        time.sleep(0.005)
    return alike


def read_by_now(alike, text, others):
    end = time.monotonic() + 5
    while not any(seen := alike(text, others)):
        assert time.monotonic() < end
        time.sleep(0.005)
    return seen


def test_a_desk_without_the_large_model_cannot_tell(monkeypatch):
    monkeypatch.setattr(encoder, "stamp", lambda: ("nowhere", 0))
    assert likeness.meaning() is None


def test_what_is_alike_is_near_one_and_what_is_not_is_not(reader):
    alike = opened()
    others = ("the till was broken", "your parcel")
    seen = list(read_by_now(alike, "our till, the till!", others))
    while not all(seen):
        seen = list(alike("our till, the till!", others))
    assert seen[0] > 0.99 > 0.2 > seen[1]


def test_earlier_replies_are_read_once_and_not_while_somebody_waits(reader):
    alike = opened()
    first = alike("a till", ("one till", "two bills"))
    assert list(first) == [0.0, 0.0]
    read_by_now(alike, "a till", ("one till", "two bills"))
    for _ in range(5):
        alike("a till", ("one till", "two bills"))
    assert reader.read.count("one till") == 1
    assert reader.read.count("a till") == 1


def test_vectors_of_another_model_do_not_count(reader):
    read_by_now(opened(), "a till", ("one till",))
    reader.encoder = SimpleNamespace(digest="d2")
    assert list(opened()("a till", ("one till",))) == [0.0]


def test_no_more_is_held_than_fits(reader, monkeypatch):
    monkeypatch.setattr(likeness, "MOST_HELD", 3)
    alike = opened()
    others = tuple(f"till {n}" for n in range(6))
    read_by_now(alike, "a till", others)
    end = time.monotonic() + 5
    while likeness._asked and time.monotonic() < end:
        time.sleep(0.005)
    assert len(likeness._held) <= 3
