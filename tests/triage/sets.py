"""The small cases, and the encoder that the marked suites judge with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from amends.triage.deciding import judge_many
from amends.triage.judgement import Judgement
from amends.triage.model.scorer import Scorer
from amends.triage.policy import TriagePolicy

HERE = Path(__file__).parent
LANGUAGES = ("en", "fr", "ro")


def cases(language: str) -> list[dict[str, str]]:
    """The functional cases of a language; `functional/README.md` says what each function asks."""
    lines = (HERE / "functional" / f"{language}.tsv").read_text(encoding="utf-8").split("\n")
    header = lines[0].split("\t")
    return [dict(zip(header, line.split("\t"), strict=True)) for line in lines[1:] if line]


def with_the_encoder() -> Scorer:
    """The scorer with the encoder that AMENDS_TEST_ENCODER names; without one the test fails, it is not skipped."""
    folder = os.environ.get("AMENDS_TEST_ENCODER", "")
    assert folder, "set AMENDS_TEST_ENCODER to a folder that “amends models build” made (…/models/encoder)"
    return Scorer.open(Path(folder), threads=2)


def judged(texts: Sequence[str], language: str, scorer: Scorer) -> list[Judgement]:
    return judge_many(texts, TriagePolicy.load(), [(language,)] * len(texts), scorer)


def right(cases: Sequence[dict[str, str]], found: Sequence[Judgement], field: str) -> float:
    """The share of the cases that ask for `field` and are answered as they allow."""
    asked = [(case, each) for case, each in zip(cases, found, strict=True) if case[field]]
    return sum(str(getattr(each, field)) in case[field].split("|") for case, each in asked) / len(asked)
