"""The policies in force, read once a process: shipped files, or the desk's own in `policy/` of the data folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from amends.core.policy import policy_digest
from amends.followup.sla import SlaPolicy
from amends.reply.coach import CoachPolicy
from amends.reply.guard import GuardPolicy
from amends.reply.plays import Play, read_plays
from amends.triage.policy import TriagePolicy


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
    return GuardPolicy.load(own_folder())


@cache
def sla() -> SlaPolicy:
    return SlaPolicy.load(own_folder())


@cache
def digest() -> str:
    """SHA-256 (hex) of all of them: kept with each case."""
    return policy_digest(own_folder())


@cache
def plays() -> tuple[Play, ...]:
    return read_plays(own_folder())


def forget() -> None:
    """Read them again at the next question."""
    for each in (triage, coaching, guards, plays, sla, digest):
        each.cache_clear()
