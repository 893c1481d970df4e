"""Real replies of real brands, drawn by a seed, each with its situation. The texts stay where they lie (AMENDS_SHARED):
what is kept of them is a file's name, a row's id and a digest.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.reply.makers import NOW

from amends.core.case import Kind
from amends.core.mention import Visibility
from amends.reply.guard import GuardPolicy, Verdict, check
from amends.reply.lint import COMPARED
from amends.reply.situation import Situation
from amends.triage.deciding import judge_many
from amends.triage.model.scorer import Scorer
from amends.triage.policy import TriagePolicy

ROOT = Path(__file__).resolve().parents[3]
#: How many of 2,000 come from each file, in each draw that can be made: after three of them little of twcs is left.
SHARES = (
    *({"en.asapp_airlines": 1100, "en.twcs_sample": 600, "fr.free_tweets": 300},) * 3,
    {"en.asapp_airlines": 1600, "en.twcs_sample": 100, "fr.free_tweets": 300},
    {"en.asapp_airlines": 1800, "fr.free_tweets": 200},
    *({"en.asapp_airlines": 1900, "fr.free_tweets": 100},) * 2,
)
SEED = 20260311
#: What X takes: names in front are not counted, a link counts 23.
LONGEST = 280
_NAMES_IN_FRONT = re.compile(r"^(?:@\w+\s+)+")
_LINK = re.compile(r"\bhttp\S*")
#: A contact of the brand's own stands in many threads; a customer's does not.
_CONTACT = re.compile(
    r"\+?\d(?:[ .()-]{0,2}\d){5,14}|\bwww\.\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|fr|org|net|co\.uk)\S*", re.I
)


@dataclass(frozen=True, kw_only=True)
class RealReply:
    """A brand's reply, and what it answered."""

    file: str
    row: str
    """The thread's id and the turn's place in it."""
    text: str
    situation: Situation

    @property
    def digest(self) -> str:
        return digest(self.text)


def digest(text: str) -> str:
    """So that a row can be told from another, without its words."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def x_length(text: str) -> int:
    return len(_LINK.sub("x" * 23, _NAMES_IN_FRONT.sub("", text)))


def drawn(draw: int = 1, seed: int = SEED) -> list[RealReply]:
    """2,000 replies: the first, second … of draws that share none. Fails where the research data are missing."""
    found = []
    for name, share in SHARES[draw - 1].items():
        taken = sum(each.get(name, 0) for each in SHARES[: draw - 1])
        threads = list(_threads(name))
        ours = _contacts(threads)
        places = [
            (number, place)
            for number, thread in enumerate(threads)
            for place, turn in enumerate(thread["turns"])
            if turn["role"] == "brand" and any(t["role"] == "customer" for t in thread["turns"][:place])
        ]
        random.Random(f"{seed} {name}").shuffle(places)
        chosen = sorted(places[taken : taken + share])
        assert len(chosen) == share, f"{name} has not so many replies"
        found += _with_situation(name, threads, chosen, ours)
    return found


def read(replies: Sequence[RealReply], policy: GuardPolicy) -> Iterator[tuple[RealReply, Verdict]]:
    """Every verdict on every reply, in their order."""
    for reply in replies:
        for verdict in check(reply.text, reply.situation, policy):
            yield reply, verdict


def _threads(name: str) -> Iterator[dict[str, Any]]:
    folder = Path(os.environ.get("AMENDS_SHARED") or ROOT.parent / "shared") / "data" / "threads"
    path = folder / f"{name}.jsonl.gz"
    assert path.exists(), f"{path} is missing: set AMENDS_SHARED to the folder that holds data/threads"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _answers(turns: Sequence[dict[str, Any]], place: int) -> int:
    """How often the brand had answered before this turn. The parts of a long answer are one."""
    first = place
    while first and turns[first - 1]["role"] == "brand":
        first -= 1
    return sum(
        turn["role"] == "brand" and (at == 0 or turns[at - 1]["role"] != "brand")
        for at, turn in enumerate(turns[:first])
    )


def _brand(thread: dict[str, Any]) -> str:
    return str(thread.get("brand") or thread.get("sector"))


def _contacts(threads: Sequence[dict[str, Any]]) -> dict[str, frozenset[str]]:
    """By brand: telephone numbers and sites that it gives to at least three customers. A desk has them in its settings."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for thread in threads:
        said = {
            found.group().rstrip(".,!?)")
            for turn in thread["turns"]
            if turn["role"] == "brand"
            for found in _CONTACT.finditer(turn["text"])
        }
        seen[_brand(thread)].update(said)
    return {brand: frozenset(each for each, n in told.items() if n >= 3) for brand, told in seen.items()}


def _with_situation(
    name: str,
    threads: Sequence[dict[str, Any]],
    chosen: Sequence[tuple[int, int]],
    ours: dict[str, frozenset[str]],
) -> list[RealReply]:
    wanted = set(chosen)
    earlier: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=COMPARED))
    drafts: list[dict[str, Any]] = []
    for number, thread in enumerate(threads):
        brand, turns = _brand(thread), thread["turns"]
        before = tuple(earlier[brand])
        for place, turn in enumerate(turns):
            if (number, place) in wanted:
                drafts.append(
                    {
                        "row": f"{thread['id']}/{place}",
                        "text": turn["text"],
                        "their_text": next(
                            t["text"] for t in reversed(turns[:place]) if t["role"] == "customer"
                        ),
                        "earlier": before,
                        "turns": _answers(turns, place),
                        "ours": ours.get(brand, frozenset()),
                        "brand": brand,
                    }
                )
        for turn in turns:
            if turn["role"] == "brand":
                earlier[brand].appendleft(turn["text"])
    language = name[:2]
    judged = judge_many(
        [each["their_text"] for each in drafts],
        TriagePolicy.load(),
        [(language,)] * len(drafts),
        Scorer.open(None),
    )
    return [
        RealReply(
            file=name,
            row=each["row"],
            text=each["text"],
            situation=Situation(
                their_text=each["their_text"],
                language=mind.language if mind.language != "und" else language,
                visibility=Visibility.PUBLIC,
                kind=Kind(mind.kind),
                severity=mind.severity,
                anger=mind.anger,
                topic=mind.topic,
                network="x",
                longest=LONGEST,
                count=x_length,
                our_addresses=each["ours"],
                earlier_replies=each["earlier"],
                abuse=mind.abuse.value,
                wants=mind.wants.value,
                our_names=frozenset({each["brand"]}),
                public_turns=each["turns"],
                now=NOW,
            ),
        )
        for each, mind in zip(drafts, judged, strict=True)
    ]
