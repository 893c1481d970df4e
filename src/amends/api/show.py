"""Rows and records as the plain values of an answer. Sentences come in the reader's language."""

from __future__ import annotations

from typing import Any

from amends.api.problems import reason, translated
from amends.core.say import Said
from amends.desk import setup, shielding
from amends.desk.judging import details_of
from amends.desk.pages import CaseView, Neighbour
from amends.desk.reviewing import Review
from amends.plan import STEPS
from amends.store import queries
from amends.triage.judgement import Judgement

#: Events of the lifecycle that no person fires.
NOT_BY_PEOPLE = frozenset({"answer", "author_wrote"})


def fields(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def kept_reason(kept: Any) -> dict[str, Any] | None:
    """A reason that lies in a row."""
    return reason(Said.from_json(kept)) if kept else None


def kept_reasons(kept: Any) -> list[dict[str, Any]]:
    return [reason(Said.from_json(each)) for each in kept or ()]


def person(agent: Any) -> dict[str, Any] | None:
    return fields(agent, "id", "name") if agent else None


def queue(page: queries.QueuePage) -> dict[str, Any]:
    return {
        "items": [
            {
                **{name: value for name, value in vars(row).items() if name not in ("said", "language")},
                "owner": {"id": row.owner_id, "name": row.owner_name} if row.owner_id else None,
                "is_veiled": row.abuse in shielding.VEILED,
                "veiled_text": shielding.own_words(row.said, row.abuse, row.language)
                if row.abuse in shielding.VEILED
                else row.title,
            }
            for row in page.rows
        ],
        **fields(page, "counts", "view", "search", "after"),
    }


def author(row: Any) -> dict[str, Any]:
    return fields(row, "id", "network", "remote_id", "handle", "name")


_CASE = (
    "id title network status kind severity cause topic language abuse opened_at changed_at last_author_at"
    " first_answer_at last_answer_at due_at due_for snoozed_until asked_satisfied_at is_satisfied last_offer_at"
    " closing closing_reason closed_at reopened policy_digest wanted was_done muted_at"
).split()


def case(view: CaseView, *, now: Any) -> dict[str, Any]:
    page = view.page
    return {
        **fields(page.case, *_CASE),
        "author": author(page.case.author),
        "owner": person(page.case.owner),
        "needs": _needs(page),
        "judgement": judgement(page.judgement) if page.judgement else None,
        "steps": [
            {
                "room": each.step.room,
                "title": translated(each.step.title),
                "question": translated(each.step.question),
                "stage": each.stage,
                "says": reason(each.says),
            }
            for each in view.steps
        ],
        "may": [
            {
                **fields(each, "event", "is_possible"),
                "reasons": [reason(why) for why in each.reasons],
            }
            for each in view.may.values()
            if each.event not in NOT_BY_PEOPLE
        ],
        "timeline": [timeline(each, page.case) for each in page.timeline],
        "promises": [promise(each, now=now) for each in page.promises],
        "evidence": [sealed(each) for each in page.evidence],
        "alike": [neighbour(each) for each in view.alike],
        "same_author": [neighbour(each) for each in view.same_author],
        "can_answer": view.account is not None,
        "can_direct": view.can_direct,
        "longest_reply": view.longest,
        "seen": page.seen,
    }


#: What a row keeps beside its columns; one that was written before a field was there has it empty.
_DETAILS: dict[str, Any] = {
    "abuse": "none",
    "sentiment": "",
    "anger": 0,
    "wants": "",
    "confidence": 1.0,
    "words": [],
    "kind_p": {},
    "abuse_p": {},
    "sentiment_p": {},
    "emotion": "",
    "sarcasm": 0.0,
    "severity_parts": [],
    "tier": "rules",
    "corrected": [],
}


def judgement(row: Any) -> dict[str, Any]:
    """A judgement that lies in a row; a person's keeps what the rules said of the words."""
    details = row.details or {}
    return {
        **fields(row, "kind", "severity", "cause", "topic", "language", "at"),
        **{name: details.get(name, empty) for name, empty in _DETAILS.items()},
        "reasons": kept_reasons(row.reasons),
        "by": person(row.by),
    }


def judged(found: Judgement, *, name: str | int) -> dict[str, Any]:
    """A judgement just made, of a text that the program calls `name`."""
    return {
        "id": name,
        **fields(found, "kind", "severity", "cause", "topic", "language"),
        **details_of(found),
        "reasons": [reason(each) for each in found.reasons],
    }


def _needs(page: queries.CasePage) -> str:
    row = page.case
    posts = [each for each in (page.first, page.last) if each is not None]
    found = (shielding.own_words(each.text, shielding.abuse_of(each, row), row.language) for each in posts)
    return next(filter(None, found), "")


def timeline(item: queries.TimelineItem, of: Any) -> dict[str, Any]:
    row = item.row
    shown: dict[str, Any]
    if item.what == "mention":
        shown = mention(row, item.versions, of)
    elif item.what == "reply":
        shown = entry(row)
    elif item.what == "note":
        shown = {**fields(row, "id", "text"), "author": person(row.author)}
    else:
        shown = {**fields(row, "id", "kind", "data"), "actor": person(row.actor)}
    return {"what": item.what, "at": item.at, item.what: shown}


def mention(row: Any, versions: Any, of: Any) -> dict[str, Any]:
    is_veiled = shielding.is_harsh(row, of)
    return {
        "is_veiled": is_veiled,
        "veiled_text": shielding.own_words(row.text, shielding.abuse_of(row, of), of.language)
        if is_veiled
        else row.text,
        **fields(row, "id", "text", "title", "url", "visibility", "is_ours", "is_bystander"),
        **fields(row, "posted_at", "found_at", "edited_at", "deleted_at"),
        "author": author(row.author),
        "found_because": kept_reasons((row.match or {}).get("reasons")),
        "versions": [
            {**fields(each, "number", "change", "text", "seen_at"), "evidence": each.evidence_id}
            for each in versions
        ],
    }


def entry(row: Any) -> dict[str, Any]:
    return {
        **fields(
            row, "id", "status", "purpose", "visibility", "text", "approved_at", "send_at", "sent_at", "url"
        ),
        **fields(row, "scheduled_at", "part", "parts", "media", "removed_at"),
        "case": row.case_id,
        "approved_by": person(row.approved_by),
        "problem": kept_reason(row.problem),
    }


def approval(row: Any, may_decide: bool) -> dict[str, Any]:
    return {
        **fields(row, "id", "state", "mode", "purpose", "text", "asked_at", "digest"),
        **fields(row, "decided_at", "decided_text", "reason"),
        "case": row.case_id,
        "author": person(row.author),
        "public_line": row.asked.get("public_line", ""),
        "plea": row.asked.get("plea", ""),
        "send_at": row.asked.get("send_at"),
        "grounds": [{**each, "said": kept_reason(each["said"])} for each in row.grounds],
        "may_decide": may_decide,
        "decided_by": person(row.decided_by),
        "entry": row.entry_id,
    }


def held(outcome: Any) -> dict[str, Any]:
    """An approval or a rest: why a reply was not sent yet."""
    if hasattr(outcome, "grounds"):
        shown = approval(outcome, False)
        return {"state": "waiting", "approval": shown, "reasons": [each["said"] for each in shown["grounds"]]}
    return {
        "state": "resting",
        "rests_until": outcome.until,
        "reasons": kept_reasons(outcome.reasons),
        "calmer": outcome.calmer,
    }


def promise(row: Any, *, now: Any) -> dict[str, Any]:
    return {
        **fields(row, "id", "text", "made_at", "due_at", "kept_at", "withdrawn_at", "withdrawn_why"),
        "made_by": person(row.made_by),
        "is_late": not row.kept_at and not row.withdrawn_at and row.due_at <= now,
    }


def sealed(row: Any) -> dict[str, Any]:
    return {**fields(row, "id", "kind", "digest", "seen_at"), "leaf": row.leaf_id}


def neighbour(found: Neighbour) -> dict[str, Any]:
    return {
        **fields(found, "id", "title", "status", "opened_at", "author"),
        "reason": reason(found.reason) if found.reason else None,
    }


def review(seen: Review) -> dict[str, Any]:
    heard = seen.promise
    return {
        **fields(seen, "level", "is_blocked", "count", "longest"),
        "steps": [
            {**fields(each, "step", "is_done", "is_wanted", "spans", "words"), "hint": reason(each.hint)}
            for each in seen.steps
        ],
        "advice": {
            "step": seen.advice.step,
            "says": reason(seen.advice.says),
            "house_rule": seen.advice.rule.number if seen.advice.rule else None,
        },
        "verdicts": [
            {
                **fields(each, "rule", "name", "level", "span", "replacement", "move"),
                "reason": reason(each.reason),
                "repair": reason(each.repair) if each.repair else None,
            }
            for each in seen.verdicts
        ],
        "promise": fields(heard, "text", "due_at") if heard else None,
    }


def evidence(page: queries.EvidencePage) -> dict[str, Any]:
    row = page.evidence
    return {
        **sealed(row),
        "case": row.case_id,
        "canonical": row.canonical,
        "salt": bytes(row.salt).hex(),
        "leaf_hash": row.leaf.hash,
        "leaf_data": row.leaf.data,
        "path": page.proof,
        **fields(page.head, "size", "root"),
        **fields(page, "is_proven", "digest_holds"),
    }


def source(row: Any) -> dict[str, Any]:
    return {
        **setup.describe(row),
        "fetched_at": row.fetched_at,
        "found_at": row.found_at,
        "problem": kept_reason(row.problem),
        "mentions_today": getattr(row, "mentions_today", None),
        "quarantined": getattr(row, "quarantined", None),
    }


def term(row: Any) -> dict[str, Any]:
    return fields(row, "id", "text", "kind", "is_fuzzy")


def plan(page: queries.PlanPage) -> dict[str, Any]:
    due, promised = page.oldest_due, page.next_promise
    return {
        "steps": [
            {
                "room": step.room,
                "title": translated(step.title),
                "question": translated(step.question),
                "figures": page.figures[step.room],
            }
            for step in STEPS
        ],
        "oldest_due": fields(due, "id", "title", "due_at") if due else None,
        "next_promise": {**fields(promised, "id", "text", "due_at"), "case": promised.case_id}
        if promised
        else None,
        "by_topic": [{"topic": topic, "cases": n} for topic, n in page.by_topic],
    }


def labels(page: queries.LabelsPage, own: Any) -> dict[str, Any]:
    return {
        **fields(page.progress, "drawn", "done", "half", "disputed"),
        "own": [{"post": each.sampled_id, **fields(each, "kind", "abuse", "at")} for each in own],
        "pairs": [
            {"names": list(each.names), "kind": vars(each.kind), "abuse": vars(each.abuse)}
            for each in page.pairs
        ],
        "disputes": [
            {
                "post": each.pk,
                "title": each.mention.title,
                "text": each.mention.text,
                "labels": [
                    {"name": label.by.name, **fields(label, "kind", "abuse")}
                    for label in each.labels.all()
                    if label.kind
                ],
            }
            for each in page.disputed
        ],
    }


def share(found: Any) -> dict[str, Any]:
    return {
        **fields(found, "hits", "n"),
        "value": None if found.value is None else round(found.value, 4),
        "low": round(found.low, 4),
        "high": round(found.high, 4),
    }


def quality(page: queries.QualityPage, *, version: int, tier: str) -> dict[str, Any]:
    def classes(found: Any) -> list[dict[str, Any]]:
        return [
            {
                **fields(each, "name", "more"),
                "base": share(each.base),
                "precision": share(each.precision),
                "recall": share(each.recall),
            }
            for each in found
        ]

    return {
        "version": version,
        "tier": tier,
        **fields(page, "drawn", "by_one", "open", "by_current", "corrected"),
        "right": share(page.right),
        "kinds": classes(page.kinds),
        "abuse": classes(page.abuse),
        "complaints_as_abuse": share(page.as_abuse),
        "table": [
            {"truth": is_, "said": said, "n": n} for (is_, said), n in sorted(page.kind_table.counts.items())
        ],
        "languages": [
            {"code": each.code, "right": share(each.right), "complaints_found": share(each.complaints)}
            for each in page.languages
        ],
        "unsure": share(page.unsure),
        "corrections": [
            {"field": field, "before": before, "after": after, "n": n}
            for field, before, after, n in page.corrections
        ],
    }
