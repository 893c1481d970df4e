"""One kept page's way into rows: match → triage → document → case, inside one transaction.

A page is looked up and written together, in few statements. When anything in it fails, all of it is rolled back and
read again one mention at a time, so that the one that fails goes to quarantine alone.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from amends.core.case import Kind, Status
from amends.core.clock import BusinessHours
from amends.core.mention import Change, Mention, Unreadable
from amends.core.say import say
from amends.core.text import fold, storable
from amends.desk import judging, muting, policies
from amends.desk.effects import carry_out
from amends.desk.judging import Judgings
from amends.desk.seal import LogWriter
from amends.desk.seen import AT_ONCE, Seen
from amends.desk.trail import clock_facts, hours, set_clocks, tell, tell_leads
from amends.document.casefile import Filing, ThreadCase, file_mention
from amends.followup.lifecycle import LIFECYCLE
from amends.listen.match import Matcher, TermKind, WatchTerm
from amends.store import models as rows
from amends.triage.judgement import Abuse, Judgement
from amends.watch.likeness import keywords

log = logging.getLogger("amends.intake")

TITLE_LENGTH = 90


def matcher() -> Matcher:
    """What we look for now."""
    return Matcher(
        WatchTerm(text=term.text, kind=TermKind(term.kind), is_fuzzy=term.is_fuzzy)
        for term in rows.WatchTerm.objects.order_by("pk")
    )


@dataclass(frozen=True)
class Understood:
    """A mention with what the rooms said of it."""

    mention: Mention
    match: dict[str, Any]
    cases: list[ThreadCase]
    """Of its thread, newest first."""
    speaks_of_us: bool
    judgement: Judgement


class Reading:
    """One capture's way into rows, inside one transaction."""

    def __init__(self, capture: rows.Capture, *, now: datetime, judgings: Judgings | None = None) -> None:
        self.capture, self.source, self.now = capture, capture.source, now
        self._judgings = judgings or Judgings()
        self.counts: Counter[str] = Counter()
        # First of all: the log's lock keeps every other reading out until this one is committed.
        self._log = LogWriter()
        self._matcher = matcher()
        self._hours: BusinessHours = hours()
        self._playbook = policies.newest_playbook()
        self._is_together = False
        self._seen = Seen([])
        self._forget()

    def expect(self, mentions: Sequence[Mention]) -> None:
        """These will be taken together: looked up at once, and written at `close`. A failure then fails them all."""
        self._is_together = True
        self._seen = Seen([_tidy(each) for each in mentions])

    def take(self, position: int, item: Mention | Unreadable) -> None:
        """Take one item in. Taken one by one, an error in it alone sends it alone to quarantine."""
        if isinstance(item, Unreadable):
            self._quarantine(position, item)
        elif self._is_together:
            self.counts[self._take(_tidy(item))] += 1
        else:
            self._take_alone(position, item)

    def _take_alone(self, position: int, item: Mention) -> None:
        mark = self._log.mark()
        try:
            with transaction.atomic():
                mention = _tidy(item)
                self._seen = Seen([mention])
                outcome = self._take(mention)
                self._write()
        except Exception as broken:
            self._log.back_to(mark)
            self._forget()
            log.exception("a mention from %s could not be taken in", self.source)
            self._quarantine(
                position,
                Unreadable(
                    raw=item.raw or item.remote_id.encode("utf-8", "replace"),
                    where=storable(item.remote_id)[:300],
                    why=say(
                        "The desk failed on it: {error}",
                        error=storable(f"{type(broken).__name__}: {broken}")[:500],
                    ),
                ),
            )
        else:
            self.counts[outcome] += 1

    def close(self) -> None:
        self._write()
        self._log.close()

    def _forget(self) -> None:
        self._cases: dict[int, rows.Case] = {}
        """Each locked or our own, each one object."""
        self._touched: set[int] = set()
        """Those to be saved."""
        self._clocks: set[int] = set()
        """Those whose clock must be worked out anew."""
        self._versions: list[rows.Version] = []
        self._judgements: list[rows.Judgement] = []
        self._events: list[rows.CaseEvent] = []

    def _write(self) -> None:
        """Write what is held back."""
        self._log.flush()
        rows.Version.objects.bulk_create(self._versions)
        rows.Judgement.objects.bulk_create(self._judgements)
        rows.CaseEvent.objects.bulk_create(self._events)
        set_clocks([self._cases[pk] for pk in self._clocks], now=self.now, business=self._hours)
        for case_id in self._touched:
            self._cases[case_id].save()
        self._forget()

    def _case(self, case_id: int) -> rows.Case:
        """The case, locked, to be saved at the end."""
        if case_id not in self._cases:
            locked = rows.Case.objects.select_for_update(of=("self",)).select_related("author", "owner")
            self._cases[case_id] = locked.get(pk=case_id)
        self._touched.add(case_id)
        return self._cases[case_id]

    def _record(self, case: rows.Case, kind: str, row: rows.Mention) -> None:
        self._events.append(rows.CaseEvent(case=case, kind=kind, at=self.now, data={"mention": row.pk}))

    def _quarantine(self, position: int, item: Unreadable) -> None:
        self.counts["quarantined"] += 1
        rows.Quarantined.objects.update_or_create(
            capture=self.capture,
            position=position,
            defaults={
                "raw": item.raw,
                "where": storable(item.where)[:300],
                "why": item.why.as_json(),
                "found_at": self.now,
            },
        )

    def _take(self, mention: Mention) -> str:
        if (
            mention.change == Change.DELETED
            and mention.remote_id.count("/") == 2
            and mention.remote_id.startswith("at://")
        ):
            return self._author_gone(mention)
        known = self._seen.mentions.get((mention.network, mention.remote_id))
        if known is not None:
            return self._again(known, mention)
        if mention.change == Change.DELETED:
            return "unmatched"
        understood = self._understand(mention)
        return "unmatched" if understood is None else self._file(understood)

    def _understand(self, mention: Mention) -> Understood | None:
        """Match and judge; None: it does not concern us."""
        match = self._matcher.match(mention)
        cases, answers_us = self._seen.cases_of(mention), self._seen.answers_us(mention)
        in_thread = bool(cases) or answers_us
        if match is None and not in_thread and not self.source.takes_everything and not mention.is_ours:
            return None
        if mention.is_ours and not in_thread and not self.source.takes_everything:
            return None
        reasons = [each.as_json() for each in match.reasons] if match else []
        if in_thread:
            reasons.append(say("It is in a thread that we follow").as_json())
        if self.source.takes_everything:
            reasons.append(say("Everything from “{source}” is taken in", source=self.source.name).as_json())
        return Understood(
            mention=mention,
            match={
                "reasons": reasons,
                "terms": list(match.terms) if match else [],
                "is_direct": mention.is_to_us,
            },
            cases=cases,
            speaks_of_us=match is not None or answers_us or self.source.takes_everything,
            judgement=self._judgings.of(mention),
        )

    def _file(self, seen: Understood) -> str:
        mention = seen.mention
        if mention.is_ours and self._seen.is_sent_by_desk(mention):
            return "again"
        filed = file_mention(
            author_id=mention.author.remote_id,
            is_ours=mention.is_ours,
            speaks_of_us=seen.speaks_of_us,
            kind=seen.judgement.kind,
            is_threat=seen.judgement.abuse is Abuse.THREAT,
            cases=seen.cases,
        )
        author = self._author(mention)
        case = self._case(filed.case_id) if filed.case_id else None
        if filed.filing is Filing.OPEN:
            case = self._open(seen, author)
        judged = self._judged(seen.judgement)
        row = rows.Mention.objects.create(
            network=mention.network,
            remote_id=mention.remote_id,
            source=self.source,
            capture=self.capture,
            author=author,
            case=case,
            text=storable(mention.text),
            title=storable(mention.title),
            url=storable(mention.url),
            thread_id=mention.thread_id or mention.remote_id,
            in_reply_to=mention.in_reply_to,
            revision=mention.revision,
            visibility=mention.visibility,
            is_ours=mention.is_ours,
            is_bystander=filed.filing is Filing.CONTEXT and not mention.is_ours,
            posted_at=mention.posted_at,
            found_at=self.now,
            match=seen.match,
            judgement=judged.as_json(),
        )
        judged.mention = row
        self._seen.add(row)
        self._keep_version(row, mention, number=1)
        if case is not None:
            if filed.filing is Filing.OPEN:
                self._record(case, "case_opened", row)
            elif filed.filing is Filing.JOIN:
                self._author_wrote(case, row, seen.judgement)
            elif mention.is_ours:
                self._answered_elsewhere(case, row)
            if filed.filing is not Filing.OPEN:
                case.search_text = f"{case.search_text}\n{fold(storable(mention.text))}"[:20_000]
                case.changed_at = self.now
                self._clocks.add(case.pk)
            self._warn(case, mention, seen.judgement)
        return "taken"

    def _warn(self, case: rows.Case, mention: Mention, judged: Judgement) -> None:
        """A threat goes to a person at once."""
        if judged.abuse is Abuse.THREAT and not mention.is_ours:
            said = say("{author} may threaten somebody: read it now", author=str(case.author))
            if mention.author.remote_id != case.author.remote_id:
                said = say(
                    "Somebody may threaten somebody in the thread of case #{number}: read it now",
                    number=case.pk,
                )
            tell_leads(said, now=self.now, case=case, level="loud")

    def _author(self, mention: Mention) -> rows.Author:
        name = (mention.network, mention.author.remote_id[:500])
        if name not in self._seen.authors:
            # It was looked up with the others, and nobody else adds authors while we hold the log.
            self._seen.authors[name] = rows.Author.objects.create(
                network=mention.network,
                remote_id=mention.author.remote_id[:500],
                handle=storable(mention.author.handle)[:300],
                name=storable(mention.author.name)[:300],
                first_seen_at=self.now,
            )
        return self._seen.authors[name]

    def _open(self, seen: Understood, author: rows.Author) -> rows.Case:
        mention, judged = seen.mention, seen.judgement
        text = storable(f"{mention.title}\n{mention.text}".strip())
        case = rows.Case(
            author=author,
            title=title_of(text),
            network=mention.network,
            source=self.source,
            status=Status.NEW,
            kind=judged.kind,
            severity=judged.severity,
            severity_rank=judged.severity.rank,
            cause=judged.cause,
            topic=judged.topic[:60],
            language=judged.language,
            abuse=judged.abuse,
            opened_at=self.now,
            last_author_at=self.now,
            changed_at=self.now,
            policy_digest=policies.digest(),
            playbook=self._playbook,
            keywords=list(keywords(text)),
            search_text=fold(f"{author.handle} {author.name}\n{text}")[:20_000],
        )
        set_clocks([case], now=self.now, business=self._hours)
        case.save()
        self._cases[case.pk] = case
        return case

    def _author_wrote(self, case: rows.Case, row: rows.Mention, judged: Judgement) -> None:
        if case.status == Status.CLOSED and judged.kind == Kind.PRAISE and judged.abuse is not Abuse.THREAT:
            # Thanks after the end: told, not a new worry (K4).
            self._record(case, "author_thanked", row)
            return
        if case.muted_at is not None and not self._calls(case, judged):
            # Not answered, by decision (W6): kept and judged as ever, and it calls nobody.
            case.last_author_at = self.now
            self._raise_abuse(case, judged)
            self._record(case, "author_wrote_muted", row)
            return
        event = "reopen" if case.status == Status.CLOSED else "author_wrote"
        # Whatever the status, the author writing again opens it: the graph asks for no facts here.
        transition = LIFECYCLE.fire(event, case.status, clock_facts(case))
        case.status, case.last_author_at = transition.target, self.now
        is_threat = judged.abuse is Abuse.THREAT
        if judged.severity.rank > case.severity_rank and (
            is_threat or judged.kind in (Kind.COMPLAINT, Kind.ABUSE)
        ):
            case.severity, case.severity_rank = judged.severity, judged.severity.rank
        self._raise_abuse(case, judged)
        if case.kind in (Kind.PRAISE, Kind.OTHER) and judged.kind in (
            Kind.COMPLAINT,
            Kind.QUESTION,
            Kind.UNSURE,
        ):
            case.kind = judged.kind
        carry_out(case, transition.then, by=None, now=self.now)
        self._record(case, "case_reopened" if event == "reopen" else "author_wrote", row)

    @staticmethod
    def _raise_abuse(case: rows.Case, judged: Judgement) -> None:
        if judged.abuse.rank > Abuse(case.abuse).rank:
            case.abuse = judged.abuse

    def _calls(self, case: rows.Case, judged: Judgement) -> bool:
        """Whether a muted author wrote something that must be seen all the same: then it is told loudly."""
        called = muting.called_by(case, judged)
        if called is None:
            return False
        said = say(
            "{author} was not to be answered, but {why}: read it now", author=str(case.author), why=called
        )
        if judged.abuse is not Abuse.THREAT:
            # Of a threat the leads are told in any case.
            tell_leads(said, now=self.now, case=case, level="loud", but=case.owner)
        if case.owner is not None:
            tell(said, now=self.now, case=case, to=case.owner, level="loud")
        data = {"why": called.as_json()}
        self._events.append(rows.CaseEvent(case=case, kind="case_called", at=self.now, data=data))
        return True

    def _answered_elsewhere(self, case: rows.Case, row: rows.Mention) -> None:
        """One of us answered without the desk (in the network's own app)."""
        when = row.posted_at if row.posted_at and row.posted_at <= self.now else self.now
        case.first_answer_at = case.first_answer_at or when
        case.last_answer_at = self.now
        if case.status in (Status.NEW, Status.OPEN, Status.ON_HOLD):
            case.status = Status.PENDING
        self._record(case, "answered_elsewhere", row)

    def _keep_version(self, row: rows.Mention, mention: Mention, *, number: int) -> None:
        self._versions.append(
            rows.Version(
                mention=row,
                number=number,
                change=mention.change if number > 1 else Change.SAID,
                text=storable(mention.text),
                revision=mention.revision,
                seen_at=self.now,
                evidence=self._log.keep(mention, case_id=row.case_id, now=self.now),
            )
        )

    def _judged(self, judged: Judgement) -> rows.Judgement:
        """The row of a judgement, to be written with the page; its mention is set by who asks."""
        row = rows.Judgement(
            at=self.now,
            kind=judged.kind,
            severity=judged.severity,
            cause=judged.cause,
            topic=judged.topic[:60],
            language=judged.language,
            details=judging.details_of(judged) | {"version": self._judgings.version},
            reasons=[each.as_json() for each in judged.reasons],
        )
        self._judgements.append(row)
        return row

    def _again(self, row: rows.Mention, mention: Mention) -> str:
        """A mention that we hold: unchanged, edited or deleted (D2)."""
        if mention.change == Change.DELETED:
            return self._deleted(row, mention)
        if (
            row.deleted_at is None
            and storable(mention.text) == row.text
            and storable(mention.title) == row.title
        ):
            return "again"
        self._write()
        number = row.versions.count() + 1
        seen = rows.Version.objects.filter(
            mention=row, text=storable(mention.text), revision=mention.revision
        )
        if mention.change != Change.EDITED and mention.revision and seen.exists():
            # An older state, read again from an old page: we have it.
            return "again"
        if row.deleted_at is not None and mention.change != Change.EDITED:
            return "again"
        self._keep_version(row, _as_edit(mention), number=number)
        if mention.change == Change.SAID and row.capture_id and self.capture.pk < row.capture_id:
            # Pages may be read out of order (whoever read the first one died). What an older page says is kept, and is
            # not how the post stands now.
            return "edited"
        row.text, row.title = storable(mention.text), storable(mention.title)
        row.revision, row.edited_at, row.deleted_at = mention.revision, self.now, None
        found = self._judgings.of(mention)
        judged = self._judged(found)
        judged.mention, row.judgement = row, judged.as_json()
        row.save(update_fields=["text", "title", "revision", "edited_at", "deleted_at", "judgement"])
        if row.case_id:
            case = self._touch(row.case_id, "mention_edited", row)
            if not row.is_bystander and found.abuse is Abuse.THREAT and case.abuse != Abuse.THREAT:
                case.abuse, case.severity, case.severity_rank = (
                    found.abuse,
                    found.severity,
                    found.severity.rank,
                )
                self._clocks.add(case.pk)
                self._warn(case, mention, found)
            if case.muted_at is None:
                tell(
                    say("{author} changed a post", author=str(row.author)),
                    now=self.now,
                    case=case,
                    to=case.owner,
                    level="warn",
                )
        return "edited"

    def _deleted(self, row: rows.Mention, mention: Mention) -> str:
        if row.deleted_at is not None:
            return "again"
        self._write()
        self._keep_version(row, mention, number=row.versions.count() + 1)
        row.deleted_at = self.now
        row.save(update_fields=["deleted_at"])
        if row.case_id:
            # The case stays open: a deleted complaint is still a problem (D2).
            self._touch(row.case_id, "mention_deleted", row)
        return "deleted"

    def _author_gone(self, mention: Mention) -> str:
        """The whole account went: each of its posts is gone."""
        gone = rows.Mention.objects.filter(
            network=mention.network,
            author__remote_id=mention.author.remote_id,
            deleted_at=None,
            is_ours=False,
        )
        outcomes = [self._deleted(self._seen.same(row), mention) for row in gone]
        return "deleted" if outcomes else "unmatched"

    def _touch(self, case_id: int, event: str, row: rows.Mention) -> rows.Case:
        case = self._case(case_id)
        case.changed_at = self.now
        self._record(case, event, row)
        return case


def foreseeable(source: rows.Source, mentions: Sequence[Mention]) -> list[Mention]:
    """Those of a page that will have to be judged, as far as it can be told before anything is locked: what concerns
    us and is not known as it is. Two queries."""
    said = [_tidy(each) for each in mentions if each.change != Change.DELETED]
    by_word = matcher()
    known = {
        (network, remote_id): (text, title)
        for network, remote_id, text, title in _held(
            said, "remote_id", lambda each: each.remote_id
        ).values_list("network", "remote_id", "text", "title")
    }
    concern = [
        source.takes_everything or (each.network, each.remote_id) in known or by_word.match(each) is not None
        for each in said
    ]
    threads = {
        name
        for each, does in zip(said, concern, strict=True)
        if does
        for name in (each.thread_id, each.remote_id)
        if name
    }
    threads |= set(_held(said, "thread_id", lambda each: each.thread_id).values_list("thread_id", flat=True))
    return [
        each
        for each, does in zip(said, concern, strict=True)
        if (does or each.thread_id in threads)
        and known.get((each.network, each.remote_id)) != (storable(each.text), storable(each.title))
    ]


def _held(mentions: Sequence[Mention], column: str, name: Callable[[Mention], str]) -> QuerySet[rows.Mention]:
    """Rows that we hold with one of these names. One that is left out for its number is judged later, alone."""
    names = sorted({name(each) for each in mentions} - {""})[:AT_ONCE]
    return rows.Mention.objects.filter(
        **{f"{column}__in": names, "network__in": {each.network for each in mentions}}
    )


def _tidy(mention: Mention) -> Mention:
    """Ids and the like as they can be stored."""
    return replace(
        mention,
        revision=storable(mention.revision),
        thread_id=storable(mention.thread_id),
        in_reply_to=storable(mention.in_reply_to),
    )


def _as_edit(mention: Mention) -> Mention:
    return replace(mention, change=Change.EDITED)


def title_of(text: str) -> str:
    """The first words of a text, as a case's title: at most 90 characters, cut at a word."""
    line = " ".join(text.split())
    for mark in (". ", "! ", "? ", "… "):
        if 20 <= (at := line.find(mark)) < TITLE_LENGTH:
            return line[: at + 1]
    if len(line) <= TITLE_LENGTH:
        return line or "…"
    cut = line[:TITLE_LENGTH]
    return f"{cut[: cut.rfind(' ') if ' ' in cut[40:] else TITLE_LENGTH]}…"
