"""Triage on posts to real brands that were labelled by reading (W1): complaints are found, and are not taken for worse.

The texts lie in ../shared and are never copied here; the labels name them by file, row and digest.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.triage.sets import LANGUAGES, judged, with_the_encoder

from amends.core.case import Kind
from amends.triage.judgement import Judgement

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from training.measure import kappa, measured  # noqa: E402

SHARED = Path(os.environ.get("AMENDS_SHARED") or ROOT.parent / "shared")
pytestmark = pytest.mark.shared


@cache
def both(language: str) -> list[tuple[dict[str, Any], Judgement]]:
    posts = list(measured(language, SHARED))
    return list(
        zip(posts, judged([post["text"] for post in posts], language, with_the_encoder()), strict=True)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_nearly_every_complaint_is_found(language):
    """Recall ≥ 97 % at a precision ≥ 80 %, at the set's own base rate."""
    complaints = [each for post, each in both(language) if post["kind"] == "complaint"]
    called = [post for post, each in both(language) if each.kind is Kind.COMPLAINT]
    assert sum(each.kind is Kind.COMPLAINT for each in complaints) / len(complaints) >= 0.97
    assert sum(post["kind"] == "complaint" for post in called) / len(called) >= 0.80


def test_an_angry_customer_is_not_taken_for_a_troll():
    """Under 1 % of complaints that are angry or abusive, over the three languages."""
    angry = [
        each
        for language in LANGUAGES
        for post, each in both(language)
        if post["kind"] == "complaint" and (post["anger"] >= 2 or post["abuse"] != "none")
    ]
    assert len(angry) > 300
    assert sum(each.kind is Kind.ABUSE for each in angry) / len(angry) < 0.01


def test_a_sarcastic_complaint_is_not_filed_as_praise():
    """Under 3 %, over the three languages."""
    sly = [
        each
        for language in LANGUAGES
        for post, each in both(language)
        if post["kind"] == "complaint" and post["sarcasm"]
    ]
    assert len(sly) > 70
    assert sum(each.kind is Kind.PRAISE for each in sly) / len(sly) < 0.03


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_readers_agreed(language):
    pairs = [(post["kind_a"], post["kind_b"]) for post, _ in both(language)]
    assert len(pairs) >= 400 and kappa(pairs) >= 0.9
