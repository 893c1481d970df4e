"""The policies in force, read once a process: shipped files, or the desk's own in `policy/` of the data folder; and the
models that judge beside them, opened again when another encoder is put in place."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings

from amends.core.policy import BadPolicy, policy_digest
from amends.core.say import Said
from amends.desk import encoder, plugins
from amends.followup.sla import SlaPolicy
from amends.reply.coach import CoachPolicy
from amends.reply.guard import GuardPolicy
from amends.reply.heat import HeatPolicy
from amends.reply.ownpost import OwnPostPolicy
from amends.reply.pacing import SendingPolicy
from amends.reply.plays import Play, plays_of, read_plays
from amends.reply.propose import ProposalPolicy
from amends.store.models import PlaybookVersion
from amends.triage.model import BadModel
from amends.triage.model.folder import read_manifest
from amends.triage.model.scorer import Scorer
from amends.triage.policy import TriagePolicy

log = logging.getLogger("amends.models")


def own_folder() -> Path:
    """Where the desk's own policy files lie."""
    return Path(settings.AMENDS_HOME) / "policy"


@cache
def triage() -> TriagePolicy:
    return TriagePolicy.load(own_folder())


@cache
def coaching() -> CoachPolicy:
    return CoachPolicy.load(own_folder())


@cache
def guards() -> GuardPolicy:
    return GuardPolicy.load(own_folder(), plugins.guards())


@cache
def heat() -> HeatPolicy:
    return HeatPolicy.load(own_folder())


@cache
def own_posts() -> OwnPostPolicy:
    return OwnPostPolicy.load(own_folder())


@cache
def sla() -> SlaPolicy:
    return SlaPolicy.load(own_folder())


@cache
def sending() -> SendingPolicy:
    return SendingPolicy.load(own_folder())


@cache
def digest() -> str:
    """SHA-256 (hex) of all of them: kept with each case."""
    return policy_digest(own_folder())


def plays(number: int | None = None) -> tuple[Play, ...]:
    """The plays of version `number` of the playbook (0: as plays.toml has them); None: of the newest, which costs one
    small query. Versions never change, so each is read once a process."""
    number = newest_playbook() if number is None else number
    return (_written_plays(number) if number else None) or _shipped_plays()


def newest_playbook() -> int:
    """The number of the plays in force; 0: nobody has written any, plays.toml is. One query."""
    return PlaybookVersion.objects.order_by("-number").values_list("number", flat=True).first() or 0


@cache
def _shipped_plays() -> tuple[Play, ...]:
    return read_plays(own_folder())


@lru_cache(maxsize=64)
def _written_plays(number: int) -> tuple[Play, ...] | None:
    text = PlaybookVersion.objects.values_list("text", flat=True).filter(number=number).first()
    if not text:
        return None
    try:
        return plays_of(text)
    except BadPolicy as wrong:
        # It was read when it was saved; a later release may be stricter. An answer must still have a play.
        log.warning("version %s of the playbook cannot be read any more: %s", number, wrong)
        return None


def forget_playbook() -> None:
    """Read the versions again: another database is in place."""
    _written_plays.cache_clear()


@cache
def proposals() -> ProposalPolicy:
    return ProposalPolicy.load(own_folder())


def forget() -> None:
    """Read them again at the next question."""
    for each in (
        plugins.guards,
        triage,
        coaching,
        guards,
        heat,
        _shipped_plays,
        _written_plays,
        proposals,
        own_posts,
        sending,
        sla,
        digest,
    ):
        each.cache_clear()


@dataclass(frozen=True)
class _Opened:
    stamp: tuple[str, int]
    scorer: Scorer | None
    problem: Said | None


_opened: _Opened | None = None
_opening = threading.Lock()


def scorer() -> Scorer | None:
    """The models of this desk, opened once a process, and again when a build has put another encoder in place.

    Never raises: an encoder that cannot be used leaves the small model, and the log and `scorer_problem` say why. None
    when not even the small one can be read: the rules judge alone. Costs one look at a file.
    """
    return _models().scorer


def scorer_problem() -> Said | None:
    """Why `scorer` is not what it should be; None when it is."""
    return _models().problem


def _models() -> _Opened:
    global _opened
    stamp, before = encoder.stamp(), _opened
    if before is not None and before.stamp == stamp:
        return before
    # While another thread opens the new one, the old one answers; without an old one we wait.
    if not _opening.acquire(blocking=before is None):
        assert before is not None
        return before
    try:
        if _opened is None or _opened.stamp != stamp:
            _opened = _open(stamp)
        return _opened
    finally:
        _opening.release()


def _open(stamp: tuple[str, int]) -> _Opened:
    folder, problem = Path(stamp[0]), None
    if stamp[1] or settings.AMENDS_ENCODER:
        heads = folder / "heads.npz"
        try:
            if not stamp[1]:
                read_manifest(folder)
            return _Opened(stamp, Scorer.open(folder, heads=heads if heads.exists() else None), None)
        except BadModel as wrong:
            problem = wrong.reason
            log.warning("judging with the small model: %s", problem)
    try:
        return _Opened(stamp, Scorer.open(None), problem)
    except BadModel as wrong:
        log.warning("judging by the rules alone: %s", wrong.reason)
        return _Opened(stamp, None, problem or wrong.reason)
