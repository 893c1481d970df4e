"""What an agent does to a case: each calls the desk and shows the case as it is afterwards."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from amends.core.graph import Refused
from amends.core.say import say
from amends.desk import actions, approving, drafts, modelling, pacing, replies, reviewing
from amends.store import queries
from amends.web.access import agent_required, may
from amends.web.answers import refusing
from amends.web.asked import Asked
from amends.web.templatetags.amends import said
from amends.web.views.inbox import case_values
from amends.web.when import chosen
from amends.web.wishes import numbers, wish_of

MODES = ("reply", "direct", "note")


def _to_case(**kwargs: Any) -> str:
    return reverse("case", args=[kwargs["case_id"]]) if "case_id" in kwargs else reverse("hand")


def _shown(request: Asked, case_id: int, *, composer: bool = False, **more: Any) -> HttpResponse:
    """The case after a change: its parts for htmx, with `more` for the templates, else its page (or the page that
    asked)."""
    if not request.headers.get("HX-Request"):
        return redirect("hand") if request.POST.get("from") == "hand" else redirect("case", case_id)
    if request.POST.get("from") == "hand":
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("hand")})
    return render(
        request,
        "case/live.html",
        {**case_values(request, case_id), "oob": True, "with_composer": composer, **more},
    )


def _acts(view: Any) -> Any:
    """A POST of somebody who may work, whose refusals are shown with their reasons."""
    return require_POST(may("work")(refusing(_to_case)(view)))


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None


def _zone() -> str:
    return str(queries.organisation().hours.get("zone", "UTC"))


@_acts
def assign(request: Asked, case_id: int) -> HttpResponse:
    """To oneself, to a colleague, or back to the team."""
    to = request.POST.get("to", "")
    owner = request.agent.pk if to == "me" else _number(to)
    actions.assign(case_id, to=owner, note=request.POST.get("note", ""), by=request.agent, now=request.now)
    messages.success(request, _("It is yours.") if owner == request.agent.pk else _("Handed over."))
    return _shown(request, case_id)


@_acts
def hold(request: Asked, case_id: int) -> HttpResponse:
    actions.hold(case_id, by=request.agent, now=request.now)
    return _shown(request, case_id)


@_acts
def resume(request: Asked, case_id: int) -> HttpResponse:
    actions.resume(case_id, by=request.agent, now=request.now)
    return _shown(request, case_id)


@_acts
def resolve(request: Asked, case_id: int) -> HttpResponse:
    actions.resolve(case_id, by=request.agent, now=request.now)
    messages.success(request, _("Resolved. It closes when the customer says that they are satisfied."))
    return _shown(request, case_id)


@_acts
def close(request: Asked, case_id: int) -> HttpResponse:
    actions.close(
        case_id,
        request.POST.get("how", ""),
        reason=request.POST.get("reason", ""),
        by=request.agent,
        now=request.now,
    )
    messages.success(request, _("Closed. It can be reopened at any time."))
    return _shown(request, case_id, composer=True)


@_acts
def reopen(request: Asked, case_id: int) -> HttpResponse:
    actions.reopen(case_id, reason=request.POST.get("reason", ""), by=request.agent, now=request.now)
    messages.success(request, _("Open again."))
    return _shown(request, case_id, composer=True)


@_acts
def snooze(request: Asked, case_id: int) -> HttpResponse:
    wakes = request.POST.get("when") == "now"
    until = None if wakes else chosen(request.POST, now=request.now, fallback_zone=_zone())
    actions.snooze(case_id, until, by=request.agent, now=request.now)
    messages.success(
        request,
        _("Awake again.") if wakes else _("Snoozed. It comes back on time, or when the customer writes."),
    )
    return _shown(request, case_id)


@_acts
def correct(request: Asked, case_id: int) -> HttpResponse:
    values = {field: request.POST[field] for field in actions.FIELDS if field in request.POST}
    actions.correct_all(case_id, values, by=request.agent, now=request.now)
    return _shown(request, case_id)


@_acts
def promise(request: Asked, case_id: int) -> HttpResponse:
    due_at = chosen(request.POST, now=request.now, fallback_zone=_zone())
    actions.promise(case_id, request.POST.get("text", ""), due_at, by=request.agent, now=request.now)
    messages.success(request, _("Promise noted. The desk reminds you before it is due."))
    return _shown(request, case_id)


@_acts
def promise_settle(request: Asked, case_id: int, promise_id: int) -> HttpResponse:
    """Kept, moved to another time, or withdrawn with a reason."""
    match request.POST.get("how"):
        case "kept":
            actions.keep_promise(promise_id, by=request.agent, now=request.now)
            messages.success(request, _("Promise kept."))
        case "moved":
            due_at = chosen(request.POST, now=request.now, fallback_zone=_zone())
            actions.move_promise(promise_id, due_at, by=request.agent, now=request.now)
            messages.success(request, _("New time noted."))
        case "withdrawn":
            actions.withdraw_promise(
                promise_id, request.POST.get("why", ""), by=request.agent, now=request.now
            )
            messages.success(request, _("Promise withdrawn."))
        case _:
            raise Refused(say("Say what became of the promise."))
    return _shown(request, case_id)


@_acts
def customer_said(request: Asked, case_id: int) -> HttpResponse:
    is_satisfied = request.POST.get("satisfied") == "yes"
    actions.customer_said(case_id, is_satisfied, by=request.agent, now=request.now)
    messages.success(
        request, _("Good. The case can be closed now.") if is_satisfied else _("Noted. The case goes on.")
    )
    return _shown(request, case_id)


@require_POST
@agent_required
@refusing(_to_case)
def review(request: Asked, case_id: int) -> HttpResponse:
    """What the coach and the guards say of a draft. Writes nothing."""
    mode = request.POST.get("mode", "reply")
    if mode not in MODES:
        mode = "reply"
    text = request.POST.get("text", "")[:20_000]
    seen = reviewing.review(
        case_id,
        text,
        mode,
        is_solvable_now=bool(request.POST.get("solvable")),
        public_line=request.POST.get("public_line", "")[:20_000] if request.POST.get("both") else "",
        media=numbers(request.POST.get("media", "")),
        by=request.agent,
        now=request.now,
    )
    language = queries.language_of(case_id)
    opening = seen.play.opening(language)
    values = {
        "review": seen,
        "text": text,
        "is_empty": not text.strip(),
        # An answer in somebody else's words is heard as one (S0): an example is a beginning, never the reply.
        "is_example": text.strip() == opening.strip(),
        "is_model": modelling.is_unedited(case_id, text, by=request.agent),
        "play": seen.play.title(request.LANGUAGE_CODE),
        "opening": opening,
        "language": language,
        "outlook": approving.outlook(case_id, seen, text, mode, by=request.agent, now=request.now),
    }
    return render(request, "case/review.html", values)


@_acts
def draft(request: Asked, case_id: int) -> HttpResponse:
    mode = request.POST.get("mode", "")
    drafts.save_draft(case_id, mode, request.POST.get("text", "")[:20_000], by=request.agent, now=request.now)
    return HttpResponse(status=204)


@_acts
def send(request: Asked, case_id: int) -> HttpResponse:
    """A note, or a reply on its way out; a promise that the draft makes is noted with it."""
    mode = request.POST.get("mode", "reply")
    text = request.POST.get(f"text_{mode}", "")
    if mode == "note":
        actions.note(case_id, text, by=request.agent, now=request.now)
        drafts.save_draft(case_id, "note", "", by=request.agent, now=request.now)
        return _shown(request, case_id)
    seen = None
    if request.POST.get("keep_promise"):
        seen = reviewing.review(case_id, text, mode, by=request.agent, now=request.now).promise
    wish = wish_of(request, text, mode)
    try:
        outcome = approving.approve_wish(
            case_id,
            wish,
            plea=request.POST.get("plea", "") if request.POST.get("ask") else "",
            seen=approving.Seen.read(request.POST.get("seen", "")),
            keeps_promise=seen is not None,
            by=request.agent,
            now=request.now,
        )
    except approving.Answered as why:
        return _was_quicker(request, case_id, why)
    if isinstance(outcome, approving.CoolDown):
        return _rests(request, case_id)
    if isinstance(outcome, approving.Approval):
        messages.success(request, _("A second person reads it first. You hear of it when they decide."))
        return _shown(request, case_id, composer=bool(request.POST.get("ask")))
    if seen is not None and seen.due_at is not None and seen.due_at > request.now:
        try:
            actions.promise(case_id, seen.text, seen.due_at, by=request.agent, now=request.now)
        except Refused as why:
            for reason in why.reasons:
                messages.warning(request, said(reason))
    return _shown(request, case_id)


def _was_quicker(request: Asked, case_id: int, why: approving.Answered) -> HttpResponse:
    """A colleague answered meanwhile: the text stays, and who read that may send."""
    if not request.headers.get("HX-Request"):
        raise why
    response = render(request, "case/answered.html", {"reasons": why.reasons, "seen": why.seen}, status=409)
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = "case-stale"
    return response


def _rests(request: Asked, case_id: int) -> HttpResponse:
    """A heated draft was not sent: it stays in the composer, and what to do about it stands above."""
    if not request.headers.get("HX-Request"):
        messages.warning(request, _("Your draft rests; its text is kept."))
        return redirect("case", case_id)
    values = {**case_values(request, case_id), "oob": True}
    response = render(request, "case/cooling.html", values, status=409)
    response["HX-Reswap"] = "none"
    return response


@_acts
def reply_undo(request: Asked, case_id: int, entry_id: int) -> HttpResponse:
    replies.undo(entry_id, by=request.agent, now=request.now)
    messages.success(request, _("Taken back. Nothing was posted; your text is in the draft."))
    response = _shown(request, case_id)
    back = queries.words_back(entry_id)
    if back and request.headers.get("HX-Request"):
        # Before the swap it would be an event on the button, which the live stream may have replaced meanwhile.
        response["HX-Trigger-After-Swap"] = json.dumps({"draft-back": back})
    return response


@_acts
def reply_by_hand(request: Asked, case_id: int, entry_id: int) -> HttpResponse:
    replies.mark_sent_by_hand(entry_id, request.POST.get("url", ""), by=request.agent, now=request.now)
    messages.success(request, _("Marked as sent."))
    return _shown(request, case_id)


@_acts
def reply_again(request: Asked, case_id: int, entry_id: int) -> HttpResponse:
    replies.try_again(entry_id, by=request.agent, now=request.now)
    messages.success(request, _("Trying again."))
    return _shown(request, case_id)


@_acts
def reply_let_go(request: Asked, case_id: int, entry_id: int) -> HttpResponse:
    """A reply that was held back, as many were alike, leaves all the same."""
    pacing.let_go(entry_id, by=request.agent, now=request.now)
    return _shown(request, case_id)


@_acts
def reply_settle(request: Asked, case_id: int, entry_id: int) -> HttpResponse:
    """A person looked: it is there, or it is not."""
    was_sent = request.POST.get("was_sent") == "yes"
    replies.settle(entry_id, was_sent, request.POST.get("url", ""), by=request.agent, now=request.now)
    messages.success(
        request,
        _("Noted: it is public.") if was_sent else _("Noted: it is not there. You can send it again."),
    )
    return _shown(request, case_id)
