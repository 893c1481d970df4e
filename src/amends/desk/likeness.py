"""How alike in meaning replies are, by the large model where this desk has one (A3).

Nobody waits for it: the model is opened, and our earlier replies are read, by a thread of their own. A draft that is
typed meanwhile is compared with what was read so far; by words (`reply/guards/form.py`) it always is.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from amends.desk import encoder, policies
from amends.triage.model.scorer import Scorer

Vector = NDArray[np.float32]

#: So many replies are held as vectors: some 1.5 MB.
MOST_HELD = 1_000
#: Of a reply, so much is read: what the model costs while one types grows with it (20 ms of 500 characters).
LONGEST = 400

_reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="likeness")
_lock = threading.Lock()
_held: OrderedDict[tuple[str, str], Vector] = OrderedDict()
_asked: set[tuple[str, str]] = set()
_opening: Future[Scorer | None] | None = None


def meaning() -> Callable[[str, Sequence[str]], Sequence[float]] | None:
    """How alike a text is to each of others, 0 to 1 (0 also for what was not read yet); None: this desk has no large
    model, or it is still being opened. Costs one look at a file; the function, one text through the model."""
    global _opening
    if not encoder.stamp()[1]:
        return None
    if _opening is None:
        with _lock:
            _opening = _opening or _reader.submit(policies.scorer)
    if not _opening.done():
        return None
    scorer = policies.scorer()
    if scorer is None or scorer.encoder is None:
        return None
    model = scorer.encoder.digest

    def alike(text: str, others: Sequence[str]) -> Sequence[float]:
        with _lock:
            known = [_held.get((model, other)) for other in others]
            fresh = [
                (model, other)
                for other, vector in zip(others, known, strict=True)
                if vector is None and (model, other) not in _asked
            ]
            _asked.update(fresh)
        if fresh:
            _reader.submit(_read, [other for _, other in fresh])
        if all(vector is None for vector in known):
            return [0.0] * len(others)
        mine = _draft(model, text[:LONGEST])
        if mine is None:
            return [0.0] * len(others)
        return [0.0 if vector is None else float(mine @ vector) for vector in known]

    return alike


@lru_cache(maxsize=64)
def _draft(model: str, text: str) -> Vector | None:
    found = _vectors([text])
    return found[0] if found else None


def _read(texts: Sequence[str]) -> None:
    scorer = policies.scorer()
    if scorer is None or scorer.encoder is None:
        return
    model = scorer.encoder.digest
    for text in texts:
        found = _vectors([text[:LONGEST]])
        with _lock:
            _asked.discard((model, text))
            if found:
                _held[model, text] = found[0]
            while len(_held) > MOST_HELD:
                _held.popitem(last=False)


def _vectors(texts: Sequence[str]) -> list[Vector]:
    """Of length 1, so that their product is the cosine."""
    scorer = policies.scorer()
    rows = scorer.embed(texts) if scorer is not None else None
    if rows is None:
        return []
    return [row / max(float(np.linalg.norm(row)), 1e-9) for row in rows]
