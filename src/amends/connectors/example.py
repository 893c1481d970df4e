"""Example town: a small network that is not there, for the walk-through without an account or the internet.

A fictional operator, Telvoria, and some 150 people who speak of it in English, French and Romanian. Their posts lie in
`example_posts.jsonl`, written by hand, and arrive over four minutes as if live: 97 % of complaints elsewhere never tag
the brand (S3), here most do not. People react to our replies: some thank, some say that it still does not work.

What was said is decided by the moment and by the replies that were sent to the town; the same question at the same
moment gets the same answer. Its whole state is one file of replies in a folder.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import IO, Any, ClassVar

from amends.connectors.base import (
    CONTRACT,
    AnswerLost,
    Gone,
    NeedsAttention,
    Outgoing,
    Page,
    Receipt,
    Resend,
    RetryLater,
    Traits,
    setting,
)
from amends.core.mention import Author, Change, Mention, Unreadable, Visibility
from amends.core.say import Said, say, say_many
from amends.core.text import fold, storable
from amends.listen.match import TermKind, WatchTerm

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

NAME = "example"
#: No real host: RFC 2606 keeps `.invalid` for names that lead nowhere.
SITE = "https://example.invalid"
#: Posts in one page of the town.
PAGE = 40
#: Characters in one post of the town.
LONGEST_POST = 500
#: How many times as fast as written the scenario may run.
SLOWEST, FASTEST = 0.01, 1000
#: The file of replies inside the town's folder.
REPLIES = "replies.jsonl"

#: A question whether the author is satisfied now, in a folded text; “dissatisfied” is not one.
_ASKS_SATISFIED = re.compile(
    r"(?<!\w)(?:satisfied|satisfait|multumit|anything else|autre chose|altceva)[^.!?\n]*\?"
)
_TAG = re.compile(r"(?<!\w)@(\w+)")


# -- the scenario: what is in example_posts.jsonl


@dataclass(frozen=True, kw_only=True)
class Company:
    """Who the desk of the walk-through belongs to. Fictional."""

    website: str
    telephone: Mapping[str, str]
    """By lower-case country code; numbers that regulators keep for fiction."""
    countries: tuple[str, ...]
    about: str


@dataclass(frozen=True, kw_only=True)
class Post:
    """One thing that somebody in the town says, edits or deletes.

    `at` is in seconds from the start. A reaction (`after_reply_to`) comes `delay` seconds after our `nth` reply in the
    conversation of that post; with `asked`, after the first reply from the nth on that asks whether the author is
    satisfied. `apart` begins a thread of its own. A reaction is as private as the reply, or "direct" by itself.
    """

    id: str
    handle: str
    name: str
    lang: str
    kind: str
    """What it is (`core.case.Kind`), in the eyes of who wrote the scenario. The town does not serve it."""
    note: str
    """What it shows to a newcomer."""
    text: str = ""
    at: float = 0
    to_us: bool = False
    visibility: str = "public"
    thread: str = ""
    in_reply_to: str = ""
    edit_of: str = ""
    delete_of: str = ""
    after_reply_to: str = ""
    nth: int = 0
    delay: float = 0
    asked: bool = False
    apart: bool = False
    unless_answered: bool = False
    """Said only when nobody of ours has answered this author in this thread by then."""
    about: str = ""
    """"outage" or "grief": what people without a reaction of their own then say is chosen to fit."""

    @property
    def target(self) -> str:
        """The id under which the town serves it: an edit or deletion has that of its post."""
        return self.edit_of or self.delete_of or self.id


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """The brand, what to watch for, and everything that will be said."""

    brand: str
    company: Company
    network_label: str
    accounts: tuple[str, ...]
    """The brand's handles in the town; replies come from the first."""
    languages: tuple[str, ...]
    terms: tuple[WatchTerm, ...]
    """Names, products, misspellings and hashtags to watch for (L1); the excluded ones mark a namesake: a racehorse, a
    kingdom in a novel, a guest house."""
    posts: tuple[Post, ...]
    """By time."""
    reactions: tuple[Post, ...]
    answers: Mapping[tuple[str, str], tuple[str, ...]]
    """What people without reactions of their own say, by what they mean ("detail", "yes", "yes outage" …) and
    language."""


@cache
def scenario() -> Scenario:
    """The walk-through that is shipped with the package."""
    text = files("amends.connectors").joinpath("example_posts.jsonl").read_text(encoding="utf-8")
    header, *rows = (json.loads(line) for line in text.splitlines())
    answers: dict[tuple[str, str], tuple[str, ...]] = {}
    said: list[Post] = []
    for row in rows:
        if what := row.get("answer"):
            key = f"{what} {row.get('about', '')}".strip(), row["lang"]
            answers[key] = (*answers.get(key, ()), row["text"])
        else:
            said.append(Post(**row.pop("author"), **row))
    company = header["company"]
    return Scenario(
        brand=header["brand"],
        company=Company(**{**company, "countries": tuple(company["countries"])}),
        network_label=header["network_label"],
        accounts=tuple(header["accounts"]),
        languages=tuple(header["languages"]),
        terms=tuple(WatchTerm(**{**term, "kind": TermKind(term["kind"])}) for term in header["terms"]),
        posts=tuple(sorted((post for post in said if not post.after_reply_to), key=lambda post: post.at)),
        reactions=tuple(post for post in said if post.after_reply_to),
        answers=answers,
    )


# -- the town: what its people say, given the replies that were sent to it


@dataclass(frozen=True, kw_only=True)
class SentReply:
    """One reply of ours as the town keeps it: a line of its file."""

    id: str
    key: str
    text: str
    in_reply_to: str
    visibility: str
    language: str
    sent_at: datetime
    shown: str = ""
    """What it says now, where it was edited. What people made of it, they made of `text`."""
    removed: str = ""
    """"yes": we took it down."""
    changed_at: str = ""
    images: str = ""
    """What its images show, one a line."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """One version of a post in the town; `moment` is when this version came to be."""

    id: str
    handle: str
    name: str
    lang: str
    kind: str
    text: str
    moment: datetime
    created_at: datetime
    thread: str
    in_reply_to: str = ""
    visibility: str = "public"
    version: int = 1
    is_deleted: bool = False
    about: str = ""
    unless_answered: bool = False
    is_reaction: bool = False
    """To a reply of ours; the rest is what the scenario says by itself."""

    @property
    def talk(self) -> tuple[str, str]:
        """The conversation that it belongs to: one author in one thread."""
        return self.thread, self.handle


def timeline(script: Scenario, started_at: datetime, speed: float) -> list[Served]:
    """Everything that the scenario says by itself, by time: posts, edits and deletions."""
    now_shown: dict[str, Served] = {}
    told = []
    for post in script.posts:
        moment = started_at + timedelta(seconds=post.at / speed)
        if (before := now_shown.get(post.target)) is not None:
            version = dataclasses.replace(
                before,
                text=post.text,
                moment=moment,
                version=before.version + 1,
                is_deleted=bool(post.delete_of),
            )
        else:
            version = Served(
                id=post.id,
                handle=post.handle,
                name=post.name,
                lang=post.lang,
                kind=post.kind,
                text=post.text,
                moment=moment,
                created_at=moment,
                thread=post.thread or post.id,
                in_reply_to=post.in_reply_to,
                visibility=post.visibility,
                about=post.about,
                unless_answered=post.unless_answered,
            )
        now_shown[post.target] = version
        told.append(version)
    return told


class Talk:
    """What was already said in one conversation: our replies, and what people answered."""

    def __init__(self, first_answer_at: datetime) -> None:
        self.first_answer_at = first_answer_at
        self.replies = 0
        self.meant: set[str] = set()
        self.is_settled = False


class Town:
    """All that is said in the town, now and later, as far as the replies in `sent` decide it."""

    def __init__(
        self, script: Scenario, told: Sequence[Served], sent: Sequence[SentReply], speed: float
    ) -> None:
        self.script, self.told = script, told
        self.brought: list[list[Served]] = []
        """For each reply what it brings about, by time: usually one post, sometimes none."""
        self.ours: list[Served] = []
        self._talks: dict[tuple[str, str], Talk] = {}
        known = {post.id: post for post in told if post.version == 1}
        used: set[str] = set()
        for reply in sent:
            mine: list[Served] = []
            if (parent := known.get(reply.in_reply_to)) is not None:
                if parent.handle not in script.accounts:
                    talk = self._talks.setdefault(parent.talk, Talk(reply.sent_at))
                    talk.replies += 1
                    mine = _scripted(script, known, parent, reply, talk, used, speed)
                    mine = mine or _improvised(script, parent, reply, talk, speed)
                # Whoever writes under our own reply goes on in the same conversation.
                known[reply.id] = dataclasses.replace(parent, id=reply.id)
            for post in mine:
                known[post.id] = post
            self.brought.append(sorted(mine, key=lambda post: (post.moment, post.id)))
            self.ours.append(_ours(script, reply, parent))
        self._handles = {post.id: post.handle for post in (*told, *self.ours)}

    def is_unsaid(self, post: Served) -> bool:
        """Whether our answer came in time, so that nobody needs to ask for it."""
        talk = self._talks.get(post.talk)
        return post.unless_answered and talk is not None and talk.first_answer_at <= post.moment

    def shown(self, now: datetime) -> dict[str, Served]:
        """Every post that is, or was, in the town by `now`, in its present version; ours too."""
        brought = [post for each in self.brought for post in each]
        return {
            post.id: post
            for post in (*self.told, *brought, *self.ours)
            if post.moment <= now and not self.is_unsaid(post)
        }

    def wire(self, post: Served) -> bytes:
        """The bytes in which the town serves `post`."""
        served = _write_post(post, self._handles.get(post.in_reply_to, ""))
        return json.dumps(served, ensure_ascii=False).encode()


def _ours(script: Scenario, reply: SentReply, parent: Served | None) -> Served:
    return Served(
        id=reply.id,
        handle=script.accounts[0],
        name=script.brand,
        lang=reply.language,
        kind="other",
        text=reply.shown or reply.text,
        moment=_aware(reply.changed_at) if reply.changed_at else reply.sent_at,
        created_at=reply.sent_at,
        thread=parent.thread if parent else reply.in_reply_to,
        in_reply_to=reply.in_reply_to,
        visibility=reply.visibility,
        version=2 if reply.shown else 1,
        is_deleted=bool(reply.removed),
    )


def _scripted(
    script: Scenario,
    known: Mapping[str, Served],
    parent: Served,
    reply: SentReply,
    talk: Talk,
    used: set[str],
    speed: float,
) -> list[Served]:
    """The reactions that the scenario has for this reply: an answer to it, and what is said elsewhere."""
    here = [
        each
        for each in script.reactions
        if each.id not in used and known[each.after_reply_to].talk == parent.talk
    ]
    chosen = [each for each in here if not each.asked and each.nth == talk.replies]
    asked = [each for each in here if each.asked and each.nth <= talk.replies]
    if asked and asks_satisfied(reply.text):
        chosen = [asked[0], *(each for each in chosen if each.apart)]
        talk.meant.add("yes" if asked[0].kind == "praise" else "no")
    used.update(each.id for each in chosen)
    talk.is_settled = talk.is_settled or any(each.kind == "praise" for each in chosen)
    return [
        _reaction(
            reply,
            parent,
            speed,
            id=each.id,
            kind=each.kind,
            text=each.text,
            delay=each.delay,
            apart=each.apart,
            is_private=each.visibility == Visibility.DIRECT,
        )
        for each in chosen
    ]


def _improvised(script: Scenario, parent: Served, reply: SentReply, talk: Talk, speed: float) -> list[Served]:
    """What somebody without a reaction of their own says, chosen by the post's id; often nothing."""
    dice = hashlib.sha256(f"{parent.thread} {parent.handle}".encode()).digest()
    meant = _what_is_meant(parent.kind, reply, talk, dice[0])
    if not meant:
        return []
    talk.meant.add(meant)
    talk.is_settled = talk.is_settled or meant in ("yes", "answered", "warm")
    fitting = f"{meant} {parent.about}".strip(), parent.lang
    texts = script.answers.get(fitting) or script.answers[meant, parent.lang]
    return [
        _reaction(
            reply,
            parent,
            speed,
            id=f"ex-r-{_short(reply.id)}",
            kind="praise" if talk.is_settled else "complaint",
            text=texts[dice[1] % len(texts)],
            delay=4 + dice[2] % 5,
        )
    ]


def _what_is_meant(kind: str, reply: SentReply, talk: Talk, die: int) -> str:
    """Which of the scenario's answers somebody gives; "" for silence. A troll is never fed, nor feeds."""
    if kind not in ("complaint", "question", "praise"):
        return ""
    if asks_satisfied(reply.text) and (kind == "complaint" or talk.replies > 1):
        if "yes" in talk.meant:
            return ""
        return "no" if die % 5 == 0 and "no" not in talk.meant and not talk.is_settled else "yes"
    if talk.is_settled:
        return ""
    if kind != "complaint":
        return "warm" if kind == "praise" else "answered"
    if talk.replies == 1 and ("?" in reply.text or die % 2):
        return "private" if reply.visibility == Visibility.DIRECT else "detail"
    return "" if "thanks" in talk.meant else "thanks"


def _reaction(
    reply: SentReply,
    parent: Served,
    speed: float,
    *,
    id: str,
    kind: str,
    text: str,
    delay: float,
    apart: bool = False,
    is_private: bool = False,
) -> Served:
    moment = reply.sent_at + timedelta(seconds=delay / speed)
    return dataclasses.replace(
        parent,
        id=id,
        kind=kind,
        text=text,
        moment=moment,
        created_at=moment,
        thread=id if apart else parent.thread,
        in_reply_to="" if apart else reply.id,
        visibility="public" if apart else "direct" if is_private else reply.visibility,
        version=1,
        is_deleted=False,
        unless_answered=False,
        is_reaction=True,
    )


def asks_satisfied(text: str) -> bool:
    """Whether a reply asks, in one of the three languages, if all is well now or anything else is needed (M3)."""
    return _ASKS_SATISFIED.search(fold(text)) is not None


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


# -- the wire: how the town writes a post, and how we read it


def _write_post(post: Served, answered: str) -> dict[str, Any]:
    """A post as the town serves it; `answered` is the handle that it replies to, or ""."""
    account = {
        "id": f"acct-{_short(post.handle)}",
        "username": post.handle,
        "display_name": post.name,
        "url": f"{SITE}/@{post.handle}",
    }
    if post.is_deleted:
        return {"id": post.id, "account": account, "deleted": True, "deleted_at": post.moment.isoformat()}
    return {
        "id": post.id,
        "created_at": post.created_at.isoformat(),
        "edited_at": post.moment.isoformat() if post.version > 1 else None,
        "deleted": False,
        "version": post.version,
        "account": account,
        "content": post.text,
        "language": post.lang,
        "visibility": post.visibility,
        "mentions": sorted(set(_TAG.findall(post.text))),
        "conversation_id": post.thread,
        "in_reply_to_id": post.in_reply_to or None,
        "in_reply_to_account": answered or None,
        "url": f"{SITE}/@{post.handle}/{post.id}",
    }


class _Broken(ValueError):
    """A line that is not a post of the town; the message names the field."""


def _text_of(post: Mapping[str, Any], field: str, *, required: bool = False) -> str:
    value = post.get(field)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value):
        raise _Broken(field)
    return storable(value)


def _moment_of(post: Mapping[str, Any], field: str) -> datetime | None:
    """A moment in UTC; None where there is none, or none that can be believed."""
    try:
        moment = datetime.fromisoformat(_text_of(post, field))
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def read_post(post: Any, raw: bytes, accounts: Sequence[str]) -> Mention:
    """One post of the town, already parsed. Raises `ValueError` that names the field that is wrong."""
    if not isinstance(post, dict):
        raise _Broken("{}")
    account = post.get("account")
    if not isinstance(account, dict):
        raise _Broken("account")
    remote_id, handle = _text_of(post, "id", required=True), _text_of(account, "username", required=True)
    author = Author(
        network=NAME,
        remote_id=_text_of(account, "id", required=True),
        handle=handle,
        name=_text_of(account, "display_name"),
    )
    if post.get("deleted") is True:
        return Mention(
            network=NAME,
            remote_id=remote_id,
            author=author,
            text="",
            raw=raw,
            posted_at=_moment_of(post, "deleted_at"),
            change=Change.DELETED,
        )
    tags = post.get("mentions")
    named = {tag for tag in tags if isinstance(tag, str)} if isinstance(tags, list) else set()
    named.add(_text_of(post, "in_reply_to_account"))
    is_direct = post.get("visibility") == Visibility.DIRECT
    is_ours = handle in accounts
    thread_id = _text_of(post, "conversation_id")
    return Mention(
        network=NAME,
        remote_id=remote_id,
        author=author,
        text=_text_of(post, "content", required=True),
        raw=raw,
        posted_at=_moment_of(post, "created_at"),
        change=Change.EDITED if post.get("edited_at") else Change.SAID,
        url=_text_of(post, "url"),
        thread_id="" if thread_id == remote_id else thread_id,
        in_reply_to=_text_of(post, "in_reply_to_id"),
        revision=str(version) if isinstance(version := post.get("version"), int) else "",
        visibility=Visibility.DIRECT if is_direct else Visibility.PUBLIC,
        languages=tuple(filter(None, (_text_of(post, "language"),))),
        is_to_us=not is_ours and (is_direct or not named.isdisjoint(accounts)),
        is_ours=is_ours,
    )


# -- the file of replies


class Replies:
    """The replies that were sent to the town: one JSON line each, on disk before `add` returns, a key only once."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / REPLIES

    def all(self) -> list[SentReply]:
        """Every whole line. Raises `NeedsAttention` at a line that cannot be read."""
        try:
            whole = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as refused:
            raise NeedsAttention(_cannot_use(self.path, refused)) from refused
        return self._parse(whole)

    def add(self, reply: SentReply) -> SentReply:
        """Keep `reply`; the one that is there already if its key is. Raises `NeedsAttention`, `AnswerLost`."""
        with self.locked() as file:
            file.seek(0)
            whole = file.read()
            for kept in self._parse(whole):
                if kept.key == reply.key:
                    return kept
            try:
                # A line without an end was cut off by a crash; nobody was told that it was sent.
                file.truncate(whole.rfind(b"\n") + 1)
                file.seek(0, os.SEEK_END)
                file.write(_line_of(reply))
                file.flush()
                os.fsync(file.fileno())
                if not whole:
                    _keep_name(self.path.parent)
            except OSError as broken:
                raise AnswerLost(str(broken)) from broken
        return reply

    def change(self, reply: SentReply) -> None:
        """Keep what became of a reply that is there: the last line of an id counts. Raises `NeedsAttention`."""
        with self.locked() as file:
            file.seek(0)
            whole = file.read()
            if reply in self._parse(whole):
                return
            try:
                file.truncate(whole.rfind(b"\n") + 1)
                file.seek(0, os.SEEK_END)
                file.write(_line_of(reply))
                file.flush()
                os.fsync(file.fileno())
            except OSError as broken:
                raise RetryLater(timedelta(seconds=5), _cannot_use(self.path, broken)) from broken

    @contextmanager
    def locked(self) -> Iterator[IO[bytes]]:
        """The file, made if need be, while nobody else writes to it. Raises `NeedsAttention`."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
            _lock(file)
        except OSError as refused:
            raise NeedsAttention(_cannot_use(self.path, refused)) from refused
        with file:
            yield file

    def _parse(self, whole: bytes) -> list[SentReply]:
        replies: dict[str, SentReply] = {}
        for number, line in enumerate(whole[: whole.rfind(b"\n") + 1].splitlines(), start=1):
            try:
                row = json.loads(line)
                if not all(isinstance(value, str) for value in row.values()):
                    raise ValueError(line)
                reply = SentReply(**{**row, "sent_at": _aware(row["sent_at"])})
                # A change is a later line of the same reply, in the place of the first.
                replies[reply.id] = reply
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as broken:
                raise NeedsAttention(
                    say(
                        "Line {line} of {path} cannot be read. Mend or remove that line.",
                        line=number,
                        path=str(self.path),
                    )
                ) from broken
        return list(replies.values())


#: Fields that a line has only where they say something.
_LATER = ("shown", "removed", "changed_at", "images")


def _line_of(reply: SentReply) -> bytes:
    row = {name: value for name, value in dataclasses.asdict(reply).items() if value or name not in _LATER}
    row["sent_at"] = reply.sent_at.isoformat()
    return json.dumps(row, ensure_ascii=True).encode() + b"\n"


def _lock(file: IO[bytes]) -> None:
    """Wait for the file; the lock goes when it is closed, also by a crash."""
    if sys.platform == "win32":
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX)


def _keep_name(folder: Path) -> None:
    """Bring a new file's name to the disk as well; on Windows a folder cannot be opened, nor need it be."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _cannot_use(path: Path, why: OSError) -> Said:
    return say(
        "{path} cannot be used ({why}). Choose a folder that Amends may write to.",
        path=str(path),
        why=why.strerror or type(why).__name__,
    )


def _aware(text: str) -> datetime:
    """A written moment in UTC. Raises `ValueError` for anything else, also for a time without a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    try:
        return moment.astimezone(UTC)
    except OverflowError as broken:
        raise ValueError(text) from broken


# -- the connector


@dataclass(frozen=True)
class Settings:
    folder: str = setting("Folder", "Where Example town keeps the replies that were sent to it.")
    started_at: str = setting(
        "Began at",
        "When people began to speak, such as 2030-01-31T09:00:00+00:00. Their posts follow within minutes.",
    )
    speed: str = setting("Speed", "1: as written, about four minutes; 10: ten times as fast.", default="1")


class Example:
    """Example town. `clock` gives the present moment, aware. Raises `NeedsAttention` for settings that cannot be used."""

    contract: ClassVar[int] = CONTRACT
    settings: ClassVar[type] = Settings
    traits: ClassVar[Traits] = Traits(
        name=NAME,
        label="Example town",
        longest_reply=LONGEST_POST,
        can_reply=True,
        private_reply=True,
        resend=Resend.BY_LOOKUP,
        poll_every=timedelta(seconds=1),
        settle=timedelta(seconds=2),
        can_edit=True,
        can_remove=True,
        most_images=4,
        largest_image=5_000_000,
        longest_alt=1_500,
    )

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] | None = None,
        script: Callable[[], Scenario] = scenario,
        **_: Any,
    ) -> None:
        self._clock = clock or (lambda: datetime.now(UTC))
        self._script = script
        self._replies = Replies(Path(settings.folder))
        self._speed = _speed_of(settings.speed)
        try:
            self._started_at = _aware(settings.started_at)
            self._town([])
        except (ValueError, OverflowError) as broken:
            raise NeedsAttention(
                say(
                    "“{text}” is no moment. Write one with its time zone, such as 2030-01-31T09:00:00+00:00.",
                    text=settings.started_at,
                )
            ) from broken

    def check(self) -> Said:
        sent = len(self._replies.all())
        with self._replies.locked():
            pass
        return say_many(
            "{town} is open: {n} reply was sent to it.",
            "{town} is open: {n} replies were sent to it.",
            n=sent,
            town=self.traits.label,
        )

    # Listener

    def fetch(self, cursor: str) -> Page:
        """The posts, edits, deletions and reactions whose moment has come since `cursor`, at most `PAGE`."""
        now, sent = self._clock(), self._replies.all()
        town = self._town(sent)
        place = Place.read(cursor)
        due = place.due(town, now)
        for number, _post in due[:PAGE]:
            place.pass_by(number)
        return Page(
            raw=b"".join(town.wire(post) + b"\n" for _, post in due[:PAGE] if not town.is_unsaid(post)),
            cursor=place.write(town),
            media_type="application/x-ndjson",
            url=f"{SITE}/api/timeline",
            more=len(due) > PAGE,
            total=len(town.told),
        )

    def read(self, raw: bytes) -> Iterable[Mention | Unreadable]:
        for number, line in enumerate(raw.split(b"\n"), start=1):
            if not line.strip():
                continue
            try:
                yield read_post(json.loads(line), line, self._script().accounts)
            except _Broken as broken:
                why = say(
                    "This is no post of Example town: “{field}” is missing or wrong.", field=str(broken)
                )
                yield Unreadable(raw=line, where=f"line {number}", why=why)
            except (ValueError, TypeError, RecursionError):
                why = say("This line is not JSON.")
                yield Unreadable(raw=line, where=f"line {number}", why=why)

    # Speaker

    def new_key(self, now: datetime) -> str:
        return f"{now.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(8)}"

    def send(self, reply: Outgoing, key: str) -> Receipt:
        length = self.traits.count(reply.text)
        if not reply.text.strip():
            raise NeedsAttention(say("The reply is empty. Write what you want to say."))
        if length > LONGEST_POST:
            raise NeedsAttention(
                say(
                    "The reply has {length} characters, Example town takes {longest}. Shorten it.",
                    length=length,
                    longest=LONGEST_POST,
                )
            )
        self._refuse_without_parent(reply)
        kept = self._replies.add(
            SentReply(
                id=f"ex-o-{_short(key)}",
                key=key,
                text=reply.text,
                in_reply_to=reply.in_reply_to,
                visibility=str(reply.visibility),
                language=reply.language,
                sent_at=self._clock().astimezone(UTC),
                images="\n".join(" ".join(each.alt.split()) or "–" for each in reply.media),
            )
        )
        return self._receipt(kept)

    def find_sent(self, reply: Outgoing, key: str) -> Receipt | None:
        return next((self._receipt(kept) for kept in self._replies.all() if kept.key == key), None)

    def _refuse_without_parent(self, reply: Outgoing) -> None:
        shown = self._town(self._replies.all()).shown(self._clock())
        parent = shown.get(reply.in_reply_to)
        # A direct message goes to the author, who is still there when the post is not.
        if parent is None or (parent.is_deleted and reply.visibility is not Visibility.DIRECT):
            raise NeedsAttention(
                say(
                    "The post that you answer is not there any more. Its problem may be: write to the author in private."
                )
            )

    def _receipt(self, kept: SentReply) -> Receipt:
        return Receipt(
            remote_id=kept.id,
            url=f"{SITE}/@{self._script().accounts[0]}/{kept.id}",
            text=kept.text,
            revision="1",
            sent_at=kept.sent_at,
        )

    # Editor, Remover

    def edit(self, remote_id: str, reply: Outgoing) -> Receipt:
        """Put other words in the place of a reply's. Raises `NeedsAttention`, `RetryLater`."""
        kept = next((each for each in self._replies.all() if each.id == remote_id), None)
        if kept is None or kept.removed:
            raise NeedsAttention(say("The reply is not there any more: it cannot be edited."))
        if self.traits.count(reply.text) > LONGEST_POST or not reply.text.strip():
            raise NeedsAttention(
                say("Example town takes from 1 to {longest} characters.", longest=LONGEST_POST)
            )
        if (kept.shown or kept.text) != reply.text:
            at = self._clock().astimezone(UTC).isoformat()
            kept = dataclasses.replace(kept, shown=reply.text, changed_at=at)
            self._replies.change(kept)
        return dataclasses.replace(self._receipt(kept), text=kept.shown or kept.text, revision="2")

    def remove(self, remote_id: str) -> None:
        """Take a reply down; one that is not there is fine. Raises `NeedsAttention`, `RetryLater`."""
        kept = next((each for each in self._replies.all() if each.id == remote_id), None)
        if kept is not None and not kept.removed:
            at = self._clock().astimezone(UTC).isoformat()
            self._replies.change(dataclasses.replace(kept, removed="yes", changed_at=at))

    # Looker

    def look(self, remote_ids: Sequence[str]) -> Iterable[Mention | Gone]:
        """The posts as they are now, or `Gone`; silent about what the town does not know, or not yet."""
        town = self._town(self._replies.all())
        shown = town.shown(self._clock())
        for remote_id in remote_ids:
            if (post := shown.get(remote_id)) is None:
                continue
            if post.is_deleted:
                yield Gone(remote_id=remote_id)
            else:
                raw = town.wire(post)
                yield read_post(json.loads(raw), raw, town.script.accounts)

    def _town(self, sent: Sequence[SentReply]) -> Town:
        script = self._script()
        return Town(script, timeline(script, self._started_at, self._speed), sent, self._speed)


@dataclass
class Place:
    """Where a reader stopped: how many scripted posts it has, how many replies whose reactions it has all, and how
    many it has of each reply after those. Short however long one reads."""

    posts: int = 0
    settled: int = 0
    heard: list[int] = dataclasses.field(default_factory=list)

    @classmethod
    def read(cls, cursor: str) -> Place:
        """The place that `cursor` says. A cursor that is not ours begins again: what is read twice is harmless, what
        is skipped is lost."""
        try:
            kept = json.loads(cursor)
            place = cls(posts=kept["posts"], settled=kept["settled"], heard=list(kept["heard"]))
        except (ValueError, TypeError, KeyError, RecursionError):
            return cls()
        numbers = (place.posts, place.settled, *place.heard)
        return place if all(type(n) is int and 0 <= n < 10**9 for n in numbers) else cls()

    def due(self, town: Town, now: datetime) -> list[tuple[int, Served]]:
        """What has come since, by time; with each the number of the reply that it reacts to, or -1."""
        if self.posts > len(town.told):
            self.posts = 0
        if self.settled + len(self.heard) > len(town.brought):
            # The file of replies was emptied.
            self.settled, self.heard = 0, []
        self.heard += [0] * (len(town.brought) - self.settled - len(self.heard))
        due = [(-1, post) for post in town.told[self.posts :]]
        for number, heard in enumerate(self.heard, start=self.settled):
            due += [(number, post) for post in town.brought[number][heard:]]
        return sorted((each for each in due if each[1].moment <= now), key=lambda each: each[1].moment)

    def pass_by(self, number: int) -> None:
        """One more was read: a scripted post (-1), or a reaction to reply `number`."""
        if number < 0:
            self.posts += 1
        else:
            self.heard[number - self.settled] += 1

    def write(self, town: Town) -> str:
        """The cursor. Replies whose reactions were all read are only counted."""
        while self.heard and self.heard[0] >= len(town.brought[self.settled]):
            self.heard.pop(0)
            self.settled += 1
        return json.dumps({"posts": self.posts, "settled": self.settled, "heard": self.heard})


def _speed_of(text: str) -> float:
    try:
        speed = float(text)
        if SLOWEST <= speed <= FASTEST:
            return speed
    except ValueError:
        pass
    raise NeedsAttention(
        say(
            "“{text}” is no speed. Write a number from {slowest} to {fastest}, such as 1 or 10.",
            text=text,
            slowest=str(SLOWEST),
            fastest=FASTEST,
        )
    )
