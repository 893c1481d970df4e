"""Both tiers behind one question: how likely is each class of each task, for each of these posts?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from amends.core.say import say
from amends.triage.model import BadModel
from amends.triage.model.beside import Heard
from amends.triage.model.encoder import Encoder
from amends.triage.model.heads import Heads, Small, normalised, spread
from amends.triage.model.ngrams import NGRAM_TASKS
from amends.triage.model.tasks import COLUMNS, WIDTH

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Scorer:
    """What judges: the n-gram tier always, the encoder where it is built."""

    small: Small
    heads: Heads | None
    encoder: Encoder | None

    @classmethod
    def open(cls, folder: Path | None = None, *, heads: Path | None = None, threads: int = 1) -> Scorer:
        """The scorer with the encoder in `folder`; without one, the n-gram tier alone.

        Raises BadModel where files are damaged, or where the heads were trained on another encoder.
        """
        small = Small.open()
        if folder is None or not (folder / "model.json").exists():
            return cls(small, None, None)
        encoder, upon = Encoder.open(folder, threads=threads), Heads.open(heads)
        if upon.encoder != encoder.digest:
            raise BadModel(
                say(
                    "The encoder in {folder} is not the one that judging was trained on. Build it again with "
                    "“amends models build”, or train heads for it.",
                    folder=str(folder),
                )
            )
        return cls(small, upon, encoder)

    @property
    def tier(self) -> str:
        return "encoder" if self.encoder else "ngrams"

    @property
    def digest(self) -> str:
        """Of all that it judges by, as hexadecimal."""
        parts = [
            self.small.digest,
            self.heads.digest if self.heads else "",
            self.encoder.digest if self.encoder else "",
        ]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()

    def embed(self, texts: Sequence[str]) -> Array | None:
        """[texts, 384]; None on the n-gram tier."""
        return self.encoder.embed(texts) if self.encoder else None

    def scores(self, texts: Sequence[str], *, share: float = 1.0) -> Array:
        """[texts, WIDTH] log-probabilities, task by task.

        `share` below 1 sends only the least sure posts to the encoder, and answers the rest from the small tier:
        for backlogs that would take too long. `encoded` says which those are.
        """
        return self.both(texts, share=share)[0]

    def hear(self, texts: Sequence[str], *, share: float = 1.0) -> list[Heard]:
        """What the models say of each of `texts`, for `judge`."""
        scores, _, encoded = self.both(texts, share=share)
        return [Heard(row, "encoder" if by else "ngrams") for row, by in zip(scores, encoded, strict=True)]

    def both(
        self, texts: Sequence[str], *, share: float = 1.0
    ) -> tuple[Array, Array | None, npt.NDArray[np.bool_]]:
        """Scores, the embeddings that they rest on (zeros where none was made), and which posts were encoded."""
        small = spread(self.small.ngrams.logits(texts))
        alone = normalised(small)
        which = np.zeros(len(texts), bool)
        if not self.encoder or not self.heads or not texts:
            return _warmed(alone, self.small.warmth), None, which
        which[_least_sure(alone, share)] = True
        chosen = np.flatnonzero(which)
        embedded = self.encoder.embed([texts[at] for at in chosen.tolist()])
        fused = normalised(self.heads.logits(embedded))
        for task in NGRAM_TASKS:
            columns = COLUMNS[task]
            fused[:, columns] += self.heads.share.get(task, 0.0) * alone[chosen][:, columns]
        out = _warmed(alone, self.small.warmth)
        out[chosen] = _warmed(fused, self.heads.warmth)
        embeddings = np.zeros((len(texts), embedded.shape[1]), np.float32)
        embeddings[chosen] = embedded
        return out, embeddings, which


def _least_sure(alone: Array, share: float) -> npt.NDArray[np.int64]:
    """The `share` of posts whose best kind leads least."""
    if share >= 1:
        return np.arange(len(alone))
    kinds = np.sort(alone[:, COLUMNS["kind"]], axis=1)
    margins = kinds[:, -1] - kinds[:, -2]
    return np.argsort(margins, kind="stable")[: int(np.ceil(share * len(alone)))]


def _warmed(scores: Array, warmth: dict[str, float]) -> Array:
    out = scores.copy()
    for task, columns in COLUMNS.items():
        out[:, columns] *= warmth.get(task, 1.0)
    assert out.shape[1] == WIDTH
    return normalised(out)
