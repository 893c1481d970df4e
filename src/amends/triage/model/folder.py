"""The folder that holds a built encoder: its files, its manifest, and what makes one encoder another.

`model.json` names the format, the digest, the width, what it was made from, the licence, and the SHA-256 of each file.
Other weights can be used from a folder in the same form (`docs/reference/models.md`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amends.core.say import Said, say
from amends.triage.model import BadModel

FORMAT = 1
MANIFEST, GRAPH, TOKENIZER, FORMS = "model.json", "encoder.onnx", "tokenizer.json", "forms.json"
#: What the names of half-made folders begin with, beside the whole one.
UNFINISHED = ".building-"
#: The files beside the manifest.
PARTS = (GRAPH, TOKENIZER, FORMS)
#: No manifest is longer, in bytes.
LONGEST_MANIFEST = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Source:
    """What an encoder was made from: SHA-256 (hex) of the file of weights, and of the file of adapters, if any."""

    weights: str
    adapters: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 (hex) that names the encoder: the same weights and adapters give the same on every machine."""
        return hashlib.sha256(f"{self.weights}\n{self.adapters or ''}\n".encode("ascii")).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Manifest:
    source: Source
    name: str
    width: int
    licence: str
    files: Mapping[str, str]

    @property
    def digest(self) -> str:
        return self.source.digest


def digest_of_file(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """What `model.json` says. Raises BadModel if it is missing or not of this form; the files are not looked at."""
    path = folder / MANIFEST
    try:
        if path.stat().st_size > LONGEST_MANIFEST:
            raise ValueError("it is too long")
        return _manifest(json.loads(path.read_bytes()))
    except FileNotFoundError as gone:
        raise BadModel(
            say("There is no encoder in {folder}. Build one: amends models build", folder=str(folder))
        ) from gone
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as wrong:
        raise bad(folder, say("{file} cannot be read ({why})", file=MANIFEST, why=str(wrong))) from wrong


def _manifest(read: Any) -> Manifest:
    if read["format"] != FORMAT:
        raise ValueError(f"its format is {read['format']!r}, and this Amends knows {FORMAT}")
    made_from, files = read["made_from"], read["files"]
    source = Source(
        weights=_digest(made_from["weights"]),
        adapters=_digest(made_from["adapters"]) if made_from.get("adapters") else None,
    )
    if read["digest"] != source.digest:
        raise ValueError("its digest does not follow from what it was made from")
    if not isinstance(read["width"], int) or not 0 < read["width"] <= 4096:
        raise ValueError(f"its width is {read['width']!r}")
    return Manifest(
        source=source,
        name=str(read["name"]),
        width=read["width"],
        licence=str(read["licence"]),
        files={each: _digest(files[each]) for each in PARTS},
    )


def _digest(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise ValueError(f"{str(value)[:80]!r} is no SHA-256")
    return value


def bad(folder: Path, why: Said) -> BadModel:
    """The error of an encoder that cannot be used, with what to do."""
    return BadModel(
        say(
            "The encoder in {folder} cannot be used: {why}. Build it again: amends models build",
            folder=str(folder),
            why=why,
        )
    )
