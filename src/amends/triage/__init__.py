"""2. What is it, how serious, and whose?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from amends.core.places import data_folder, encoder_folder

if TYPE_CHECKING:
    from amends.triage.judgement import Judgement
    from amends.triage.model.scorer import Scorer
    from amends.triage.policy import TriagePolicy

__all__ = ["judge"]

#: So many texts are read as one batch.
BATCH = 256


def judge(texts: Sequence[str], langs: Sequence[str | None] | None = None) -> list[Judgement]:
    """What each of `texts` is: kind, abuse, severity, what its author wants, with reasons; in their order.

    `langs` says what is known of each text's language (two letters, or None). Judges by the rules with the encoder of
    AMENDS_ENCODER, else of the data folder (AMENDS_HOME); without one, by the rules with the n-gram tier, and where even
    that cannot be read, by the rules alone: `tier` of each says which. They are loaded at the first call. Any text can be judged, however hostile. Raises `TypeError` or `ValueError` for arguments that are no texts or
    do not match, and `amends.triage.model.BadModel` for an encoder that is damaged or not the one the heads know.
    """
    from amends.triage.deciding import judge_many

    if isinstance(texts, str) or not all(isinstance(each, str) for each in texts):
        raise TypeError("judge takes a sequence of texts")
    if langs is not None and len(langs) != len(texts):
        raise ValueError(f"{len(texts)} texts, and {len(langs)} languages")
    hints = [(lang,) if lang else () for lang in langs or [None] * len(texts)]
    folder = encoder_folder(
        data_folder(os.environ.get("AMENDS_HOME", "")), os.environ.get("AMENDS_ENCODER", "")
    )
    policy, scorer = _loaded(folder, (folder / "model.json").exists())
    found: list[Judgement] = []
    for at in range(0, len(texts), BATCH):
        found += judge_many(texts[at : at + BATCH], policy, hints[at : at + BATCH], scorer)
    return found


@lru_cache(maxsize=2)
def _loaded(folder: Path, is_built: bool) -> tuple[TriagePolicy, Scorer | None]:
    """Asked for again once the encoder is built. Raises BadModel for an encoder that cannot be used."""
    from amends.triage.model import BadModel
    from amends.triage.model.scorer import Scorer
    from amends.triage.policy import TriagePolicy

    policy, heads = TriagePolicy.load(), folder / "heads.npz"
    if is_built:
        return policy, Scorer.open(folder, heads=heads if heads.exists() else None)
    try:
        return policy, Scorer.open(None)
    except BadModel:
        return policy, None
