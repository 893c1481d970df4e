"""What the models say of one post, and how the rules' word moves it.

The rules are taken as a witness: P(what they say | what it is) was counted on posts that nobody tuned them on, and
multiplies the models' likelihoods, weakened by an exponent because both heard the same words (naive Bayes with a
discount). The table and the exponents lie in `data/beside.json`, made by `python -m training.train`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from amends.core.say import say
from amends.triage.model import BadModel
from amends.triage.model.tasks import COLUMNS, TASKS

FILE = Path(__file__).with_name("data") / "beside.json"


@dataclass(frozen=True)
class Heard:
    """The models on one post."""

    scores: npt.NDArray[np.float32]
    """[WIDTH] log-probabilities"""
    tier: str

    def of(self, task: str) -> dict[str, float]:
        """Class to likelihood, 0…1."""
        likely = np.exp(self.scores[COLUMNS[task]])
        return {name: round(float(each), 4) for name, each in zip(TASKS[task], likely, strict=True)}

    def beside(self, task: str, rules: str) -> dict[str, float]:
        """The same, moved by what the rules say."""
        told = table()[task]
        scores = self.scores[COLUMNS[task]] + told.exponent[self.tier] * told.witness[rules]
        likely = np.exp(scores - scores.max())
        likely /= likely.sum()
        return {name: round(float(each), 4) for name, each in zip(TASKS[task], likely, strict=True)}


@dataclass(frozen=True)
class Witness:
    witness: Mapping[str, npt.NDArray[np.float64]]
    """What the rules say to log P(they say it | class), in the order of the classes."""
    exponent: Mapping[str, float]
    """By tier."""


@cache
def table() -> dict[str, Witness]:
    """By task: "kind" and "abuse". Raises BadModel if the file is damaged."""
    try:
        kept = json.loads(FILE.read_text(encoding="utf-8"))
        return {
            task: Witness(
                {said: np.array(row, np.float64) for said, row in each["witness"].items()},
                dict(each["exponent"]),
            )
            for task, each in kept.items()
        }
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise BadModel(
            say(
                "The model file {path} cannot be read: {why}. Install Amends again.",
                path=str(FILE),
                why=str(error),
            )
        ) from error
