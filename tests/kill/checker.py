"""What must be true of a desk and its town once all is quiet, whatever was killed before. The equations of I3 and S1."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.kill import server


def wrongs(desk: dict[str, Any], town: dict[str, Any], kind: str) -> list[str]:
    """Everything that is not as it must be; empty when nothing was lost and nothing done twice."""
    return [*_intake(desk), *_sending(desk, town, kind)]


def _intake(desk: dict[str, Any]) -> list[str]:
    found = []
    if sorted(desk["mentions"]) != server.IDS:
        found.append(f"served {server.IDS}, kept {sorted(desk['mentions'])}")
    states = sorted(tuple(each) for each in desk["states"])
    if states != server.STATES:
        found.append(f"said {server.STATES}, versions {states}")
    sealed = Counter(desk["sealed"])
    if sealed["said"] + sealed["edited"] != len(server.STATES):
        found.append(f"{len(server.STATES)} versions, sealed {dict(sealed)}")
    if desk["leaves"] != sealed.total():
        found.append(f"{desk['leaves']} leaves for {sealed.total()} pieces of evidence")
    if not desk["garbled"]:
        found.append("what could not be read is not in quarantine")
    if desk["unread"] or desk["tasks"]:
        found.append(f"{desk['unread']} captures unread, {desk['tasks']} tasks left")
    return found + desk["faults"]


def _sending(desk: dict[str, Any], town: dict[str, Any], kind: str) -> list[str]:
    found = []
    posted = Counter(each["key"] for each in town["replies"])
    # What a person took back was never posted, or it is among what was “posted and not approved”.
    kept = [each for each in desk["outbox"] if each["status"] != "cancelled"]
    by_status = Counter(each["status"] for each in kept)
    if by_status["sent"] + by_status["unsure"] != desk["cases"] or len(kept) != desk["cases"]:
        found.append(f"{desk['cases']} replies were approved: {dict(by_status)}")
    if desk["sealed"].get("sent", 0) != by_status["sent"]:
        found.append(f"{by_status['sent']} sent, {desk['sealed'].get('sent', 0)} of them in the log")
    for entry in kept:
        key, n = entry["key"], posted.pop(entry["key"], 0)
        if n > 1:
            found.append(f"{key} is there {n} times")
        if entry["status"] == "sent" and (n == 0 or not entry["remote_id"]):
            found.append(f"{key} is called sent and is not there")
        if entry["status"] == "unsure" and (kind != "by_person" or not entry["told"]):
            found.append(f"{key} is unsure and no person was asked")
    if posted:
        found.append(f"posted and not approved: {dict(posted)}")
    return found
