"""People teach it: labels, how good the desk is on its own posts, and which version judges."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from ninja import Router

from amends.api import given as takes
from amends.api import schemas, show
from amends.api.auth import Request, may_read, may_teach, may_work
from amends.api.problems import not_there, reason
from amends.desk import labelling, permissions, requests, training
from amends.store import queries

router = Router(tags=["teaching"])


def _must_be_there(post_id: int) -> None:
    if not requests.is_there("post", post_id):
        raise not_there()


@router.get(
    "/labels", response=schemas.LabelsShown, auth=may_read, summary="How far labelling is, and who agrees"
)
def list_labels(request: Request) -> Any:
    page = queries.labels_page(request.auth.pk, with_disputed=permissions.may(request.auth, "teach"))
    return show.labels(page, queries.own_labels(request.auth.pk))


@router.get("/labels/next", response=schemas.NextPost, auth=may_work, summary="The post to label now")
def next_post(request: Request) -> Any:
    post = labelling.next_post(by=request.auth)
    return {"post": vars(post) if post else None}


@router.post("/labels/draw", response=schemas.Drawn, auth=may_work, summary="Draw posts where none waits")
def draw(request: Request) -> Any:
    """Half by chance, half of those of which the desk was least sure."""
    return {"drawn": labelling.draw_more(by=request.auth, now=request.now)}


@router.post("/labels/undo", response={204: None}, auth=may_work, summary="Take your newest label back")
def undo(request: Request) -> Any:
    labelling.undo(by=request.auth, now=request.now)
    return HttpResponse(status=204)


@router.put("/labels/{post_id}", response={204: None}, auth=may_work, summary="Say what a post is")
def put_label(request: Request, post_id: takes.Id, given: takes.PostLabel) -> Any:
    """The same label sent again is harmless; another one needs `/labels/undo` first."""
    _must_be_there(post_id)
    labelling.label(post_id, given.kind, given.abuse, by=request.auth, now=request.now)
    return HttpResponse(status=204)


@router.post("/labels/{post_id}/skip", response={204: None}, auth=may_work, summary="You cannot tell")
def skip(request: Request, post_id: takes.Id) -> Any:
    _must_be_there(post_id)
    labelling.skip(post_id, by=request.auth, now=request.now)
    return HttpResponse(status=204)


@router.post(
    "/labels/{post_id}/settle", response={204: None}, auth=may_teach, summary="Decide where two people differ"
)
def settle(request: Request, post_id: takes.Id, given: takes.PostLabel) -> Any:
    _must_be_there(post_id)
    labelling.settle(post_id, given.kind, given.abuse, by=request.auth, now=request.now)
    return HttpResponse(status=204)


@router.get(
    "/quality", response=schemas.QualityShown, auth=may_read, summary="How good the desk is on its own posts"
)
def read_quality(request: Request) -> Any:
    now = training.in_force()
    return show.quality(
        queries.quality_page(version=now.number),
        version=now.number,
        tier=now.scorer.tier if now.scorer else "rules",
    )


@router.get("/versions", response=schemas.VersionsShown, auth=may_read, summary="What judges, and what could")
def list_versions(request: Request) -> Any:
    now, known = training.in_force(), queries.versions()
    return {
        "in_force": now.number,
        "problem": reason(now.problem) if now.problem else None,
        "is_training": training.is_training(),
        "versions": [
            {
                **show.fields(each, "number", "at", "tier", "base", "digest", "counts", "scores"),
                "by": show.person(each.by),
            }
            for each in known.versions
        ],
        "switches": [
            {
                "to": each.version.number if each.version else 0,
                "before": each.before.number if each.before else 0,
                "by": show.person(each.by),
                "at": each.at,
            }
            for each in known.switches
        ],
    }


@router.post(
    "/versions/train", response={204: None}, auth=may_teach, summary="Train a version on what people said"
)
def train(request: Request) -> Any:
    """The worker does it; `/versions` shows it when it is done. Nothing judges otherwise until somebody switches."""
    training.ask(by=request.auth, now=request.now)
    return HttpResponse(status=204)


@router.post(
    "/versions/switch", response={204: None}, auth=may_teach, summary="Let a version judge from now on"
)
def switch(request: Request, given: takes.VersionChoice) -> Any:
    training.switch(given.version, by=request.auth, now=request.now)
    return HttpResponse(status=204)
