"""The XML of a feed → its entries, each with its exact bytes; what is broken, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import html5
from xml.parsers import expat

from amends.connectors.feed.decode import Decoded, ExactBytes
from amends.connectors.feed.plain import BLOCKS
from amends.core.mention import Unreadable
from amends.core.say import Said, say

#: Elements inside each other. Real feeds have 5 to 30 (XHTML content).
DEEPEST = 200
#: Entries of one page; more are a mistake or an attack.
MOST_ENTRIES = 20_000
#: Broken places of one page after which the rest is given up.
_MOST_BREAKS = 2_000
#: Elements of one entry that we look at.
_MOST_PIECES = 500

ATOM = "http://www.w3.org/2005/Atom"
_SPACES = {
    ATOM: "",
    "http://purl.org/atom/ns#": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss2": "",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/syndication/thread/1.0": "thr:",
    "http://purl.org/atompub/tombstones/1.0": "at:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
    "http://www.w3.org/1999/xhtml": "html:",
    "http://www.w3.org/XML/1998/namespace": "xml:",
}
#: Declared for a feed that uses these prefixes and forgot to say what they mean.
_PREFIXES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "media": "http://search.yahoo.com/mrss/",
    "atom": ATOM,
    **{
        each: f"urn:x-undeclared:{each}"
        for each in ["wfw", "slash", "sy", "georss", "itunes", "feedburner", "creativeCommons", "g", "im"]
    },
}
_ENTRY = frozenset({"item", "entry", "at:deleted-entry"})
_ROOTS = {"rss": "rss", "rdf:RDF": "rss", "RDF": "rss", "feed": "atom"}

_DECLARATION = re.compile(rb"<\?xml[^>]{0,500}\?>")
_WEB_PAGE = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*){0,5}<(?:!doctype\s{1,9}html|html)[\s>]", re.IGNORECASE | re.DOTALL
)
_ENDS_EARLY = frozenset(
    expat.errors.codes[each]
    for each in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)
_END = re.compile(rb"</(?:\w{1,40}:)?(?:item|entry)\s{0,20}>")
_BEGIN = re.compile(rb"<(?:\w{1,40}:)?(?:item|entry)[\s>]")
_LANGUAGE = re.compile(rb"<language>\s{0,9}([A-Za-z-]{2,20})\s{0,9}</language>")
_ONLY_CLOSING = re.compile(rb"(?:\s|</[^<>]{1,100}>)*\Z")
_BARE = re.compile(rb"&(?!#?[A-Za-z0-9]{1,40};)")
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True)
class Piece:
    """One element inside an entry: its names from the entry down, its attributes, its text with all inside it."""

    path: tuple[str, ...]
    attributes: dict[str, str]
    text: str


@dataclass
class Entry:
    number: int
    kind: str
    """"rss" or "atom"."""
    name: str
    attributes: dict[str, str]
    language: str
    pieces: list[Piece] = field(default_factory=list)
    raw: bytes = b""


@dataclass
class Feed:
    """What is known of the whole before its entries."""

    kind: str = ""
    language: str = ""
    title: str = ""


class _Refused(Exception):
    def __init__(self, why: Said) -> None:
        self.why = why


def is_web_page(data: bytes) -> bool:
    return _WEB_PAGE.match(data) is not None


def entries(page: Decoded) -> Iterator[Entry | Unreadable]:
    """The entries of a feed in the page's order. A break costs the entry that it is in: reading goes on after it.

    A page that is refused as a whole (entities, a depth over `DEEPEST`, not a feed) is one `Unreadable`.
    """
    return iter(_Reading(page).read())


class _Reading:
    """One page being read. expat is used directly, with the three refusals of defusedxml (entities declared inside,
    outside and unparsed; a whole internal DTD, in fact), since only expat tells at which byte an entry starts."""

    def __init__(self, page: Decoded) -> None:
        self.page, self.data = page, page.data
        self.exact = ExactBytes(page)
        self.feed = Feed()
        self.found: list[Entry | Unreadable] = []
        self.number = 0
        self.spaces: dict[str, str] = {}
        self.done = 0
        """Offset in `data` up to which all is told."""

    def read(self) -> list[Entry | Unreadable]:
        start = self.data.find(b"<")
        start = len(self.data) if start < 0 else start
        if declaration := _DECLARATION.match(self.data, start):
            start = declaration.end()
        self.done = start
        is_resumed = False
        for _ in range(_MOST_BREAKS):
            try:
                self._parse(start, is_resumed)
                return self.found
            except _Refused as refused:
                return self._give_up(refused.why)
            except expat.ExpatError as broken:
                resumed = self._after_break(broken)
                if resumed is None:
                    return self.found
                start, is_resumed = resumed, True
        return self._give_up(say("The feed is broken in too many places; the rest was not read."))

    def _give_up(self, why: Said) -> list[Entry | Unreadable]:
        whole = not self.found
        self.found.append(
            Unreadable(
                raw=self.page.raw if whole else self.data[self.done :],
                where="the whole feed" if whole else f"after entry {self.number}",
                why=why,
            )
        )
        return self.found

    def _parse(self, start: int, is_resumed: bool) -> None:
        """Parse to the end or the next break. After a break a root of our own stands for the outer elements."""
        self._begin(start)
        if is_resumed:
            known = {**_PREFIXES, **self.spaces}
            root = "<r " + " ".join(
                f'xmlns{":" if prefix else ""}{prefix}="{_quoted(space)}"'
                for prefix, space in known.items()
                if space
            )
            opening = (root + ">").encode()
            self.base = start - len(opening)
            self.parser.Parse(opening, False)
        self.parser.Parse(memoryview(self.data)[start:], True)

    def _begin(self, start: int) -> None:
        self.base = start
        self.depth = 0
        self.current: Entry | None = None
        self.buffer: list[str] = []
        self.open: list[tuple[str, dict[str, str], int]] = []
        self.muted = 0
        self.titled = False
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        # With a foreign DTD that is never read, “&nbsp;” is a skipped entity instead of a break.
        parser.UseForeignDTD(True)
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_ALWAYS)
        parser.ExternalEntityRefHandler = self._outside
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.UnparsedEntityDeclHandler = self._entity
        parser.SkippedEntityHandler = self._skipped
        parser.StartNamespaceDeclHandler = self._space
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        self.parser = parser

    # -- what expat tells ------------------------------------------------------------------------------------

    def _doctype(self, name: str, system: str | None, public: str | None, has_subset: bool) -> None:
        if name.lower() == "html":
            raise _Refused(say("This is a web page, not a feed."))
        if has_subset:
            self._entity()

    def _entity(self, *_: object) -> None:
        raise _Refused(
            say("The feed declares entities of its own. They can be used to attack, so it is not read.")
        )

    def _outside(self, context: str | None, *_: object) -> int:
        # An empty one stands for whatever the page names outside: nothing is ever fetched.
        self.parser.ExternalEntityParserCreate(context, "utf-8").Parse(b"", True)
        return 1

    def _skipped(self, name: str, is_parameter: bool) -> None:
        if not is_parameter:
            self._text(html5.get(name + ";", f"&{name};"))

    def _space(self, prefix: str | None, uri: str) -> None:
        # Only those of the outer elements count for the entries after a break.
        if self.current is None and len(self.spaces) < 100 and len(uri or "") < 500:
            self.spaces[prefix or ""] = uri or ""

    def _start(self, full: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _Refused(
                say(
                    "The feed is nested more than {deepest} elements deep, so it is not read.",
                    deepest=DEEPEST,
                )
            )
        name = _short(full)
        if self.current is None:
            self._outer(name, attributes)
            return
        if name in ("html:script", "html:style"):
            self.muted = self.muted or self.depth
        if name.rpartition(":")[2] in BLOCKS:
            self.buffer.append("\n")
        self.open.append((name, attributes, len(self.buffer)))

    def _outer(self, name: str, attributes: dict[str, str]) -> None:
        if not self.feed.kind:
            if name not in _ROOTS:
                raise _Refused(
                    say("This is a web page, not a feed.")
                    if name.lower() in ("html", "html:html")
                    else say(
                        "This is XML that begins with “{name}”, neither RSS nor Atom: check the address of the feed.",
                        name=name[:60],
                    )
                )
            self.feed.kind = _ROOTS[name]
        if language := attributes.get("http://www.w3.org/XML/1998/namespace lang", ""):
            self.feed.language = language
        if name in _ENTRY and self.depth > 1:
            if self.number >= MOST_ENTRIES:
                raise _Refused(
                    say("The feed has more than {most} entries; the rest was not read.", most=MOST_ENTRIES)
                )
            self.number += 1
            self.began, self.began_depth = self.base + self.parser.CurrentByteIndex, self.depth
            self.current = Entry(self.number, self.feed.kind, name, attributes, self.feed.language)
        self.titled = name in ("title", "language")
        self.buffer.clear()
        self.open.clear()
        self.muted = 0

    def _text(self, text: str) -> None:
        if not self.muted and (self.current is not None or self.titled):
            self.buffer.append(text)

    def _end(self, full: str) -> None:
        self.depth -= 1
        if self.current is None:
            if self.titled:
                self._told(_short(full), "".join(self.buffer).strip()[:500])
            return
        if self.depth < self.began_depth:
            self._entry_ends(self.current)
            return
        if self.muted > self.depth:
            self.muted = 0
        name, attributes, since = self.open.pop()
        pieces = self.current.pieces
        # Two levels are enough: author/name, media:group/media:description. The text of a third is in theirs.
        if len(self.open) < 2 and len(pieces) < _MOST_PIECES:
            path = (*(each[0] for each in self.open), name)
            pieces.append(Piece(path, attributes, "".join(self.buffer[since:])))
        if name.rpartition(":")[2] in BLOCKS:
            self.buffer.append("\n")

    def _told(self, name: str, text: str) -> None:
        self.titled = False
        if name == "title" and not self.feed.title:
            self.feed.title = text
        elif name == "language":
            self.feed.language = text

    def _entry_ends(self, entry: Entry) -> None:
        at = self.base + self.parser.CurrentByteIndex
        end = self.data.find(b">", at) + 1 if self.data[at : at + 2] == b"</" else at
        entry.raw = self.exact.of(self.began, end)
        self.found.append(entry)
        self.done, self.current = end, None
        self.buffer.clear()

    # -- after a break ---------------------------------------------------------------------------------------

    def _after_break(self, broken: expat.ExpatError) -> int | None:
        """Tell what is lost, and where to go on; None when nothing is left to read."""
        at = max(self.base + self.parser.ErrorByteIndex, self.done)
        if (
            self.current is None
            and self.feed.kind
            and self.found
            and _ONLY_CLOSING.match(self.data, self.done)
        ):
            if b"</" in self.data[self.done :]:
                return None  # the closing tags of elements that opened before an earlier break
            self._give_up(
                say("The feed ends early: something after entry {n} may be missing.", n=self.number)
            )
            return None
        if not self.feed.kind:
            self._give_up(
                say("This is not a feed: {why}.", why=expat.ErrorString(broken.code))
                if b"<" in self.data
                else say("This is neither XML nor JSON, so it is not a feed: check the address.")
            )
            return None
        if self.current is None:
            if begin := _BEGIN.search(self.data, at):
                # What lies between is the feed's heading; nobody's words are lost with it.
                if told := _LANGUAGE.search(self.data, self.done, begin.start()):
                    self.feed.language = told[1].decode()
                self.done = begin.start()
                return self.done
            self._lose(self.done, len(self.data), f"after entry {self.number}", broken)
            return None
        close = _END.search(self.data, self.began)
        end = close.end() if close else len(self.data)
        if not (close and self._mend(self.began, end)):
            self._lose(self.began, end, f"entry {self.number}", broken)
        self.done = end
        return end if close else None

    def _lose(self, start: int, end: int, where: str, broken: expat.ExpatError) -> None:
        raw = self.exact.of(start, end)
        if not raw.strip():
            return
        ends = broken.code in _ENDS_EARLY
        why = expat.ErrorString(broken.code)
        self.found.append(
            Unreadable(
                raw=raw,
                where=where,
                why=say(
                    "The feed ends in the middle of something ({why}): it was cut off on its way.", why=why
                )
                if ends
                else say(
                    "This part of the feed is broken XML ({why}); what comes after it was read.", why=why
                ),
            )
        )

    def _mend(self, start: int, end: int) -> bool:
        """Read one broken entry again with bare “&” and control characters made harmless. Its raw bytes stay."""
        piece = _FORBIDDEN.sub("\ufffd".encode(), _BARE.sub(b"&amp;", self.data[start:end]))
        alone = _Reading(Decoded(raw=piece, data=piece, codec="utf-8"))
        alone.feed, alone.spaces, alone.number = self.feed, dict(self.spaces), self.number - 1
        try:
            alone._parse(0, True)
        except _Refused:
            return False
        except expat.ExpatError:
            if len(alone.found) != 1:
                return False
        if len(alone.found) != 1 or not isinstance(mended := alone.found[0], Entry):
            return False
        mended.raw = self.exact.of(start, end)
        self.found.append(mended)
        return True


def _short(full: str) -> str:
    space, _, local = full.rpartition(" ")
    return _SPACES.get(space, "" if not space else "?:") + local


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
