"""One piece of evidence: what was seen, and the proof that the log holds it."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from amends.desk import shielding
from amends.store import queries
from amends.web import veil
from amends.web.access import agent_required
from amends.web.asked import Asked

SHOWN = 20_000


def _found(evidence_id: UUID) -> queries.EvidencePage:
    page = queries.evidence_page(evidence_id)
    if page is None:
        raise Http404
    return page


def _is_veiled(request: Asked, page: queries.EvidencePage) -> bool:
    """Whether it holds harsh words that this person did not choose to read."""
    case, version = page.evidence.case, page.version
    if case is None or version is None or request.agent.shows_harsh:
        return False
    return shielding.is_harsh(version.mention, case) and version.mention_id not in veil.shown(request)


@require_GET
@agent_required
def evidence(request: Asked, evidence_id: UUID) -> HttpResponse:
    page = _found(evidence_id)
    raw = bytes(page.evidence.raw)
    values = {
        "page": page,
        "each": page.evidence,
        "raw": raw[:SHOWN].decode("utf-8", "replace"),
        "raw_size": len(raw),
        "is_cut": len(raw) > SHOWN,
        "veiled": _is_veiled(request, page),
    }
    return render(request, "page/evidence.html", values)


@require_GET
@agent_required
def evidence_raw(request: Asked, evidence_id: UUID) -> HttpResponse:
    """The exact bytes, for saving only: a hostile post must not run in our own address."""
    page = _found(evidence_id)
    response = HttpResponse(bytes(page.evidence.raw), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{page.evidence.pk}.bin"'
    response["X-Content-Type-Options"] = "nosniff"
    # Given here, the site's policy is not put in its place.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
