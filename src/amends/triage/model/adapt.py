"""A desk's own correction of the models: a small layer on the shipped answer, fitted on the desk's own posts.

For one task with k classes the shipped answer is k log-probabilities x. The layer answers with the logits
x + x·A + z·B + c, where z is the post's embedding (standardised; none on the n-gram tier). A, B and c begin at zero, which
is the shipped answer, and are held there by an L2 penalty: few posts change little, and many change what they speak for.

The fit is convex, without chance in it: the same posts give the same layer. Only arithmetic is here, and plain arrays go
in and out of files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from amends.core.say import say
from amends.triage.model import BadModel
from amends.triage.model.tasks import COLUMNS, TASKS

Array = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]

#: What a desk's own posts may teach, and how many labelled posts it takes: fewer say nothing that could be measured.
TEACHABLE = ("kind", "abuse", "severity", "topic")
FEWEST, FEWEST_OF_A_CLASS = 40, 5
#: How hard the layer is held at the shipped answer, from hardly to firmly; cross-validation chooses.
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
FOLDS = 5
#: This part of the posts is never fitted on: old and new are compared on it.
HELD_OUT = 0.3
_STEPS, _CLOSE_ENOUGH = 400, 1e-6
#: Log-probabilities below this say no more than “surely not”.
_FLOOR = -12.0


@dataclass(frozen=True)
class Layer:
    """The correction of one task."""

    classes: tuple[str, ...]
    scores: Array
    """A, [k, k]"""
    embedding: Array
    """B, [d, k]; d is 0 on the n-gram tier"""
    constant: Array
    """c, [k]"""
    mean: Array
    """Of each number of the embedding, over the posts that were fitted on: [d]"""
    spread: Array
    """Their standard deviations times √d, [d]: all of z together weighs as much as one number."""

    def answer(self, shipped: npt.NDArray[Any], embeddings: npt.NDArray[Any] | None) -> Array:
        """[n, k] shipped log-probabilities → [n, k] of our own."""
        x = _tame(shipped)
        logits = x + x @ self.scores + self.constant
        if len(self.mean):
            if embeddings is None:
                raise BadModel(
                    say(
                        "This version needs the encoder, which does not run now. Build it again, or switch back."
                    )
                )
            logits = logits + ((embeddings - self.mean) / self.spread) @ self.embedding
        return _normalised(logits)


@dataclass(frozen=True)
class Adapter:
    """The layers of one version, by task."""

    layers: Mapping[str, Layer]
    base: str
    """The digest of the scorer that they were fitted on, as hexadecimal."""

    def adapted(self, scores: npt.NDArray[Any], embeddings: npt.NDArray[Any] | None) -> Scores:
        """[n, WIDTH] log-probabilities of the shipped models → the desk's own. What no layer knows stays as it is,
        and so does a post that was not encoded (a row of zeros) where a layer needs its embedding."""
        out = np.array(scores, np.float32)
        for task, layer in self.layers.items():
            columns = COLUMNS[task]
            if not len(layer.mean):
                out[:, columns] = layer.answer(out[:, columns], None)
                continue
            if embeddings is None:
                continue
            which = np.any(np.asarray(embeddings) != 0, axis=1)
            if which.any():
                out[which, columns] = layer.answer(out[which, columns], np.asarray(embeddings)[which])
        return out

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What goes into the file: plain numbers and text, nothing that runs."""
        found: dict[str, npt.NDArray[Any]] = {"base": np.array(self.base)}
        for task, layer in self.layers.items():
            found[f"{task}.classes"] = np.array(layer.classes)
            for part in ("scores", "embedding", "constant", "mean", "spread"):
                found[f"{task}.{part}"] = getattr(layer, part)
        return found

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Adapter:
        """What `arrays` gave. Raises BadModel where something is missing, misshapen or not a number."""
        try:
            tasks = [name.removesuffix(".classes") for name in arrays if name.endswith(".classes")]
            return cls({task: _layer(task, arrays) for task in tasks}, str(arrays["base"]))
        except (KeyError, ValueError, TypeError) as wrong:
            raise BadModel(
                say("The file of this version cannot be used: {why}. Train again.", why=str(wrong))
            ) from wrong


def _layer(task: str, arrays: Mapping[str, npt.NDArray[Any]]) -> Layer:
    classes = tuple(str(each) for each in arrays[f"{task}.classes"])
    if classes != tuple(TASKS[task]):
        raise ValueError(f"the classes of {task} are others")
    parts = {
        part: np.asarray(arrays[f"{task}.{part}"], np.float64)
        for part in ("scores", "embedding", "constant", "mean", "spread")
    }
    k, d = len(classes), len(parts["mean"])
    shapes = {"scores": (k, k), "embedding": (d, k), "constant": (k,), "mean": (d,), "spread": (d,)}
    for part, shape in shapes.items():
        if parts[part].shape != shape or not np.isfinite(parts[part]).all():
            raise ValueError(f"{part} of {task} does not fit")
    if (parts["spread"] <= 0).any():
        raise ValueError(f"spread of {task} does not fit")
    return Layer(classes, **parts)


# ------------------------------------------------------------------ what is fitted on, and what is not


def is_held_out(text: str) -> bool:
    """Whether a post is kept for comparing, by its words alone: for ever the same, and alike posts lie on one side."""
    return _part(text, "held out") < HELD_OUT


def _part(text: str, purpose: str) -> float:
    digest = sha256(f"{purpose}\n{text}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def is_enough(labels: Sequence[str]) -> bool:
    """Whether so many posts, in at least two classes, can teach anything."""
    counts = [sum(each == name for each in labels) for name in set(labels)]
    return len(labels) >= FEWEST and sum(n >= FEWEST_OF_A_CLASS for n in counts) >= 2


# ------------------------------------------------------------------ fitting


def fit(
    task: str,
    shipped: npt.NDArray[Any],
    embeddings: npt.NDArray[Any] | None,
    labels: Sequence[str],
    texts: Sequence[str],
) -> tuple[Layer, float]:
    """The layer for `task` and the strength that cross-validation chose (FOLDS folds by the words of `texts`).

    `shipped` is [n, WIDTH], `embeddings` [n, d] or None, `labels` are classes of the task. A tie goes to the firmer one.
    """
    classes = TASKS[task]
    x = _tame(np.asarray(shipped)[:, COLUMNS[task]])
    target = np.eye(len(classes))[[classes.index(each) for each in labels]]
    folds = np.array([int(_part(text, task) * FOLDS) for text in texts])
    losses = dict.fromkeys(STRENGTHS, 0.0)
    for fold in range(FOLDS):
        out = folds == fold
        if not out.any() or out.all():
            continue
        begun = None
        for strength in reversed(STRENGTHS):
            layer = _fit_one(classes, x[~out], _rows(embeddings, ~out), target[~out], strength, begun)
            begun = layer
            answer = layer.answer(x[out], _rows(embeddings, out))
            losses[strength] -= float((answer * target[out]).sum())
    best = min(reversed(STRENGTHS), key=lambda strength: round(losses[strength], 6))
    return _fit_one(classes, x, embeddings, target, best, None), best


def _rows(embeddings: npt.NDArray[Any] | None, which: npt.NDArray[np.bool_]) -> npt.NDArray[Any] | None:
    return None if embeddings is None else embeddings[which]


def _fit_one(
    classes: Sequence[str],
    x: Array,
    embeddings: npt.NDArray[Any] | None,
    target: Array,
    strength: float,
    begun: Layer | None,
) -> Layer:
    """Least mean cross-entropy + strength/2 · Σ weights², by accelerated gradients (Nesterov 1983; restarted where
    they overshoot, O’Donoghue and Candès 2015). `begun` is where to begin: it saves steps and changes nothing else."""
    n, k = target.shape
    mean, spread = _standard(embeddings)
    parts = [x, np.ones((n, 1))]
    if embeddings is not None:
        parts.append((np.asarray(embeddings, np.float64) - mean) / spread)
    inputs = np.concatenate(parts, axis=1)
    # The curvature of softmax is at most 1/2 of that of its inputs.
    reach = float(np.linalg.eigvalsh(inputs.T @ inputs / n)[-1]) / 2 + strength
    weights = np.zeros((inputs.shape[1], k))
    if begun is not None:
        # Its embedding was standardised with the same numbers: the same posts.
        weights = np.concatenate([begun.scores, begun.constant[None, :], begun.embedding])
    ahead, momentum = weights, 1.0
    for _ in range(_STEPS):
        wrong = np.exp(_normalised(x + inputs @ ahead)) - target
        slope = inputs.T @ wrong / n + strength * ahead
        moved = ahead - slope / reach
        if np.abs(moved - weights).max() < _CLOSE_ENOUGH:
            weights = moved
            break
        if ((ahead - moved) * (moved - weights)).sum() > 0:
            momentum = 1.0
        next_momentum = (1 + (1 + 4 * momentum * momentum) ** 0.5) / 2
        ahead = moved + (momentum - 1) / next_momentum * (moved - weights)
        weights, momentum = moved, next_momentum
    return Layer(
        classes=tuple(classes),
        scores=weights[:k],
        constant=weights[k],
        embedding=weights[k + 1 :],
        mean=mean,
        spread=spread,
    )


def _standard(embeddings: npt.NDArray[Any] | None) -> tuple[Array, Array]:
    if embeddings is None:
        return np.zeros(0), np.zeros(0)
    given = np.asarray(embeddings, np.float64)
    spread = given.std(axis=0)
    spread[spread < 1e-6] = 1.0
    return given.mean(axis=0), spread * given.shape[1] ** 0.5


def _tame(logs: npt.NDArray[Any]) -> Array:
    return _normalised(np.maximum(np.asarray(logs, np.float64), _FLOOR))


def _normalised(logits: Array) -> Array:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
