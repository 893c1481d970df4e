"""What the desk knows: evidence and its proofs, the plan, people, and what any text is judged to be."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router

from amends.api import given as takes
from amends.api import schemas, show
from amends.api.auth import Request, may_read
from amends.api.limits import must_be_within
from amends.api.problems import not_there
from amends.desk import judging, permissions, proofs
from amends.desk.judging import Asked
from amends.store import queries

router = Router()

#: What one agent may have judged in a minute: more than a person needs, less than all of the machine.
TEXTS_A_MINUTE = 6_000


@router.get(
    "/evidence/{evidence_id}",
    response=schemas.EvidenceShown,
    auth=may_read,
    summary="A piece of evidence with its proof",
    tags=["evidence"],
)
def read_evidence(request: Request, evidence_id: UUID) -> Any:
    page = queries.evidence_page(evidence_id)
    if page is None:
        raise not_there()
    return show.evidence(page)


@router.get(
    "/evidence/{evidence_id}/raw",
    auth=may_read,
    summary="The exact bytes as they were seen",
    tags=["evidence"],
    openapi_extra={
        "responses": {
            200: {
                "description": "The bytes, as an attachment",
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            }
        }
    },
)
def read_raw_evidence(request: Request, evidence_id: UUID) -> HttpResponse:
    page = queries.evidence_page(evidence_id)
    if page is None:
        raise not_there()
    return HttpResponse(
        bytes(page.evidence.raw),
        content_type="application/octet-stream",
        headers={
            # A stranger wrote these bytes: no browser may take them for a page of ours.
            "Content-Disposition": f'attachment; filename="evidence-{evidence_id}.bin"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.get(
    "/log",
    response=schemas.LogHead,
    auth=may_read,
    summary="Size and root of the evidence log",
    tags=["evidence"],
)
def read_log(request: Request) -> Any:
    return vars(proofs.head())


@router.get(
    "/log/proof",
    response=schemas.LeafProof,
    auth=may_read,
    summary="The proof that a leaf is in the log",
    tags=["evidence"],
)
def read_proof(request: Request, leaf: Annotated[int, Query(ge=0, le=takes.LARGEST_ID)]) -> Any:
    proof = proofs.proof_of(leaf)
    if proof is None:
        raise not_there()
    return {**vars(proof), **vars(proof.head)}


@router.get(
    "/plan", response=schemas.Plan, auth=may_read, summary="The six steps for the whole desk", tags=["desk"]
)
def read_plan(request: Request) -> Any:
    return show.plan(queries.plan_page(now=request.now))


@router.get(
    "/people", response=list[schemas.Colleague], auth=may_read, summary="Colleagues and roles", tags=["desk"]
)
def list_people(request: Request) -> Any:
    return [show.fields(each, "id", "name", "role", "is_active", "open_cases") for each in queries.people()]


@router.get(
    "/me", response=schemas.Me, auth=may_read, summary="Whose key this is, and what it may do", tags=["desk"]
)
def read_me(request: Request) -> Any:
    return {
        **show.fields(request.auth, "id", "name", "email", "role", "language"),
        "rights": [right for right in permissions.RIGHTS if permissions.may(request.auth, right)],
    }


@router.post(
    "/triage",
    response=schemas.Judgements,
    auth=may_read,
    summary="What any texts are judged to be; nothing is kept",
    tags=["desk"],
    openapi_extra={
        "responses": {429: {"description": "Too many texts in this minute; `Retry-After` says when again."}}
    },
)
def triage(request: Request, given: takes.Texts) -> Any:
    """As the desk itself would judge them, with the models in use. In one minute each agent may ask for 6,000 texts."""
    must_be_within("triage", request.auth.pk, len(given.texts), most=TEXTS_A_MINUTE, now=request.now)
    found = judging.judged(
        [Asked(each.text, tuple(filter(None, (each.lang, *given.languages)))) for each in given.texts]
    )
    return {
        "judgements": [
            show.judged(judgement, name=at if each.id is None else each.id)
            for at, (each, judgement) in enumerate(zip(given.texts, found, strict=True))
        ]
    }
