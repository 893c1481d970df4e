"""The policy book (A8): rules of the house with their reasons, as they may be told to customers.

A change is a new row: a reply of last year can be read beside the rule of last year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from amends.core.graph import Refused
from amends.core.say import say
from amends.core.text import storable
from amends.desk import policies
from amends.desk.permissions import must
from amends.desk.wording import texts_of, topics_of
from amends.reply.propose import ruled
from amends.reply.situation import HouseReason
from amends.store.models import Agent, HouseRule

#: Longer ones are not told in a post.
LONGEST_RULE, LONGEST_REASON = 400, 400


@dataclass(frozen=True, kw_only=True)
class RuleOffered:
    """A rule that fits a case, as it would be told to this customer."""

    number: int
    title: str
    says: str
    """“…, because ….” in their language; "": it is not written in their language yet."""


def write(
    title: str,
    topics: Sequence[str],
    texts: Mapping[str, str],
    reasons: Mapping[str, str],
    *,
    number: int | None = None,
    by: Agent,
    now: datetime,
) -> HouseRule:
    """A new rule, or a new version of rule `number`. Raises `Refused` for a rule without a title, words or a reason."""
    must(by, "policy")
    title = storable(" ".join(title.split()))[:120]
    told, why = texts_of(texts, most=LONGEST_RULE), texts_of(reasons, most=LONGEST_REASON)
    if not title or not told:
        raise Refused(say("Give the rule a title, and write it in one language at least."))
    if missing := sorted(set(told) - set(why)):
        raise Refused(
            say("Say why there is this rule, too (in {language}): a rule without its reason is heard as a wall.",
                language=missing[0])
        )  # fmt: skip
    if extra := sorted(set(why) - set(told)):
        raise Refused(say("There is a reason without its rule (in {language}).", language=extra[0]))
    with transaction.atomic():
        version = 1
        if number is None:
            number = (HouseRule.objects.aggregate(n=Max("number"))["n"] or 0) + 1
        else:
            version = _close(number).version + 1
        return HouseRule.objects.create(
            number=number, version=version, title=title, topics=topics_of(topics), texts=told, reasons=why, by=by, at=now
        )  # fmt: skip


def retire(number: int, *, is_retired: bool = True, by: Agent, now: datetime) -> HouseRule:
    """The rule is offered no more (or again); its versions stay."""
    must(by, "policy")
    with transaction.atomic():
        last = _close(number)
        last.pk, last.version, last.by, last.at = None, last.version + 1, by, now
        last.is_current, last.is_retired = True, is_retired
        last.save(force_insert=True)
        return last


def _close(number: int) -> HouseRule:
    """The version in force, which is so no more: the loser of two who change it at once is refused."""
    last = HouseRule.objects.select_for_update().filter(number=number, is_current=True).first()
    if last is None or HouseRule.objects.filter(pk=last.pk, is_current=True).update(is_current=False) != 1:
        raise Refused(say("There is no house rule {number}.", number=number))
    return last


def is_there(number: int) -> bool:
    """Whether there is a rule of this number. One query."""
    return HouseRule.objects.filter(number=number).exists()


def in_force() -> list[HouseRule]:
    """All rules that are not retired. One query."""
    return list(HouseRule.objects.filter(is_current=True, is_retired=False).order_by("number"))


def fitting(topic: str, among: Sequence[HouseRule] | None = None) -> list[HouseRule]:
    """The rules in force that are about a topic, those that name it before those for any. One query, or none where the
    rules in force are given."""
    found = [
        each for each in (in_force() if among is None else among) if not each.topics or topic in each.topics
    ]
    return sorted(found, key=lambda each: (not each.topics, each.number))


def offered(topic: str, language: str) -> tuple[RuleOffered, ...]:
    """What may be told in a case, in the customer's language. One query."""
    return tuple(
        RuleOffered(number=each.number, title=each.title, says=told_in(each, language))
        for each in fitting(topic)
    )


def told_in(rule: HouseRule, language: str) -> str:
    """The rule with its reason in a language; "" where it is not written in it."""
    short = language.split("-")[0].lower()
    if short not in rule.texts:
        return ""
    return ruled(rule.texts[short], rule.reasons.get(short, ""), policies.proposals(), short)


def reasons_for(topic: str, language: str, *, only_told: bool = False) -> tuple[HouseReason, ...]:
    """The same for the coach, who names the rule where a reason is missed. Those not written in the language come with
    their words in another (the agent reads them), or not at all with `only_told`. One query."""
    return reasons_among(in_force(), topic, language, only_told=only_told)


def reasons_among(
    among: Sequence[HouseRule], topic: str, language: str, *, only_told: bool = False
) -> tuple[HouseReason, ...]:
    """`reasons_for`, of rules that are held already."""
    short, found = language.split("-")[0].lower(), []
    for each in fitting(topic, among):
        if only_told and short not in each.texts:
            continue
        told = short if short in each.texts else next(iter(each.texts), "")
        found.append(
            HouseReason(
                number=each.number,
                title=each.title,
                rule=each.texts.get(told, ""),
                reason=each.reasons.get(told, ""),
            )
        )
    return tuple(found)
