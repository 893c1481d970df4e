"""Replies that wait for a second person, and what they decide."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from ninja import Router

from amends.api import given as takes
from amends.api import schemas, show
from amends.api.auth import Request, may_read, may_work
from amends.api.problems import not_there
from amends.desk import requests, seconding
from amends.store import queries

router = Router(tags=["approvals"])


def _must_be_there(approval_id: int) -> None:
    if not requests.is_there("approval", approval_id):
        raise not_there()


@router.get("/approvals", response=schemas.Approvals, auth=may_read, summary="What waits for a second person")
def list_approvals(request: Request) -> Any:
    """Oldest first, the last decided ones, and what became of heated drafts in the last 30 days (the team's figures)."""
    page, known = queries.approvals_page(now=request.now), seconding.rules()
    return {
        "waiting": [
            show.approval(each, seconding.may_decide(each, request.auth, now=request.now, known=known))
            for each in page.waiting
        ],
        "decided": [show.approval(each, False) for each in page.decided],
        "rests": show.fields(page.rests, "held", "resting", "cancelled", "revised", "unchanged", "lifted"),
    }


@router.post(
    "/approvals/{approval_id}/approve",
    response=schemas.Entry,
    auth=may_work,
    summary="Let a reply out, as it is or with other words",
)
def approve(request: Request, approval_id: takes.Id, given: takes.Letting) -> Any:
    """Refused for its author, and for who may not be the second person here; and when the post that it answers has
    changed: then it is with its author again. The guards look again. `reason` is needed where a block is lifted."""
    _must_be_there(approval_id)
    entry = seconding.approve(
        approval_id, text=given.text, reason=given.reason, by=request.auth, now=request.now
    )
    return show.entry(entry)


@router.post(
    "/approvals/{approval_id}/return",
    response={204: None},
    auth=may_work,
    summary="Give a reply back to its author, with a reason",
)
def give_back(request: Request, approval_id: takes.Id, given: takes.Returning) -> Any:
    _must_be_there(approval_id)
    seconding.give_back(approval_id, given.reason, by=request.auth, now=request.now)
    return HttpResponse(status=204)


@router.post(
    "/approvals/{approval_id}/withdraw",
    response={204: None},
    auth=may_work,
    summary="Take one's own reply back before anybody decides",
)
def withdraw(request: Request, approval_id: takes.Id) -> Any:
    _must_be_there(approval_id)
    seconding.withdraw(approval_id, by=request.auth, now=request.now)
    return HttpResponse(status=204)
