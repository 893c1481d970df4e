"""What the pages know of a second person: who may decide, and what is set."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from amends.desk import seconding
from amends.reply.grounds import FourEyes, Ground
from amends.web import labels
from amends.web.asked import Asked
from amends.web.context import organisation_of


def ready(approval: Any, request: Asked) -> Any:
    """An approval with what its template asks of whoever looks: `may_decide`, `needs_reason`, `leaves_at`. No query."""
    known = FourEyes.of(organisation_of(request).four_eyes)
    approval.may_decide = seconding.may_decide(approval, request.agent, now=request.now, known=known)
    at = approval.asked.get("send_at")
    approval.leaves_at = datetime.fromisoformat(at) if at else None
    approval.needs_reason = Ground.BLOCK in seconding.grounds_in(approval)
    return approval


def settings_of(request: Asked) -> dict[str, Any]:
    """What the settings page shows of four eyes. Two queries."""
    rules = seconding.rules()
    return {
        "rules": rules,
        "amount": "" if rules.amount is None else f"{rules.amount:f}",
        "severities": list(labels.SEVERITIES.items()),
        "somebody": seconding.seconders(request.agent, [Ground.HOT_CASE], now=request.now).exists(),
    }
