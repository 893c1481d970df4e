"""Promises, and replies on their way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from ninja import Router

from amends.api import given as takes
from amends.api.auth import Request, may_work
from amends.api.problems import not_there
from amends.desk import actions, changing, pacing, replies, requests, scheduling

router = Router(tags=["replies and promises"])


def _done(request: Request, noun: str, number: int, act: Callable[..., Any], *args: Any) -> HttpResponse:
    if not requests.is_there(noun, number):
        raise not_there()
    act(number, *args, by=request.auth, now=request.now)
    return HttpResponse(status=204)


@router.post("/promises/{promise_id}/keep", response={204: None}, auth=may_work, summary="It was done")
def keep_promise(request: Request, promise_id: takes.Id) -> Any:
    return _done(request, "promise", promise_id, actions.keep_promise)


@router.post(
    "/promises/{promise_id}/move",
    response={204: None},
    auth=may_work,
    summary="A new time was agreed with the customer",
)
def move_promise(request: Request, promise_id: takes.Id, given: takes.NewTime) -> Any:
    return _done(request, "promise", promise_id, actions.move_promise, given.due_at)


@router.post(
    "/promises/{promise_id}/withdraw",
    response={204: None},
    auth=may_work,
    summary="It will not be done, and why",
)
def withdraw_promise(request: Request, promise_id: takes.Id, given: takes.Withdrawal) -> Any:
    return _done(request, "promise", promise_id, actions.withdraw_promise, given.why)


@router.post(
    "/outbox/{entry_id}/undo",
    response={204: None},
    auth=may_work,
    summary="Take a reply back before it leaves",
)
def undo(request: Request, entry_id: takes.Id) -> Any:
    return _done(request, "entry", entry_id, replies.undo)


@router.post(
    "/outbox/{entry_id}/try-again",
    response={204: None},
    auth=may_work,
    summary="Send a failed reply once more",
)
def try_again(request: Request, entry_id: takes.Id) -> Any:
    return _done(request, "entry", entry_id, replies.try_again)


@router.post(
    "/outbox/{entry_id}/let-go",
    response={204: None},
    auth=may_work,
    summary="Send a reply that was held back because many were alike",
)
def let_go(request: Request, entry_id: takes.Id) -> Any:
    return _done(request, "entry", entry_id, pacing.let_go)


@router.post(
    "/outbox/{entry_id}/settle",
    response={204: None},
    auth=may_work,
    summary="A person looked: an unsure reply is there, or not",
)
def settle(request: Request, entry_id: takes.Id, given: takes.Settle) -> Any:
    return _done(request, "entry", entry_id, replies.settle, given.was_sent, given.url)


@router.post(
    "/outbox/{entry_id}/sent-by-hand",
    response={204: None},
    auth=may_work,
    summary="A person posted it in the network's own app",
)
def sent_by_hand(request: Request, entry_id: takes.Id, given: takes.ByHand) -> Any:
    return _done(request, "entry", entry_id, replies.mark_sent_by_hand, given.url)


@router.post(
    "/outbox/{entry_id}/send-now",
    response={204: None},
    auth=may_work,
    summary="Let a reply that was to leave later leave at once",
)
def send_now(request: Request, entry_id: takes.Id) -> Any:
    return _done(request, "entry", entry_id, scheduling.send_now)


@router.post(
    "/outbox/{entry_id}/edit",
    response={204: None},
    auth=may_work,
    summary="Change what a reply says where it stands",
)
def edit(request: Request, entry_id: takes.Id, given: takes.NewWords) -> Any:
    """The worker does it, as often as it takes; the trail of the case says when. Refused where the network lets
    nobody edit, where a guard stops the words, and where a second person would have to read them."""
    return _done(request, "entry", entry_id, changing.edit, given.text)


@router.post(
    "/outbox/{entry_id}/remove",
    response={204: None},
    auth=may_work,
    summary="Take a reply down from the network",
)
def remove(request: Request, entry_id: takes.Id) -> Any:
    return _done(request, "entry", entry_id, changing.remove)
