"""Where things lie on this machine: the one data folder of a desk, and the built encoder in it."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def data_folder(given: str = "") -> Path:
    """The data folder: `given`, else `data/` beside run.py in a checkout, else the user's data folder."""
    if given:
        return Path(given).expanduser().resolve()
    checkout = PACKAGE.parent.parent
    if (checkout / "run.py").exists():
        return checkout / "data"
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "amends"


def encoder_folder(home: Path, given: str = "") -> Path:
    """The folder of the encoder: `given`, else the one that `amends models build` fills."""
    return Path(given).expanduser() if given else home / "models" / "encoder"
