"""The encoder's weights, read from a file as plain numbers, with our adapters merged in.

The weights are those of multilingual-e5-small (MIT; Wang et al. 2024, "Multilingual E5 Text Embeddings"), in the
4-bit form in which a public package carries them. Only the numbers are read: nothing of that package is ever run
(its own engine writes past its memory on ordinary Arabic posts).

The container "E5S1", little-endian: magic; a version; seven int32 (width, layers, heads, inner width, vocabulary, positions,
token types), float32 epsilon, int32 reserved; the pieces of the tokenizer with their scores; a map of single
characters to their normal form; then tensors by name, float32 or 4-bit blocks of 32 with a float16 scale.
"""

from __future__ import annotations

import struct
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amends.core.say import say
from amends.triage.model import BadModel

Array = NDArray[np.float32]

#: The linear maps of a layer: query, key, value, attention out, inner, out; name to (rows, columns) by H and F.
LINEAR = ("q", "k", "v", "ao", "fi", "fo")

#: Scripts whose pieces are kept; the rest of the vocabulary would cost 30 MB for languages no desk here speaks.
SCRIPTS = frozenset(
    ("LATIN", "FEMININE", "MASCULINE", "MICRO", "MODIFIER", "ARABIC", "CYRILLIC", "GREEK", "HEBREW")
)


@dataclass(frozen=True)
class Weights:
    width: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    tensors: dict[str, Array]
    """"word" [pieces, width], "pos", "ln.w", "ln.b", and per layer "l0.q.w" [out, in], "l0.q.b", "l0.aln.w" …"""
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    forms: dict[str, str]
    """A character to what it is read as (the tokenizer's own normal form)."""


def read(data: bytes) -> Weights:
    """The weights in an E5S1 container, its vocabulary cut down to `SCRIPTS`. Raises BadModel if it is not one."""
    try:
        return _read(data)
    except (struct.error, ValueError, KeyError, UnicodeDecodeError, IndexError) as error:
        raise BadModel(
            say("The file of weights cannot be read: {why}. Build the model again.", why=str(error))
        ) from error


def _read(data: bytes) -> Weights:
    if data[:4] != b"E5S1":
        raise ValueError("it does not begin with E5S1")
    at = 8

    def take(form: str) -> tuple[float, ...]:
        nonlocal at
        values = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize("<" + form)
        return values

    width, layers, heads, inner, vocabulary, positions, types = (int(each) for each in take("7i"))
    epsilon = float(take("f")[0])
    take("i")
    count = int(take("i")[0])
    take("4i")
    length = int(take("Q")[0])
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    blob = data[at : at + length]
    at += length
    pieces = [blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace") for i in range(count)]
    forms, at = _read_forms(data, at)
    places: dict[str, int] = {}
    for _ in range(int(take("i")[0])):
        size = int(take("H")[0])
        name = data[at : at + size].decode()
        at += size + 1
        take("I")
        places[name] = int(take("QQ")[0])

    def plain(name: str, *shape: int) -> Array:
        return np.frombuffer(data, "<f4", int(np.prod(shape)), places[name]).reshape(shape).copy()

    def packed(name: str, rows: int, columns: int) -> Array:
        blocks = np.frombuffer(data, np.uint8, rows * columns // 32 * 18, places[name]).reshape(-1, 18)
        scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
        low, high = (blocks[:, 2:] & 15).astype(np.int8) - 8, (blocks[:, 2:] >> 4).astype(np.int8) - 8
        return np.asarray((np.concatenate([low, high], 1) * scale).reshape(rows, columns), np.float32)

    keep = _kept(pieces)
    tensors = {
        "word": packed("emb.word", vocabulary, width)[keep],
        "pos": plain("emb.pos", positions, width) + plain("emb.type", types, width)[0],
        "ln.w": plain("emb.ln.w", width),
        "ln.b": plain("emb.ln.b", width),
    }
    shapes = dict.fromkeys(("q", "k", "v", "ao"), (width, width)) | {
        "fi": (inner, width),
        "fo": (width, inner),
    }
    for layer in range(layers):
        for each, (rows, columns) in shapes.items():
            tensors[f"l{layer}.{each}.w"] = packed(f"l{layer}.{each}.w", rows, columns)
            tensors[f"l{layer}.{each}.b"] = plain(f"l{layer}.{each}.b", rows)
        for each in ("aln.w", "aln.b", "oln.w", "oln.b"):
            tensors[f"l{layer}.{each}"] = plain(f"l{layer}.{each}", width)
    return Weights(
        width=width,
        layers=layers,
        heads=heads,
        inner=inner,
        epsilon=epsilon,
        tensors=tensors,
        pieces=tuple(pieces[i] for i in keep),
        scores=tuple(float(scores[i]) for i in keep),
        forms=forms,
    )


def _read_forms(data: bytes, at: int) -> tuple[dict[str, str], int]:
    count, size = struct.unpack_from("<iI", data, at)
    at += 8
    forms, place = {}, at
    for _ in range(count):
        point, length = struct.unpack_from("<IB", data, place)
        place += 5
        forms[chr(point)] = "".join(map(chr, struct.unpack_from(f"<{length}I", data, place)))
        place += 4 * length
    return forms, at + size


def _kept(pieces: list[str]) -> list[int]:
    def speaks(piece: str) -> bool:
        letters = (each for each in piece.replace("▁", "") if each.isalpha())
        return all(unicodedata.name(each, "?").split()[0] in SCRIPTS for each in letters)

    return [0, 1, 2, 3] + [i for i, each in enumerate(pieces) if i > 3 and each != "<mask>" and speaks(each)]


def merged(weights: Weights, adapters: dict[str, Array]) -> Weights:
    """`weights` with low-rank adapters added: each map "l3.q" becomes W + B·A (Hu et al. 2021, LoRA).

    `adapters` holds "l3.q.a" [rank, in] and "l3.q.b" [out, rank]. Raises BadModel if a shape does not fit.
    """
    tensors = dict(weights.tensors)
    for name in sorted({each[:-2] for each in adapters}):
        low, high = adapters[f"{name}.a"], adapters[f"{name}.b"]
        target = tensors.get(f"{name}.w")
        if target is None or (high.shape[0], low.shape[1]) != target.shape or high.shape[1] != low.shape[0]:
            raise BadModel(
                say("The adapter {name} does not fit these weights. Build the model again.", name=name)
            )
        tensors[f"{name}.w"] = target + high.astype(np.float32) @ low.astype(np.float32)
    return Weights(**{**weights.__dict__, "tensors": tensors})
