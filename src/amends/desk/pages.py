"""What the page of a case shows beyond its rows: the six steps, what may be done and why not, and cases like it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from amends.core.case import CaseFacts
from amends.core.graph import Refused
from amends.core.say import Said
from amends.desk import accounts
from amends.desk.trail import IN_FLIGHT, clock_facts
from amends.followup.lifecycle import LIFECYCLE
from amends.store import queries
from amends.store.models import Case
from amends.watch.likeness import Candidate, Like, like
from amends.watch.progress import StepAt, steps_of


@dataclass(frozen=True, kw_only=True)
class May:
    """One thing that could be done, and what stands against it: no reasons means that it can."""

    event: str
    reasons: tuple[Said, ...]

    @property
    def is_possible(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A case like this one, or of the same author."""

    id: int
    title: str
    status: str
    opened_at: datetime
    author: str
    abuse: str
    reason: Said | None = None


@dataclass(frozen=True, kw_only=True)
class CaseView:
    page: queries.CasePage
    facts: CaseFacts
    steps: tuple[StepAt, ...]
    may: dict[str, May]
    """By event of the lifecycle."""
    alike: tuple[Neighbour, ...]
    same_author: tuple[Neighbour, ...]
    account: str | None
    """The connector of the account with which we answer; None: by hand."""
    can_direct: bool
    longest: int
    most_images: int = 0
    largest_image: int = 0
    """What goes out with a reply: how many images, and how large one may be (bytes)."""

    @property
    def has_been_handed_over(self) -> bool:
        """Whether a colleague gave the case to its owner, and the customer has not heard of it yet (A11)."""
        owner = self.page.case.owner_id
        given = [
            each for each in self.page.timeline if each.what == "event" and each.row.kind == "case_assigned"
        ]
        if owner is None or not given or given[-1].row.actor_id == owner:
            return False
        last = given[-1]
        is_told = any(each.approved_at >= last.at and each.status != "cancelled" for each in self.page.outbox)
        return last.row.data.get("to") == owner and not is_told


def case_view(case_id: int, agent_id: int | None, *, now: datetime) -> CaseView | None:
    """The page of one case; None when there is none. Five queries."""
    page = queries.case_page(case_id, agent_id, speakers=accounts.speakers(), now=now)
    if page is None:
        return None
    for entry in page.outbox:
        of_entry = accounts.traits_of(entry.source)
        entry.can_edit, entry.can_remove = of_entry.can_edit, of_entry.can_remove  # type: ignore[attr-defined]
    others = queries.like_pool(page.case, now=now)
    found = alike(page.case, [each for each in others if each["closed_at"] is None])
    by_id = {each["id"]: each for each in others}
    facts = replace(
        facts_from(page, now=now),
        like_open=len([each for each in found if by_id[each.case_id]["author_id"] != page.case.author_id]),
        was_corrected=page.was_corrected,
    )
    account = page.answers_with or None
    traits = (
        accounts.traits_of_connector(account) if account else accounts.traits_of_network(page.case.network)
    )
    return CaseView(
        page=page,
        facts=facts,
        steps=steps_of(facts, due_at=page.case.due_at, now=now),
        may=what_may_be_done(facts),
        alike=tuple(_neighbour(by_id[each.case_id], each.reason) for each in found),
        same_author=tuple(_neighbour(each) for each in others if each["author_id"] == page.case.author_id)[
            :8
        ],
        account=account,
        can_direct=bool(account and traits and traits.private_reply),
        longest=traits.longest_reply if traits else 0,
        most_images=traits.most_images if traits and account else 0,
        largest_image=traits.largest_image if traits and account else 0,
    )


def facts_from(page: queries.CasePage, *, now: datetime) -> CaseFacts:
    """The facts of a case from rows that the page holds already: no further query."""
    case, open_promises = (
        page.case,
        [each for each in page.promises if not each.kept_at and not each.withdrawn_at],
    )
    return replace(
        clock_facts(case),
        replies_in_flight=sum(each.status in IN_FLIGHT for each in page.outbox),
        open_promises=len(open_promises),
        late_promises=sum(each.due_at <= now for each in open_promises),
        kept_promises=sum(each.kept_at is not None for each in page.promises),
        sealed=len(page.evidence),
    )


def what_may_be_done(facts: CaseFacts) -> dict[str, May]:
    """Every event that the lifecycle knows in this status, and what stands against each."""
    found = {}
    for event in LIFECYCLE.events_from(facts.status):
        try:
            LIFECYCLE.fire(event, facts.status, facts)
        except Refused as why:
            found[event] = May(event=event, reasons=why.reasons)
        else:
            found[event] = May(event=event, reasons=())
    return found


def alike(case: Case, others: list[dict[str, Any]]) -> tuple[Like, ...]:
    """Open cases with the same words in the same days (K1)."""
    return like(
        Candidate(case_id=case.pk, keywords=case.keywords, topic=case.topic),
        [Candidate(case_id=each["id"], keywords=each["keywords"], topic=each["topic"]) for each in others],
        most=20,
    )


def _neighbour(row: dict[str, Any], reason: Said | None = None) -> Neighbour:
    return Neighbour(
        id=row["id"],
        title=row["title"],
        status=row["status"],
        opened_at=row["opened_at"],
        author=row["author__name"] or row["author__handle"],
        abuse=row["abuse"],
        reason=reason,
    )
