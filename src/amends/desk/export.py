"""Every case as one plain object: what a desk takes with it when it leaves, or feeds to other tools."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from amends.store import queries
from amends.store.models import Case


def records(*, since: datetime | None = None) -> Iterator[dict[str, Any]]:
    """One object a case, in order. Times are ISO 8601 UTC; evidence is named by digest and leaf."""
    for case in queries.exported_cases(since=since):
        yield record(case)


def record(case: Case) -> dict[str, Any]:
    """One case with all that was said and done."""
    return {
        "case": case.pk,
        "title": case.title,
        "network": case.network,
        "author": {
            "handle": case.author.handle,
            "name": case.author.name,
            "remote_id": case.author.remote_id,
        },
        "status": case.status,
        "kind": case.kind,
        "severity": case.severity,
        "cause": case.cause,
        "topic": case.topic,
        "language": case.language,
        "owner": case.owner.name if case.owner else None,
        "opened_at": _at(case.opened_at),
        "first_answer_at": _at(case.first_answer_at),
        "due_at": _at(case.due_at),
        "closed_at": _at(case.closed_at),
        "closing": case.closing or None,
        "closing_reason": case.closing_reason or None,
        "is_satisfied": case.is_satisfied,
        "reopened": case.reopened,
        "wanted": case.wanted or None,
        "was_done": case.was_done or None,
        "muted_at": _at(case.muted_at),
        "mentions": [
            {
                "id": each.remote_id,
                "author": each.author.handle,
                "text": each.text,
                "url": each.url,
                "in_reply_to": each.in_reply_to or None,
                "posted_at": _at(each.posted_at),
                "found_at": _at(each.found_at),
                "edited_at": _at(each.edited_at),
                "deleted_at": _at(each.deleted_at),
                "is_ours": each.is_ours,
                "why": each.match,
            }
            for each in case.mentions.all()
        ],
        "replies": [
            {
                "text": each.text,
                "status": each.status,
                "purpose": each.purpose,
                "visibility": each.visibility,
                "approved_at": _at(each.approved_at),
                "sent_at": _at(each.sent_at),
                "id": each.remote_id or None,
                "url": each.url or None,
            }
            for each in case.outbox.all()
        ],
        "notes": [{"text": each.text, "at": _at(each.at)} for each in case.notes.all()],
        "promises": [
            {
                "text": each.text,
                "made_at": _at(each.made_at),
                "due_at": _at(each.due_at),
                "kept_at": _at(each.kept_at),
                "broken_at": _at(each.broken_at),
                "withdrawn_at": _at(each.withdrawn_at),
            }
            for each in case.promises.all()
        ],
        "events": [{"kind": each.kind, "at": _at(each.at), "data": each.data} for each in case.events.all()],
        "evidence": [
            {
                "id": str(each.pk),
                "kind": each.kind,
                "sha256": each.digest,
                "leaf": each.leaf_id,
                "seen_at": _at(each.seen_at),
            }
            for each in case.evidence.all()
        ],
    }


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
