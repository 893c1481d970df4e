"""What makes answers of features: the heads on the encoder, the n-gram weights, how both are fused, and thresholds.

All of it lies in `data/` as plain arrays (`.npz`, never pickled) with a card beside each. A head says on which
encoder it was trained, by digest, and refuses another one.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from amends.core.say import say
from amends.triage.model import BadModel
from amends.triage.model.ngrams import BUCKETS, NGRAM_TASKS, Ngrams
from amends.triage.model.tasks import COLUMNS, TASKS, WIDTH

DATA = Path(__file__).with_name("data")

Array = npt.NDArray[np.float32]


def read_arrays(path: Path) -> tuple[dict[str, npt.NDArray[Any]], str]:
    """The arrays of an `.npz` file and the SHA-256 of its bytes. Raises BadModel; never unpickles."""
    try:
        data = path.read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}, hashlib.sha256(data).hexdigest()
    except (OSError, ValueError, zipfile.BadZipFile, KeyError, EOFError) as error:
        raise BadModel(
            say(
                "The model file {path} cannot be read: {why}. Install Amends again.",
                path=str(path),
                why=str(error),
            )
        ) from error


def _checked(arrays: dict[str, npt.NDArray[Any]], path: Path) -> dict[str, Any]:
    about = json.loads(str(arrays["about"])) if "about" in arrays else {}
    if about.get("tasks") != {task: list(each) for task, each in TASKS.items()}:
        raise BadModel(
            say(
                "The model file {path} answers other questions than this version asks. Train it again.",
                path=str(path),
            )
        )
    return dict(about)


@dataclass(frozen=True)
class Heads:
    """The linear heads upon an encoder."""

    weights: Array
    """[embedding, WIDTH]"""
    bias: Array
    encoder: str
    """Digest of the encoder that they were trained on."""
    share: dict[str, float]
    """Per task, how much the n-gram tier's log-probabilities count beside the encoder's."""
    warmth: dict[str, float]
    """Per task, what the fused log-probabilities are multiplied by, so that 0.8 means eight of ten."""
    digest: str

    @classmethod
    def open(cls, path: Path | None = None) -> Heads:
        path = path or DATA / "heads.npz"
        arrays, digest = read_arrays(path)
        about = _checked(arrays, path)
        if arrays["weights"].shape[1] != WIDTH or arrays["bias"].shape != (WIDTH,):
            raise BadModel(
                say("The model file {path} has another shape than expected. Train it again.", path=str(path))
            )
        return cls(
            weights=arrays["weights"].astype(np.float32),
            bias=arrays["bias"].astype(np.float32),
            encoder=str(about["encoder"]),
            share=dict(about["share"]),
            warmth=dict(about["warmth"]),
            digest=digest,
        )

    def logits(self, embeddings: Array) -> Array:
        return np.asarray(embeddings @ self.weights + self.bias, np.float32)


@dataclass(frozen=True)
class Small:
    """The n-gram tier with its own calibration."""

    ngrams: Ngrams
    warmth: dict[str, float]
    digest: str

    @classmethod
    def open(cls, path: Path | None = None) -> Small:
        path = path or DATA / "ngrams.npz"
        arrays, digest = read_arrays(path)
        about = _checked(arrays, path)
        columns = sum(len(TASKS[task]) for task in NGRAM_TASKS)
        if arrays["weights"].shape != (BUCKETS, columns):
            raise BadModel(
                say("The model file {path} has another shape than expected. Train it again.", path=str(path))
            )
        ngrams = Ngrams(
            arrays["weights"], arrays["scale"].astype(np.float32), arrays["bias"].astype(np.float32)
        )
        return cls(ngrams, dict(about["warmth"]), digest)


def spread(narrow: Array) -> Array:
    """The n-gram tier's columns at their places among all of `WIDTH`; the other tasks know nothing (zeros)."""
    wide, at = np.zeros((len(narrow), WIDTH), np.float32), 0
    for task in NGRAM_TASKS:
        size = len(TASKS[task])
        wide[:, COLUMNS[task]] = narrow[:, at : at + size]
        at += size
    return wide


def normalised(logits: Array) -> Array:
    """Log-probabilities, task by task."""
    out = np.empty_like(logits)
    for columns in COLUMNS.values():
        part = logits[:, columns]
        top = part.max(1, keepdims=True) if len(part) else part
        out[:, columns] = part - top - np.log(np.exp(part - top).sum(1, keepdims=True))
    return out
