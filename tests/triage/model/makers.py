"""A small encoder with weights by chance, and the same arithmetic written out in numpy."""

from __future__ import annotations

import math
import struct
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


def container(seed: int = 7) -> bytes:
    """A file of weights as the public package holds it ("E5S1"), small and by chance."""
    weights, chance = small_weights(seed), np.random.default_rng(seed)
    blocks: dict[str, bytes] = {}
    for name, values in weights.tensors.items():
        theirs = {"word": "emb.word", "pos": "emb.pos", "ln.w": "emb.ln.w", "ln.b": "emb.ln.b"}.get(
            name, name
        )
        if values.ndim == 2 and name != "pos":
            count = values.size // 32
            scale = np.full((count, 1), 0.05, "<f2").view(np.uint8).reshape(count, 2)
            blocks[theirs] = np.concatenate(
                [scale, chance.integers(0, 256, (count, 16), np.uint8)], 1
            ).tobytes()
        else:
            blocks[theirs] = values.astype("<f4").tobytes()
    blocks["emb.type"] = np.zeros(WIDTH, "<f4").tobytes()
    pieces = [each.encode() for each in PIECES]
    offsets = np.cumsum([0, *map(len, pieces)]).astype("<u4")
    forms = b"".join(
        struct.pack(f"<IB{len(value)}I", ord(key), len(value), *map(ord, value))
        for key, value in weights.forms.items()
    )
    head = b"E5S1" + struct.pack(
        "<i7ifi", 1, WIDTH, LAYERS, HEADS, INNER, len(PIECES), PLACES, 1, weights.epsilon, 0
    )
    head += struct.pack("<i4iQ", len(pieces), 0, 2, 1, 3, int(offsets[-1])) + offsets.tobytes()
    head += np.array(weights.scores, "<f4").tobytes() + b"".join(pieces)
    head += struct.pack("<iI", len(weights.forms), len(forms)) + forms + struct.pack("<i", len(blocks))
    at = len(head) + sum(2 + len(name) + 1 + 4 + 16 for name in blocks)
    for name, data in blocks.items():
        head += struct.pack(f"<H{len(name)}sBIQQ", len(name), name.encode(), 0, 0, at, len(data))
        at += len(data)
    return head + b"".join(blocks.values())
