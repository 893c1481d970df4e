"""The second person (four eyes): asked with exactly what would be sent, and what they decide.

What was approved is exactly what is sent, or it comes back to its author: the digest of an approval covers the words, the
account, the customer's post with its version, who reads it, what goes with it and when it leaves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from amends.core.case import Severity, Status
from amends.core.graph import Refused
from amends.core.say import Said, say
from amends.core.text import storable
from amends.desk import accounts, cooling, media
from amends.desk.actions import holding, promise
from amends.desk.entering import Wish, enter, parts_of
from amends.desk.permissions import RIGHTS, may, must
from amends.desk.reviewing import Review, answered_mention, weigh
from amends.desk.scheduling import check_time
from amends.desk.trail import record, tell
from amends.reply.grounds import FOR_ANY_COLLEAGUE, FourEyes, Ground, Why, still_stopped
from amends.reply.guard import Level
from amends.store.models import (
    Agent,
    Approval,
    Attachment,
    Case,
    Draft,
    Mention,
    Organisation,
    OutboxEntry,
    Role,
    Source,
)

#: So many at once come back because what they answer has changed.
AT_ONCE = 50


class Overtaken(Refused):
    """What an approval was asked for is not there any more as it was; it is with its author again."""


def rules() -> FourEyes:
    """When a second person must say yes here."""
    return FourEyes.of(Organisation.objects.values_list("four_eyes", flat=True).first() or {})


def set_rules(
    *,
    new_days: int,
    severities: Sequence[str],
    amount: str,
    cooldown_minutes: int,
    by: Agent,
) -> None:
    """When a second person must say yes, and how long a heated draft rests. `amount`: "" for never."""
    must(by, "settings")
    if not 0 <= new_days <= 365:
        raise Refused(say("The days in which somebody is new are between 0 and 365."))
    if not 0 <= cooldown_minutes <= 120:
        raise Refused(say("A heated draft rests between 0 and 120 minutes."))
    if unknown := set(severities) - {each.value for each in Severity}:
        raise Refused(say("“{value}” is not a severity.", value=sorted(unknown)[0][:40]))
    try:
        most = Decimal(amount.strip().replace(",", ".")) if amount.strip() else None
    except InvalidOperation:
        raise Refused(
            say("“{text}” is not an amount: write 50, or 49.90.", text=amount.strip()[:40])
        ) from None
    if most is not None and not (most.is_finite() and 0 <= most <= 1_000_000_000):
        raise Refused(say("“{text}” is not an amount: write 50, or 49.90.", text=amount.strip()[:40]))
    own, _ = Organisation.objects.get_or_create(id=1)
    own.four_eyes = {
        "new_days": new_days,
        "severities": sorted(set(severities), key=lambda each: Severity(each).rank),
        "amount": None if most is None else str(most),
    }
    own.cooldown_minutes = cooldown_minutes
    own.save(update_fields=["four_eyes", "cooldown_minutes"])


# -- who


def seconders(author: Agent, grounds: Sequence[Ground], *, now: datetime) -> QuerySet[Agent]:
    """Who could be the second person for a reply of `author` with these grounds."""
    others = Agent.objects.filter(is_active=True).exclude(pk=author.pk)
    senior = Q(role__in=RIGHTS["approve"])
    if set(grounds) <= FOR_ANY_COLLEAGUE:
        since = now - timedelta(days=rules().new_days)
        senior |= Q(role=Role.AGENT, joined_at__lte=since)
    return others.filter(senior)


def may_decide(
    approval: Approval, agent: Agent | None, *, now: datetime, known: FourEyes | None = None
) -> bool:
    """Whether `agent` may be the second person for `approval`: never its author. `known` are the rules, where they are
    at hand: then no query is asked."""
    if agent is None or agent.pk == approval.author_id or not may(agent, "work"):
        return False
    if may(agent, "approve"):
        return True
    return grounds_in(approval) <= FOR_ANY_COLLEAGUE and not (known or rules()).is_new(agent.joined_at, now)


def grounds_in(approval: Approval) -> frozenset[Ground]:
    return frozenset(Ground(each["ground"]) for each in approval.grounds)


# -- asking


def ask(
    case: Case,
    wish: Wish,
    grounds: Sequence[Why],
    seen: Review,
    *,
    plea: str = "",
    keeps_promise: bool = False,
    by: Agent,
    now: datetime,
) -> Approval:
    """Put a reply before a second person, in the transaction of whoever holds the case. Its text leaves the drafts.
    Raises `Refused` when another one waits here."""
    mention, account = answered_mention(case), accounts.speaker_for(case)
    if mention is None:
        raise Refused(say("There is no post of the customer to answer."))
    asked = _kept(wish) | {
        "plea": storable(plea.strip())[:500],
        "keeps_promise": keeps_promise,
        "was_gone": mention.deleted_at is not None,
        "verdicts": [
            {"rule": each.rule, "level": each.level.value, "said": each.reason.as_json()}
            for each in seen.all_verdicts
            if each.level.rank >= Level.WARN.rank
        ],
    }
    approval = Approval(
        case=case,
        author=by,
        mode=wish.mode,
        purpose=wish.purpose,
        text=wish.text,
        asked=asked,
        in_reply_to=mention.remote_id,
        parent_revision=mention.revision,
        source=account,
        grounds=[each.as_json() for each in grounds],
        asked_at=now,
    )
    images = _can_leave(case, wish, account, now=now)
    asked["images"] = media.as_approved(images)
    approval.digest = digest_of(approval)
    try:
        with transaction.atomic():
            approval.save()
    except IntegrityError:
        raise Refused(is_waiting(case)) from None
    # Nobody changes the images while they are looked at.
    media.use(images, now=now)
    Draft.objects.filter(case=case, agent=by, mode=wish.mode).delete()
    record(
        case,
        "approval_asked",
        by=by,
        now=now,
        approval=approval.pk,
        why=[each.ground.value for each in grounds],
    )
    told = say(
        "{name} asks you to read a reply in case #{number} before it goes out", name=by.name, number=case.pk
    )
    for colleague in seconders(by, [each.ground for each in grounds], now=now):
        tell(told, now=now, case=case, to=colleague, level="warn")
    return approval


def _can_leave(case: Case, wish: Wish, account: Source | None, *, now: datetime) -> list[Attachment]:
    """Raises `Refused` for what could not leave even with a yes; gives its images."""
    check_time(wish.send_at, now=now)
    if account is None:
        return []
    measure = accounts.measure_for(case, account)
    parts_of(wish, measure)
    return media.chosen(case.pk, wish.media, measure)


def is_waiting(case: Case) -> Said:
    """What to say where a reply to this customer waits for a second person already."""
    waiting = Approval.objects.filter(case=case, state="waiting").select_related("author").first()
    name = waiting.author.name if waiting else ""
    return say(
        "A reply of {name} to this customer waits for a second person: see to that one first. Your text is kept.",
        name=name,
    )


_OF_WISH = frozenset(each.name for each in fields(Wish)) - {"text", "mode", "purpose"}


def _kept(wish: Wish) -> dict[str, Any]:
    kept = {name: getattr(wish, name) for name in sorted(_OF_WISH)}
    return {
        name: value.isoformat()
        if isinstance(value, datetime)
        else list(value)
        if isinstance(value, tuple)
        else value
        for name, value in kept.items()
    }


def wish_of(approval: Approval, text: str | None = None) -> Wish:
    """What was asked to be sent, with other words where they are given."""
    more = {name: approval.asked[name] for name in _OF_WISH if name in approval.asked}
    if more.get("send_at"):
        more["send_at"] = datetime.fromisoformat(more["send_at"])
    more["media"] = tuple(more.get("media", ()))
    return Wish(
        text=approval.text if text is None else text, mode=approval.mode, purpose=approval.purpose, **more
    )


def digest_of(approval: Approval) -> str:
    """SHA-256 (hex) of all that a yes covers, as it lies there now: the words, the account, the post that is answered with
    its version, who reads it, what goes with it, and when it leaves."""
    wanted = wish_of(approval)
    pictures: dict[int, dict[str, Any]] = {
        row["pk"]: dict(row)
        for row in Attachment.objects.filter(case=approval.case_id, pk__in=wanted.media).values(
            "pk", "digest", "alt"
        )
    }
    covered = [
        approval.text,
        approval.purpose,
        wanted.visibility.value,
        approval.source.name if approval.source else "",
        approval.in_reply_to,
        approval.parent_revision,
        wanted.public_line,
        [
            [pk, pictures.get(pk, {}).get("digest", ""), pictures.get(pk, {}).get("alt", "")]
            for pk in wanted.media
        ],
        wanted.send_at.isoformat() if wanted.send_at else "",
        approval.grounds,
    ]
    return hashlib.sha256(
        json.dumps(covered, ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode()
    ).hexdigest()


def what_changed(approval: Approval, case: Case) -> Said | None:
    """Why what was asked for is not what would be sent now; None: it is the same."""
    theirs = Mention.objects.filter(network=case.network, remote_id=approval.in_reply_to).first()
    if theirs is None or (theirs.deleted_at is not None and not approval.asked.get("was_gone")):
        return say("The post that it answers was deleted.")
    if theirs.revision != approval.parent_revision:
        return say("The post that it answers was edited.")
    newest = answered_mention(case)
    if newest is None or newest.remote_id != approval.in_reply_to:
        return say("The customer wrote again.")
    account: Source | None = accounts.speaker_for(case)
    if (account.pk if account else None) != approval.source_id:
        return say("It would leave from another account now.")
    if digest_of(approval) != approval.digest:
        return say("It is not what it was when it was asked for.")
    return None


# -- deciding


@contextmanager
def _deciding(approval_id: int, *, by: Agent, now: datetime) -> Iterator[tuple[Case, Approval]]:
    """An approval that waits, and its case, both locked: of two who decide at once, the second is told so."""
    must(by, "work")
    case_id = Approval.objects.filter(pk=approval_id).values_list("case", flat=True).first()
    if case_id is None:
        raise Refused(say("There is no such reply."))
    with holding(case_id, by=by, now=now) as case:
        approval = (
            Approval.objects.select_for_update(of=("self",))
            .select_related("author", "source", "decided_by")
            .get(pk=approval_id)
        )
        if approval.state != "waiting":
            raise Refused(_was_decided(approval))
        yield case, approval


def _was_decided(approval: Approval) -> Said:
    name = approval.decided_by.name if approval.decided_by else ""
    match approval.state:
        case "approved":
            return say("{name} has let it out already.", name=name)
        case "returned":
            return say("{name} has given it back already.", name=name)
        case "withdrawn":
            return say("{name} has withdrawn it.", name=approval.author.name)
        case _:
            return say("It is back with {name}: what it answers has changed.", name=approval.author.name)


def _close(approval: Approval, state: str, *, by: Agent | None, now: datetime, reason: str = "") -> None:
    # One conditional update: whoever comes second changes nothing.
    won = Approval.objects.filter(pk=approval.pk, state="waiting").update(
        state=state, decided_by=by, decided_at=now, reason=reason
    )
    if won != 1:
        raise Refused(say("Somebody else decided on it in this moment."))
    approval.state, approval.decided_by, approval.decided_at, approval.reason = state, by, now, reason


def _must_decide(approval: Approval, *, by: Agent, now: datetime) -> None:
    if approval.author_id == by.pk:
        raise Refused(say("It is your own: a second person decides. You may withdraw it."))
    if not may_decide(approval, by, now=now):
        raise Refused(say("For this reply a lead or an admin must be the second person."))


def approve(
    approval_id: int, *, text: str | None = None, reason: str = "", by: Agent, now: datetime
) -> OutboxEntry:
    """Let a reply out, with other words where `text` gives them: the author sees the difference. The guards look again.

    `reason` is needed where a block is lifted. Raises `Refused` with reasons, and `Overtaken` when what it answers has
    changed: then it is with its author again."""
    why: Said | None = None
    reason = storable(" ".join(reason.split()))[:500]
    with _deciding(approval_id, by=by, now=now) as (case, approval):
        _must_decide(approval, by=by, now=now)
        why = what_changed(approval, case)
        if why is not None:
            _overtake(case, approval, why, now=now)
        else:
            entry, seen = _let_out(case, approval, text, reason, by=by, now=now)
    if why is not None:
        raise Overtaken(why, say("It is back with {name}, with its text.", name=approval.author.name))
    if approval.asked.get("keeps_promise"):
        _note_promise(approval, seen, by=by, now=now)
    return entry


def _note_promise(approval: Approval, seen: Review, *, by: Agent, now: datetime) -> None:
    made = seen.promise
    if made is not None and made.due_at is not None and made.due_at > now:
        promise(approval.case_id, made.text, made.due_at, by=by, now=now)


def _let_out(
    case: Case, approval: Approval, text: str | None, reason: str, *, by: Agent, now: datetime
) -> tuple[OutboxEntry, Review]:
    if case.status == Status.CLOSED:
        raise Refused(say("The case is closed: reopen it first."))
    wish = wish_of(approval, None if text is None else storable(text).strip())
    seen = weigh(
        case,
        wish.text,
        wish.mode,
        now=now,
        is_solvable_now=wish.is_solvable_now,
        public_line=wish.public_line,
        media=wish.media,
    )
    lifts = [each for each in approval.grounds if each["ground"] == Ground.BLOCK]
    blocking = [each for each in seen.verdicts if each.level == Level.BLOCK]
    beside = [each for each in seen.line_verdicts if each.level == Level.BLOCK]
    stopped = (*still_stopped(wish.text, blocking, lifts), *still_stopped(wish.public_line, beside, lifts))
    if stopped:
        raise Refused(*dict.fromkeys(each.reason for each in stopped))
    if lifts and (blocking or beside) and not reason:
        raise Refused(
            say("Say why it may go out all the same: your reason stays on record beside the author's.")
        )
    if wish.send_at is not None and wish.send_at <= now:
        # Its time came while it waited: the page says that it leaves at once.
        wish = replace(wish, send_at=None)
    mention = answered_mention(case)
    assert mention is not None
    entry = enter(case, mention, approval.source, wish, author=approval.author, by=by, now=now)
    _close(approval, "approved", by=by, now=now, reason=reason)
    approval.decided_text, approval.entry = wish.text, entry
    approval.save(update_fields=["decided_text", "entry"])
    if case.owner is None:
        case.owner = approval.author
    record(
        case,
        "reply_approved",
        by=by,
        now=now,
        entry=entry.pk,
        purpose=wish.purpose,
        approval=approval.pk,
        is_edited=wish.text != approval.text,
    )
    if lifts and (blocking or beside):
        record(
            case,
            "block_lifted",
            by=by,
            now=now,
            entry=entry.pk,
            rules=", ".join(dict.fromkeys(each["rule"] for each in lifts)),
            asked=approval.asked.get("plea", ""),
            asked_by=approval.author.name,
            why=reason,
        )
    if Ground.HEAT in grounds_in(approval):
        cooling.lifted(case, approval.mode, of=approval.author, by=by, now=now)
    told = (
        say(
            "{name} let your reply in case #{number} out, with other words: see the difference",
            name=by.name,
            number=case.pk,
        )
        if wish.text != approval.text
        else say("{name} let your reply in case #{number} out", name=by.name, number=case.pk)
    )
    tell(told, now=now, case=case, to=approval.author, level="warn")
    return entry, seen


def give_back(approval_id: int, reason: str, *, by: Agent, now: datetime) -> None:
    """Return a reply to its author with a reason; its text is their draft again."""
    reason = storable(" ".join(reason.split()))[:500]
    if not reason:
        raise Refused(say("Say what should be different: the author reads it."))
    with _deciding(approval_id, by=by, now=now) as (case, approval):
        _must_decide(approval, by=by, now=now)
        _close(approval, "returned", by=by, now=now, reason=reason)
        _draft_back(case, approval, now=now)
        record(case, "approval_returned", by=by, now=now, approval=approval.pk, why=reason)
        tell(
            say(
                "{name} gave your reply in case #{number} back: {why}",
                name=by.name,
                number=case.pk,
                why=reason,
            ),
            now=now,
            case=case,
            to=approval.author,
            level="warn",
        )


def withdraw(approval_id: int, *, by: Agent, now: datetime) -> None:
    """The author takes it back before anybody has decided."""
    with _deciding(approval_id, by=by, now=now) as (case, approval):
        if approval.author_id != by.pk:
            raise Refused(
                say("Only {name} may withdraw it. Give it back with a reason.", name=approval.author.name)
            )
        _close(approval, "withdrawn", by=by, now=now)
        _draft_back(case, approval, now=now)
        record(case, "approval_withdrawn", by=by, now=now, approval=approval.pk)


def _draft_back(case: Case, approval: Approval, *, now: datetime) -> None:
    # What the author has begun meanwhile stays; the words that come back stand beside it, on the approval.
    Draft.objects.get_or_create(
        case=case,
        agent=approval.author,
        mode=approval.mode,
        defaults={"text": approval.text, "changed_at": now},
    )
    ids = approval.asked.get("media", [])
    Attachment.objects.filter(case=case, pk__in=ids).update(used_at=None, by=approval.author)


def _overtake(case: Case, approval: Approval, why: Said, *, now: datetime) -> None:
    _close(approval, "overtaken", by=None, now=now)
    approval.asked["overtaken"] = why.as_json()
    approval.save(update_fields=["asked"])
    _draft_back(case, approval, now=now)
    record(case, "approval_overtaken", by=None, now=now, approval=approval.pk)
    tell(
        say(
            "Your reply in case #{number} came back. {why} Read it, then ask again.", number=case.pk, why=why
        ),
        now=now,
        case=case,
        to=approval.author,
        level="warn",
    )


def come_back(*, now: datetime) -> int:
    """Give replies back whose customer wrote again, edited or deleted the post while they waited. Gives how many."""
    moved = Mention.objects.filter(
        Q(found_at__gt=OuterRef("asked_at"), author=OuterRef("case__author"))
        | Q(edited_at__gt=OuterRef("asked_at"))
        | Q(deleted_at__gt=OuterRef("asked_at")),
        case=OuterRef("case"),
        is_ours=False,
        is_bystander=False,
    )
    waiting = Approval.objects.filter(Exists(moved), state="waiting").order_by("asked_at")
    came = 0
    for approval_id, case_id in list(waiting.values_list("pk", "case")[:AT_ONCE]):
        with transaction.atomic():
            case = Case.objects.select_for_update(of=("self",)).select_related("author").get(pk=case_id)
            approval = (
                Approval.objects.select_for_update(of=("self",))
                .select_related("author", "source")
                .get(pk=approval_id)
            )
            why = what_changed(approval, case) if approval.state == "waiting" else None
            if why is None:
                continue
            _overtake(case, approval, why, now=now)
            Case.objects.filter(pk=case_id).update(changed_at=now)
            came += 1
    return came
