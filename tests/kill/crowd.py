"""Many replies by processes that are killed: the life of one process, the person beside it, and what must be true at the
end. `tests.kill.run` starts the lives and kills them; Django is set up before this is imported."""

from __future__ import annotations

import json
import os
import re
import signal
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from amends.connectors.base import Resend
from amends.core.graph import Refused
from amends.desk import (
    accounts,
    approving,
    audit,
    intake,
    people,
    points,
    reader,
    replies,
    scheduling,
    sender,
    setup,
)
from amends.desk.entering import Wish, enter
from amends.store import models as rows
from tests.kill.places import Place, said

#: Every so many replies is a long one, which leaves as a thread.
LONG_EVERY = 4
#: A person looks on the network this long after the post may have left: longer than it is late and stale together.
LOOKS_AFTER = timedelta(seconds=3)
#: One in so many replies is approved while the processes die; the others wait in the outbox before.
APPROVED_LATE = 10
#: In our outbox, and nothing more will happen to them.
DONE = ("sent",)
_MARK = re.compile(r" \d/\d$")


def now() -> datetime:
    return datetime.now(UTC)


def words_for(case_id: int) -> str:
    """The reply to a case: no two are alike, every fourth is a thread."""
    short = f"Sorry about line {case_id}. Since when exactly has it been dead, and in which street?"
    if case_id % LONG_EVERY:
        return short
    more = (
        f"Please look at the small lamp of box {case_id} and tell us its colour.",
        f"We ask because the exchange that serves line {case_id} was changed last night.",
        f"If the lamp is red, the cable of box {case_id} is loose at the wall.",
        f"If it is green, the fault of line {case_id} is ours and not yours.",
        "You need not call anybody. We read what you write here all day.",
    )
    return " ".join((short, *more))


def prepare(place: Place, n: int) -> None:
    """A desk that knows of `n` cases, with a reply to most of them that waits for tomorrow."""
    admin = people.first_admin(now=now())
    setup.add_term("Novatel", by=admin, now=now())
    setup.set_organisation(brand="Novatel", undo_seconds=0, by=admin)
    source = setup.add_row(place.kind, place.kind, place.settings, now=now())
    ends = time.monotonic() + 120
    while cases(place).count() < n:
        assert time.monotonic() < ends, f"{cases(place).count()} of {n} cases came"
        rows.Source.objects.update(next_fetch_at=now(), leased_until=None)
        source.refresh_from_db()
        reader.poll(source, now=now())
        while intake.read_waiting(now=now()):
            pass
    tomorrow = now() + timedelta(days=1)
    for case_id in cases(place).order_by("pk").values_list("pk", flat=True):
        if case_id % APPROVED_LATE:
            case = rows.Case.objects.select_related("source", "author").get(pk=case_id)
            mention = case.mentions.get(is_ours=False)
            wish = Wish(text=words_for(case_id), send_at=tomorrow)
            # What the guards say is no matter here, and they take their time.
            enter(case, mention, case.source, wish, author=admin, by=admin, now=now())


def cases(place: Place) -> QuerySet[rows.Case]:
    """Those that are to be answered."""
    tagged = rows.Mention.objects.filter(text__contains=place.tag, is_ours=False).values("case")
    return rows.Case.objects.filter(pk__in=tagged)


def _approve(case_id: int, *, by: rows.Agent) -> None:
    approving.approve(case_id, words_for(case_id), by=by, now=now())


# -- one life


@dataclass(frozen=True)
class Life:
    """How one process is to end: at the `which`-th passing of a step, or from outside."""

    step: str = ""
    which: int = 1

    def live(self, place: Place, *, tell: int, until: float) -> None:
        """Approve and send until all is done, the time is over (monotonic seconds), or death. Tells a byte by the file
        descriptor `tell` when it first holds a reply."""
        seen: Counter[str] = Counter()

        def hook(passed: str) -> None:
            seen[passed] += 1
            if passed == "send.claimed" and seen[passed] == 1:
                os.write(tell, b".")
            if passed == self.step and seen[passed] == self.which:
                os.kill(os.getpid(), signal.SIGKILL)

        points.hooks[:] = [hook]
        admin = people.first_admin(now=now())
        shift = sender.Shift(began_at=now())
        person = Person(place, admin)
        while time.monotonic() < until:
            moved = person.lets_one_go()
            moved += sender.drain(now=now(), clock=now, limit=3, shift=shift)
            moved += person.looks()
            if not moved:
                if not rows.OutboxEntry.objects.exclude(status__in=DONE).exists():
                    return
                time.sleep(0.02)


class Person:
    """Looks on the network where no machine can tell, and says what is there; posts what the desk cannot post."""

    def __init__(self, place: Place, agent: rows.Agent) -> None:
        self._place, self._agent = place, agent
        self._shown: dict[str, str] | None = None

    def lets_one_go(self) -> int:
        """Send the next reply now, or approve one that nobody has approved yet. Gives how many."""
        scheduled = rows.OutboxEntry.objects.filter(status="approved", first=None, scheduled_at__gt=now())
        case = None
        if (entry := scheduled.order_by("pk").first()) is not None:
            scheduling.send_now(entry.pk, by=self._agent, now=now())
        elif (case := cases(self._place).filter(outbox=None).order_by("pk").first()) is not None:
            _approve(case.pk, by=self._agent)
        return int(bool(entry or case))

    def looks(self) -> int:
        """Settle what only a person can. Gives how many."""
        stuck = rows.OutboxEntry.objects.filter(status__in=("unsure", "failed", "by_hand"))
        done, self._shown = 0, None
        for entry in stuck.select_related("source", "first").order_by("pk"):
            if entry.status == "unsure" and accounts.traits_of(entry.source).resend is not Resend.BY_PERSON:
                continue
            if entry.status != "failed" and now() - (entry.claimed_at or entry.send_at) < LOOKS_AFTER:
                continue
            try:
                done += self._settle(entry)
            except Refused:
                """Somebody was quicker."""
        return done

    def _settle(self, entry: rows.OutboxEntry) -> int:
        if entry.status == "failed":
            replies.try_again(entry.pk, by=self._agent, now=now())
        elif entry.status == "unsure":
            replies.settle(entry.pk, self._sees(entry), by=self._agent, now=now())
        else:
            if not self._sees(entry):
                self._posts(entry)
            replies.mark_sent_by_hand(entry.pk, by=self._agent, now=now())
        return 1

    def _sees(self, entry: rows.OutboxEntry) -> bool:
        return said(entry.text) in self._there()

    def _there(self) -> dict[str, str]:
        """Our posts, the words and the number of each; looked at once in each round."""
        if self._shown is None:
            self._shown = {each["text"]: each["id"] for each in self._place.replies()}
        return self._shown

    def _posts(self, entry: rows.OutboxEntry) -> None:
        """Under the part before it, in the network's own app."""
        before = rows.OutboxEntry.objects.get(
            pk=entry.first_id if entry.part == 2 else _part(entry, entry.part - 1).pk
        )
        body = {"key": f"by-hand-{entry.pk}", "text": entry.text, "to": self._there()[said(before.text)]}
        data = json.dumps(body).encode()
        urllib.request.urlopen(f"{self._place.url}/replies?kind=by_hand", data, timeout=10).close()


def _part(entry: rows.OutboxEntry, part: int) -> rows.OutboxEntry:
    return rows.OutboxEntry.objects.get(first_id=entry.first_id, part=part)


# -- what is true


@dataclass(frozen=True)
class Counts:
    """What the checker counted."""

    replies: int
    posts: int
    double: int
    lost: int
    different: int
    by_person: int
    wrongs: tuple[str, ...]


def is_done(n: int) -> bool:
    """Whether every case was answered and nothing is under way."""
    entries = rows.OutboxEntry.objects
    return entries.values("case").distinct().count() == n and not entries.exclude(status__in=DONE).exists()


def check(n: int, place: Place) -> Counts:
    """Compare what was approved, what the desk believes and what the town shows. All three must agree."""
    there = place.replies()
    shown = Counter(each["text"] for each in there)
    entries = list(rows.OutboxEntry.objects.select_related("first").order_by("case_id", "part"))
    texts = {said(each.text) for each in entries}
    wrongs: list[str] = []
    double = sum(times - 1 for times in shown.values() if times > 1)
    lost = sum(1 for text in texts if not shown[text])
    wrongs += [f"{times} times: {text!r}" for text, times in shown.items() if times > 1]
    wrongs += [f"not there: {text!r}" for text in texts if not shown[text]]
    wrongs += [f"never approved: {text!r}" for text in shown if text not in texts]
    different = _different(entries, there)
    wrongs += different
    if {each.case_id for each in entries} != set(cases(place).values_list("pk", flat=True)):
        wrongs.append("a case has no reply")
    if not_sent := [each.pk for each in entries if each.status != "sent"]:
        wrongs.append(f"not settled: {not_sent}")
    sealed = rows.Evidence.objects.filter(kind="sent").count()
    by_desk = sum(bool(each.remote_id) for each in entries)
    if sealed != by_desk:
        wrongs.append(f"{by_desk} sent by the desk, {sealed} in the log")
    answered = rows.CaseEvent.objects.filter(kind="reply_sent").count()
    if answered != n:
        wrongs.append(f"{n} replies, {answered} times noted as sent")
    wrongs += [str(fault) for fault in audit.verify_log().faults]
    return Counts(
        replies=n,
        posts=len(there),
        double=double,
        lost=lost,
        different=len(different),
        by_person=len(entries) - by_desk,
        wrongs=tuple(wrongs),
    )


def _different(entries: Iterable[rows.OutboxEntry], shown: list[dict[str, Any]]) -> list[str]:
    """What stands there otherwise than it was approved: other words, another order, under another post."""
    found = []
    place = {each["text"]: each for each in shown}
    by_case: dict[int, list[rows.OutboxEntry]] = {}
    for entry in entries:
        by_case.setdefault(entry.case_id, []).append(entry)
    asked = dict(rows.Mention.objects.filter(is_ours=False).values_list("case_id", "remote_id"))
    for case_id, parts in by_case.items():
        there = [place[said(each.text)] for each in parts if said(each.text) in place]
        if len(there) != len(parts):
            continue  # counted as lost
        words = " ".join(_MARK.sub("", each["text"]) if len(parts) > 1 else each["text"] for each in there)
        if words.split() != words_for(case_id).split():
            found.append(f"case {case_id}: other words were posted: {words!r}")
        under = [asked[case_id], *(each["id"] for each in there[:-1])]
        if [each["to"] for each in there] != under:
            found.append(f"case {case_id}: not under what it answers")
    return found
