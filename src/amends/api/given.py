"""What requests may hold. Unknown fields are refused: a typo must not pass for an answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from ninja import Header, Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from amends.core.text import storable

LARGEST_ID = 2**63 - 1
MOST_TEXTS = 256
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


_WEB = r"^$|^https?://[^\s/]"


def _address(value: str) -> str:
    if not re.search(_WEB, value):
        raise ValueError("An address begins with https:// or http://.")
    return value


def _whole(value: Any) -> Any:
    # JSON has one kind of number: 7.0 is a whole one.
    return int(value) if isinstance(value, float) and value.is_integer() else value


Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
_stored = AfterValidator(storable)
Words = Annotated[str, Field(max_length=LONGEST_TEXT), _stored]
Value = Annotated[str, Field(max_length=4000), _stored]
Line = Annotated[str, Field(max_length=300), _stored]
Plea = Annotated[str, Field(max_length=500), _stored]
Name = Annotated[str, Field(max_length=200), _stored]
Word = Annotated[str, Field(max_length=60), _stored]
Url = Annotated[
    str, Field(max_length=2000, json_schema_extra={"pattern": _WEB}), _stored, AfterValidator(_address)
]
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
    to: Annotated[int, Field(ge=1, le=LARGEST_ID), BeforeValidator(_whole)] | None = Field(
        description="A colleague's id; null gives the case back to the team."
    )
    note: Words = ""


class NoteText(Given):
    text: Words


class Close(Given):
    how: Literal["satisfied", "let_go", "not_ours", "leave_troll", "nothing_to_mend"]
    reason: Words = ""


class Mute(Given):
    why: Literal["troll", "spam", "nothing_asked", "answered_elsewhere", "other"]
    reason: Words = Field("", description="In your words; needed for other.")


class AskedAndDone(Given):
    """What is left out stays as it is; an empty text takes it away."""

    wanted: Annotated[str, Field(max_length=500), _stored] | None = None
    was_done: Annotated[str, Field(max_length=500), _stored] | None = None


class Rest(Given):
    minutes: Annotated[int, Field(ge=1, le=480), BeforeValidator(_whole)] = 10


class PlannedPost(Given):
    """A post of the brand's own that has not gone out."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), _stored]
    language: Word = Field("", description="As two letters; empty: heard in the words.")
    network: Word = Field("", description="Its limits hold, such as bluesky.")
    topic: Literal[
        "",
        "billing",
        "delivery",
        "login",
        "outage",
        "quality",
        "service",
        "cancellation",
        "privacy",
        "price",
    ] = Field("", description="What it is about; empty: heard in the words.")
    send_at: Moment | None = Field(
        None, description="For later than a day from now, today’s complaints do not count."
    )


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
    field: Literal[
        "kind",
        "severity",
        "abuse",
        "wants",
        "sentiment",
        "anger",
        "topic",
        "language",
        "cause",
        "emotion",
        "sarcasm",
    ]
    value: Word


class Corrections(Given):
    """Any of these; what is left out stays as it is."""

    kind: Word | None = None
    severity: Word | None = None
    abuse: Word | None = None
    wants: Word | None = None
    sentiment: Word | None = None
    anger: Annotated[int, Field(ge=0, le=3), BeforeValidator(_whole)] | None = None
    topic: Word | None = None
    language: Word | None = Field(None, description="Two letters, or und.")
    cause: Word | None = None
    emotion: Word | None = None
    sarcasm: bool | None = None

    def values(self) -> dict[str, str]:
        """The fields that were given, as the desk takes them."""
        given = self.model_dump(exclude_none=True)
        if "sarcasm" in given:
            given["sarcasm"] = "yes" if given["sarcasm"] else "no"
        return {field: str(value) for field, value in given.items()}


class CustomerSaid(Given):
    satisfied: bool


class PostLabel(Given):
    kind: Literal["complaint", "question", "praise", "abuse", "other"]
    abuse: Literal["none", "profanity", "insult", "hate", "threat"] = Field(
        description="The gravest abuse in the words, apart from what the post is."
    )


class VersionChoice(Given):
    version: Annotated[int, Field(ge=0, le=LARGEST_ID), BeforeValidator(_whole)] = Field(
        description="0: the shipped models as they are."
    )


class DraftText(Given):
    text: Words
    mode: Literal["reply", "direct"] = "reply"


class Reply(DraftText):
    purpose: Literal["reply", "ask_satisfied", "last_offer"] = "reply"
    public_line: Words = Field(
        "", description="With a direct message: a line in public beside it, guarded as a public reply."
    )
    media: Annotated[
        list[Annotated[int, Field(ge=1, le=LARGEST_ID), BeforeValidator(_whole)]],
        Field(max_length=16, description="Ids of images of the case, in order (`POST /cases/{id}/images`)."),
    ] = []
    send_at: Moment | None = Field(
        None, description="Not before this; null: as soon as it can no longer be undone."
    )
    numbered: bool = Field(True, description="Where it is longer than one post: number them, “1/3”.")
    plea: Plea = Field(
        "", description="Why a colleague should read it first, and let it through where a guard stops it."
    )
    seen: Annotated[str, Field(pattern=r"^$|^\d{1,17}-\d{1,17}$")] = Field(
        "",
        description="`seen` of the case as you read it: a colleague’s reply that came since stops yours once.",
    )


class NewImage(Given):
    name: Name = ""
    data: Annotated[str, Field(min_length=1, max_length=990_000)] = Field(
        description="The bytes in Base64: a PNG, JPEG, WebP or GIF. What lies beside the picture is taken out."
    )
    alt: Annotated[str, Field(max_length=1500), _stored] = Field(
        "", description="What it shows, for those who do not see it."
    )


class NewWords(Given):
    text: Words


class Letting(Given):
    text: Words | None = Field(None, description="Other words; null: as it was written.")
    reason: Plea = Field("", description="Why it may go out all the same; needed where a block is lifted.")


class Returning(Given):
    reason: Plea


class Settle(Given):
    was_sent: bool
    url: Url = ""


class ByHand(Given):
    url: Url = ""


class NewSource(Given):
    connector: Word
    name: Name = ""
    settings: Annotated[dict[Word, Value], Field(max_length=40)] = {}


class NewTerm(Given):
    text: Name
    kind: Word = "name"
    is_fuzzy: bool = True


class Watch(Given):
    brand: Name
    also: Annotated[list[Name], Field(max_length=50)] = []
    feeds: Annotated[list[Url], Field(max_length=50)] = []
    bluesky: bool = True
    jetstream: Name = Field("", description="A stream of your own; empty: Bluesky's public ones.")


def _readable(value: Any) -> Any:
    # A stranger's post may hold half of a sign; it is judged all the same.
    return storable(value) if isinstance(value, str) else value


class OneText(Given):
    """A text to be judged, with a name of your own for it."""

    id: Annotated[str, Field(max_length=200), _stored] | int | None = Field(
        None, description="Comes back with its judgement; without one, its place in the list."
    )
    text: Annotated[str, Field(max_length=LONGEST_TEXT), BeforeValidator(_readable)]
    lang: Word = Field("", description="What is known of its language, as two letters: a hint.")


def _as_text(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


class Texts(Given):
    texts: Annotated[
        list[Annotated[OneText, BeforeValidator(_as_text, json_schema_input_type=str | OneText)]],
        Field(min_length=1, max_length=MOST_TEXTS, description="Each an object, or the text alone."),
    ]
    languages: Annotated[list[Word], Field(max_length=10)] = Field(
        [], description="What is known of their language, as two letters: a hint."
    )
