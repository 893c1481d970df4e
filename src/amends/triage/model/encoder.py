"""Runs a built encoder: posts in, one vector a post out."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from amends.core.say import say
from amends.triage.model.folder import (
    FORMS,
    GRAPH,
    MANIFEST,
    PARTS,
    TOKENIZER,
    Manifest,
    bad,
    digest_of_file,
    read_manifest,
)
from amends.triage.model.pieces import PAD, cut

Vectors = NDArray[np.float32]

#: Posts that go through at once. Eight fit the cache of a processor; 32 are slower by a seventh.
BATCH = 8


class Encoder:
    """A model that reads a post as a vector. One may be used from several threads."""

    def __init__(self, manifest: Manifest, session: Any, tokenizer: Tokenizer, forms: dict[int, str]) -> None:
        self.manifest = manifest
        self._session, self._tokenizer, self._forms = session, tokenizer, forms

    @classmethod
    def open(cls, folder: Path, threads: int = 1) -> Encoder:
        """The encoder in `folder`, on so many threads. Raises BadModel, with what to do, if any file is not as it was built."""
        manifest = read_manifest(folder)
        for name in PARTS:
            try:
                found = digest_of_file(folder / name)
            except OSError as gone:
                raise bad(
                    folder, say("{file} cannot be read ({why})", file=name, why=gone.strerror or str(gone))
                ) from gone
            if found != manifest.files[name]:
                raise bad(folder, say("{file} is not the file that was built", file=name))
        try:
            session = _session(folder / GRAPH, threads)
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            forms = {ord(key): str(value) for key, value in json.loads((folder / FORMS).read_bytes()).items()}
            opened = cls(manifest, session, tokenizer, forms)
            tried = opened._run(next(opened._batches(["."]))[1])
        # Both libraries raise classes of their own that derive from Exception alone.
        except Exception as wrong:
            raise bad(
                folder,
                say(
                    "it cannot be loaded ({why})",
                    why=(str(wrong).splitlines() or [type(wrong).__name__])[0][:200],
                ),
            ) from wrong
        if tried.shape != (1, manifest.width):
            raise bad(folder, say("its vectors are not as wide as {file} says", file=MANIFEST))
        return opened

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over what it was made from: weights and adapters."""
        return self.manifest.digest

    @property
    def width(self) -> int:
        return self.manifest.width

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, [texts, width]: the mean of the last layer over its pieces, not normalised.

        Any text will do; of a long one only the beginning is read (`text.LONGEST`, `pieces.MOST_PIECES`).
        """
        vectors = np.zeros((len(texts), self.width), np.float32)
        for rows, pieces in self._batches(texts):
            vectors[rows] = self._run(pieces)
        return vectors

    def _batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[list[int]]]]:
        """Posts of like length together: what is filled up to the longest is work for nothing."""
        pieces = cut(self._tokenizer, self._forms, texts)
        order = sorted(range(len(texts)), key=lambda at: len(pieces[at]))
        for begin in range(0, len(order), BATCH):
            rows = order[begin : begin + BATCH]
            yield rows, [pieces[at] for at in rows]

    def _run(self, pieces: list[list[int]]) -> Vectors:
        longest = max(map(len, pieces))
        ids = np.full((len(pieces), longest), PAD, np.int64)
        there = np.zeros((len(pieces), longest), np.int64)
        for row, each in enumerate(pieces):
            ids[row, : len(each)] = each
            there[row, : len(each)] = 1
        places = np.broadcast_to(np.arange(longest), ids.shape)
        given = {"input_ids": ids, "attention_mask": there, "position_ids": np.ascontiguousarray(places)}
        return np.asarray(self._session.run(["embedding"], given)[0], np.float32)


def _session(file: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Without them a batch of long posts would keep some 80 MB for good; they are no slower here.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    if not _adds_in_full():
        # https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html#when-to-use-s8s8-u8s8-or-u8u8-data-type
        options.add_session_config_entry("session.x64quantprecision", "1")
    # A waiting thread of ours must not burn a processor that the desk needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def _adds_in_full() -> bool:
    """Whether this processor adds products of 8 bits in 32.

    An x86 one without VNNI adds pairs of them in 16 bits, which overflows; onnxruntime has a way around that, a third
    slower, that gives the same vectors as everywhere else. Where it cannot be found out, that way is taken.
    """
    if platform.machine().lower() not in ("x86_64", "amd64", "i386", "i686", "x86"):
        return True
    try:
        flags = next(
            line
            for line in Path("/proc/cpuinfo").read_text("ascii", "replace").splitlines()
            if line.startswith("flags")
        )
    except (OSError, StopIteration):
        return False
    return not {"avx512_vnni", "avx_vnni"}.isdisjoint(flags.split())
