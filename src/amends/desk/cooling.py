"""Never post in anger (A6): a heated draft rests with its text kept, and what became of it is counted without names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from amends.core.graph import Refused
from amends.core.say import say
from amends.desk import policies
from amends.desk.actions import holding
from amends.desk.reviewing import Review, situation_of
from amends.desk.trail import record
from amends.reply.heat import Heat, calmer, heat_of
from amends.store.models import Agent, Case, CoolDown, Draft, Exposure, Organisation

#: So far back harsh posts still weigh on who read them.
TIRED = timedelta(hours=2)
#: A draft that nobody sent for so long after its rest is not coming any more: it counts as cancelled.
FORGOTTEN = timedelta(hours=24)
#: Other ways to word a draft more calmly (a language model, where it is switched on): each gets the case, the text and
#: the mode, and gives a text or "". What they give is looked at by the guards like any draft.
rewriters: list[Callable[[Case, str, str], str]] = []


def cooldown() -> timedelta:
    """How long a heated draft rests; nothing: it does not."""
    minutes = Organisation.objects.values_list("cooldown_minutes", flat=True).first()
    return timedelta(minutes=10 if minutes is None else minutes)


def harsh_read(agent: Agent, *, now: datetime) -> int:
    """How many harsh posts this agent had to read in the last two hours."""
    return Exposure.objects.filter(agent=agent, at__gte=now - TIRED).count()


def heat(seen: Review, *, by: Agent, now: datetime) -> Heat:
    """How heated a draft with this review is, for who wrote it."""
    policy = policies.heat()
    read = harsh_read(by, now=now) if any(each.rule in policy.points for each in seen.all_verdicts) else 0
    return heat_of(seen.all_verdicts, policy, harsh_read=read)


def resting(case: Case, mode: str, *, by: Agent, now: datetime) -> CoolDown | None:
    """The open rest of this draft, locked; one that was forgotten is ended."""
    found = CoolDown.objects.select_for_update().filter(case=case, agent=by, mode=mode, outcome="").first()
    if found is not None and found.until + FORGOTTEN < now:
        _end(found, "cancelled", now=now)
        return None
    return found


def rest(case: Case, text: str, mode: str, heated: Heat, *, by: Agent, now: datetime) -> CoolDown | None:
    """Let a heated draft rest, in the transaction of whoever holds the case: gives its rest, or None where it may go
    (its time is over, or the team rests no drafts). The text stays the draft."""
    open_ = resting(case, mode, by=by, now=now)
    if not (span := cooldown()) or (open_ is not None and open_.until <= now):
        return None
    keep(case, text, mode, by=by, now=now)
    if open_ is not None:
        return open_
    # The trail names nobody: a pause is no mark against whoever took it (A7).
    record(case, "draft_held", by=None, now=now, until=(now + span).isoformat())
    return CoolDown.objects.create(
        case=case,
        agent=by,
        mode=mode,
        text=text,
        reasons=[each.as_json() for each in heated.reasons],
        calmer=calmer_wording(case, text, mode, now=now),
        started_at=now,
        until=now + span,
    )


def keep(case: Case, text: str, mode: str, *, by: Agent, now: datetime) -> None:
    """What was written stays the draft."""
    Draft.objects.update_or_create(case=case, agent=by, mode=mode, defaults={"text": text, "changed_at": now})


def calmer_wording(case: Case, text: str, mode: str, *, now: datetime) -> str:
    """The same content in calmer words; "" where nothing better can be offered."""
    for rewrite in rewriters:
        if offered := rewrite(case, text, mode).strip():
            return offered
    return calmer(text, situation_of(case, mode, now=now), policies.guards(), policies.heat())


def went_out(case: Case, text: str, mode: str, *, of: Agent, now: datetime) -> None:
    """A draft that had to rest is sent: as it was, or revised. In the caller's transaction."""
    open_ = resting(case, mode, by=of, now=now)
    if open_ is not None:
        _end(open_, "unchanged" if _same(open_.text, text) else "revised", now=now)


def lifted(case: Case, mode: str, *, of: Agent, by: Agent, now: datetime) -> None:
    """A second person let it out. In the caller's transaction."""
    record(case, "draft_let_go", by=by, now=now)
    open_ = resting(case, mode, by=of, now=now)
    if open_ is not None:
        open_.lifted_by = by
        _end(open_, "lifted", now=now)


def throw_away(case_id: int, mode: str, *, by: Agent, now: datetime) -> None:
    """The author does not send it after all."""
    with holding(case_id, by=by, now=now) as case:
        open_ = resting(case, mode, by=by, now=now)
        if open_ is None:
            raise Refused(say("No draft of yours rests here."))
        _end(open_, "cancelled", now=now)
        Draft.objects.filter(case=case, agent=by, mode=mode).delete()
        record(case, "draft_thrown_away", by=None, now=now)


def _end(open_: CoolDown, outcome: str, *, now: datetime) -> None:
    open_.outcome, open_.ended_at = outcome, now
    open_.save(update_fields=["outcome", "ended_at", "lifted_by"])


def _same(one: str, other: str) -> bool:
    return one.split() == other.split()
