"""Flags on real replies, drawn by a seed and read one by one; what was found is kept without the words.

A row of flags_read.tsv: the draw, the file, the row's id, the reply's digest, the rule, the words' place, and whether
the flag was right. A flag is right when somebody who looks after the brand would want to be asked about these words.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.reply.measured.replies import RealReply

from amends.reply.guard import Verdict

READ = Path(__file__).with_name("flags_read.tsv")
COLUMNS = "draw file row digest rule start end is why".split()


@dataclass(frozen=True, kw_only=True)
class FlagRead:
    """One flag, and what a reader found."""

    draw: int
    file: str
    row: str
    digest: str
    rule: str
    start: int
    end: int
    is_right: bool
    why: str
    """Of a wrong one: what misled the rule, in a few words of ours."""


def flags_read() -> list[FlagRead]:
    head, *lines = READ.read_text(encoding="utf-8").splitlines()
    assert head.split("\t") == COLUMNS
    found = []
    for line in lines:
        row = dict(zip(COLUMNS, line.split("\t"), strict=True))
        assert row["is"] in ("right", "wrong"), line
        found.append(
            FlagRead(
                draw=int(row["draw"]),
                file=row["file"],
                row=row["row"],
                digest=row["digest"],
                rule=row["rule"],
                start=int(row["start"]),
                end=int(row["end"]),
                is_right=row["is"] == "right",
                why=row["why"],
            )
        )
    return found


def stratified(
    flags: Iterable[tuple[RealReply, Verdict]], n: int, seed: str
) -> list[tuple[RealReply, Verdict]]:
    """`n` flags, in turn one of each rule as long as it has some; of a rule and a text only one."""
    by_rule: dict[str, dict[str, tuple[RealReply, Verdict]]] = defaultdict(dict)
    for reply, verdict in flags:
        by_rule[verdict.rule].setdefault(reply.digest, (reply, verdict))
    luck = random.Random(seed)
    heaps = {rule: list(found.values()) for rule, found in sorted(by_rule.items())}
    for heap in heaps.values():
        luck.shuffle(heap)
    chosen: list[tuple[RealReply, Verdict]] = []
    while len(chosen) < n and any(heaps.values()):
        for heap in heaps.values():
            if heap and len(chosen) < n:
                chosen.append(heap.pop())
    return sorted(chosen, key=lambda each: (each[1].rule, each[0].row))


def line_of(draw: int, reply: RealReply, verdict: Verdict, label: str, why: str = "") -> str:
    start, end = verdict.span or (0, 0)
    cells = (draw, reply.file, reply.row, reply.digest, verdict.rule, start, end, label, why)
    return "\t".join(map(str, cells))


def by_rule(found: Sequence[FlagRead]) -> dict[str, tuple[int, int]]:
    """Right and wrong, by rule."""
    counted: dict[str, tuple[int, int]] = {}
    for each in found:
        right, wrong = counted.get(each.rule, (0, 0))
        counted[each.rule] = (right + each.is_right, wrong + (not each.is_right))
    return dict(sorted(counted.items()))
