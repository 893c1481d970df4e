"""Two people label posts of our own, neither seeing what the other said; where they differ, a lead settles it.

Half of the posts are drawn by chance, for figures that hold for all of them; half are those of which the desk was least
sure, from which it learns most. Whoever labels is not told which.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from amends.core.case import Kind
from amends.core.graph import Refused
from amends.core.say import say
from amends.desk import shielding, teaching
from amends.desk.permissions import must
from amends.store.models import Agent, Label, Mention, Sampled
from amends.triage.judgement import Abuse

#: What a post may be called here; who cannot tell skips it.
KINDS = tuple(each.value for each in Kind if each is not Kind.UNSURE)
ABUSES = tuple(each.value for each in Abuse)
#: So many people judge each post.
READERS = 2
#: So many are drawn at once, of each half.
HALF = 20
#: The least sure are looked for among so many newest posts.
LOOKED_AT = 2_000
#: Up to so many posts all ids are looked at; beyond, ids are guessed, which is as fair and asks for fewer rows.
FEW = 20_000
#: A label can be taken back for so long, unless somebody has labelled the post since.
UNDO = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Post:
    """What is shown of a post to be labelled: its words, not who wrote it nor what anybody thinks of it."""

    id: int
    title: str
    text: str
    language: str
    network: str


def _eligible() -> QuerySet[Mention]:
    found = Mention.objects.filter(is_ours=False, is_bystander=False, deleted_at=None)
    return found.exclude(text="", title="")


def next_post(*, by: Agent) -> Post | None:
    """The post that this person should label now. None: none is drawn that waits for them."""
    must(by, "work")
    found = _open_to(by).first()
    return _shown(found) if found is not None else None


def _open_to(by: Agent) -> QuerySet[Sampled]:
    """Posts that wait for this person, those first that somebody labelled already."""
    waiting = Sampled.objects.filter(given__lt=READERS, mention__deleted_at=None)
    return waiting.exclude(labels__by=by).select_related("mention").order_by("-given", "id")


def _shown(row: Sampled) -> Post:
    post = row.mention
    return Post(id=row.pk, title=post.title, text=post.text, language=row.language, network=post.network)


def draw_more(*, by: Agent, now: datetime, chance: random.Random | None = None) -> int:
    """Draw more posts where none waits for this person. Gives how many are new; 0: all are drawn."""
    must(by, "work")
    return 0 if _open_to(by).exists() else draw(now=now, chance=chance)


def draw(*, now: datetime, chance: random.Random | None = None, half: int = HALF) -> int:
    """Draw more posts: `half` by chance, and as many of which the desk is least sure. Gives how many are new."""
    chance = chance or random.SystemRandom()
    with transaction.atomic():
        by_chance = _by_chance(chance, half)
        unsure = _least_sure(half, without={each.pk for each in by_chance})
        # A post that was drawn for being unsure and now comes up by chance counts for the base rate, too: else
        # chance would pass over just the hard ones.
        Sampled.objects.filter(mention__in=[each.pk for each in by_chance], is_random=False).update(
            is_random=True
        )
        known = set(
            Sampled.objects.filter(mention__in=[each.pk for each in by_chance]).values_list(
                "mention", flat=True
            )
        )
        fresh = [(each, True) for each in by_chance if each.pk not in known]
        fresh += [(each, False) for each in unsure]
        chance.shuffle(fresh)
        said = teaching.machine_said(each for each, _ in fresh)
        Sampled.objects.bulk_create(
            Sampled(
                mention=each,
                is_random=is_random,
                drawn_at=now,
                judged=said.get(each.pk, {}),
                language=str((each.judgement or {}).get("language", "und")),
            )
            for each, is_random in fresh
        )
    return len(fresh)


def _by_chance(chance: random.Random, most: int) -> list[Mention]:
    """Posts that chance has not drawn yet, each as likely as any other."""
    open_ = _eligible().exclude(sampled__is_random=True)
    ends = open_.order_by("pk").values_list("pk", flat=True)
    first, last = ends.first(), ends.last()
    if first is None or last is None:
        return []
    if last - first < FEW:
        ids = list(ends)
        return list(Mention.objects.filter(pk__in=chance.sample(ids, min(most, len(ids)))))
    found: dict[int, Mention] = {}
    for _ in range(20):
        guessed = [chance.randint(first, last) for _ in range(10 * most)]
        there = {each.pk: each for each in open_.filter(pk__in=guessed)}
        for pk in guessed:
            if pk in there and len(found) < most:
                found[pk] = there[pk]
        if len(found) >= most:
            break
    return list(found.values())


def _least_sure(most: int, *, without: set[int]) -> list[Mention]:
    newest = _eligible().filter(sampled=None).order_by("-pk")[:LOOKED_AT]
    said = [(_sureness(each), -each.pk, each) for each in newest if each.pk not in without]
    return [each for *_, each in sorted(said, key=lambda row: row[:2])[:most]]


def _sureness(post: Mention) -> float:
    judged = post.judgement or {}
    if judged.get("by"):
        # A person has judged it: there is nothing to ask.
        return 2.0
    if judged.get("kind") == Kind.UNSURE:
        return 0.0
    return float(judged.get("details", {}).get("confidence", 1.0))


def label(sampled_id: int, kind: str, abuse: str, *, by: Agent, now: datetime) -> None:
    """What `by` says of a post. Refused when two others have judged it, or when they have done so themselves."""
    must(by, "work")
    if kind not in KINDS or abuse not in ABUSES:
        raise Refused(say("Say both: what the post is, and what abuse is in it."))
    with transaction.atomic():
        row = _held(sampled_id)
        if row.labels.filter(by=by, kind=kind, abuse=abuse).exists():
            # Sent twice: said once.
            return
        _must_be_open(row, by)
        Label.objects.create(sampled=row, by=by, at=now, kind=kind, abuse=abuse)
        _count(row)
        if row.judged.get("abuse") in shielding.VEILED or abuse in shielding.VEILED:
            # Labelling is reading, too (A7).
            shielding.count([row.mention], by=by, now=now)


def skip(sampled_id: int, *, by: Agent, now: datetime) -> None:
    """`by` cannot tell: somebody else is asked."""
    must(by, "work")
    with transaction.atomic():
        row = _held(sampled_id)
        _must_be_open(row, by)
        Label.objects.create(sampled=row, by=by, at=now)


def undo(*, by: Agent, now: datetime) -> int:
    """Take back one's newest label, or skip, of the last minutes. Gives the id of the post, which is open again."""
    must(by, "work")
    with transaction.atomic():
        last = Label.objects.filter(by=by).order_by("-at", "-id").first()
        if last is None or now - last.at > UNDO:
            raise Refused(say("There is nothing to take back: a label can be undone for ten minutes."))
        row = _held(last.sampled_id)
        others = row.labels.filter(id__gt=last.pk).exclude(kind="")
        if row.settled_at is not None or (last.kind and others.exists()):
            raise Refused(say("A colleague has judged this post since: it stays as you both said it."))
        last.delete()
        _count(row)
        return row.pk


def settle(sampled_id: int, kind: str, abuse: str, *, by: Agent, now: datetime) -> None:
    """The third decision where two people differ."""
    must(by, "teach")
    if kind not in KINDS or abuse not in ABUSES:
        raise Refused(say("Say both: what the post is, and what abuse is in it."))
    with transaction.atomic():
        row = _held(sampled_id)
        if row.given < READERS:
            raise Refused(say("Two people must have judged it first."))
        row.kind, row.abuse, row.settled_by, row.settled_at = kind, abuse, by, now
        row.save(update_fields=["kind", "abuse", "settled_by", "settled_at"])


def _held(sampled_id: int) -> Sampled:
    row = Sampled.objects.select_for_update(of=("self",)).filter(pk=sampled_id).first()
    if row is None:
        raise Refused(say("There is no such post to label."))
    return row


def _must_be_open(row: Sampled, by: Agent) -> None:
    if row.labels.filter(by=by).exists():
        raise Refused(say("You have judged this post already."))
    if row.given >= READERS:
        raise Refused(say("Two colleagues have judged this post meanwhile: here is the next one."))


def _count(row: Sampled) -> None:
    """Write down how many labels there are, and what they agree on."""
    given = list(row.labels.exclude(kind="").order_by("id").values_list("kind", "abuse"))
    row.given, row.kind, row.abuse = len(given), "", ""
    if len(given) >= READERS:
        kinds, abuses = {kind for kind, _ in given}, {abuse for _, abuse in given}
        row.kind = kinds.pop() if len(kinds) == 1 else ""
        row.abuse = abuses.pop() if len(abuses) == 1 else ""
    row.save(update_fields=["given", "kind", "abuse"])
