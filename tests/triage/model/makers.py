"""A small encoder with weights by chance, and the same arithmetic written out in numpy."""

from __future__ import annotations

import math
from hashlib import sha256
from pathlib import Path

import numpy as np

from amends.triage.model import graph
from amends.triage.model.folder import Source
from amends.triage.model.pieces import cut, tokenizer_of
from amends.triage.model.weights import Array, Weights

WIDTH, LAYERS, HEADS, INNER, PLACES = 32, 2, 4, 64, 130
PIECES = (
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "▁",
    "q",
    "u",
    "e",
    "r",
    "y",
    ":",
    "▁query",
    "▁my",
    "▁box",
    "▁is",
    "▁dead",
    "s",
    "a",
)


def small_weights(seed: int = 7) -> Weights:
    chance = np.random.default_rng(seed)

    def some(*shape: int, size: float = 0.3) -> Array:
        return (chance.standard_normal(shape) * size).astype(np.float32)

    tensors = {"word": some(len(PIECES), WIDTH), "pos": some(PLACES, WIDTH)}
    shapes = dict.fromkeys(("q", "k", "v", "ao"), (WIDTH, WIDTH)) | {
        "fi": (INNER, WIDTH),
        "fo": (WIDTH, INNER),
    }
    for layer in range(LAYERS):
        for each, shape in shapes.items():
            tensors |= {f"l{layer}.{each}.w": some(*shape, size=0.15), f"l{layer}.{each}.b": some(shape[0])}
    for norm in ("ln", *(f"l{layer}.{each}" for layer in range(LAYERS) for each in ("aln", "oln"))):
        tensors |= {f"{norm}.w": 1 + some(WIDTH, size=0.1), f"{norm}.b": some(WIDTH, size=0.1)}
    return Weights(
        width=WIDTH,
        layers=LAYERS,
        heads=HEADS,
        inner=INNER,
        epsilon=1e-5,
        tensors=tensors,
        pieces=PIECES,
        scores=tuple(0.0 if at < 4 else -float(at) / 4 for at in range(len(PIECES))),
        forms={"É": "e", "\u3000": " "},
    )


def source_of(name: str, adapters: str | None = None) -> Source:
    """A source whose digests are those of these words."""
    return Source(
        weights=sha256(name.encode()).hexdigest(),
        adapters=None if adapters is None else sha256(adapters.encode()).hexdigest(),
    )


def built(folder: Path, weights: Weights | None = None, source: Source | None = None) -> Path:
    graph.build(
        weights or small_weights(), folder, source=source or source_of("small"), tell=lambda share, what: None
    )
    return folder


def forward(weights: Weights, texts: list[str]) -> Array:
    """What the encoder must give, post by post, in float32 without any of its shortcuts."""
    tokenizer, forms = tokenizer_of(weights), {ord(key): value for key, value in weights.forms.items()}
    return np.stack([_forward(weights, pieces) for pieces in cut(tokenizer, forms, texts)])


def _forward(weights: Weights, pieces: list[int]) -> Array:
    tensors, each = weights.tensors, weights.width // weights.heads

    def norm(x: Array, name: str) -> Array:
        centred = x - x.mean(1, keepdims=True)
        spread = np.sqrt((centred**2).mean(1, keepdims=True) + weights.epsilon)
        return centred / spread * tensors[f"{name}.w"] + tensors[f"{name}.b"]

    def linear(x: Array, name: str) -> Array:
        return x @ tensors[f"{name}.w"].T + tensors[f"{name}.b"]

    def heads(x: Array) -> Array:
        return x.reshape(len(pieces), weights.heads, each).transpose(1, 0, 2)

    x = norm(tensors["word"][pieces] + tensors["pos"][: len(pieces)], "ln")
    for at in range(weights.layers):
        q, k, v = (heads(linear(x, f"l{at}.{name}")) for name in "qkv")
        scores = np.exp(q @ k.transpose(0, 2, 1) / math.sqrt(each))
        seen = (
            (scores / scores.sum(2, keepdims=True) @ v).transpose(1, 0, 2).reshape(len(pieces), weights.width)
        )
        x = norm(x + linear(seen, f"l{at}.ao"), f"l{at}.aln")
        inner = linear(x, f"l{at}.fi")
        grown = inner * (1 + np.vectorize(math.erf)(inner / math.sqrt(2))) / 2
        x = norm(x + linear(grown, f"l{at}.fo"), f"l{at}.oln")
    return np.asarray(x.mean(0), np.float32)
