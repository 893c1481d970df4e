"""What an agent may do to a case. Each takes `by` and `now`, raises `Refused` with reasons, and writes its event."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from amends.core.case import Cause, Closing, Kind, Severity, Status
from amends.core.graph import Refused
from amends.core.say import Said, say
from amends.core.text import fold
from amends.desk import teaching
from amends.desk.effects import carry_out
from amends.desk.permissions import may, must
from amends.desk.trail import facts_of, record, set_clock, tell, tell_leads
from amends.followup.lifecycle import LIFECYCLE
from amends.store.models import Agent, Case, Judgement, Mention, Note, Promise
from amends.triage.judgement import Abuse, Wants
from amends.triage.model.tasks import TASKS

#: How a person may close a case, and what is then on record.
CLOSINGS = {
    "satisfied": Closing.SATISFIED,
    "let_go": Closing.LET_GO,
    "not_ours": Closing.NOT_OURS,
    "leave_troll": Closing.TROLL,
    "leave": Closing.NOT_ANSWERED,
    "nothing_to_mend": Closing.NOTHING_TO_MEND,
}
#: Of these a person must say why (W6).
NEED_A_REASON = frozenset({"not_ours", "leave_troll", "leave"})


@contextmanager
def holding(case_id: int, *, by: Agent, now: datetime, right: str = "work") -> Iterator[Case]:
    """A case, locked for a change by an agent who may; saved with its clock at the end."""
    must(by, right)
    with transaction.atomic():
        try:
            case = (
                Case.objects.select_for_update(of=("self",)).select_related("author", "owner").get(pk=case_id)
            )
        except Case.DoesNotExist:
            raise Refused(say("There is no case #{number}.", number=case_id)) from None
        yield case
        set_clock(case, now=now)
        case.changed_at = now
        case.save()


def move(case: Case, event: str, *, by: Agent | None, now: datetime) -> None:
    """Fire an event of the lifecycle on a held case, with its effects."""
    transition = LIFECYCLE.fire(event, case.status, facts_of(case, now=now))
    case.status = transition.target
    if transition.target == Status.CLOSED:
        case.closed_at = now
        case.closing = CLOSINGS[event]
    carry_out(case, transition.then, by=by, now=now)


def take(case_id: int, *, by: Agent, now: datetime) -> None:
    """The case is mine."""
    assign(case_id, to=by.pk, by=by, now=now)


def assign(case_id: int, *, to: int | None, note: str = "", by: Agent, now: datetime) -> None:
    """Give the case to a colleague, with a word on why; None gives it back to the team."""
    with holding(case_id, by=by, now=now) as case:
        owner = None
        if to is not None:
            owner = Agent.objects.filter(pk=to, is_active=True).first()
            if owner is None or not may(owner, "work"):
                raise Refused(
                    say("This colleague cannot work on cases: choose another, or change their role.")
                )
        before = case.owner
        if before == owner:
            return
        case.owner = owner
        if owner is not None and case.status == Status.NEW:
            move(case, "assign", by=by, now=now)
        record(
            case,
            "case_assigned",
            by=by,
            now=now,
            to=owner.pk if owner else None,
            name=owner.name if owner else "",
            before=before.name if before else "",
        )
        if note.strip():
            _write_note(case, note, by=by, now=now)
        if owner is not None and owner != by:
            tell(
                say("{name} handed you case #{number}", name=by.name, number=case.pk),
                now=now,
                case=case,
                to=owner,
                level="warn",
            )


def note(case_id: int, text: str, *, by: Agent, now: datetime) -> None:
    """An internal word: never leaves the desk."""
    if not text.strip():
        raise Refused(say("The note is empty."))
    with holding(case_id, by=by, now=now) as case:
        _write_note(case, text, by=by, now=now)


def _write_note(case: Case, text: str, *, by: Agent, now: datetime) -> None:
    written = Note.objects.create(case=case, author=by, text=text.strip(), at=now)
    case.search_text = f"{case.search_text}\n{fold(written.text)}"[:20_000]
    record(case, "note_added", by=by, now=now, note=written.pk)


def hold(case_id: int, *, by: Agent, now: datetime) -> None:
    """We wait for a colleague; the customer's clock goes on."""
    with holding(case_id, by=by, now=now) as case:
        move(case, "hold", by=by, now=now)
        record(case, "case_held", by=by, now=now)


def resume(case_id: int, *, by: Agent, now: datetime) -> None:
    """Back to work on it."""
    with holding(case_id, by=by, now=now) as case:
        move(case, "resume", by=by, now=now)
        record(case, "case_resumed", by=by, now=now)


def resolve(case_id: int, *, by: Agent, now: datetime) -> None:
    """We believe that it is made right. It closes when the customer says so (M3)."""
    with holding(case_id, by=by, now=now) as case:
        move(case, "resolve", by=by, now=now)
        record(case, "case_resolved", by=by, now=now)


def close(case_id: int, how: str, *, reason: str = "", by: Agent, now: datetime) -> None:
    """End the case in one of the ways of `CLOSINGS`. Raises `Refused` where the lifecycle does not allow it."""
    if how not in CLOSINGS:
        raise Refused(say("A case cannot be closed as “{how}”.", how=how))
    if how in NEED_A_REASON and not reason.strip():
        raise Refused(say("Say why: the reason stays with the case."))
    with holding(case_id, by=by, now=now) as case:
        case.closing_reason = reason.strip()
        record(case, "case_closed", by=by, now=now, how=how, reason=reason.strip())
        move(case, how, by=by, now=now)


def reopen(case_id: int, *, reason: str = "", by: Agent, now: datetime) -> None:
    """Take back the end of a case: any of them can be undone (W6)."""
    with holding(case_id, by=by, now=now) as case:
        move(case, "reopen", by=by, now=now)
        record(case, "case_reopened", by=by, now=now, reason=reason.strip())


def snooze(case_id: int, until: datetime | None, *, by: Agent, now: datetime) -> None:
    """Out of sight until then, or until the author writes; its clock goes on. None wakes it."""
    with holding(case_id, by=by, now=now) as case:
        if until is not None and not now < until <= now + timedelta(days=90):
            raise Refused(say("Choose a time between now and 90 days from now."))
        if (
            until is not None
            and case.due_at is not None
            and case.due_for != "look_again"
            and until > case.due_at
        ):
            raise Refused(
                say("The customer is waiting: it cannot sleep past the time at which an answer is due.")
            )
        case.snoozed_until = until
        record(
            case,
            "case_snoozed" if until else "case_woken",
            by=by,
            now=now,
            until=until.isoformat() if until else "",
        )


def promise(case_id: int, text: str, due_at: datetime, *, by: Agent, now: datetime) -> int:
    """Something we said we would do, and by when (M1). Gives the promise's id."""
    text = " ".join(text.split())
    if not text:
        raise Refused(say("Say what was promised."))
    if not now < due_at <= now + timedelta(days=366):
        raise Refused(say("A promise needs a time in the coming year."))
    with holding(case_id, by=by, now=now) as case:
        if case.status == Status.CLOSED:
            raise Refused(say("The case is closed: reopen it first."))
        made = Promise.objects.create(case=case, text=text[:300], made_by=by, made_at=now, due_at=due_at)
        record(
            case, "promise_made", by=by, now=now, promise=made.pk, text=made.text, due_at=due_at.isoformat()
        )
        return made.pk


@contextmanager
def _holding_promise(promise_id: int, *, by: Agent, now: datetime) -> Iterator[tuple[Case, Promise]]:
    kept = Promise.objects.filter(pk=promise_id).first()
    if kept is None:
        raise Refused(say("There is no such promise."))
    with holding(kept.case_id, by=by, now=now) as case:
        kept.refresh_from_db()
        if kept.kept_at or kept.withdrawn_at:
            raise Refused(say("This promise is settled already."))
        yield case, kept


def keep_promise(promise_id: int, *, by: Agent, now: datetime) -> None:
    """It was done."""
    with _holding_promise(promise_id, by=by, now=now) as (case, kept):
        kept.kept_at = now
        kept.save(update_fields=["kept_at"])
        record(
            case, "promise_kept", by=by, now=now, promise=kept.pk, text=kept.text, was_late=kept.due_at < now
        )


def move_promise(promise_id: int, due_at: datetime, *, by: Agent, now: datetime) -> None:
    """A new time was agreed with the customer; the old one stays in the trail."""
    if not now < due_at <= now + timedelta(days=366):
        raise Refused(say("A promise needs a time in the coming year."))
    with _holding_promise(promise_id, by=by, now=now) as (case, kept):
        record(
            case,
            "promise_moved",
            by=by,
            now=now,
            promise=kept.pk,
            text=kept.text,
            before=kept.due_at.isoformat(),
            due_at=due_at.isoformat(),
        )
        kept.due_at, kept.reminded_at, kept.broken_at = due_at, None, None
        kept.save(update_fields=["due_at", "reminded_at", "broken_at"])


def withdraw_promise(promise_id: int, why: str, *, by: Agent, now: datetime) -> None:
    """It will not be done; the customer was told why."""
    if not why.strip():
        raise Refused(say("Say why: the reason stays with the case."))
    with _holding_promise(promise_id, by=by, now=now) as (case, kept):
        kept.withdrawn_at, kept.withdrawn_why = now, why.strip()[:300]
        kept.save(update_fields=["withdrawn_at", "withdrawn_why"])
        record(
            case, "promise_withdrawn", by=by, now=now, promise=kept.pk, text=kept.text, why=why.strip()[:300]
        )


def customer_said(case_id: int, satisfied: bool, *, by: Agent, now: datetime) -> None:
    """What the customer said of it: asked whether they are satisfied (M3), or by themselves after our answer. A no
    opens the case again."""
    with holding(case_id, by=by, now=now) as case:
        said_so = case.first_answer_at is not None and case.last_author_at > case.first_answer_at
        if case.asked_satisfied_at is None and not said_so:
            raise Refused(say("Ask the customer first whether they are satisfied."))
        case.is_satisfied = satisfied
        record(case, "customer_satisfied" if satisfied else "customer_unsatisfied", by=by, now=now)
        if not satisfied and case.status == Status.RESOLVED:
            move(case, "resume", by=by, now=now)
            case.is_satisfied = False


#: What a person may correct, and the words for it. `topic` and `language` are open lists.
FIELDS: dict[str, tuple[str, ...]] = {
    "kind": tuple(Kind),
    "severity": tuple(Severity),
    "abuse": tuple(Abuse),
    "wants": tuple(Wants),
    "sentiment": TASKS["sentiment"],
    "anger": TASKS["anger"],
    "topic": (),
    "language": (),
    "cause": tuple(Cause),
    "emotion": TASKS["emotion"],
    "sarcasm": TASKS["sarcasm"],
}
#: Of these the case itself has a column; the others lie in the judgement's details.
_OF_CASE = frozenset({"kind", "severity", "abuse", "topic", "language", "cause"})
_LANGUAGE = re.compile(r"[a-z]{2}|und")


def correct(case_id: int, field: str, value: str, *, by: Agent, now: datetime) -> None:
    """A person knows better than rules and models: the judgement is kept with who and when, and counts at once."""
    correct_all(case_id, {field: value}, by=by, now=now)


def correct_all(case_id: int, values: Mapping[str, str], *, by: Agent, now: datetime) -> None:
    """Correct several fields at once: all of them, or none."""
    wanted = {field: _possible(field, value) for field, value in values.items()}
    if wanted.get("abuse") == Abuse.THREAT:
        # Danger to somebody is critical, whoever sees it.
        wanted.setdefault("severity", Severity.CRITICAL)
    with holding(case_id, by=by, now=now) as case:
        first = Mention.objects.filter(case=case, is_ours=False, is_bystander=False).order_by("id").first()
        details = dict((first.judgement or {}).get("details", {})) if first else {}
        changed = {
            field: (before, value)
            for field, value in wanted.items()
            if (before := _before(case, details, field)) != value
        }
        for field, (_, value) in changed.items():
            if field in _OF_CASE:
                setattr(case, field, value)
            if field not in _OF_CASE or field == "abuse":
                details[field] = _AS_KEPT.get(field, str)(value)
        case.severity_rank = Severity(case.severity).rank
        if first is not None and changed:
            details["corrected"] = list(dict.fromkeys([*details.get("corrected", []), *changed]))
            for field, (_, value) in changed.items():
                teaching.learn(first, field, value, by=by, now=now)
            _keep_correction(case, first, details, by=by, now=now)
        for field, (before, value) in changed.items():
            record(case, "judgement_corrected", by=by, now=now, field=field, before=before, value=value)
        if "abuse" in changed and case.abuse == Abuse.THREAT:
            said = say("{name} sees a threat in case #{number}: read it now", name=by.name, number=case.pk)
            tell_leads(said, now=now, case=case, level="loud", but=by)


#: How a corrected detail is kept; as a text, where it is not here.
_AS_KEPT: dict[str, Callable[[str], Any]] = {"anger": int, "sarcasm": lambda value: float(value == "yes")}


def _possible(field: str, value: str) -> str:
    """The value as it is kept. Raises `Refused` for one that cannot be."""
    if field == "topic" and (tidy := fold(value).strip().replace(" ", "_")[:60]):
        return tidy
    if field in FIELDS and (value in FIELDS[field] or (field == "language" and _LANGUAGE.fullmatch(value))):
        return str(value)
    raise Refused(say("“{value}” is not a possible {field}.", value=value, field=field))


def _before(case: Case, details: Mapping[str, Any], field: str) -> str:
    if field in _OF_CASE:
        return str(getattr(case, field))
    if field == "sarcasm":
        return "yes" if details.get(field, 0.0) >= 0.5 else "no"
    return str(details.get(field, ""))


def _keep_correction(
    case: Case, first: Mention, details: dict[str, Any], *, by: Agent, now: datetime
) -> None:
    before = first.judgement or {}
    reason: Said = say("{name} judged it so", name=by.name)
    kept = Judgement.objects.create(
        mention=first,
        by=by,
        at=now,
        kind=case.kind,
        severity=case.severity,
        cause=case.cause,
        topic=case.topic,
        language=case.language,
        details={**details, "abuse": case.abuse},
        # Why the rules thought otherwise stays readable beside it.
        reasons=[
            reason.as_json(),
            *(each for each in before.get("reasons", []) if each["t"] != reason.template),
        ],
    )
    first.judgement = kept.as_json()
    first.save(update_fields=["judgement"])
