"""What we listen to: sources, watch words, and starting."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from ninja import Router

from amends.api import given as takes
from amends.api import schemas, show
from amends.api.auth import Request, may_listen, may_read
from amends.api.problems import not_there, reason
from amends.desk import requests, setup
from amends.store import queries

router = Router(tags=["listening"])


@router.get(
    "/sources", response=schemas.Listening, auth=may_read, summary="Sources with their state, and watch words"
)
def list_sources(request: Request) -> Any:
    page = queries.sources_page(now=request.now)
    sources = [show.source(each) for each in page.sources]
    return {
        "sources": sources,
        "terms": [show.term(each) for each in page.terms],
        "unread": page.unread,
        "quarantined": sum(each["quarantined"] for each in sources),
    }


@router.post("/sources", response={201: schemas.SourceShown}, auth=may_listen, summary="Add a source")
def add_source(request: Request, given: takes.NewSource) -> Any:
    made = setup.add_source(given.connector, given.name, given.settings, by=request.auth, now=request.now)
    return show.source(made)


def _must_be_there(noun: str, number: int) -> None:
    if not requests.is_there(noun, number):
        raise not_there()


@router.post(
    "/sources/{source_id}/pause", response={204: None}, auth=may_listen, summary="Stop reading it for now"
)
def pause(request: Request, source_id: takes.Id) -> Any:
    _must_be_there("source", source_id)
    setup.pause(source_id, by=request.auth, now=request.now)
    return HttpResponse(status=204)


@router.post("/sources/{source_id}/resume", response={204: None}, auth=may_listen, summary="Read it again")
def resume(request: Request, source_id: takes.Id) -> Any:
    _must_be_there("source", source_id)
    setup.resume(source_id, by=request.auth, now=request.now)
    return HttpResponse(status=204)


@router.post(
    "/sources/{source_id}/check", response=schemas.Checked, auth=may_listen, summary="Test its connection"
)
def check(request: Request, source_id: takes.Id) -> Any:
    _must_be_there("source", source_id)
    works, says = setup.check(source_id, by=request.auth)
    return {"works": works, "says": reason(says)}


@router.post("/terms", response={201: schemas.Term}, auth=may_listen, summary="Watch for a word")
def add_term(request: Request, given: takes.NewTerm) -> Any:
    """A word that is watched for already is given back as it is."""
    made = setup.add_term(given.text, given.kind, is_fuzzy=given.is_fuzzy, by=request.auth, now=request.now)
    return show.term(made)


@router.delete("/terms/{term_id}", response={204: None}, auth=may_listen, summary="Stop watching for a word")
def remove_term(request: Request, term_id: takes.Id) -> Any:
    _must_be_there("term", term_id)
    setup.remove_term(term_id, by=request.auth)
    return HttpResponse(status=204)


@router.post(
    "/start/example", response={201: schemas.Started}, auth=may_listen, summary="Open the walk-through"
)
def start_example(request: Request) -> Any:
    return {"sources": [show.source(setup.start_example(by=request.auth, now=request.now))]}


@router.post("/start/watch", response={201: schemas.Started}, auth=may_listen, summary="Watch a real brand")
def start_watching(request: Request, given: takes.Watch) -> Any:
    """Doing it again adds what is new."""
    made = setup.start_watching(
        given.brand,
        also=given.also,
        feeds=[url for url in given.feeds if url.strip()],
        jetstream=given.jetstream if given.bluesky else None,
        by=request.auth,
        now=request.now,
    )
    return {"sources": [show.source(each) for each in made]}
