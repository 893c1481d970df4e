"""Shielded from harsh words (A7): what a customer needs comes first, the rest is read by choice and counted for the
reader alone, harsh cases are shared out fairly, and a break is offered.

Nobody's figures are used against them: there is no read of another person's number. A lead sees the team's sum, and
only where the team is large enough for it to be nobody's.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import transaction

from amends.core.graph import Refused
from amends.core.say import say
from amends.desk import actions, policies
from amends.desk.permissions import must
from amends.store.models import Agent, Case, Exposure, Mention, Organisation, Role
from amends.store.queries.care import Read, at_work, harsh_read, harsh_to_share, least_burdened, shown_mention
from amends.triage.judgement import Abuse
from amends.triage.need import need_of

#: What is veiled.
VEILED = frozenset(each.value for each in Abuse if each.is_veiled)
#: A team's sum is told from so many people on: with fewer, one could work out whose it is.
FEWEST_FOR_A_SUM = 4
REST = timedelta(minutes=10)
LONGEST_REST = timedelta(hours=8)
#: What somebody read is forgotten after this.
KEPT_FOR = timedelta(days=30)


def is_harsh(mention: Mention, case: Case) -> bool:
    """Whether a post is veiled: by its own judgement; one with several versions, also by what was heard in its case."""
    if mention.is_ours:
        return False
    details = {"abuse": case.abuse, **(mention.judgement or {}).get("details", {})}
    was_edited = mention.edited_at is not None or mention.deleted_at is not None
    return details.get("abuse") in VEILED or (was_edited and case.abuse in VEILED)


def abuse_of(mention: Mention, case: Case) -> str:
    """What was heard in a post; where nobody heard it alone, in its case."""
    own = str((mention.judgement or {}).get("details", {}).get("abuse", case.abuse))
    return str(case.abuse) if own == Abuse.NONE and is_harsh(mention, case) else own


def own_words(text: str, abuse: str, language: str = "") -> str:
    """What the author needs, in their own words and without the insults; "" where nothing of the kind is found."""
    return _own_words(text, Abuse(abuse) if abuse in set(Abuse) else Abuse.NONE, language)


@lru_cache(maxsize=4096)
def _own_words(text: str, abuse: Abuse, language: str) -> str:
    hint = (language,) if language not in ("", "und") else ()
    return need_of(text, policies.triage(), hint, abuse=abuse)


# -- read by choice, and counted


def show(case_id: int, mention_id: int, *, by: Agent, now: datetime) -> bool:
    """An agent chose to read a harsh post: counted once. Gives whether a break should be offered now."""
    mention = shown_mention(case_id, mention_id)
    if mention is None:
        raise Refused(say("There is no such post."))
    if mention.case is None or not is_harsh(mention, mention.case):
        return False
    return count([mention], by=by, now=now)


def count(mentions: Iterable[Mention], *, by: Agent, now: datetime) -> bool:
    """These harsh posts were read, each once for this agent. Gives whether a break should be offered now."""
    there = set(
        Exposure.objects.filter(agent=by, mention__in=[each.pk for each in mentions]).values_list(
            "mention", flat=True
        )
    )
    fresh = [each for each in mentions if each.pk not in there]
    Exposure.objects.bulk_create(
        [
            Exposure(
                agent=by,
                mention=each,
                abuse=(each.judgement or {}).get("details", {}).get("abuse", "insult"),
                at=now,
            )
            for each in fresh
        ],
        ignore_conflicts=True,
    )
    # What was read long ago is nobody's business any more.
    Exposure.objects.filter(agent=by, at__lt=now - KEPT_FOR).delete()
    return bool(fresh) and _wants_a_break(by, len(fresh), now=now)


def _wants_a_break(agent: Agent, fresh: int, *, now: datetime) -> bool:
    """At the number that the desk set, and at each half of it more: not at every post."""
    after = Organisation.objects.values_list("rest_after", flat=True).first()
    after = 8 if after is None else after
    if not after or is_resting(agent, now=now):
        return False
    read, step = harsh_read(agent.pk, now=now).two_hours, max(1, after // 2)
    return any(n >= after and (n - after) % step == 0 for n in range(read - fresh + 1, read + 1))


def figures(*, by: Agent, now: datetime) -> Read:
    """One's own figures. There is no way to ask for another's."""
    return harsh_read(by.pk, now=now)


def team_figures(*, by: Agent, now: datetime) -> Read | None:
    """The team's sum, for leads; None where the team is so small that it would tell of one person."""
    must(by, "share_out")
    return harsh_read(None, now=now) if at_work() >= FEWEST_FOR_A_SUM else None


def set_always_shown(agent: Agent, is_always: bool) -> None:
    """Harsh words without a veil, for whoever wants it so; counted all the same."""
    agent.shows_harsh = is_always
    agent.save(update_fields=["shows_harsh"])


def set_rest_after(posts: int, *, by: Agent) -> None:
    """After how many harsh posts in two hours a break is offered to whoever read them; 0: never."""
    must(by, "settings")
    if not 0 <= posts <= 1000:
        raise Refused(say("Between 0 (never) and 1000 posts."))
    own, _ = Organisation.objects.get_or_create(id=1)
    own.rest_after = posts
    own.save(update_fields=["rest_after"])


# -- a break


def is_resting(agent: Agent, *, now: datetime) -> bool:
    return agent.resting_until is not None and agent.resting_until > now


def rest(agent: Agent, *, now: datetime, lasting: timedelta = REST) -> datetime:
    """A break from harsh words: none is proposed or assigned by the desk until it ends. Gives its end."""
    if not timedelta() < lasting <= LONGEST_REST:
        raise Refused(say("A break lasts between a minute and eight hours."))
    agent.resting_until = now + lasting
    agent.save(update_fields=["resting_until"])
    return agent.resting_until


def end_rest(agent: Agent) -> None:
    agent.resting_until = None
    agent.save(update_fields=["resting_until"])


# -- shared out


def proposed(case_id: int, *, now: datetime) -> Agent | None:
    """Who should take a harsh case that is nobody's: the one who read least lately and does not rest. None: it is
    not harsh, or somebody's, or nobody is there."""
    case = Case.objects.filter(pk=case_id, owner=None, abuse__in=VEILED, closed_at=None).first()
    return next(iter(_in_turn(now=now)), None) if case else None


def _in_turn(*, now: datetime) -> list[Agent]:
    # An admin's account may be nobody's work: only where there is no other.
    return least_burdened(VEILED, now=now) or least_burdened(VEILED, now=now, roles=(Role.ADMIN,))


def share_out(*, by: Agent, now: datetime) -> int:
    """Give every harsh case that is nobody's to somebody, each to the one who then has least. Gives how many."""
    must(by, "share_out")
    waiting = harsh_to_share(VEILED, now=now)
    if not waiting:
        return 0
    people = _in_turn(now=now)
    if not people:
        raise Refused(say("Everybody who works on cases is on a break: wait, or hand them over yourself."))
    turns = [(each.burden, each.read_in_week, each.pk) for each in people]  # type: ignore[attr-defined]
    heapq.heapify(turns)
    with transaction.atomic():
        for case_id in waiting:
            burden, week, agent_id = heapq.heappop(turns)
            actions.assign(case_id, to=agent_id, by=by, now=now)
            heapq.heappush(turns, (burden + 1, week, agent_id))
    return len(waiting)


def to_share(*, now: datetime) -> int:
    """How many harsh cases are nobody's."""
    return len(harsh_to_share(VEILED, now=now))
