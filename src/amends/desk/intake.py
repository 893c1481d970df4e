"""From a page of bytes to cases: raw first, then understood, in two transactions.

1. `keep_page`: the exact bytes, the moved cursor and a task to read them, in one transaction. A crash before it
   fetches the page again; a crash after it reads what was kept.
2. `read_capture`: match → triage → document → case for each mention, in one transaction. Unique on
   (network, remote id): reading again is harmless. What cannot be understood goes to quarantine, and the rest goes on.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction

from amends.connectors.base import Page
from amends.core.case import Kind, Status
from amends.core.clock import BusinessHours
from amends.core.mention import Change, Mention, Unreadable
from amends.core.say import say
from amends.core.text import fold, storable
from amends.desk import accounts, policies, stages
from amends.desk.effects import carry_out
from amends.desk.points import passed
from amends.desk.seal import LogWriter
from amends.desk.stages import READ
from amends.desk.trail import facts_of, hours, record, set_clock, tell
from amends.document.casefile import Filing, ThreadCase, file_mention
from amends.followup.lifecycle import LIFECYCLE
from amends.listen.match import Matcher, TermKind, WatchTerm
from amends.store import models as rows
from amends.triage.judge import judge
from amends.triage.judgement import Judgement
from amends.watch.likeness import keywords

log = logging.getLogger("amends.intake")

#: A read that takes longer is believed dead, and is taken again.
LEASE = timedelta(minutes=5)
TITLE_LENGTH = 90


class CursorMoved(RuntimeError):
    """Somebody else read on from this cursor: this page is thrown away, theirs is kept."""


def matcher() -> Matcher:
    """What we look for now."""
    return Matcher(
        WatchTerm(text=term.text, kind=TermKind(term.kind), is_fuzzy=term.is_fuzzy)
        for term in rows.WatchTerm.objects.order_by("pk")
    )


def keep_page(source: rows.Source, page: Page, *, now: datetime) -> int | None:
    """Make a page durable and move the cursor with it. Gives the capture's id, or None for a page without bytes.

    Raises `CursorMoved` when `source.cursor` is not the cursor on record any more.
    """
    passed("intake.fetched")
    with transaction.atomic():
        changes: dict[str, Any] = {"cursor": page.cursor, "fetched_at": now}
        if page.raw:
            changes["found_at"] = now
        if page.gap:
            changes["gaps"] = [*source.gaps, {"at": now.isoformat(), "what": page.gap.as_json()}][-20:]
        if page.total is not None:
            changes["progress"] = {**source.progress, "total": page.total}
        moved = rows.Source.objects.filter(pk=source.pk, cursor=source.cursor).update(**changes)
        if moved != 1:
            raise CursorMoved(source.name)
        capture_id = None
        if page.raw:
            capture_id = rows.Capture.objects.create(
                source=source,
                raw=page.raw,
                media_type=page.media_type[:120],
                url=page.url,
                digest=sha256(page.raw).hexdigest(),
                fetched_at=now,
            ).pk
            passed("intake.captured")
            stages.stream().put(READ, {"capture": capture_id}, now=now)
    for name, value in changes.items():
        setattr(source, name, value)
    if page.gap:
        tell(page.gap, now=now, level="warn")
    passed("intake.committed")
    return capture_id


def read_waiting(*, now: datetime, limit: int = 10) -> int:
    """Read captures that wait. Gives how many were read or given back."""
    stream = stages.stream()
    leases = stream.take(READ, now=now, lease_for=LEASE, limit=limit)
    for lease in leases:
        passed("read.taken")
        try:
            read_capture(int(lease.payload["capture"]), now=now)
        except Exception as broken:
            log.exception("capture %s could not be read", lease.payload.get("capture"))
            wait = timedelta(seconds=5 * 4**lease.attempts)
            stream.give_back(lease, now=now, after=wait, why=f"{type(broken).__name__}: {broken}")
        else:
            stream.done(lease)
            passed("read.done")
    return len(leases)


def read_capture(capture_id: int, *, now: datetime) -> Counter[str]:
    """Understand one kept page. Gives counts of taken, again, edited, deleted, unmatched, quarantined."""
    capture = rows.Capture.objects.select_related("source").get(pk=capture_id)
    if capture.read_at is not None:
        return Counter(capture.counts)
    found = list(accounts.connect(capture.source).read(bytes(capture.raw)))
    passed("read.decided")
    with transaction.atomic():
        reading = Reading(capture, now=now)
        for position, item in enumerate(found):
            reading.take(position, item)
            if position == len(found) // 2:
                passed("read.half_written")
        reading.close()
        claimed = rows.Capture.objects.filter(pk=capture_id, read_at=None).update(
            read_at=now, counts=dict(reading.counts)
        )
        if claimed != 1:
            # Another worker read it meanwhile (our lease ran out): its rows stand, ours are rolled back.
            transaction.set_rollback(True)
            return Counter()
        _add_progress(capture.source, reading.counts)
        passed("read.written")
    passed("read.committed")
    return reading.counts


def _add_progress(source: rows.Source, counts: Counter[str]) -> None:
    fresh = rows.Source.objects.select_for_update().get(pk=source.pk)
    fresh.progress = {**fresh.progress, "read": fresh.progress.get("read", 0) + sum(counts.values())}
    for name, n in counts.items():
        fresh.progress[name] = fresh.progress.get(name, 0) + n
    fresh.save(update_fields=["progress"])


@dataclass(frozen=True)
class Understood:
    """A mention with what the rooms said of it."""

    mention: Mention
    match: dict[str, Any]
    speaks_of_us: bool
    judgement: Judgement


class Reading:
    """One capture's way into rows, inside one transaction."""

    def __init__(self, capture: rows.Capture, *, now: datetime) -> None:
        self.capture, self.source, self.now = capture, capture.source, now
        self.counts: Counter[str] = Counter()
        self._log = LogWriter()
        self._matcher = matcher()
        self._hours: BusinessHours = hours()

    def take(self, position: int, item: Mention | Unreadable) -> None:
        """Take one item in; an error in it alone sends it alone to quarantine."""
        if isinstance(item, Unreadable):
            self._quarantine(position, item)
            return
        mark = self._log.mark()
        try:
            with transaction.atomic():
                outcome = self._take(item)
        except Exception as broken:
            self._log.back_to(mark)
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
        self._log.close()

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
        mention = replace(
            mention,
            revision=storable(mention.revision),
            thread_id=storable(mention.thread_id),
            in_reply_to=storable(mention.in_reply_to),
        )
        if (
            mention.change == Change.DELETED
            and mention.remote_id.count("/") == 2
            and mention.remote_id.startswith("at://")
        ):
            return self._author_gone(mention)
        known = (
            rows.Mention.objects.select_related("case", "author")
            .filter(network=mention.network, remote_id=mention.remote_id)
            .first()
        )
        if known is not None:
            return self._again(known, mention)
        if mention.change == Change.DELETED:
            return "unmatched"
        understood = self._understand(mention)
        return "unmatched" if understood is None else self._file(understood)

    def _understand(self, mention: Mention) -> Understood | None:
        """Match and judge; None: it does not concern us."""
        match = self._matcher.match(mention)
        in_thread = bool(self._thread_cases(mention)) or self._answers_us(mention)
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
            speaks_of_us=match is not None or self._answers_us(mention) or self.source.takes_everything,
            judgement=judge(f"{mention.title}\n{mention.text}".strip(), policies.triage(), mention.languages),
        )

    def _thread_cases(self, mention: Mention) -> list[ThreadCase]:
        """The cases that the mention's thread already has, newest first."""
        ids = [each for each in (mention.thread_id, mention.in_reply_to) if each]
        if not ids:
            return []
        threads = rows.Mention.objects.filter(network=mention.network, case__isnull=False)
        found = threads.filter(thread_id__in=ids) | threads.filter(remote_id__in=ids)
        answered = rows.OutboxEntry.objects.filter(
            case__network=mention.network, remote_id__in=ids, status="sent"
        ).values_list("case_id", "case__author__remote_id")
        pairs = {**dict(answered), **dict(found.values_list("case_id", "case__author__remote_id"))}
        return [ThreadCase(case_id=pk, author_id=pairs[pk]) for pk in sorted(pairs, reverse=True)]

    def _answers_us(self, mention: Mention) -> bool:
        return (
            bool(mention.in_reply_to)
            and rows.OutboxEntry.objects.filter(
                case__network=mention.network, remote_id=mention.in_reply_to, status="sent"
            ).exists()
        )

    def _file(self, seen: Understood) -> str:
        mention = seen.mention
        if mention.is_ours and self._is_sent_by_desk(mention):
            return "again"
        filed = file_mention(
            author_id=mention.author.remote_id,
            is_ours=mention.is_ours,
            speaks_of_us=seen.speaks_of_us,
            kind=seen.judgement.kind,
            cases=self._thread_cases(mention),
        )
        author, _ = rows.Author.objects.get_or_create(
            network=mention.network,
            remote_id=mention.author.remote_id[:500],
            defaults={
                "handle": storable(mention.author.handle)[:300],
                "name": storable(mention.author.name)[:300],
                "first_seen_at": self.now,
            },
        )
        case = rows.Case.objects.select_for_update().get(pk=filed.case_id) if filed.case_id else None
        if filed.filing is Filing.OPEN:
            case = self._open(seen, author)
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
        )
        self._keep_version(row, mention, number=1)
        self._keep_judgement(row, seen.judgement)
        if case is not None:
            if filed.filing is Filing.OPEN:
                record(case, "case_opened", by=None, now=self.now, mention=row.pk)
            elif filed.filing is Filing.JOIN:
                self._author_wrote(case, row, seen.judgement)
            elif mention.is_ours:
                self._answered_elsewhere(case, row)
            if filed.filing is not Filing.OPEN:
                case.search_text = f"{case.search_text}\n{fold(storable(mention.text))}"[:20_000]
            set_clock(case, now=self.now, business=self._hours)
            case.changed_at = self.now
            case.save()
        return "taken"

    def _is_sent_by_desk(self, mention: Mention) -> bool:
        """Our own reply, coming back by the stream: its row is the outbox entry."""
        key = mention.remote_id.rsplit("/", 1)[-1]
        sent = rows.OutboxEntry.objects.filter(case__network=mention.network)
        return (sent.filter(remote_id=mention.remote_id) | sent.filter(key=key)).exists()

    def _open(self, seen: Understood, author: rows.Author) -> rows.Case:
        mention, judged = seen.mention, seen.judgement
        text = storable(f"{mention.title}\n{mention.text}".strip())
        return rows.Case.objects.create(
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
            keywords=list(keywords(text)),
            search_text=fold(f"{author.handle} {author.name}\n{text}")[:20_000],
        )

    def _author_wrote(self, case: rows.Case, row: rows.Mention, judged: Judgement) -> None:
        if case.status == Status.CLOSED and judged.kind == Kind.PRAISE:
            # Thanks after the end: told, not a new worry (K4).
            record(case, "author_thanked", by=None, now=self.now, mention=row.pk)
            return
        event = "reopen" if case.status == Status.CLOSED else "author_wrote"
        transition = LIFECYCLE.fire(event, case.status, facts_of(case, now=self.now))
        case.status, case.last_author_at = transition.target, self.now
        if judged.severity.rank > case.severity_rank and judged.kind in (Kind.COMPLAINT, Kind.ABUSE):
            case.severity, case.severity_rank = judged.severity, judged.severity.rank
        if case.kind in (Kind.PRAISE, Kind.OTHER) and judged.kind in (
            Kind.COMPLAINT,
            Kind.QUESTION,
            Kind.UNSURE,
        ):
            case.kind = judged.kind
        carry_out(case, transition.then, by=None, now=self.now)
        record(
            case,
            "case_reopened" if event == "reopen" else "author_wrote",
            by=None,
            now=self.now,
            mention=row.pk,
        )

    def _answered_elsewhere(self, case: rows.Case, row: rows.Mention) -> None:
        """One of us answered without the desk (in the network's own app)."""
        when = row.posted_at if row.posted_at and row.posted_at <= self.now else self.now
        case.first_answer_at = case.first_answer_at or when
        case.last_answer_at = self.now
        if case.status in (Status.NEW, Status.OPEN, Status.ON_HOLD):
            case.status = Status.PENDING
        record(case, "answered_elsewhere", by=None, now=self.now, mention=row.pk)

    def _keep_version(self, row: rows.Mention, mention: Mention, *, number: int) -> None:
        evidence = self._log.keep(mention, case=row.case, now=self.now)
        rows.Version.objects.create(
            mention=row,
            number=number,
            change=mention.change if number > 1 else Change.SAID,
            text=storable(mention.text),
            revision=mention.revision,
            seen_at=self.now,
            evidence=evidence,
        )

    def _keep_judgement(self, row: rows.Mention, judged: Judgement) -> None:
        rows.Judgement.objects.create(
            mention=row,
            at=self.now,
            kind=judged.kind,
            severity=judged.severity,
            cause=judged.cause,
            topic=judged.topic[:60],
            language=judged.language,
            details={
                "sentiment": judged.sentiment,
                "anger": judged.anger,
                "abuse": judged.abuse,
                "wants": judged.wants,
                "confidence": round(judged.confidence, 3),
                "words": [list(span) for span in judged.words],
            },
            reasons=[each.as_json() for each in judged.reasons],
        )

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
        row.text, row.title = storable(mention.text), storable(mention.title)
        row.revision, row.edited_at, row.deleted_at = mention.revision, self.now, None
        row.save(update_fields=["text", "title", "revision", "edited_at", "deleted_at"])
        self._keep_judgement(row, judge(mention.text, policies.triage(), mention.languages))
        if row.case:
            self._touch(row.case, "mention_edited", row)
            tell(
                say("{author} changed a post", author=str(row.author)),
                now=self.now,
                case=row.case,
                to=row.case.owner,
                level="warn",
            )
        return "edited"

    def _deleted(self, row: rows.Mention, mention: Mention) -> str:
        if row.deleted_at is not None:
            return "again"
        self._keep_version(row, mention, number=row.versions.count() + 1)
        row.deleted_at = self.now
        row.save(update_fields=["deleted_at"])
        if row.case:
            # The case stays open: a deleted complaint is still a problem (D2).
            self._touch(row.case, "mention_deleted", row)
        return "deleted"

    def _author_gone(self, mention: Mention) -> str:
        """The whole account went: each of its posts is gone."""
        gone = rows.Mention.objects.select_related("case").filter(
            network=mention.network,
            author__remote_id=mention.author.remote_id,
            deleted_at=None,
            is_ours=False,
        )
        outcomes = [self._deleted(row, mention) for row in gone]
        return "deleted" if outcomes else "unmatched"

    def _touch(self, case: rows.Case, event: str, row: rows.Mention) -> None:
        case.changed_at = self.now
        case.save(update_fields=["changed_at"])
        record(case, event, by=None, now=self.now, mention=row.pk)


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


def retry_quarantined(quarantined_id: int, *, now: datetime) -> bool:
    """Read one quarantined piece again (after a fix). True when it could be taken in."""
    with transaction.atomic():
        kept = (
            rows.Quarantined.objects.select_for_update()
            .select_related("capture__source")
            .get(pk=quarantined_id)
        )
        found: Iterable[Mention | Unreadable] = accounts.connect(kept.capture.source).read(
            bytes(kept.capture.raw)
        )
        item = next((each for at, each in enumerate(found) if at == kept.position), None)
        if item is None or isinstance(item, Unreadable):
            if item is not None:
                kept.why = item.why.as_json()
                kept.save(update_fields=["why"])
            return False
        reading = Reading(kept.capture, now=now)
        reading.take(kept.position, item)
        reading.close()
        if reading.counts["quarantined"]:
            return False
        kept.state = "read"
        kept.save(update_fields=["state"])
        return True


def set_aside(quarantined_id: int) -> None:
    """A person looked at it and leaves it; the bytes stay."""
    rows.Quarantined.objects.filter(pk=quarantined_id).update(state="set_aside")


def judge_again(text: str, languages: tuple[str, ...] = ()) -> Judgement:
    """What the rules say of any text: for `amends triage`, the API and corrections."""
    return judge(text, policies.triage(), languages)
