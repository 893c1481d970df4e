"""The guards outside a case: over a text or file of replies, and tried over what the desk has sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from amends.core.case import Kind
from amends.core.graph import Refused
from amends.core.mention import Visibility
from amends.core.say import Said, say
from amends.desk import accounts, policies
from amends.desk.permissions import must
from amends.reply.guard import Level, Verdict, worst
from amends.reply.lint import COMPARED, around, as_if_on, chosen, lint
from amends.reply.rulebook import RulePage
from amends.reply.sample import Sample
from amends.store import queries
from amends.store.models import Agent, Organisation, WayOut
from amends.triage.language import language_of

#: Over how many sent replies a rule is tried, and how many of its hits are shown.
TRIED_ON = 1_000
SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class RuleShown:
    """One rule with its page, as it weighs in this desk."""

    code: str
    name: str
    title: Said
    level: Level
    level_when_doubtful: Level
    page: RulePage
    is_ours: bool
    """False: another package brings it."""

    @property
    def is_off(self) -> bool:
        return self.level is Level.PASS and self.level_when_doubtful is Level.PASS


@dataclass(frozen=True, kw_only=True)
class Hit:
    """Where a rule spoke in a reply that was sent."""

    case_id: int
    sent_at: datetime | None
    before: str
    marked: str
    """Empty: the rule speaks of the reply as a whole."""
    after: str
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a rule says of the replies that were sent last."""

    code: str
    replies: int
    """How many were read."""
    caught: int
    """In how many the rule spoke."""
    level: Level
    """The gravest that it said."""
    hits: tuple[Hit, ...]
    """The first, newest reply first."""


def sample_of(
    text: str,
    *,
    language: str = "",
    their_text: str = "",
    network: str = "",
    is_public: bool = True,
    kind: Kind = Kind.COMPLAINT,
    earlier: tuple[str, ...] = (),
) -> Sample:
    """A reply with what its network takes. Where their language is not given, it is heard in what they wrote."""
    traits = accounts.traits_of_network(network) if network else None
    return Sample(
        text=text,
        language=language or (language_of(their_text) if their_text else ""),
        their_text=their_text,
        network=network,
        is_public=is_public,
        kind=kind,
        longest=traits.longest_reply if traits else 0,
        count=traits.count if traits else len,
        earlier=earlier,
    )


def checked(
    samples: Sequence[Sample], *, select: Sequence[str] = (), ignore: Sequence[str] = (), now: datetime
) -> list[tuple[Verdict, ...]]:
    """What the guards of this desk say of each, in their order. Two queries. Raises `UnknownRule`."""
    policy = policies.guards()
    among = chosen(policy, select, ignore)
    ours, zone = _ours()
    here = now.astimezone(zone)
    return [lint(each, policy, now=here, among=among, our_addresses=ours) for each in samples]


def _ours() -> tuple[frozenset[str], ZoneInfo]:
    """What of ours may be said in public (the contacts, and the ways out), and the zone of the desk. Two queries."""
    own = Organisation.objects.only("contacts", "hours").first() or Organisation()
    ways = WayOut.objects.filter(is_active=True).values_list("address", flat=True)
    return frozenset((*map(str, own.contacts), *ways)), ZoneInfo(own.hours.get("zone", "UTC"))


def rulebook() -> tuple[RuleShown, ...]:
    """Every rule in force or switched off, by code."""
    policy = policies.guards()
    return tuple(
        RuleShown(
            code=rule.code,
            name=rule.name,
            title=rule.title,
            level=policy.rules[rule.code].level,
            level_when_doubtful=policy.rules[rule.code].level_when_doubtful,
            page=policy.pages[rule.code],
            is_ours=rule.page is None,
        )
        for rule in policy.all_rules
    )


def tried(code: str, *, by: Agent, now: datetime) -> Trial:
    """What rule `code` says of the last replies of the desk, also where it is switched off. Writes nothing.

    Three queries. Raises `Refused` for a rule that is not there."""
    must(by, "listen")
    policy = policies.guards()
    if code not in policy.rules:
        raise Refused(say("There is no guard {code}.", code=code[:60]))
    policy = as_if_on(policy, code)
    ours, zone = _ours()
    sent = queries.sent_replies(limit=TRIED_ON)
    replies, caught, level = 0, 0, Level.PASS
    hits: list[Hit] = []
    public = [(row.case_id, row.text) for row in sent if row.visibility == Visibility.PUBLIC]
    place = 0
    for row in sent:
        replies += 1
        if row.visibility == Visibility.PUBLIC:
            place += 1
        sample = sample_of(
            row.text,
            language=row.language,
            network=row.case.network,
            is_public=row.visibility == Visibility.PUBLIC,
            kind=Kind(row.case.kind),
            earlier=tuple(text for case, text in public[place : place + COMPARED] if case != row.case_id),
        )
        said = lint(
            sample,
            policy,
            now=(row.sent_at or now).astimezone(zone),
            among=frozenset({code}),
            our_addresses=ours,
        )
        if not said:
            continue
        caught += 1
        level = max(level, worst(said), key=lambda each: each.rank)
        for verdict in said[: SHOWN - len(hits)]:
            before, marked, after = around(row.text, verdict.span)
            hits.append(
                Hit(
                    case_id=row.case_id,
                    sent_at=row.sent_at,
                    before=before,
                    marked=marked,
                    after=after,
                    verdict=verdict,
                )
            )
    return Trial(code=code, replies=replies, caught=caught, level=level, hits=tuple(hits))
