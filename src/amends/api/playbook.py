"""The playbook: plays, house rules, ways out; and what is proposed in a case. Nothing here sends anything."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Router
from pydantic import BaseModel, BeforeValidator, Field

from amends.api import show
from amends.api.auth import Request, may_policy, may_read, may_work
from amends.api.cases import must_be_there
from amends.api.given import LARGEST_ID, Given, Id, Line, Name, Word, _stored, _whole
from amends.api.problems import not_there, reason
from amends.api.schemas import Person, Reason
from amends.desk import housebook, modelling, playbook, policies, proposing, requests, waysout
from amends.desk.opening import hours_as_written
from amends.desk.trail import hours_from
from amends.reply.gaps import gaps
from amends.store import queries

router = Router(tags=["playbook"])

_Text = Annotated[str, Field(max_length=1_000), _stored]
_Texts = Annotated[dict[Word, _Text], Field(max_length=20)]
_Words = Annotated[list[Word], Field(max_length=20)]
_Playbook = Annotated[str, Field(max_length=playbook.LONGEST), _stored]
_Number = Annotated[int, Field(ge=0, le=LARGEST_ID), BeforeValidator(_whole)]


# House rules ----------------------------------------------------------------------------------------------------------


class RuleGiven(Given):
    title: Name
    topics: _Words = Field([], description="Empty: any.")
    texts: _Texts = Field(description="The rule as a customer reads it, by language.")
    reasons: _Texts = Field(description="Why, as it follows “because”, by language.")


class Retired(Given):
    is_retired: bool = True


class RuleShown(BaseModel):
    number: int
    version: int
    title: str
    topics: list[str]
    texts: dict[str, str]
    reasons: dict[str, str]
    told: dict[str, str] = Field(description="The rule with its reason, as it is put into a draft.")
    is_retired: bool
    by: Person | None
    at: datetime


def _rule(row: Any) -> dict[str, Any]:
    return {
        **show.fields(row, "number", "version", "title", "topics", "texts", "reasons", "is_retired", "at"),
        "told": {language: housebook.told_in(row, language) for language in row.texts},
        "by": show.person(row.by),
    }


@router.get("/house-rules", response=list[RuleShown], auth=may_read, summary="The policy book")
def list_house_rules(request: Request) -> Any:
    """Each rule as it is now, the retired ones last."""
    return [_rule(each.rule) for each in queries.house_rules()]


@router.post("/house-rules", response=RuleShown, auth=may_policy, summary="A new rule with its reason")
def add_house_rule(request: Request, given: RuleGiven) -> Any:
    return _rule(housebook.write(**given.model_dump(), by=request.auth, now=request.now))


@router.put(
    "/house-rules/{rule_number}", response=RuleShown, auth=may_policy, summary="A new version of a rule"
)
def change_house_rule(request: Request, rule_number: Id, given: RuleGiven) -> Any:
    _rule_must_be_there(rule_number)
    return _rule(housebook.write(**given.model_dump(), number=rule_number, by=request.auth, now=request.now))


@router.post(
    "/house-rules/{rule_number}/retire",
    response=RuleShown,
    auth=may_policy,
    summary="Offer a rule no more, or again",
)
def retire_house_rule(request: Request, rule_number: Id, given: Retired) -> Any:
    _rule_must_be_there(rule_number)
    return _rule(housebook.retire(rule_number, is_retired=given.is_retired, by=request.auth, now=request.now))


def _rule_must_be_there(number: int) -> None:
    if not housebook.is_there(number):
        raise not_there()


# Ways out -------------------------------------------------------------------------------------------------------------


class WayGiven(Given):
    kind: Literal["site", "telephone", "form", "mail", "chat", "shop"]
    address: Annotated[str, Field(max_length=500), _stored]
    titles: _Texts = Field(description="What it is for, as it reads after “For …”, by language.")
    topics: _Words = Field([], description="Empty: any.")
    languages: _Words = Field([], description="In which it is answered; empty: any.")
    zone: Word = ""
    hours: dict[Literal["0", "1", "2", "3", "4", "5", "6"], Annotated[str, Field(max_length=80)]] = Field(
        {}, description="By weekday (0 is Monday): “9:00–12:30, 13:30–18:00”. Empty: always."
    )


class Active(Given):
    is_active: bool


class WayShown(BaseModel):
    id: int
    kind: str
    address: str
    titles: dict[str, str]
    topics: list[str]
    languages: list[str]
    zone: str
    hours: dict[str, str]
    is_active: bool
    is_open: bool
    opening: Reason | None = Field(description="“open until 18:00”, “opens tomorrow at 09:00”.")


def _way(row: Any, *, now: datetime) -> dict[str, Any]:
    hours, (zone, days) = hours_from(row.hours), hours_as_written(row.hours)
    opening = waysout.opening(hours, now=now)
    return {
        **show.fields(row, "id", "kind", "address", "titles", "topics", "languages", "is_active"),
        "zone": zone,
        "hours": {str(day): said for day, said in enumerate(days) if said},
        "is_open": hours.is_open(now),
        "opening": reason(opening) if opening else None,
    }


@router.get("/ways-out", response=list[WayShown], auth=may_read, summary="Where a customer can be sent")
def list_ways_out(request: Request) -> Any:
    return [_way(each, now=request.now) for each in queries.ways_out()]


@router.post("/ways-out", response=WayShown, auth=may_policy, summary="A new way out")
def add_way_out(request: Request, given: WayGiven) -> Any:
    return _write_way(request, given, None)


@router.put("/ways-out/{way_id}", response=WayShown, auth=may_policy, summary="Another wording of a way out")
def change_way_out(request: Request, way_id: Id, given: WayGiven) -> Any:
    _way_must_be_there(way_id)
    return _write_way(request, given, way_id)


@router.post(
    "/ways-out/{way_id}/switch", response={204: None}, auth=may_policy, summary="Offer a way, or no more"
)
def switch_way_out(request: Request, way_id: Id, given: Active) -> Any:
    _way_must_be_there(way_id)
    waysout.switch(way_id, given.is_active, by=request.auth)
    return HttpResponse(status=204)


def _write_way(request: Request, given: WayGiven, way_id: int | None) -> dict[str, Any]:
    row = waysout.write(
        given.kind,
        given.address,
        given.titles,
        topics=given.topics,
        languages=given.languages,
        zone=given.zone,
        days={int(day): said for day, said in given.hours.items()},
        way_id=way_id,
        by=request.auth,
    )
    return _way(row, now=request.now)


def _way_must_be_there(way_id: int) -> None:
    if not requests.is_there("way", way_id):
        raise not_there()


# Plays ----------------------------------------------------------------------------------------------------------------


class PlayShown(BaseModel):
    name: str
    titles: dict[str, str]
    steps: list[str]
    openings: dict[str, str]
    is_for_all: bool


class PlaybookVersionShown(BaseModel):
    number: int
    why: str
    by: Person | None
    at: datetime


class PlaysShown(BaseModel):
    version: int = Field(description="In force for new cases; 0: the shipped plays.")
    text: str = Field(description="TOML, as in plays.toml.")
    plays: list[PlayShown] = Field(description="The first that fits a case is taken.")
    versions: list[PlaybookVersionShown]


class PlaysText(Given):
    text: _Playbook


class NewPlays(PlaysText):
    why: Line
    expected: _Number | None = Field(
        None, description="The version that was changed: another one is refused."
    )


class BackTo(Given):
    to: _Number = Field(description="A version; 0: the shipped plays.")
    why: Line


class ChangedCase(BaseModel):
    case_id: int
    before: str
    after: str


class PlayCount(BaseModel):
    play: str
    now: int
    then: int


class PreviewShown(BaseModel):
    cases: int = Field(description="On how many past cases it was tried.")
    n_changed: int
    is_same: bool
    counts: list[PlayCount]
    changed: list[ChangedCase] = Field(description="The first twenty, newest first.")


@router.get("/plays", response=PlaysShown, auth=may_read, summary="The plays in force, and their versions")
def list_plays(request: Request) -> Any:
    versions = queries.playbook_versions()
    number = versions[0].number if versions else 0
    return {
        "version": number,
        "text": playbook.text_in_force(number),
        "plays": [
            {
                **show.fields(each, "name", "titles", "openings", "is_for_all"),
                "steps": [str(step) for step in each.steps],
            }
            for each in policies.plays(number)
        ],
        "versions": [
            {**show.fields(each, "number", "why", "at"), "by": show.person(each.by)} for each in versions
        ],
    }


@router.post(
    "/plays/preview",
    response=PreviewShown,
    auth=may_policy,
    summary="What other plays would change; saves nothing",
)
def preview_plays(request: Request, given: PlaysText) -> Any:
    seen = playbook.preview(given.text, by=request.auth)
    return {
        **show.fields(seen, "cases", "n_changed", "is_same"),
        "counts": [{"play": name, "now": now, "then": then} for name, now, then in seen.counts],
        "changed": [show.fields(each, "case_id", "before", "after") for each in seen.changed],
    }


@router.put(
    "/plays", response=PlaybookVersionShown, auth=may_policy, summary="Put plays in force for new cases"
)
def put_plays(request: Request, given: NewPlays) -> Any:
    return _version(
        playbook.save(given.text, given.why, expected=given.expected, by=request.auth, now=request.now)
    )


@router.post(
    "/plays/back",
    response=PlaybookVersionShown,
    auth=may_policy,
    summary="Put an earlier version in force again",
)
def back_to_plays(request: Request, given: BackTo) -> Any:
    return _version(playbook.go_back(given.to, given.why, by=request.auth, now=request.now))


def _version(row: Any) -> dict[str, Any]:
    return {**show.fields(row, "number", "why", "at"), "by": show.person(row.by)}


# Proposals ------------------------------------------------------------------------------------------------------------


class ProposalGiven(Given):
    mode: Literal["reply", "direct"] = "reply"
    by: Literal["play", "model"] = Field(
        "play", description="“model” is refused where the desk has no language model."
    )


class ProposalShown(BaseModel):
    """A draft that was proposed. It was put nowhere and sent by nobody."""

    id: int
    by: str = Field(description="play, model")
    name: str = Field(description="The play’s, or the model’s.")
    text: str
    gaps: list[list[int]] = Field(description="Spans [start, end) of the text that a person must fill.")
    agent: Person | None
    problem: Reason | None
    at: datetime


class RuleOffered(BaseModel):
    number: int
    title: str
    says: str = Field(description="Empty: it is not written in their language.")


class WayOffered(BaseModel):
    id: int
    kind: str
    address: str
    title: str
    is_open: bool
    hours: Reason | None
    says: str


class IntroductionShown(BaseModel):
    name: str
    says: str
    is_self: bool


class ToolsShown(BaseModel):
    language: str
    rules: list[RuleOffered]
    ways: list[WayOffered]
    introduction: IntroductionShown | None


@router.get(
    "/cases/{case_id}/tools",
    response=ToolsShown,
    auth=may_work,
    summary="House rules, ways out and the introduction, in the customer’s language",
)
def case_tools(request: Request, case_id: Id) -> Any:
    must_be_there(case_id)
    found = proposing.tools(case_id, by=request.auth, now=request.now)
    return {
        "language": found.language,
        "rules": [vars(each) for each in found.rules],
        "ways": [{**vars(each), "hours": reason(each.hours) if each.hours else None} for each in found.ways],
        "introduction": vars(found.introduction) if found.introduction else None,
    }


@router.get(
    "/cases/{case_id}/proposals",
    response=list[ProposalShown],
    auth=may_work,
    summary="What was proposed in a case, newest first",
)
def list_proposals(request: Request, case_id: Id) -> Any:
    must_be_there(case_id)
    return [_proposal(each) for each in queries.proposals(case_id)]


@router.post(
    "/cases/{case_id}/proposals",
    response=ProposalShown,
    auth=may_work,
    summary="Propose a draft; it is put nowhere and sent by nobody",
)
def propose(request: Request, case_id: Id, given: ProposalGiven) -> Any:
    must_be_there(case_id)
    by = modelling.propose if given.by == "model" else proposing.propose
    return _proposal(by(case_id, given.mode, by=request.auth, now=request.now))


def _proposal(row: Any) -> dict[str, Any]:
    return {
        **show.fields(row, "id", "by", "name", "text", "at"),
        "gaps": [list(span) for span in gaps(row.text)],
        "agent": show.person(row.agent),
        "problem": show.kept_reason(row.problem),
    }
