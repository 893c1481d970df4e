"""What people said of posts, and how good the desk was on them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count, Q

from amends.store.models import CorrectedText, JudgeSwitch, JudgeVersion, Label, Sampled
from amends.triage.measures import Confusion, Kappa, Share, confusion, kappa, more_needed
from amends.triage.model.tasks import TASKS

#: Of those that wait for a third decision, so many are shown.
SHOWN = 5
#: Of switches and versions, so many newest are shown.
NEWEST = 20
#: The newest so many labels are counted.
MOST = 20_000
#: Abuse in the words, or none: what the veil goes by.
ABUSIVE = ("none", "abusive")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two people, and how far they agree on the posts that both judged."""

    names: tuple[str, str]
    kind: Kappa
    abuse: Kappa

    @property
    def both(self) -> tuple[Kappa, Kappa]:
        return self.kind, self.abuse


@dataclass(frozen=True, kw_only=True)
class Progress:
    drawn: int
    done: int
    """Judged by two, or settled."""
    half: int
    """Judged by one so far."""
    disputed: int
    mine: int
    """Labels of the person who asks."""


@dataclass(frozen=True, kw_only=True)
class LabelsPage:
    progress: Progress
    pairs: tuple[Pair, ...]
    disputed: tuple[Sampled, ...]
    """With both labels; for those who settle."""


_DISPUTED = Q(given__gte=2) & (Q(kind="") | Q(abuse=""))


def labels_page(agent_id: int, *, with_disputed: bool) -> LabelsPage:
    """How far labelling is, how far people agree, and where two differ. Four to six queries."""
    counts = Sampled.objects.aggregate(
        drawn=Count("pk"),
        done=Count("pk", filter=Q(given__gte=2) & ~Q(kind="") & ~Q(abuse="")),
        half=Count("pk", filter=Q(given=1)),
        disputed=Count("pk", filter=_DISPUTED),
    )
    mine = Label.objects.filter(by=agent_id).exclude(kind="").count()
    return LabelsPage(
        progress=Progress(**counts, mine=mine),
        pairs=pairs(),
        disputed=tuple(disputed()) if with_disputed else (),
    )


def disputed() -> list[Sampled]:
    """Posts that two people call otherwise, oldest first, with both labels."""
    found = Sampled.objects.filter(_DISPUTED).select_related("mention").prefetch_related("labels__by")
    return list(found.order_by("id")[:SHOWN])


def pairs() -> tuple[Pair, ...]:
    """Cohen's kappa of each two people who judged posts together; only posts that both have judged."""
    said: dict[int, list[Label]] = defaultdict(list)
    labels = Label.objects.exclude(kind="").filter(sampled__given__gte=2).select_related("by")
    for each in labels.order_by("-id")[:MOST]:
        said[each.sampled_id].append(each)
    both: dict[tuple[int, int], list[tuple[Label, Label]]] = defaultdict(list)
    for given in said.values():
        if len(given) == 2:
            first, second = sorted(given, key=lambda each: each.by_id)
            both[first.by_id, second.by_id].append((first, second))
    return tuple(
        Pair(
            names=(given[0][0].by.name, given[0][1].by.name),
            kind=kappa([(one.kind, other.kind) for one, other in given]),
            abuse=kappa([(one.abuse, other.abuse) for one, other in given]),
        )
        for _, given in sorted(both.items())
    )


def own_labels(agent_id: int, limit: int = 100) -> list[Label]:
    """What one person said, newest first; others' words are not in it."""
    return list(
        Label.objects.filter(by=agent_id).exclude(kind="").order_by("-id").select_related("sampled")[:limit]
    )


# ------------------------------------------------------------------ is it any good here?


@dataclass(frozen=True, kw_only=True)
class Class:
    """How good the desk is on one class, on posts drawn by chance."""

    name: str
    base: Share
    """How many of the desk's posts are so."""
    precision: Share
    recall: Share
    more: int | None
    """So many more posts must be labelled until both are known to ± 5 of 100. None: not one is so yet."""

    @property
    def shares(self) -> tuple[Share, Share, Share]:
        return self.base, self.precision, self.recall


@dataclass(frozen=True, kw_only=True)
class Language:
    code: str
    right: Share
    complaints: Share
    """Of its complaints, how many were heard as such."""


@dataclass(frozen=True, kw_only=True)
class QualityPage:
    """How good the desk is on its own posts. `drawn` of them were drawn by chance: only these tell of all."""

    drawn: int
    by_one: int
    """Of these, judged by one person only so far."""
    open: int
    """Of these, not told of: disputed, or nobody has judged them."""
    by_current: int
    """Of these, judged by the version that is in force now."""
    right: Share
    kinds: tuple[Class, ...]
    kind_table: Confusion
    abuse: tuple[Class, ...]
    """none, abusive"""
    abuse_table: Confusion
    as_abuse: Share
    """Of the complaints, how many were taken for abuse."""
    unsure: Share
    """Of the posts drawn for being unsure, how many were right."""
    languages: tuple[Language, ...]
    corrected: int
    corrections: tuple[tuple[str, str, str, int], ...]
    """(field, what the desk said, what it was corrected to, how often), most first: where it errs, not how often."""


@dataclass(frozen=True, kw_only=True)
class Versions:
    versions: tuple[JudgeVersion, ...]
    """Newest first."""
    switches: tuple[JudgeSwitch, ...]


def versions() -> Versions:
    """The desk's own versions, and who switched to which. Two queries."""
    switched = JudgeSwitch.objects.select_related("version", "before", "by").order_by("-id")
    return Versions(
        versions=tuple(JudgeVersion.objects.select_related("by").order_by("-number")[:NEWEST]),
        switches=tuple(switched[:NEWEST]),
    )


def quality_page(*, version: int) -> QualityPage:
    """What the desk had said of its labelled and corrected posts, beside what people say. `version` is the one in force
    (0: shipped). Three queries."""
    drawn = list(Sampled.objects.prefetch_related("labels").order_by("-id")[:MOST])
    by_chance = [each for each in drawn if each.is_random]
    told = [(each, said) for each in by_chance if (said := each.people_say())]
    kinds = [(said["kind"], each.judged.get("kind", "unsure"), each) for each, said in told if "kind" in said]
    abuses = [(said["abuse"], each.judged.get("abuse", "none")) for each, said in told if "abuse" in said]
    kind_table = confusion([(is_, said) for is_, said, _ in kinds], TASKS["kind"])
    abuse_table = confusion(abuses, TASKS["abuse"])
    veiled = confusion([(_veil(is_), _veil(said)) for is_, said in abuses], ABUSIVE)
    rest = [
        (said["kind"], each.judged.get("kind", "unsure"))
        for each in drawn
        if not each.is_random and "kind" in (said := each.people_say())
    ]
    complaints = kind_table.recall("complaint")
    corrections, n = _corrections()
    return QualityPage(
        drawn=len(told),
        by_one=sum(each.given == 1 for each, _ in told),
        open=len(by_chance) - len(told),
        by_current=sum(each.judged.get("version", 0) == version for each, _ in told),
        right=Share(hits=sum(is_ == said for is_, said, _ in kinds), n=len(kinds)),
        kinds=_classes(kind_table),
        kind_table=kind_table,
        abuse=_classes(veiled),
        abuse_table=abuse_table,
        as_abuse=Share(hits=kind_table.counts.get(("complaint", "abuse"), 0), n=complaints.n),
        unsure=Share(hits=sum(is_ == said for is_, said in rest), n=len(rest)),
        languages=_languages([(each.language, is_, said) for is_, said, each in kinds]),
        corrected=n,
        corrections=corrections,
    )


def _veil(abuse: str) -> str:
    return "none" if abuse == "none" else "abusive"


def _classes(table: Confusion) -> tuple[Class, ...]:
    found = []
    for name in table.classes:
        precision, recall = table.precision(name), table.recall(name)
        needed = [more_needed(each, table.n) for each in (precision, recall)]
        known = [each for each in needed if each is not None]
        found.append(
            Class(
                name=name,
                base=Share(hits=recall.n, n=table.n),
                precision=precision,
                recall=recall,
                more=max(known) if len(known) == 2 else None,
            )
        )
    return tuple(found)


def _languages(told: list[tuple[str, str, str]]) -> tuple[Language, ...]:
    by_code: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for code, is_, said in told:
        by_code[code].append((is_, said))
    return tuple(
        Language(
            code=code,
            right=Share(hits=sum(is_ == said for is_, said in given), n=len(given)),
            complaints=confusion(given, TASKS["kind"]).recall("complaint"),
        )
        for code, given in sorted(by_code.items(), key=lambda each: (-len(each[1]), each[0]))
    )


def _corrections() -> tuple[tuple[tuple[str, str, str, int], ...], int]:
    counts: Counter[tuple[str, str, str]] = Counter()
    rows = list(CorrectedText.objects.order_by("-at").only("fields", "judged")[:MOST])
    for row in rows:
        for field in ("kind", "abuse", "severity"):
            before, after = row.judged.get(field), row.fields.get(field)
            if before and after and before != after:
                counts[field, str(before), str(after)] += 1
    most = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return tuple((*names, n) for names, n in most[:12]), len(rows)
