"""What requests may hold. Unknown fields are refused: a typo must not pass for an answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from ninja import Header, Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from amends.core.text import storable

LARGEST_ID = 2**63 - 1
MOST_TEXTS = 200
LONGEST_TEXT = 20_000

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]


def _moment(value: Any) -> datetime:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d[Tt ]", value):
        raise ValueError("It is not a time: write it as 2026-11-21T18:00:00Z.")
    try:
        found = datetime.fromisoformat(value.upper())
        if found.tzinfo is None:
            raise ValueError("The time has no zone: end it with Z, or with +02:00.")
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError("The time is too far away.") from None


def _address(value: str) -> str:
    if value and not re.match(r"https?://[^\s/]", value, re.IGNORECASE):
        raise ValueError("An address begins with https:// or http://.")
    return value


def _text(longest: int, shortest: int = 0) -> Any:
    return Annotated[str, Field(min_length=shortest, max_length=longest), AfterValidator(storable)]


Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
Words = _text(LONGEST_TEXT)
Line = _text(300)
Url = Annotated[str, Field(max_length=2000), AfterValidator(storable), AfterValidator(_address)]
IdempotencyKey = Annotated[
    str,
    Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$"),
]
MaybeIdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$"),
]


class Given(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Assign(Given):
    to: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = Field(
        description="A colleague's id; null gives the case back to the team."
    )
    note: Words = ""


class NoteText(Given):
    text: Words


class Close(Given):
    how: Literal["satisfied", "let_go", "not_ours", "leave_troll", "nothing_to_mend"]
    reason: Words = ""


class Why(Given):
    reason: Words = ""


class Snooze(Given):
    until: Moment | None = Field(description="Null wakes it.")


class NewPromise(Given):
    text: Line
    due_at: Moment


class NewTime(Given):
    due_at: Moment


class Withdrawal(Given):
    why: Line


class Correction(Given):
    field: Literal["kind", "severity", "cause", "topic", "abuse"]
    value: _text(60)  # type: ignore[valid-type]


class CustomerSaid(Given):
    satisfied: bool


class DraftText(Given):
    text: Words
    mode: Literal["reply", "direct"] = "reply"


class Reply(DraftText):
    purpose: Literal["reply", "ask_satisfied", "last_offer"] = "reply"


class Settle(Given):
    was_sent: bool
    url: Url = ""


class ByHand(Given):
    url: Url = ""


class NewSource(Given):
    connector: _text(40)  # type: ignore[valid-type]
    name: _text(200) = ""  # type: ignore[valid-type]
    settings: Annotated[dict[_text(60), _text(4000)], Field(max_length=40)] = {}  # type: ignore[valid-type]


class NewTerm(Given):
    text: _text(200)  # type: ignore[valid-type]
    kind: _text(16) = "name"  # type: ignore[valid-type]
    is_fuzzy: bool = True


class Watch(Given):
    brand: _text(120)  # type: ignore[valid-type]
    also: Annotated[list[_text(120)], Field(max_length=50)] = []  # type: ignore[valid-type]
    feeds: Annotated[list[Url], Field(max_length=50)] = []
    bluesky: bool = True
    jetstream: _text(500) = Field(  # type: ignore[valid-type]
        "", description="A stream of your own; empty: Bluesky's public ones."
    )


class Texts(Given):
    texts: Annotated[list[Words], Field(min_length=1, max_length=MOST_TEXTS)]
    languages: Annotated[list[_text(8)], Field(max_length=10)] = Field(  # type: ignore[valid-type]
        [], description="What is known of their language, as two letters: a hint."
    )
