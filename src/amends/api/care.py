"""Harsh words and who reads them, cases that nobody answers, what was asked and done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from ninja import Router

from amends.api import given as takes
from amends.api import schemas, show
from amends.api.auth import Key, Request, may_read, may_work
from amends.api.cases import done, must_be_there
from amends.api.problems import reason
from amends.desk import muting, ownposts, shielding, wanted

router = Router(tags=["care"])

may_share_out = Key("share_out")


@router.post(
    "/cases/{case_id}/mute",
    response=schemas.CaseShown,
    auth=may_work,
    summary="Decide not to answer, and go on watching",
)
def mute(request: Request, case_id: takes.Id, given: takes.Mute) -> Any:
    """What its author writes later is kept, judged and sealed, and calls nobody, except a threat, danger, or a grave
    complaint about another matter."""
    return done(request, case_id, muting.mute, given.why, given.reason)


@router.post(
    "/cases/{case_id}/unmute", response=schemas.CaseShown, auth=may_work, summary="Answer it after all"
)
def unmute(request: Request, case_id: takes.Id) -> Any:
    return done(request, case_id, muting.unmute)


@router.patch(
    "/cases/{case_id}/asked-and-done",
    response=schemas.CaseShown,
    auth=may_work,
    summary="What they asked for, set against what was done",
)
def asked_and_done(request: Request, case_id: takes.Id, given: takes.AskedAndDone) -> Any:
    return done(request, case_id, wanted.note, wanted=given.wanted, was_done=given.was_done)


@router.post(
    "/cases/{case_id}/posts/{post_id}/shown",
    response={204: None},
    auth=may_read,
    summary="A veiled post was shown to you",
)
def shown(request: Request, case_id: takes.Id, post_id: takes.Id) -> Any:
    """Tell it when a person asked to see the words, so that they are counted for them: once, and for them alone."""
    must_be_there(case_id)
    shielding.show(case_id, post_id, by=request.auth, now=request.now)
    return HttpResponse(status=204)


@router.post(
    "/posts/check",
    response=schemas.PostChecked,
    auth=may_read,
    summary="A post of the brand's own, before it goes out; nothing is kept",
)
def check_post(request: Request, given: takes.PlannedPost) -> Any:
    """What in it would set the comments alight, why, and a calmer way; and whether many complain right now."""
    found = ownposts.check(
        given.text,
        language=given.language,
        network=given.network,
        topic=given.topic,
        send_at=given.send_at,
        now=request.now,
    )
    return {
        "outcome": found.outcome,
        "waits": [reason(each) for each in found.waits],
        "verdicts": [
            {
                **show.fields(each, "rule", "name", "level", "span", "replacement", "move"),
                "reason": reason(each.reason),
                "repair": reason(each.repair) if each.repair else None,
            }
            for each in found.verdicts
        ],
        "pulse": show.fields(found.pulse, "topic", "today", "usual", "all_today", "all_usual", "critical"),
    }


def _wellbeing(request: Request) -> dict[str, Any]:
    resting = request.auth.resting_until if shielding.is_resting(request.auth, now=request.now) else None
    return {**vars(shielding.figures(by=request.auth, now=request.now)), "resting_until": resting}


@router.get(
    "/wellbeing", response=schemas.Wellbeing, auth=may_read, summary="How many harsh posts you read lately"
)
def wellbeing(request: Request) -> Any:
    """Your own figures. There is no way to ask for another's."""
    return _wellbeing(request)


@router.post(
    "/wellbeing/rest",
    response=schemas.Wellbeing,
    auth=may_read,
    summary="A break: no harsh case is proposed or given to you",
)
def rest(request: Request, given: takes.Rest) -> Any:
    shielding.rest(request.auth, now=request.now, lasting=timedelta(minutes=given.minutes))
    return _wellbeing(request)


@router.post("/wellbeing/back", response=schemas.Wellbeing, auth=may_read, summary="End the break")
def back(request: Request) -> Any:
    shielding.end_rest(request.auth)
    return _wellbeing(request)


@router.post(
    "/wellbeing/share-out",
    response=schemas.Shared,
    auth=may_share_out,
    summary="Give the harsh cases that are nobody’s to whoever read least lately",
)
def share_out(request: Request) -> Any:
    return {"shared": shielding.share_out(by=request.auth, now=request.now)}
