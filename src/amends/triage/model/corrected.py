"""A scorer with a desk's own correction on it: asked as the scorer is, it answers as the desk taught it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from amends.core.say import say
from amends.triage.model import BadModel
from amends.triage.model.adapt import Adapter
from amends.triage.model.beside import Heard

Array = npt.NDArray[np.float32]


class Scores(Protocol):
    """What a scorer gives; see `scorer.Scorer`."""

    @property
    def tier(self) -> str: ...

    @property
    def digest(self) -> str: ...

    def both(
        self, texts: Sequence[str], *, share: float = 1.0
    ) -> tuple[Array, Array | None, npt.NDArray[np.bool_]]: ...

    def hear(self, texts: Sequence[str], *, share: float = 1.0) -> list[Heard]: ...


@dataclass(frozen=True)
class Corrected:
    """`base` as `adapter` corrects it."""

    base: Scores
    adapter: Adapter

    @classmethod
    def on(cls, base: Scores, adapter: Adapter) -> Corrected:
        """Raises BadModel where the correction was fitted on other models."""
        if base.digest != adapter.base:
            raise BadModel(
                say("This version was trained on other models than those that run here now. Train again.")
            )
        return cls(base, adapter)

    @property
    def tier(self) -> str:
        return self.base.tier

    @property
    def digest(self) -> str:
        return self.base.digest

    def both(
        self, texts: Sequence[str], *, share: float = 1.0
    ) -> tuple[Array, Array | None, npt.NDArray[np.bool_]]:
        """As `Scorer.both`, corrected."""
        scores, embeddings, encoded = self.base.both(texts, share=share)
        return self.adapter.adapted(scores, embeddings), embeddings, encoded

    def hear(self, texts: Sequence[str], *, share: float = 1.0) -> list[Heard]:
        """As `Scorer.hear`, corrected."""
        scores, _, encoded = self.both(texts, share=share)
        return heard(scores, encoded)


def heard(scores: npt.NDArray[Any], encoded: npt.NDArray[np.bool_]) -> list[Heard]:
    """Scores as `judge` takes them."""
    return [Heard(row, "encoder" if by else "ngrams") for row, by in zip(scores, encoded, strict=True)]
