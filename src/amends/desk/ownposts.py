"""A brand's own post before it goes out (A13): its words, and whether many complain right now. Nothing is kept."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from amends.core.case import Kind
from amends.core.graph import Refused
from amends.core.say import say
from amends.core.text import storable
from amends.desk import accounts, policies
from amends.desk.trail import hours
from amends.reply.guard import languages_of
from amends.reply.guards.verdict import Verdict
from amends.reply.lint import lint
from amends.reply.ownpost import GUARDS, TOPICS, OwnPostPolicy, PostCheck, Pulse, check_post
from amends.reply.phrases import Reading
from amends.reply.sample import Sample
from amends.store.models import Organisation
from amends.store.queries.ownposts import complaints_now
from amends.triage.deciding import judge
from amends.triage.policy import LANGUAGES

#: In characters; no network takes so many.
LONGEST = 20_000


def check(
    text: str,
    *,
    language: str = "",
    network: str = "",
    topic: str = "",
    send_at: datetime | None = None,
    now: datetime,
) -> PostCheck:
    """What a planned post would set alight, and whether it is a bad moment. Four queries; nothing is kept.

    `topic` is one of `TOPICS`, "" to have it heard in the words. A post for later than a day from now is not weighed
    against how many complain today: that moment is not this one. Raises `Refused`.
    """
    text = storable(text)
    if not text.strip():
        raise Refused(say("There is nothing to check: paste the post."))
    if len(text) > LONGEST:
        raise Refused(say("No network takes a post of so many characters."))
    if topic and topic not in TOPICS:
        raise Refused(say("There is no topic “{topic}”.", topic=topic[:60]))
    is_soon = send_at is None or (send_at - now).total_seconds() < 24 * 3600
    pulse = pulse_of(topic or topic_of(text, language), now=now) if is_soon else Pulse(topic=topic)
    ours = Organisation.objects.values_list("contacts", "banned_words").first() or ([], [])
    return checked(
        text,
        policy=policies.own_posts(),
        language=language,
        network=network,
        pulse=pulse,
        contacts=frozenset(str(each) for each in ours[0]),
        banned=tuple(str(each) for each in ours[1]),
        now=now.astimezone(ZoneInfo(hours().zone)),
    )


def checked(
    text: str,
    *,
    policy: OwnPostPolicy,
    language: str = "",
    network: str = "",
    pulse: Pulse | None = None,
    contacts: frozenset[str] = frozenset(),
    banned: tuple[str, ...] = (),
    now: datetime,
) -> PostCheck:
    """The same without a desk around it: no query. `now` is aware, in the zone of the desk."""
    return check_post(
        text,
        policy,
        languages=_languages(text, language),
        pulse=pulse,
        guards=_guards(text, language, network, contacts, banned, now),
    )


def _languages(text: str, language: str) -> frozenset[str]:
    return languages_of(Reading(text), language, policies.guards())


def _guards(
    text: str, language: str, network: str, contacts: frozenset[str], banned: tuple[str, ...], now: datetime
) -> tuple[Verdict, ...]:
    traits = accounts.traits_of_network(network) if network else None
    sample = Sample(
        text=text,
        language=language,
        network=network,
        kind=Kind.OTHER,
        longest=traits.longest_reply if traits else 0,
        count=traits.count if traits else len,
        banned_words=banned,
    )
    return lint(sample, policies.guards(), now=now, among=frozenset(GUARDS), our_addresses=contacts)


def topic_of(text: str, language: str = "") -> str:
    """What a post is about, as far as the rules hear it; "" for nothing."""
    hint = (language,) if language in LANGUAGES else ()
    heard = judge(text, policies.triage(), hint).topic
    return heard if heard in TOPICS else ""


def pulse_of(topic: str, *, now: datetime) -> Pulse:
    """How many complain now, of `topic` and of all. Three queries."""
    seen = complaints_now(now=now)
    today, usual = seen.by_topic.get(topic, (0, 0.0))
    return Pulse(
        topic=topic,
        today=today,
        usual=usual,
        all_today=seen.today,
        all_usual=seen.usual,
        critical=seen.critical,
        by_topic=seen.by_topic,
    )
