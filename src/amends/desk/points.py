"""The named steps of intake and of sending at which a process may die. Tests kill the desk at each of them.

`passed` does nothing unless a test has set a hook; a new point must be added to `POINTS`, and so gets its test.
"""

from __future__ import annotations

from collections.abc import Callable

POINTS = (
    "intake.fetched",
    "intake.captured",
    "intake.committed",
    "read.taken",
    "read.decided",
    "read.half_written",
    "read.written",
    "read.committed",
    "read.done",
    "send.claimed",
    "send.checked",
    "send.posted",
    "send.receipt_written",
    "send.committed",
    "settle.found",
    "settle.committed",
)

hooks: list[Callable[[str], None]] = []


def passed(point: str) -> None:
    """Tell the hooks that `point` was reached."""
    if hooks:
        if point not in POINTS:
            raise ValueError(f"{point!r} is not in POINTS")
        for hook in hooks:
            hook(point)
