"""The life of a reply that goes out: approved once, sent once (STYLE: never blindly twice).

The graph decides; the desk claims, sends and saves. The names in `then` are effects that the desk carries out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from amends.core.graph import Graph, Transition
from amends.core.mention import Visibility
from amends.core.say import Said, say


class EntryStatus(StrEnum):
    """Where a reply is on its way out."""

    APPROVED = "approved"
    """It waits: for the end of the time to undo it, or for another try."""
    SENDING = "sending"
    """One worker holds it."""
    SENT = "sent"
    FAILED = "failed"
    """It surely is not on the network; a person must look."""
    UNSURE = "unsure"
    """It left and no answer came: it may be public."""
    CANCELLED = "cancelled"
    BY_HAND = "by_hand"
    """We cannot post it: a person posts it there and says so here."""
    WAITING = "waiting"
    """A later part of a long reply: it leaves when the part before it is out."""
    HELD = "held"
    """Many posts of this account were alike within the hour: a person lets it go, or takes it back."""


APPROVED, SENDING, SENT, FAILED, UNSURE, CANCELLED, BY_HAND, WAITING, HELD = EntryStatus

#: While an entry is one of these, its case is being answered: no second reply may be approved.
UNDER_WAY = (APPROVED, SENDING, UNSURE, BY_HAND, WAITING, HELD)


@dataclass(frozen=True, kw_only=True)
class EntryFacts:
    """What a step may look at."""

    now: datetime
    send_at: datetime
    """Not before this: the time to undo, or the network's wish to wait."""
    approved_digest: str
    """`body_digest` when it was approved."""
    digest: str
    """`body_digest` of what lies there now."""
    can_write: bool = True
    """Our connector can post on this network."""
    has_receipt: bool = False
    """The network told us, or we found, the post's id."""
    by_person: bool = False
    """A person asks for this step."""
    is_surely_absent: bool = False
    """The network can tell by our key, had time enough to finish (its settle time), and says it has no such post."""


def is_what_was_approved(entry: EntryFacts) -> Said | None:
    if entry.digest != entry.approved_digest:
        return say("This is not the text that was approved. Cancel it, then write and approve it again.")
    return None


def is_due(entry: EntryFacts) -> Said | None:
    return (
        say("It is not time to send it yet; it can still be undone.") if entry.now < entry.send_at else None
    )


def is_writable(entry: EntryFacts) -> Said | None:
    return (
        None
        if entry.can_write
        else say("We cannot post on this network. Post it there yourself, then say so here.")
    )


def is_not_writable(entry: EntryFacts) -> Said | None:
    return say("We can post on this network ourselves.") if entry.can_write else None


def has_receipt(entry: EntryFacts) -> Said | None:
    return (
        None if entry.has_receipt else say("The network has not said under which number it keeps the post.")
    )


def is_seen(entry: EntryFacts) -> Said | None:
    if entry.has_receipt or entry.by_person:
        return None
    return say("Nobody has seen the post yet. Look on the network, then say what you found.")


def is_surely_absent(entry: EntryFacts) -> Said | None:
    return None if entry.is_surely_absent else say("It may still be public: look on the network first.")


def by_person(entry: EntryFacts) -> Said | None:
    return None if entry.by_person else say("Only a person can say this. Look on the network first.")


OUTBOX: Graph[EntryFacts] = Graph(
    start=APPROVED,
    also_start=(WAITING,),
    ends=(SENT, CANCELLED),
    table=(
        Transition("hand_over", (APPROVED,), BY_HAND, needs=(is_not_writable, is_what_was_approved), then=("ask_person",)),
        Transition("follow", (WAITING,), APPROVED, needs=(is_what_was_approved,), then=("wait",)),
        Transition("strand", (WAITING,), BY_HAND, then=("ask_person",)),
        Transition("hold", (APPROVED,), HELD, then=("ask_person",)),
        Transition("let_go", (HELD,), APPROVED, needs=(by_person, is_what_was_approved), then=("wait",)),
        Transition("claim", (APPROVED,), SENDING, needs=(is_writable, is_due, is_what_was_approved)),
        Transition("doubt", (APPROVED,), UNSURE, needs=(is_writable, is_due, is_what_was_approved), then=("look_later",)),
        Transition("cancel", (APPROVED, BY_HAND, WAITING, HELD), CANCELLED, needs=(by_person,), then=("reopen_draft", "cancel_waiting")),
        Transition("release", (SENDING,), APPROVED, then=("wait",)),
        Transition("confirm", (SENDING,), SENT, needs=(has_receipt,), then=("save_receipt", "note_answer", "follow")),
        Transition("refuse", (SENDING,), FAILED, then=("tell_owner",)),
        Transition("lose", (SENDING,), UNSURE, then=("look_later",)),
        Transition("find", (UNSURE, BY_HAND), SENT, needs=(is_seen,), then=("save_receipt", "note_answer", "follow")),
        Transition("find_nothing", (UNSURE,), APPROVED, needs=(is_surely_absent, is_what_was_approved), then=("wait",)),
        Transition("miss", (UNSURE,), FAILED, needs=(by_person,), then=("tell_owner",)),
        Transition("try_again", (FAILED,), APPROVED, needs=(by_person, is_what_was_approved), then=("wait",)),
        Transition("give_up", (FAILED,), CANCELLED, needs=(by_person,), then=("reopen_draft", "cancel_waiting")),
    ),
)  # fmt: skip
"""`release`: the network surely did not take it and may later. `lose`: the answer to a post was lost. `doubt`: it should
have left before this sender began, so another may have sent it (a restored backup). Nothing leads from `unsure` to
another try but a look by our key that surely finds nothing (`find_nothing`), or a person who looked and says that it is
not there (`miss`, then `try_again`). `follow`: the part before it is out. `strand`: it is out, and nobody can tell under
which number, so a person puts the next part under it."""


def body_digest(
    text: str,
    in_reply_to: str,
    source_name: str,
    visibility: Visibility,
    *,
    media: Sequence[Mapping[str, Any]] = (),
    part: int = 1,
    parts: int = 1,
    follows: bool = False,
    first_key: str = "",
) -> str:
    """SHA-256 (hex) of all that an approval covers: the words, whom they answer, from which account, seen by whom, the
    media in their order with their words (`attachment`, `digest`, `alt`), and the place of a part in its thread.

    `in_reply_to` is the customer's post, for later parts too, also where they follow the part before (`follows`);
    `first_key` is the key of the first part, "" for the first itself. The parts are framed as a JSON list, so no text
    can pass for another part. What was approved before there were media and threads keeps its digest."""
    covered: list[Any] = [text, in_reply_to, source_name, visibility.value]
    if media:
        covered.append({"media": [[each["attachment"], each["digest"], each["alt"]] for each in media]})
    if parts > 1:
        covered.append({"part": [part, parts, follows, first_key]})
    framed = json.dumps(covered, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(framed.encode()).hexdigest()


def is_undoable(approved_at: datetime, window: timedelta, now: datetime) -> bool:
    """Whether a reply can still be taken back: `window` after it was approved is not over."""
    return now < approved_at + window
