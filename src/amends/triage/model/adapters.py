"""The adapters that we ship: what our training changed in the encoder's weights, a few megabytes of numbers."""

from __future__ import annotations

import io
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np

from amends.core.say import say
from amends.triage.model import BadModel
from amends.triage.model.weights import Array

SHIPPED = Path(__file__).parent / "data" / "adapters.npz"


def read_adapters(file: Path | None = None) -> tuple[dict[str, Array], str | None]:
    """The adapters in `file` (none named: those that we ship) by name, float32, and its SHA-256 (hex); nothing and None when there is no such file.

    Raises BadModel if it cannot be read. What is pickled in it is refused, not loaded.
    """
    file = file or SHIPPED
    try:
        data = file.read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as kept:
            adapters = {name: np.asarray(kept[name], np.float32) for name in kept.files}
    except FileNotFoundError:
        return {}, None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as wrong:
        raise BadModel(
            say(
                "The file {file} of this Amends cannot be read ({why}). Install Amends again.",
                file=file.name,
                why=str(wrong),
            )
        ) from wrong
    return adapters, sha256(data).hexdigest()
