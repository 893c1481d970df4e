"""The desk's own correction of the models: fitted on what people corrected and labelled, compared, and switched by a person.

Nothing here changes what judges, but `switch`. A version lies as plain numbers in `models/desk/` of the data folder, under the
SHA-256 of its bytes, which its row keeps: a file that was changed, or that was fitted on other models, is refused, and the
shipped models judge meanwhile.
"""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import transaction
from django.db.models import Max

from amends.core.graph import Refused
from amends.core.say import Said, say, say_many
from amends.desk import policies, stages, teaching
from amends.desk.permissions import must
from amends.desk.trail import tell
from amends.store.models import Agent, CorrectedText, JudgeSwitch, JudgeVersion, Mention, Sampled
from amends.triage import measures
from amends.triage.deciding import judge
from amends.triage.judgement import Judgement
from amends.triage.model import BadModel, adapt
from amends.triage.model.adapt import TEACHABLE, Adapter
from amends.triage.model.corrected import Corrected, Scores, heard
from amends.triage.model.tasks import TASKS
from amends.triage.taught import wording

log = logging.getLogger("amends.training")

#: A person asked that the desk train.
TRAIN = "train_judge"
#: Training that takes longer is believed dead.
LEASE = timedelta(minutes=30)
#: So many posts are scored at once.
AT_ONCE = 64
#: The newest so many corrected posts, and so many labelled ones, are learned from.
MOST = 20_000


def folder() -> Path:
    """Where the files of versions lie."""
    return Path(settings.AMENDS_HOME) / "models" / "desk"


# ------------------------------------------------------------------ what is in force


@dataclass(frozen=True)
class InForce:
    """What judges now."""

    scorer: Scores | None
    """None: the rules judge alone."""
    number: int
    """Of the version; 0: the shipped models as they are."""
    problem: Said | None = None
    """Why the version that was switched on cannot judge; the shipped models do it meanwhile."""


def chosen() -> JudgeVersion | None:
    """The version that a person switched on; None: the shipped one. One query."""
    last = JudgeSwitch.objects.select_related("version").order_by("-id").first()
    return last.version if last is not None else None


def in_force() -> InForce:
    """What judges now: to be asked once a page of posts. One query."""
    base, version = policies.scorer(), chosen()
    if version is None:
        return InForce(base, 0)
    try:
        return InForce(_on(base, version), version.number)
    except BadModel as wrong:
        log.warning("version %s cannot judge: %s", version.number, wrong.reason)
        return InForce(base, 0, wrong.reason)


def _on(base: Scores | None, version: JudgeVersion) -> Corrected:
    """Raises BadModel."""
    if base is None:
        raise BadModel(say("No model can be read here: the rules judge alone. Install Amends again."))
    return Corrected.on(base, _adapter(version.digest, str(folder())))


def adapted(scores: npt.NDArray[Any], embeddings: npt.NDArray[Any] | None) -> npt.NDArray[np.float32]:
    """Shipped scores [n, WIDTH] as the version in force corrects them; as they are where the shipped models judge."""
    now = in_force()
    if isinstance(now.scorer, Corrected):
        return now.scorer.adapter.adapted(scores, embeddings)
    return np.asarray(scores, np.float32)


@lru_cache(maxsize=4)
def _adapter(digest: str, where: str) -> Adapter:
    """The version's file, read once a process. Raises BadModel."""
    gone = say("The file of this version is gone or was changed. Restore it from a backup, or train again.")
    try:
        data = (Path(where) / f"{digest}.npz").read_bytes()
    except OSError as missing:
        raise BadModel(gone) from missing
    if sha256(data).hexdigest() != digest:
        raise BadModel(gone)
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as kept:
            return Adapter.of_arrays({name: kept[name] for name in kept.files})
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile) as wrong:
        raise BadModel(gone) from wrong


def switch(number: int, *, by: Agent, now: datetime) -> None:
    """Let a version judge from now on; 0: the shipped models as they are. Any earlier one can be switched back to."""
    must(by, "teach")
    with transaction.atomic():
        version = None
        if number:
            version = JudgeVersion.objects.filter(number=number).first()
            if version is None:
                raise Refused(say("There is no version {number}.", number=number))
            try:
                _on(policies.scorer(), version)
            except BadModel as wrong:
                raise Refused(wrong.reason) from wrong
        before = chosen()
        if before == version:
            return
        JudgeSwitch.objects.create(version=version, before=before, by=by, at=now)
        if version is None:
            told = say("{name} switched judging back to the shipped models", name=by.name)
        else:
            told = say("{name} switched judging to version {number}", name=by.name, number=number)
        tell(told, now=now)


# ------------------------------------------------------------------ what is learned from


@dataclass
class Example:
    """One post, and what people say it is."""

    text: str
    languages: tuple[str, ...]
    is_labelled: bool
    """By people on the labelling page; else corrected at work."""
    truth: dict[str, str] = field(default_factory=dict)
    """Task to class; only what a person said."""


def examples() -> list[Example]:
    """Every post that people judged and that still stands: labelled ones (agreed, settled, or by one person so far) and
    corrected ones. Three queries."""
    found: dict[int, Example] = {}
    corrected = CorrectedText.objects.select_related("mention").order_by("-at")
    for each in corrected.filter(mention__deleted_at=None)[:MOST]:
        if not _was_edited(each.mention, each.at):
            truth = {task: value for task, value in each.fields.items() if value in TASKS.get(task, ())}
            found[each.mention_id] = Example(
                teaching.text_of(each.mention), _languages(each.judged.get("language", "")), False, truth
            )
    drawn = Sampled.objects.filter(given__gte=1, mention__deleted_at=None).select_related("mention")
    for row in drawn.prefetch_related("labels").order_by("-id")[:MOST]:
        truth = row.people_say()
        if truth and not _was_edited(row.mention, row.drawn_at):
            example = found.setdefault(
                row.mention_id,
                Example(teaching.text_of(row.mention), _languages(row.language), True),
            )
            example.is_labelled = True
            example.truth |= truth
    return [each for each in found.values() if each.truth and each.text]


def _was_edited(post: Mention, since: datetime) -> bool:
    return post.edited_at is not None and post.edited_at > since


def _languages(code: str) -> tuple[str, ...]:
    return (code,) if code and code != "und" else ()


# ------------------------------------------------------------------ training


def _teachable(given: Sequence[Example]) -> list[str]:
    """The tasks of which there are enough posts. Refused where there are none."""
    tasks = [
        task
        for task in TEACHABLE
        if adapt.is_enough([each.truth[task] for each in given if task in each.truth])
    ]
    if not tasks:
        n = sum("kind" in each.truth for each in given)
        raise Refused(
            say_many(
                "{n} post was judged by people so far; training needs {least}, of at least two kinds with {few} each. "
                "Label some more.",
                "{n} posts were judged by people so far; training needs {least}, of at least two kinds with {few} each. "
                "Label some more.",
                n=n,
                least=adapt.FEWEST,
                few=adapt.FEWEST_OF_A_CLASS,
            )
        )
    return tasks


def ask(*, by: Agent, now: datetime) -> None:
    """Let the worker train. Refused where there is too little to learn from, or it is being done."""
    must(by, "teach")
    _teachable(examples())
    if is_training():
        raise Refused(say("A version is being trained already: it will be on this page soon."))
    stages.stream().put(TRAIN, {"by": by.pk}, now=now)


def is_training() -> bool:
    return stages.stream().depth(TRAIN) > 0


def train_waiting(*, now: datetime, clock: Callable[[], datetime] | None = None) -> bool:
    """Do what was asked for, and tell who asked what came of it. False: nothing was."""
    leases = stages.stream().take(TRAIN, now=now, lease_for=LEASE)
    for lease in leases:
        by = Agent.objects.filter(pk=int(lease.payload["by"])).first()
        if by is not None:
            try:
                made = train(by=by, now=clock() if clock else now)
                told = say(
                    "Version {number} is trained: compare it, and switch it on if it is better",
                    number=made.number,
                )
            except Refused as why:
                told = why.reasons[0]
            except Exception as broken:
                log.exception("training failed")
                told = say("Training failed: {why}", why=f"{type(broken).__name__}: {broken}"[:300])
            tell(told, now=clock() if clock else now, to=by)
        stages.stream().done(lease)
    return bool(leases)


def train(
    *, by: Agent, now: datetime, tell_step: Callable[[int, int], None] = lambda done, all_: None
) -> JudgeVersion:
    """Fit a version on what people said, and compare it with what judges now on posts that it has not seen. It judges
    nothing until somebody switches it on. Refused where there is too little to learn from."""
    must(by, "teach")
    given = examples()
    tasks = _teachable(given)
    masked = [wording(each.text).text for each in given]
    base, current = policies.scorer(), in_force()
    if base is None:
        raise Refused(say("No model can be read here: the rules judge alone. Install Amends again."))
    shipped, embeddings = _scored(base, [each.text for each in given], tell_step)
    held_out = np.array([adapt.is_held_out(each) for each in masked])
    layers, counts = {}, {}
    for task in tasks:
        has = np.array([task in each.truth for each in given])
        fitted = np.flatnonzero(has & ~held_out).tolist()
        truth = [given[at].truth[task] for at in fitted]
        if len(set(truth)) < 2 or not (has & held_out).any():
            continue
        layers[task], strength = adapt.fit(
            task,
            shipped[fitted],
            None if embeddings is None else embeddings[fitted],
            truth,
            [masked[at] for at in fitted],
        )
        counts[task] = {
            "fitted": len(fitted),
            "held_out": int((has & held_out).sum()),
            "labelled": sum(each.is_labelled for each in given if task in each.truth),
            "corrected": sum(not each.is_labelled for each in given if task in each.truth),
            "strength": strength,
        }
    if not layers:
        raise Refused(
            say("The posts that people judged are too few of a kind to compare on. Label some more.")
        )
    adapter = Adapter(layers, base.digest)
    scores = _compared(
        given, held_out, tuple(layers), shipped, embeddings, current, adapter, encoded=base.tier == "encoder"
    )
    return _kept(adapter, counts, scores, tier=base.tier, by=by, now=now)


def _scored(
    base: Scores, texts: Sequence[str], tell_step: Callable[[int, int], None]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    scores, embeddings = [], []
    for start in range(0, len(texts), AT_ONCE):
        tell_step(start, len(texts))
        found, embedded, _ = base.both(texts[start : start + AT_ONCE])
        scores.append(found)
        if embedded is not None:
            embeddings.append(embedded)
    tell_step(len(texts), len(texts))
    return np.concatenate(scores), np.concatenate(embeddings) if embeddings else None


def _compared(
    given: Sequence[Example],
    held_out: npt.NDArray[np.bool_],
    tasks: Sequence[str],
    shipped: npt.NDArray[np.float32],
    embeddings: npt.NDArray[np.float32] | None,
    current: InForce,
    adapter: Adapter,
    *,
    encoded: bool,
) -> dict[str, Any]:
    """What the old and the new one get on the same held-out posts, as whole judgements: rules and models together."""
    which = np.flatnonzero(held_out).tolist()
    known = None if embeddings is None else embeddings[which]
    before = shipped[which]
    if isinstance(current.scorer, Corrected):
        before = current.scorer.adapter.adapted(before, known)
    judged = {
        "old": _judged([given[at] for at in which], before, encoded),
        "new": _judged([given[at] for at in which], adapter.adapted(shipped[which], known), encoded),
    }
    found: dict[str, Any] = {"before": current.number}
    for task in tasks:
        asked = [at for at, post in enumerate(which) if task in given[post].truth]
        found[task] = {
            name: figures(task, [(given[which[at]].truth[task], said_of(said[at], task)) for at in asked])
            for name, said in judged.items()
        }
    return found


def _judged(given: Sequence[Example], scores: npt.NDArray[np.float32], encoded: bool) -> list[Judgement]:
    says = heard(scores, np.full(len(given), encoded))
    policy = policies.triage()
    return [judge(each.text, policy, each.languages, said) for each, said in zip(given, says, strict=True)]


def said_of(judged: Judgement, task: str) -> str:
    return str(getattr(judged, task))


def figures(task: str, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Macro-F1 with its interval; of kinds also the complaints that were found, and those that were taken for abuse."""
    table = measures.confusion(pairs, TASKS[task])
    between = measures.bootstrapped(pairs, TASKS[task])
    found: dict[str, Any] = {
        "n": table.n,
        "macro_f1": round(table.macro_f1 or 0.0, 4),
        "between": [round(each, 4) for each in between] if between else None,
    }
    if task == "kind":
        complaints = table.recall("complaint")
        taken = table.counts.get(("complaint", "abuse"), 0)
        found["complaints_found"] = _share(complaints.hits, complaints.n)
        found["complaints_as_abuse"] = _share(taken, complaints.n)
    return found


def _share(hits: int, n: int) -> dict[str, Any]:
    low, high = measures.wilson(hits, n)
    return {"hits": hits, "n": n, "low": round(low, 4), "high": round(high, 4)}


def _kept(
    adapter: Adapter,
    counts: Mapping[str, Any],
    scores: Mapping[str, Any],
    *,
    tier: str,
    by: Agent,
    now: datetime,
) -> JudgeVersion:
    box = io.BytesIO()
    np.savez(box, **adapter.arrays())  # type: ignore[arg-type]
    digest = sha256(box.getvalue()).hexdigest()
    folder().mkdir(parents=True, exist_ok=True)
    file = folder() / f"{digest}.npz"
    partial = file.with_suffix(".part")
    partial.write_bytes(box.getvalue())
    partial.replace(file)
    with transaction.atomic():
        last = JudgeVersion.objects.aggregate(last=Max("number"))["last"] or 0
        return JudgeVersion.objects.create(
            number=last + 1,
            by=by,
            at=now,
            base=adapter.base,
            tier=tier,
            counts=dict(counts),
            scores=dict(scores),
            digest=digest,
        )
