"""Secrets of sources, encrypted with a key that lies beside the database, not in it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from amends.connectors.base import NeedsAttention
from amends.core.say import say


def _fernet() -> Fernet:
    path = Path(settings.AMENDS_HOME) / "vault.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "wb") as file:
                file.write(Fernet.generate_key())
    return Fernet(path.read_bytes())


def lock(secrets: dict[str, str]) -> str:
    """The secrets as one encrypted text; "" for none."""
    return _fernet().encrypt(json.dumps(secrets).encode()).decode() if secrets else ""


def unlock(kept: str) -> dict[str, str]:
    """What `lock` made. Raises `NeedsAttention` when the key does not fit (a restored database without its key)."""
    if not kept:
        return {}
    try:
        opened: dict[str, str] = json.loads(_fernet().decrypt(kept.encode()))
    except InvalidToken:
        raise NeedsAttention(
            say("The password kept for this source cannot be opened with vault.key: enter it again.")
        ) from None
    return opened
