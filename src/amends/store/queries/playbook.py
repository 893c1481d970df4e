"""What the pages of the playbook show: house rules, ways out, versions of the plays, and cases to try plays on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from amends.store.models import Case, HouseRule, Judgement, PlaybookVersion, Proposal, WayOut


@dataclass(frozen=True, kw_only=True)
class PlayedCase:
    """What decides which play a case gets."""

    id: int
    title: str
    kind: str
    severity: str
    topic: str
    language: str
    abuse: str
    network: str
    opened_at: datetime
    anger: int
    wants: str


def played_cases(*, limit: int) -> list[PlayedCase]:
    """The newest cases with what their first judgement says. One query, by the index `case_by_age`."""
    judged = (
        Judgement.objects.filter(mention__case=OuterRef("pk"), by=None).order_by("-id").values("details")[:1]
    )
    names = ("id", "title", "kind", "severity", "topic", "language", "abuse", "network", "opened_at")
    rows = Case.objects.order_by("-opened_at").annotate(judged=Subquery(judged)).values_list(*names, "judged")
    return [
        PlayedCase(
            **dict(zip(names, row, strict=False)),
            anger=int((row[-1] or {}).get("anger", 0)),
            wants=str((row[-1] or {}).get("wants", "")),
        )
        for row in rows[:limit]
    ]


@dataclass(frozen=True, kw_only=True)
class HouseRuleHistory:
    """A rule in force (or retired), and how it read before."""

    rule: HouseRule
    before: tuple[HouseRule, ...]
    """Newest first."""


def house_rules() -> tuple[HouseRuleHistory, ...]:
    """Every rule with its versions: those in force first, then the retired. One query."""
    found: dict[int, list[HouseRule]] = {}
    for row in HouseRule.objects.select_related("by").order_by("number", "-version"):
        found.setdefault(row.number, []).append(row)
    histories = [HouseRuleHistory(rule=rows[0], before=tuple(rows[1:])) for rows in found.values()]
    return tuple(sorted(histories, key=lambda each: (each.rule.is_retired, each.rule.number)))


def ways_out() -> tuple[WayOut, ...]:
    """All, in their order, those switched off as well. One query."""
    return tuple(WayOut.objects.order_by("position", "pk"))


def playbook_versions() -> tuple[PlaybookVersion, ...]:
    """All versions without their texts, newest first. One query."""
    return tuple(PlaybookVersion.objects.select_related("by").defer("text").order_by("-number"))


def proposals(case_id: int) -> tuple[Proposal, ...]:
    """What was proposed in a case, newest first. One query."""
    return tuple(Proposal.objects.filter(case=case_id).select_related("agent").order_by("-id")[:50])
