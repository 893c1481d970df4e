"""Which steps labelled replies hold, and what the coach sees of them: macro-F1 over the steps (A1).

The labels follow docs/reference/coach.md. Those of real replies name file, row, turn and digest; the texts stay where they
lie (AMENDS_SHARED). A third of each file, by its digest, is kept apart from tuning."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.reply.makers import coaching, make_situation

from amends.reply.coach import Step, coach

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Labelled:
    """A reply with the steps that a person saw in it."""

    language: str
    text: str
    steps: frozenset[str]
    is_apart: bool


@dataclass
class Score:
    """Of one step."""

    true: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def labelled(self) -> int:
        return self.true + self.missed

    @property
    def precision(self) -> float:
        return self.true / (self.true + self.wrong) if self.true + self.wrong else 0.0

    @property
    def recall(self) -> float:
        return self.true / self.labelled if self.labelled else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.true / (2 * self.true + self.wrong + self.missed) if self.true else 0.0


def written(language: str) -> list[Labelled]:
    """Our own replies, whose texts are in the repository."""
    rows = []
    for line in (HERE / f"coach_{language}.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or line == "steps\ttext":
            continue
        steps, text = line.split("\t")
        rows.append(_labelled(language, text, steps))
    return rows


def real(name: str, *languages: str) -> list[Labelled]:
    """Real replies of `coach_NAME.tsv`. An assertion fails where the data are not those that were labelled."""
    folder = Path(os.environ.get("AMENDS_SHARED") or HERE.parents[2].parent / "shared") / "data" / "threads"
    lines = (HERE / f"coach_{name}.tsv").read_text(encoding="utf-8").splitlines()
    wanted: dict[str, dict[str, list[list[str]]]] = {}
    for line in lines:
        if not line.startswith(("#", "language\t")):
            row = line.split("\t")
            if row[0] in languages:
                wanted.setdefault(row[1], {}).setdefault(row[2], []).append(row)
    found = []
    for file, rows in wanted.items():
        path = folder / file
        assert path.exists(), f"{path} is missing: set AMENDS_SHARED to the folder that holds data/threads"
        with gzip.open(path, "rt", encoding="utf-8") as opened:
            for thread in map(json.loads, opened):
                for language, _, _, turn, digest, steps in rows.pop(thread["id"], []):
                    reply = _labelled(language[:2], thread["turns"][int(turn)]["text"], steps)
                    assert _digest(reply.text) == digest, (
                        f"{file} {thread['id']}: not the text that was labelled"
                    )
                    found.append(reply)
        assert not rows, f"{file}: {len(rows)} labelled rows are gone"
    return found


def _labelled(language: str, text: str, steps: str) -> Labelled:
    held = frozenset(steps.split(",")) - {"", "-"}
    assert held <= set(Step), text
    return Labelled(language, text, held, int(_digest(text), 16) % 3 == 0)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def seen_in(reply: Labelled) -> frozenset[str]:
    """What the coach sees."""
    steps = coach(reply.text, make_situation(language=reply.language, their_text=""), coaching())
    return frozenset(each.step.value for each in steps if each.is_done)


def scores(replies: Iterable[Labelled]) -> dict[str, Score]:
    """By step; only those that some reply was labelled with."""
    found: dict[str, Score] = {step.value: Score() for step in Step}
    for reply in replies:
        seen = seen_in(reply)
        for step, score in found.items():
            score.true += step in seen and step in reply.steps
            score.wrong += step in seen and step not in reply.steps
            score.missed += step not in seen and step in reply.steps
    return {step: score for step, score in found.items() if score.labelled}


def macro(found: dict[str, Score]) -> float:
    """Macro-F1 over the steps, in percent."""
    return 100 * sum(score.f1 for score in found.values()) / len(found)


def table(name: str, replies: list[Labelled]) -> Iterator[str]:
    """The rows of the table in docs/reference/coach.md."""
    found = scores(replies)
    cells = [f"{100 * found[s].f1:.0f} ({found[s].labelled})" if s in found else "–" for s in Step]
    yield f"| {name} | {len(replies)} | **{macro(found):.1f}** | {' | '.join(cells)} |"
