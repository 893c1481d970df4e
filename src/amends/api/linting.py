"""`POST /lint`: the guards over replies that are no drafts of a case. Nothing is kept."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from ninja import Router
from pydantic import BaseModel, BeforeValidator, Field

from amends.api import show
from amends.api.auth import Request, may_read
from amends.api.given import LONGEST_TEXT, MOST_TEXTS, Given, Name, Word
from amends.api.limits import must_be_within
from amends.api.problems import Problem, reason, translated
from amends.api.schemas import Verdict
from amends.core.case import Kind
from amends.core.text import storable
from amends.desk import guarding
from amends.reply.guard import worst
from amends.reply.lint import UnknownRule, code_of

router = Router()

#: What one agent may have checked in a minute.
REPLIES_A_MINUTE = 6_000


def _readable(value: Any) -> Any:
    # Half of a sign in a reply is a finding, not an error; NUL and half signs cannot be shown back.
    return storable(value) if isinstance(value, str) else value


_Text = Annotated[str, Field(max_length=LONGEST_TEXT), BeforeValidator(_readable)]


class OneReply(Given):
    """A reply to be checked, with a name of your own for it, and what is known of where it would stand."""

    id: Annotated[str, Field(max_length=200), BeforeValidator(_readable)] | int | None = Field(
        None, description="Comes back with its findings; without one, its place in the list."
    )
    text: _Text
    lang: Word = Field("", description="The customer’s language, as two letters; empty: that of `to`.")
    to: Annotated[_Text, Field(description="What is answered.")] = ""
    network: Word = Field("", description="Its limits hold, such as bluesky.")
    public: bool = True
    kind: Literal["complaint", "question", "praise", "abuse", "other", "unsure"] = Field(
        "complaint", description="What `to` is."
    )


def _as_reply(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


class Replies(Given):
    replies: Annotated[
        list[Annotated[OneReply, BeforeValidator(_as_reply, json_schema_input_type=str | OneReply)]],
        Field(min_length=1, max_length=MOST_TEXTS, description="Each an object, or the text alone."),
    ]
    select: Annotated[list[Name], Field(max_length=50)] = Field(
        [], description="Only these rules: AM001, or AM01 for all that begin so. Empty: all."
    )
    ignore: Annotated[list[Name], Field(max_length=50)] = Field(
        [], description="Without these rules. Of two that fit, the longer name decides."
    )


class Checked(BaseModel):
    id: str | int = Field(description="As it was given, else its place in the list.")
    level: str = Field(description="The gravest: pass, hint, warn or block.")
    verdicts: list[Verdict]


class AllChecked(BaseModel):
    replies: list[Checked] = Field(description="One for each reply, in their order.")


@router.post(
    "/lint",
    response=AllChecked,
    auth=may_read,
    summary="What the guards say of any replies; nothing is kept",
    tags=["desk"],
    openapi_extra={
        "responses": {429: {"description": "Too many texts in this minute; `Retry-After` says when again."}}
    },
)
def lint(request: Request, given: Replies) -> Any:
    """As the composer would check them, with the rules and levels of this desk. In one minute each agent may ask for
    6,000 replies."""
    must_be_within("lint", request.auth.pk, len(given.replies), most=REPLIES_A_MINUTE, now=request.now)
    samples = [
        guarding.sample_of(
            each.text,
            language=each.lang,
            their_text=each.to,
            network=each.network,
            is_public=each.public,
            kind=Kind(each.kind),
        )
        for each in given.replies
    ]
    try:
        found = guarding.checked(samples, select=given.select, ignore=given.ignore, now=request.now)
    except UnknownRule as nothing:
        said = translated(nothing.said)
        field = "select" if nothing.asked in map(code_of, given.select) else "ignore"
        raise Problem(
            422, _("Some fields do not fit"), said, fields=[{"field": field, "problem": said}]
        ) from None
    return {
        "replies": [
            {
                "id": at if each.id is None else each.id,
                "level": worst(verdicts),
                "verdicts": [
                    {
                        **show.fields(verdict, "rule", "name", "level", "span", "replacement", "move"),
                        "reason": reason(verdict.reason),
                        "repair": reason(verdict.repair) if verdict.repair else None,
                    }
                    for verdict in verdicts
                ],
            }
            for at, (each, verdicts) in enumerate(zip(given.replies, found, strict=True))
        ]
    }
