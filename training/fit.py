"""The last step of training: what is shipped beside the encoder, fitted on posts that nothing was trained on.

Writes into `src/amends/triage/model/data/`: `adapters.npz`, `heads.npz`, `ngrams.npz`, `beside.json` and `card.json`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from amends.triage.deciding import judge
from amends.triage.model import graph
from amends.triage.model.encoder import Encoder as Built
from amends.triage.model.folder import Source
from amends.triage.model.heads import DATA, normalised, spread
from amends.triage.model.ngrams import NGRAM_TASKS
from amends.triage.model.tasks import COLUMNS, TASKS, WIDTH
from amends.triage.model.weights import merged, read
from amends.triage.policy import TriagePolicy
from training import data
from training.encoder import Encoder
from training.small import fit as fit_small

SHARES = np.arange(0.0, 1.05, 0.1)
WARMTHS = np.arange(0.5, 1.55, 0.05)
_TASK_LIST = {task: list(each) for task, each in TASKS.items()}


def fit(encoder: Encoder, weights_file: Path, shared: Path, work: Path, seed: int) -> None:
    adapters = {name: each.astype(np.float16) for name, each in encoder.adapters().items()}
    DATA.mkdir(exist_ok=True)
    np.savez_compressed(DATA / "adapters.npz", **adapters)
    built = _build(weights_file, work)
    small = _small(shared, work, seed)
    heads = np.concatenate([each.weight.detach().numpy().T for each in encoder.tasks.values()], 1)
    bias = np.concatenate([each.bias.detach().numpy() for each in encoder.tasks.values()])

    apart = _apart(shared, seed)
    print(f"heads: fitting on {len(apart):,} posts kept apart", flush=True)
    texts = [row.text for row in apart]
    embedded = _embedded(built, texts, work)
    wanted = _wanted(apart)
    alone = normalised(spread(small.logits(texts)))
    large = normalised(np.asarray(embedded @ heads + bias, np.float32))
    share, warmth, cold = {}, {}, {}
    for task, columns in COLUMNS.items():
        known = wanted[:, columns].sum(1) > 0
        weigh = _even(apart, known, task)
        best = min(
            ((_loss(large[known][:, columns] + each * alone[known][:, columns] * (task in NGRAM_TASKS), heat,
                    wanted[known][:, columns], weigh), each, heat)
             for each in (SHARES if task in NGRAM_TASKS else [0.0]) for heat in WARMTHS),
        )  # fmt: skip
        share[task], warmth[task] = round(float(best[1]), 2), round(float(best[2]), 2)
        if task in NGRAM_TASKS:
            own = (
                (_loss(alone[known][:, columns], heat, wanted[known][:, columns], weigh), heat)
                for heat in WARMTHS
            )
            cold[task] = round(float(min(own)[1]), 2)
        print(
            f"  {task}: share {share[task]}, warmth {warmth[task]}, loss {best[0]:.3f} on {known.sum():,}",
            flush=True,
        )
    np.savez_compressed(
        DATA / "heads.npz",
        weights=heads.astype(np.float32),
        bias=bias.astype(np.float32),
        about=json.dumps({"tasks": _TASK_LIST, "encoder": built.digest, "share": share, "warmth": warmth}),
    )
    np.savez_compressed(
        DATA / "ngrams.npz",
        weights=small.weights,
        scale=small.scale,
        bias=small.bias,
        about=json.dumps({"tasks": _TASK_LIST, "warmth": cold}),
    )
    fused = large.copy()
    for task in NGRAM_TASKS:
        fused[:, COLUMNS[task]] += share[task] * alone[:, COLUMNS[task]]
    tiers = {"encoder": _warm(fused, warmth), "ngrams": _warm(alone, cold)}
    _beside(apart, wanted, tiers, seed)
    _card(apart, built.digest)


def _build(weights_file: Path, work: Path) -> Built:
    data_ = weights_file.read_bytes()
    with np.load(DATA / "adapters.npz") as kept:
        adapters = {name: kept[name].astype(np.float32) for name in kept.files}
    source = Source(
        weights=hashlib.sha256(data_).hexdigest(),
        adapters=hashlib.sha256((DATA / "adapters.npz").read_bytes()).hexdigest(),
    )
    graph.build(merged(read(data_), adapters), work / "encoder", source=source, tell=lambda share, what: None)
    return Built.open(work / "encoder", threads=2)


def _small(shared: Path, work: Path, seed: int) -> Any:
    from training.train import own_rows, public_rows

    rows = public_rows(shared) + [
        row for row in own_rows(shared) if row.source.startswith(("written", "contrast"))
    ]
    return fit_small(rows, passes=3, seed=seed)


def _apart(shared: Path, seed: int) -> list[data.Row]:
    """Public posts kept apart, at most 1,000 a set; all of our own that are kept apart."""
    counts: Counter[str] = Counter()
    rows = []
    for row in data.public(shared):
        if data.is_kept_apart(row.text) and counts[row.source] < 1_000:
            counts[row.source] += 1
            rows.append(row)
    own = [*data.written(), *data.contrast(seed)]
    return rows + [row for row in own if data.is_kept_apart(row.text)]


def _embedded(built: Built, texts: Sequence[str], work: Path) -> np.ndarray:
    key = hashlib.sha256("\0".join([built.digest, *texts]).encode("utf-8", "replace")).hexdigest()[:16]
    kept = work / f"apart-{key}.npy"
    if not kept.exists():
        np.save(kept, built.embed(list(texts)))
    return np.load(kept)


def _wanted(rows: Sequence[data.Row]) -> np.ndarray:
    wanted = np.zeros((len(rows), WIDTH))
    for at, row in enumerate(rows):
        for task, possible in row.labels.items():
            for each in possible:
                wanted[at, COLUMNS[task].start + TASKS[task].index(each)] = 1
    return wanted


def _even(rows: Sequence[data.Row], known: np.ndarray, task: str) -> np.ndarray:
    """Weights under which our own posts count as much as all public ones where both speak of a task."""
    own = np.array([row.source.startswith(("written", "contrast")) for row in rows])[known]
    weigh = np.ones(len(own))
    if own.any() and (~own).any():
        weigh[own] = (~own).sum() / own.sum()
    return weigh / weigh.sum()


def _loss(scores: np.ndarray, heat: float, wanted: np.ndarray, weigh: np.ndarray) -> float:
    warm = scores * heat
    top = warm.max(1, keepdims=True)
    likely = np.exp(warm - top)
    likely /= likely.sum(1, keepdims=True)
    return float((weigh * -np.log((likely * wanted).sum(1) + 1e-9)).sum())


def _warm(scores: np.ndarray, warmth: dict[str, float]) -> np.ndarray:
    out = scores.copy()
    for task, columns in COLUMNS.items():
        out[:, columns] *= warmth.get(task, 1.0)
    return normalised(out)


def _beside(apart: Sequence[data.Row], wanted: np.ndarray, tiers: dict[str, np.ndarray], seed: int) -> None:
    """How far the rules are believed beside the models: counted on our own posts, weighed on those kept apart."""
    policy = TriagePolicy.load()
    seen = [row for row in data.written() if not data.is_kept_apart(row.text)]
    pairs = [row for row in data.contrast(seed) if not data.is_kept_apart(row.text)][::3]
    said = [judge(row.text, policy, (row.language,)) for row in (*seen, *pairs)]
    said_apart = [judge(row.text, policy, (row.language,)) for row in apart]
    kept: dict[str, Any] = {}
    for task, names in (("kind", (*TASKS["kind"], "unsure")), ("abuse", TASKS["abuse"])):
        counts = {name: np.full(len(TASKS[task]), 0.5) for name in names}
        for row, judged in zip((*seen, *pairs), said, strict=True):
            possible = row.labels.get(task, ())
            if len(possible) == 1:
                counts[getattr(judged, task).value][TASKS[task].index(possible[0])] += 1
        total = sum(counts.values())
        witness = {name: np.log(each / total) for name, each in counts.items()}
        columns = COLUMNS[task]
        known = wanted[:, columns].sum(1) > 0
        weigh = _even(apart, known, task)
        told = np.array([witness[getattr(each, task).value] for each in said_apart])[known]
        exponent = {}
        for tier, scores in tiers.items():
            exponent[tier] = round(float(min(
                (_loss(scores[known][:, columns] + each * told, 1.0, wanted[known][:, columns], weigh), each)
                for each in np.arange(0.0, 1.05, 0.1)
            )[1]), 2)  # fmt: skip
        print(f"  rules beside the models, {task}: {exponent}", flush=True)
        kept[task] = {
            "witness": {name: [round(float(x), 3) for x in each] for name, each in witness.items()},
            "exponent": exponent,
        }
    (DATA / "beside.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _card(apart: Sequence[data.Row], encoder: str) -> None:
    written = Counter(row.language for row in data.written())
    card = {
        "encoder": encoder,
        "own posts": {"written": dict(written), "contrast sentences": 4_500},
        "kept apart": len(apart),
        "scores": "docs/reference/triage-scores.json, per language, by python -m training.measure",
        "not measured on": [
            "the official tests of the public sets",
            "posts that a person labelled",
            "Romanian posts with a second reader",
            "languages other than English, French and Romanian, but for sentiment and Dutch hate",
            "private messages, and posts over 400 characters",
            "severity, wants, cause and topic against people",
        ],
        "public sets": {source.path: source.licence for source in data.SOURCES},
        "files": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(DATA.glob("*"))
            if path.name != "card.json"
        },
    }
    (DATA / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
