"""Fires what is due: breaches, promises, snoozes, silent customers, and posts to look at again."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Max, Q

from amends.connectors.base import Gone, Looker, NeedsAttention, RetryLater
from amends.connectors.registry import UnknownConnector
from amends.core.case import LIVE
from amends.core.mention import Author, Change, Mention
from amends.core.say import say
from amends.desk import accounts, policies, seconding
from amends.desk.reading import Reading
from amends.desk.trail import record, tell
from amends.followup.sla import needs_reminder
from amends.store import models as rows

log = logging.getLogger("amends.timers")

#: How often posts of live cases are looked at again, where the network can be asked (D2).
LOOK_EVERY = timedelta(minutes=10)
AT_ONCE = 100
#: Posts, by id, among which one look searches.
WINDOW = 2000


def fire(*, now: datetime) -> int:
    """Everything that is due at `now`. Gives how many things happened."""
    return breaches(now=now) + promises(now=now) + snoozes(now=now) + seconding.come_back(now=now)


def breaches(*, now: datetime) -> int:
    """Clocks that ran out: once each, loud for the owner or for everybody."""
    late = rows.Case.objects.filter(due_at__lte=now, breached_at=None, status__in=LIVE).exclude(
        due_for="promise"
    )
    fired = 0
    for case in late.select_related("author", "owner").order_by("due_at")[:AT_ONCE]:
        with transaction.atomic():
            won = rows.Case.objects.filter(pk=case.pk, due_at=case.due_at, breached_at=None).update(
                breached_at=now, changed_at=now
            )
            if won != 1:
                continue
            fired += 1
            silent = case.due_for == "look_again"
            record(
                case, "customer_silent" if silent else "sla_breached", by=None, now=now, clock=case.due_for
            )
            tell(
                say("No word from {author}: ask again, or let go", author=str(case.author))
                if silent
                else say("{author} has waited too long for an answer", author=str(case.author)),
                now=now,
                case=case,
                to=case.owner,
                level="warn" if silent else "loud",
            )
    return fired


def promises(*, now: datetime) -> int:
    """Remind before a promise breaks, and be loud when it does (M1)."""
    policy, fired = policies.sla(), 0
    still_open = rows.Promise.objects.filter(kept_at=None, withdrawn_at=None, broken_at=None)
    near = still_open.filter(Q(due_at__lte=now) | Q(reminded_at=None, due_at__lte=now + policy.remind_before))
    for promise in near.select_related("case__owner", "made_by").order_by("due_at")[:AT_ONCE]:
        broken = promise.due_at <= now
        if not broken and not needs_reminder(promise.due_at, promise.made_at, now, policy):
            continue
        with transaction.atomic():
            same = rows.Promise.objects.filter(
                pk=promise.pk, due_at=promise.due_at, kept_at=None, withdrawn_at=None
            )
            won = (
                same.filter(broken_at=None).update(broken_at=now)
                if broken
                else same.filter(reminded_at=None).update(reminded_at=now)
            )
            if won != 1:
                continue
            fired += 1
            case = promise.case
            to = case.owner or promise.made_by
            rows.Case.objects.filter(pk=case.pk).update(
                changed_at=now, **({"breached_at": now} if broken else {})
            )
            if broken:
                record(case, "promise_broken", by=None, now=now, promise=promise.pk, text=promise.text)
                tell(
                    say("A promise is broken: {text}", text=promise.text),
                    now=now,
                    case=case,
                    to=to,
                    level="loud",
                )
            else:
                tell(
                    say("A promise is due soon: {text}", text=promise.text),
                    now=now,
                    case=case,
                    to=to,
                    level="warn",
                )
    return fired


def snoozes(*, now: datetime) -> int:
    """Cases whose sleep is over."""
    fired = 0
    for case in rows.Case.objects.filter(snoozed_until__lte=now).select_related("owner")[:AT_ONCE]:
        with transaction.atomic():
            won = rows.Case.objects.filter(pk=case.pk, snoozed_until=case.snoozed_until).update(
                snoozed_until=None, changed_at=now
            )
            if won == 1:
                fired += 1
                record(case, "case_woken", by=None, now=now)
                tell(say("Case #{number} is back", number=case.pk), now=now, case=case, to=case.owner)
    return fired


def look_again(*, now: datetime) -> int:
    """Ask the networks how the posts of live cases are now: edits and deletions that no stream told us (D2)."""
    beat, _ = rows.Heartbeat.objects.get_or_create(
        name="look_again", defaults={"at": now - LOOK_EVERY, "data": {"after": 0}}
    )
    if now - beat.at < LOOK_EVERY and not beat.data.get("more"):
        return 0
    lookers = _lookers()
    after, last = beat.data.get("after", 0), rows.Mention.objects.aggregate(last=Max("pk"))["last"] or 0
    # A window of ids, walked in order: the cost of a look does not grow with the number of posts.
    held = list(
        rows.Mention.objects.filter(
            Q(case__status__in=LIVE) | Q(case__muted_at__isnull=False),
            network__in=lookers,
            deleted_at=None,
            is_ours=False,
            pk__gt=after,
            pk__lte=after + WINDOW,
        )
        .select_related("author")
        .order_by("pk")[:AT_ONCE]
    )
    reached = held[-1].pk if len(held) == AT_ONCE else after + WINDOW
    more = bool(lookers) and reached < last
    rows.Heartbeat.objects.filter(pk=beat.pk).update(
        at=now, data={"after": reached if more else 0, "more": more}
    )
    by_network: dict[str, list[rows.Mention]] = defaultdict(list)
    for row in held:
        by_network[row.network].append(row)
    return sum(_look_on(lookers[network], mentions, now=now) for network, mentions in by_network.items())


def _lookers() -> dict[str, rows.Source]:
    """By network, the source whose connector can be asked about single posts."""
    found: dict[str, rows.Source] = {}
    for source in rows.Source.objects.exclude(state=rows.SourceState.PAUSED).order_by("-pk"):
        try:
            if issubclass(accounts.kind_of(source), Looker):
                found[accounts.traits_of(source).name] = source
        except UnknownConnector:
            continue
    return found


def _look_on(source: rows.Source, held: list[rows.Mention], *, now: datetime) -> int:
    known = {row.remote_id: row for row in held}
    try:
        seen: list[Mention | Gone] = list(accounts.connect(source).look(list(known)))
    except (RetryLater, NeedsAttention) as wait:
        log.info("%s could not be asked again: %s", source, wait)
        return 0
    found = [
        each if isinstance(each, Mention) else _as_deletion(known[each.remote_id], now)
        for each in seen
        if each.remote_id in known
    ]
    changed = [
        each
        for each in found
        if each.change == Change.DELETED or each.text.strip() != known[each.remote_id].text.strip()
    ]
    if not changed:
        return 0
    raw = b"\n".join(each.raw for each in changed)
    with transaction.atomic():
        capture = rows.Capture.objects.create(
            source=source,
            raw=raw,
            media_type="application/x-ndjson",
            digest=sha256(raw).hexdigest(),
            fetched_at=now,
            read_at=now,
        )
        reading = Reading(capture, now=now)
        for position, mention in enumerate(changed):
            reading.take(position, mention)
        reading.close()
    return len(changed)


def _as_deletion(row: rows.Mention, now: datetime) -> Mention:
    """The network says that it is gone: what we keep of that is our own note of having looked."""
    note = json.dumps({"looked_for": row.remote_id, "found": False, "at": now.isoformat()})
    return Mention(
        network=row.network,
        remote_id=row.remote_id,
        author=Author(network=row.network, remote_id=row.author.remote_id, handle=row.author.handle),
        text="",
        raw=note.encode(),
        change=Change.DELETED,
    )
