"""What helps an agent to write: a draft proposed by the play, house rules, ways out, and who helps from here on.

Everything here is offered and nothing is sent: the composer puts it in where the agent asks, and the guards read it as
they read everything else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from zlib import crc32

from amends.core.case import Severity
from amends.core.graph import Refused
from amends.core.say import say
from amends.desk import accounts, housebook, policies, waysout
from amends.desk.housebook import RuleOffered
from amends.desk.permissions import must
from amends.desk.reviewing import case_of, situation_of
from amends.desk.trail import hours
from amends.desk.waysout import WayOffered
from amends.reply.guard import Level, check
from amends.reply.plays import play_for
from amends.reply.propose import Facts, Proposed, by_when, first_name, form_of, introduced, proposals
from amends.reply.situation import Situation
from amends.store.models import Agent, Case, Organisation, Proposal

#: So many drafts are looked at for one that no guard objects to.
LOOKED_AT = 12
MODES = ("reply", "direct")


@dataclass(frozen=True, kw_only=True)
class Introduction:
    """A line that tells the customer who helps."""

    name: str
    says: str
    is_self: bool


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What the composer offers for one case."""

    rules: tuple[RuleOffered, ...]
    ways: tuple[WayOffered, ...]
    introduction: Introduction | None
    language: str
    """In which it is said."""


def tools(case_id: int, *, by: Agent, now: datetime) -> Tools:
    """House rules, ways out and the introduction for a case, in the customer's language. Writes nothing."""
    must(by, "work")
    case = case_of(case_id)
    situation = situation_of(case, "reply", now=now)
    language, form = _language(case), _form(situation)
    return Tools(
        rules=housebook.offered(case.topic, language),
        ways=waysout.offered(case.topic, language, form=form, now=now),
        introduction=_introduction(case, language, form, by=by, now=situation.now),
        language=language,
    )


def introduction(case_id: int, *, by: Agent, now: datetime) -> Introduction:
    """The line that introduces the owner of a case (A11). Raises `Refused` where it has none."""
    must(by, "work")
    case = case_of(case_id)
    situation = situation_of(case, "reply", now=now)
    found = _introduction(case, _language(case), _form(situation), by=by, now=situation.now)
    if found is None:
        raise Refused(say("Nobody has this case: assign it first, then introduce them."))
    return found


def _introduction(case: Case, language: str, form: str, *, by: Agent, now: datetime) -> Introduction | None:
    owner = case.owner
    if owner is None:
        return None
    who = owner.introduced_as or owner.name.split()[0]
    says = introduced(
        who,
        policies.proposals(),
        language=language,
        form=form,
        is_self=owner.pk == by.pk,
        time=by_when(answer_by(case, now=now), now, language),
        seed=case.pk,
    )
    return Introduction(name=owner.name, says=says, is_self=owner.pk == by.pk)


def answer_by(case: Case, *, now: datetime) -> datetime:
    """When the next answer to this customer would be due, from now on, in the hours in which somebody is there."""
    return hours().add(now, policies.sla().next_answer[Severity(case.severity)])


def propose(case_id: int, mode: str = "reply", *, by: Agent, now: datetime) -> Proposal:
    """A draft of the play for this case, in other words than those proposed and sent before. On record; sent by nobody.

    Raises `Refused` where no words are known in the customer's language."""
    must(by, "work")
    if mode not in MODES:
        raise Refused(say("A draft is for a public reply or a direct message."))
    case = case_of(case_id)
    facts = facts_of(case, mode, by=by, now=now)
    found = _best(facts, case)
    return Proposal.objects.create(
        case=case, agent=by, by="play", name=facts.play.name, text=found.text, at=now
    )


def facts_of(case: Case, mode: str, *, by: Agent, now: datetime) -> Facts:
    """What a draft may be made of. Raises `Refused` where no words are known in the customer's language."""
    situation = situation_of(case, mode, now=now)
    language = _language(case)
    if not policies.proposals().speaks(language):
        raise Refused(
            say(
                "The desk has no words in this language ({language}) to propose. They can be added in proposals.toml.",
                language=language,
            )
        )
    account = accounts.speaker_for(case)
    ways = waysout.offered(case.topic, language, form=_form(situation), now=now)
    rules = [each.says for each in housebook.offered(case.topic, language) if each.says]
    return Facts(
        situation=replace(
            situation,
            language=language,
            house_rules=housebook.reasons_for(case.topic, language, only_told=True),
        ),
        play=play_for(situation, policies.plays(case.playbook)),
        form=_form(situation),
        name=first_name(case.author.name),
        answer_by=answer_by(case, now=situation.now).astimezone(situation.now.tzinfo),
        rule=rules[0] if rules else "",
        way=next((each.address for each in ways if each.is_open), ""),
        brand=next(iter(situation.our_names), ""),
        agent=(by.introduced_as or by.name).partition(",")[0].split()[0],
        can_write_privately=bool(account and accounts.traits_of(account).private_reply),
    )


def _best(facts: Facts, case: Case) -> Proposed:
    """The first draft that no guard objects to, but for its gaps; else the one objected to least."""
    told = set(Proposal.objects.filter(case=case).values_list("text", flat=True))
    seed = crc32(f"{case.pk}/{len(told)}/{facts.situation.visibility}".encode())
    policy, best = policies.guards(), (99, Proposed(text="", steps=(), gaps=()))
    for draft in islice(proposals(facts, policies.proposals(), seed=seed), LOOKED_AT):
        found = [
            each
            for each in check(draft.text, facts.situation, policy)
            # The gaps themselves stop a reply: here they are meant.
            if each.level.rank >= Level.WARN.rank and not (each.rule in _OF_GAPS and draft.gaps)
        ]
        objections = len(found) + (10 if draft.text in told else 0)
        if not objections:
            return draft
        best = min(best, (objections, draft), key=lambda each: each[0])
    return best[1]


#: What is said of a draft for its gaps alone: the gap, and a promise whose time is the gap.
_OF_GAPS = frozenset({"AM003", "AM029"})


def _language(case: Case) -> str:
    """The customer's language; that of the desk where it is not known."""
    if case.language and case.language != "und":
        return case.language.split("-")[0].lower()
    own = Organisation.objects.values_list("languages", flat=True).first() or []
    return str(own[0]).split("-")[0].lower() if own else "en"


def _form(situation: Situation) -> str:
    """How this customer is addressed: as the house does, else as they address us."""
    guards, language = policies.guards(), situation.language.split("-")[0].lower()
    return form_of(
        situation.their_text,
        guards.familiar.get(language, frozenset()),
        guards.formal.get(language, frozenset()),
        guards.address.get(language, "any"),
    )
