"""A reply as it will stand on the network, before anybody sends it: the posts, who posts them, who can read them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from amends.core.graph import Refused
from amends.core.mention import Visibility
from amends.core.say import Said, say
from amends.core.text import storable
from amends.desk import accounts, media
from amends.desk.entering import Part, Wish, leaves, parts_of
from amends.desk.permissions import must
from amends.desk.reviewing import case_of
from amends.desk.scheduling import check_time
from amends.reply.length import graphemes
from amends.store.models import Agent, Attachment, Case, Source

_COUNTED = re.compile(
    r"https?://[^\s<>\"]*[^\s<>\".,;:!?'”’»)\]}…]|(?<![\w/@])@\w[\w.-]*@[\w.-]*\w", re.IGNORECASE
)
_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?'”’»)\]}…]", re.IGNORECASE)

#: Settings of a connector that make a public reply less public than everywhere.
_WIDTHS = {
    "unlisted": say("Everybody can read it; it stands on no public time line."),
    "private": say("Our followers and those whom it names can read it."),
}


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A piece of a text that the network counts otherwise than people see it."""

    text: str
    length: int


@dataclass(frozen=True, kw_only=True)
class Post:
    """One post as people will see it."""

    text: str
    """With its links as the network shows them."""
    length: int
    """By the network's own count."""
    follows: bool
    is_private: bool
    counted: tuple[Counted, ...]
    images: tuple[Attachment, ...]


@dataclass(frozen=True, kw_only=True)
class Preview:
    account: str
    """Who posts: our name on the network."""
    network: str
    longest: int
    """0: no limit."""
    posts: tuple[Post, ...]
    leaves_at: datetime | None
    """When it was wished to leave; None: after the time to undo."""
    seen_by: tuple[Said, ...]
    """Who can read it."""
    problem: Said | None = None
    """Why it cannot leave as it stands."""

    @property
    def is_thread(self) -> bool:
        return any(each.follows for each in self.posts)


def preview(case_id: int, wish: Wish, *, by: Agent, now: datetime) -> Preview:
    """What would be posted if `wish` were approved now. Writes nothing. Raises `Refused` where there is no case."""
    must(by, "read")
    case = case_of(case_id)
    account = accounts.speaker_for(case)
    measure = accounts.measure_for(case, account)
    traits = accounts.traits_of(account) if account else accounts.traits_of_network(case.network)
    problem: Said | None = None
    parts: tuple[Part, ...] = ()
    images: list[Attachment] = []
    wish = _tidied(wish)
    try:
        check_time(wish.send_at, now=now)
        images = media.chosen(case_id, wish.media, measure) if account else []
        parts = parts_of(wish, measure) if wish.text else ()
    except Refused as why:
        problem = why.reasons[0]
        alone = Part(
            text=wish.text, visibility=wish.visibility, follows=False, whole=wish.text, has_media=True
        )
        parts = parts or (alone,)
    show_link = traits.show_link if traits else str
    return Preview(
        account=_name_of(case, account),
        network=traits.label if traits else case.network,
        longest=measure.longest,
        posts=tuple(
            Post(
                text=_LINK.sub(lambda found: show_link(found[0]), each.text),
                length=measure.count(each.text),
                follows=each.follows,
                is_private=each.visibility == Visibility.DIRECT,
                counted=tuple(_counted(each.text, measure)),
                images=tuple(images) if each.has_media else (),
            )
            for each in parts
        ),
        leaves_at=leaves(wish, now=now) if wish.send_at else None,
        seen_by=_seen_by(case, account, parts),
        problem=problem,
    )


def _tidied(wish: Wish) -> Wish:
    return replace(wish, text=storable(wish.text).strip(), public_line=storable(wish.public_line).strip())


def _counted(text: str, measure: accounts.Measure) -> list[Counted]:
    found = dict.fromkeys(each[0] for each in _COUNTED.finditer(text))
    lengths = {each: measure.count(each) for each in found}
    return [
        Counted(text=each, length=length) for each, length in lengths.items() if length != graphemes(each)
    ]


def _name_of(case: Case, account: Source | None) -> str:
    """Our name on the network, as far as we know it."""
    if account is None:
        return ""
    limits = accounts.limits_of(account)
    known = (limits.account if limits else "") or str(account.settings.get("handle", ""))
    return f"@{known.lstrip('@')}" if known else account.name


def _seen_by(case: Case, account: Source | None, parts: tuple[Part, ...]) -> tuple[Said, ...]:
    found: list[Said] = []
    if any(each.visibility != Visibility.DIRECT for each in parts):
        width = str(account.settings.get("reply_visibility", "")) if account else ""
        found.append(_WIDTHS.get(width.strip().lower(), say("Everybody can read it.")))
    if any(each.visibility == Visibility.DIRECT for each in parts):
        found.append(
            say("Only {author} can read the message.", author=case.author.handle or case.author.name)
        )
    return tuple(found)
