"""Cases: reading them, acting on them, answering them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.http import parse_etags
from django.utils.translation import get_language
from ninja import Query, Router
from pydantic import AfterValidator

from amends.api import given as takes
from amends.api import schemas, show
from amends.api.auth import Request, may_read, may_work
from amends.api.problems import not_there
from amends.core.graph import Refused
from amends.core.say import say
from amends.core.text import storable
from amends.desk import actions, approving, media, pages, requests, reviewing
from amends.desk.entering import Wish
from amends.store import queries

router = Router(tags=["cases"])

View = Literal["due", "mine", "unassigned", "judge", "waiting", "praise", "closed", "muted", "all"]
Search = Annotated[str, Query(max_length=200), AfterValidator(storable)]
#: No queue is longer; a larger offset is a mistake.
FURTHEST = 10_000_000


@router.get("/cases", response=schemas.Queue, auth=may_read, summary="The queue, due first")
def list_cases(
    request: Request,
    view: View = "due",
    search: Search = "",
    after: Annotated[int, Query(ge=0, le=FURTHEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = queries.PAGE,
) -> Any:
    return show.queue(queries.queue(view, request.auth.pk, search, after, limit, now=request.now))


@router.get(
    "/cases/{case_id}", response=schemas.CaseShown, auth=may_read, summary="One case with all beside it"
)
def read_case(request: Request, case_id: takes.Id, response: HttpResponse) -> Any:
    """Its timeline, judgement with reasons, evidence, the six steps, what may be done and why not, and cases like
    it. Send the `ETag` back as `If-None-Match`: 304 says that nothing changed."""
    shown = _shown(request, case_id)
    tag = f'"{hashlib.sha256(json.dumps([get_language(), shown], default=str).encode()).hexdigest()[:32]}"'
    # Compression makes the tag a weak one on its way; it names the same answer.
    known = {each.removeprefix("W/") for each in parse_etags(request.headers.get("If-None-Match", ""))}
    if tag in known or "*" in known:
        return HttpResponse(status=304, headers={"ETag": tag})
    response["ETag"] = tag
    return shown


def _shown(request: Request, case_id: int) -> dict[str, Any]:
    view = pages.case_view(case_id, request.auth.pk, now=request.now)
    if view is None:
        raise not_there()
    return show.case(view, now=request.now)


def done(
    request: Request, case_id: int, act: Callable[..., Any], *args: Any, **kwargs: Any
) -> dict[str, Any]:
    """Act on a case that is there, and show it as it is then."""
    must_be_there(case_id)
    act(case_id, *args, **kwargs, by=request.auth, now=request.now)
    return _shown(request, case_id)


def must_be_there(case_id: int) -> None:
    if not requests.is_there("case", case_id):
        raise not_there()


def _digest(request: Request) -> str:
    """Names all that a request says; the order of its fields does not matter."""
    body = json.dumps(json.loads(request.body), sort_keys=True)
    return hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()


def _once(request: Request, key: str, do: Callable[[], Any]) -> HttpResponse:
    """Do it once for this key; the answer is the first one, every time."""
    said = requests.once(
        key,
        _digest(request),
        lambda: _answer(do()),
        by=request.auth,
        now=request.now,
    )
    response = HttpResponse(
        json.dumps(said.body, ensure_ascii=False),
        status=said.status,
        content_type="application/json; charset=utf-8",
    )
    if said.is_again:
        response["Idempotency-Replayed"] = "true"
    return response


def _answer(made: Any) -> tuple[int, Any]:
    """201 with what was made; 202 with what must wait."""
    return 202 if isinstance(made, schemas.Held) else 201, json.loads(made.model_dump_json())


@router.post("/cases/{case_id}/take", response=schemas.CaseShown, auth=may_work, summary="The case is mine")
def take(request: Request, case_id: takes.Id) -> Any:
    return done(request, case_id, actions.take)


@router.post(
    "/cases/{case_id}/assign",
    response=schemas.CaseShown,
    auth=may_work,
    summary="Give it to a colleague, or back",
)
def assign(request: Request, case_id: takes.Id, given: takes.Assign) -> Any:
    return done(request, case_id, actions.assign, to=given.to, note=given.note)


@router.post(
    "/cases/{case_id}/note", response=schemas.CaseShown, auth=may_work, summary="Write an internal note"
)
def note(request: Request, case_id: takes.Id, given: takes.NoteText) -> Any:
    return done(request, case_id, actions.note, given.text)


@router.post(
    "/cases/{case_id}/hold", response=schemas.CaseShown, auth=may_work, summary="Wait for a colleague"
)
def hold(request: Request, case_id: takes.Id) -> Any:
    return done(request, case_id, actions.hold)


@router.post(
    "/cases/{case_id}/resume", response=schemas.CaseShown, auth=may_work, summary="Back to work on it"
)
def resume(request: Request, case_id: takes.Id) -> Any:
    return done(request, case_id, actions.resume)


@router.post(
    "/cases/{case_id}/resolve",
    response=schemas.CaseShown,
    auth=may_work,
    summary="We believe it is made right",
)
def resolve(request: Request, case_id: takes.Id) -> Any:
    return done(request, case_id, actions.resolve)


@router.post(
    "/cases/{case_id}/close",
    response=schemas.CaseShown,
    auth=may_work,
    summary="End it, with the way it ended",
)
def close(request: Request, case_id: takes.Id, given: takes.Close) -> Any:
    """Refused while the rules are against it: `may` of the case says which and why."""
    return done(request, case_id, actions.close, given.how, reason=given.reason)


@router.post(
    "/cases/{case_id}/reopen", response=schemas.CaseShown, auth=may_work, summary="Take back its end"
)
def reopen(request: Request, case_id: takes.Id, given: takes.Why) -> Any:
    return done(request, case_id, actions.reopen, reason=given.reason)


@router.post(
    "/cases/{case_id}/snooze", response=schemas.CaseShown, auth=may_work, summary="Out of sight until then"
)
def snooze(request: Request, case_id: takes.Id, given: takes.Snooze) -> Any:
    return done(request, case_id, actions.snooze, given.until)


@router.post(
    "/cases/{case_id}/correct",
    response=schemas.CaseShown,
    auth=may_work,
    summary="Correct what it was judged to be",
)
def correct(request: Request, case_id: takes.Id, given: takes.Correction) -> Any:
    return done(request, case_id, actions.correct, given.field, given.value)


@router.patch(
    "/cases/{case_id}/judgement",
    response=schemas.CaseShown,
    auth=may_work,
    summary="Correct several fields of its judgement: all, or none",
)
def correct_several(request: Request, case_id: takes.Id, given: takes.Corrections) -> Any:
    return done(request, case_id, actions.correct_all, given.values())


@router.post(
    "/cases/{case_id}/customer-said",
    response=schemas.CaseShown,
    auth=may_work,
    summary="What the customer answered: satisfied, or not",
)
def customer_said(request: Request, case_id: takes.Id, given: takes.CustomerSaid) -> Any:
    return done(request, case_id, actions.customer_said, given.satisfied)


@router.post(
    "/cases/{case_id}/promises",
    response={201: schemas.Made},
    auth=may_work,
    summary="Note what we promised, by when",
)
def promise(
    request: Request,
    case_id: takes.Id,
    given: takes.NewPromise,
    key: takes.MaybeIdempotencyKey = None,
) -> Any:
    must_be_there(case_id)

    def make() -> schemas.Made:
        return schemas.Made(
            id=actions.promise(case_id, given.text, given.due_at, by=request.auth, now=request.now)
        )

    return _once(request, key, make) if key else _made(make())


def _made(shown: Any) -> HttpResponse:
    return HttpResponse(shown.model_dump_json(), status=201, content_type="application/json; charset=utf-8")


@router.post(
    "/cases/{case_id}/review",
    response=schemas.ReviewShown,
    auth=may_read,
    summary="Coach and guards on a draft; nothing is kept",
)
def review(request: Request, case_id: takes.Id, given: takes.DraftText) -> Any:
    must_be_there(case_id)
    return show.review(reviewing.review(case_id, given.text, given.mode, by=request.auth, now=request.now))


@router.post(
    "/cases/{case_id}/reply",
    response={201: schemas.Entry, 202: schemas.Held},
    auth=may_work,
    summary="Approve a reply; it leaves after the time to undo",
)
def reply(request: Request, case_id: takes.Id, given: takes.Reply, key: takes.IdempotencyKey) -> Any:
    """Needs an `Idempotency-Key` of your own making. The same key with the same body gives the first answer again
    and never a second reply; with another body it is refused. Keys are remembered for seven days.

    202: it waits for a second person, or it is heated and rests; nothing was sent."""
    must_be_there(case_id)

    def approve() -> schemas.Entry | schemas.Held:
        outcome = approving.approve_wish(
            case_id,
            Wish(
                text=given.text,
                mode=given.mode,
                purpose=given.purpose,
                public_line=given.public_line,
                media=tuple(given.media),
                send_at=given.send_at,
                has_marks=given.numbered,
            ),
            plea=given.plea,
            seen=approving.Seen.read(given.seen),
            by=request.auth,
            now=request.now,
        )
        if isinstance(outcome, approving.OutboxEntry):
            return schemas.Entry.model_validate(show.entry(outcome))
        return schemas.Held.model_validate(show.held(outcome))

    return _once(request, key, approve)


@router.post(
    "/cases/{case_id}/images",
    response={201: schemas.ImageMade},
    auth=may_work,
    summary="Bring an image that a reply shall take",
)
def image(request: Request, case_id: takes.Id, given: takes.NewImage) -> Any:
    """At most about 740 kB, as bodies hold at most 1 MB. Give its id in `media` of the reply."""
    must_be_there(case_id)
    try:
        data = base64.b64decode(given.data, validate=True)
    except ValueError:
        raise Refused(say("The bytes of the image are no Base64.")) from None
    made = media.add(case_id, given.name, data, by=request.auth, now=request.now)
    if given.alt:
        made = media.describe(made.pk, given.alt, by=request.auth)
    shown = schemas.ImageMade(id=made.pk, media_type=made.media_type, digest=made.digest, alt=made.alt)
    return _made(shown)
