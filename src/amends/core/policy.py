"""The desk's policy: TOML that a desk may change without a release, read into plain values.

The shipped files lie in `amends/policy/`; a desk's own file of the same name in its data folder takes its place.
TOML names detectors and words; it holds no expressions.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).resolve().parent.parent / "policy"


class BadPolicy(ValueError):
    """A policy file cannot be used; the message names the file, the place and what is allowed there."""


def policy_path(name: str, own: Path | None = None) -> Path:
    """The file of policy `name` ("triage", "guards" …): the desk's own if there is one in folder `own`."""
    if own is not None and (path := own / f"{name}.toml").exists():
        return path
    return SHIPPED / f"{name}.toml"


def read_policy(name: str, own: Path | None = None) -> dict[str, Any]:
    """Policy `name` as a dict. Raises `BadPolicy` with file and line when it is not TOML."""
    path = policy_path(name, own)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as gone:
        raise BadPolicy(f"there is no policy {name!r} ({path})") from gone
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise BadPolicy(f"{path}: {broken}") from broken


def only(table: Mapping[str, Any], allowed: Collection[str], where: str) -> None:
    """Raise `BadPolicy` when `table` has a key that is not `allowed`: a typo must not switch a rule off."""
    if unknown := sorted(set(table) - set(allowed)):
        raise BadPolicy(f"{where}: unknown key {unknown[0]!r}; allowed are {', '.join(sorted(allowed))}")


def policy_digest(own: Path | None = None) -> str:
    """SHA-256 (hex) over all policy files in force: a case keeps the digest it was judged by."""
    whole = hashlib.sha256()
    for path in sorted(SHIPPED.glob("*.toml")):
        used = policy_path(path.stem, own)
        whole.update(path.name.encode() + b"\0" + used.read_bytes() + b"\0")
    return whole.hexdigest()
