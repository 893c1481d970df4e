"""`triage`: the n-gram tier, the full judgement, and scikit-learn's plain TF-IDF pipeline, on the same posts in one run.

The rival is what one would write in ten lines: words and letter groups, TF-IDF, logistic regression. It is installed by
hand (`pip install scikit-learn`); the full judgement needs a built encoder (AMENDS_ENCODER, or that of the data folder
named by it). What is missing is left out, and said.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from amends.triage.deciding import judge_many
from amends.triage.model.scorer import Scorer
from amends.triage.policy import TriagePolicy
from benchmarks.timing import Line, Side, alone, both, interleaved

WRITTEN = Path(__file__).resolve().parent.parent / "training" / "written"

_LOADING = """
import json, sys, time
begun = time.perf_counter()
from pathlib import Path
from amends.triage.deciding import judge_many
from amends.triage.model.scorer import Scorer
from amends.triage.policy import TriagePolicy
scorer, policy = Scorer.open(Path(sys.argv[1])), TriagePolicy.load()
judge_many(["Where is my parcel?"], policy, None, scorer)
loaded = time.perf_counter() - begun
judge_many([f"post {at}: the line has been down for {at} days" for at in range(300)], policy, None, scorer)
# ru_maxrss would begin at the size of the process that started this one.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([loaded, int(peak.split()[1]) * 1024]))
"""


def figures(*, quick: bool, rounds: int, wanted: set[str], where: str) -> list[Line]:
    kinds, texts = _posts(400 if quick else 3_000)
    where = f"{len(texts):,} written posts, one thread"
    small = Scorer.open(None)
    lines: list[Line] = []

    def ngrams() -> int:
        return len(small.scores(texts))

    rival = _rival(texts, kinds)
    if rival:
        taken = interleaved(
            Side(name="n-gram tier", run=ngrams), Side(name="scikit-learn TF-IDF", run=rival), rounds=rounds
        )
        lines += both(
            "triage",
            where,
            "the n-gram tier, four tasks; the rival one",
            *taken.values(),
            "posts/s",
        )
    else:
        taken = interleaved(Side(name="n-gram tier", run=ngrams), rounds=rounds)
        lines.append(
            alone(
                "triage",
                where,
                "n-gram tier, CPU; scikit-learn is not installed",
                taken["n-gram tier"].cpu,
                "posts/s",
            )
        )
    folder = os.environ.get("AMENDS_ENCODER")
    return lines + (_encoder(Path(folder), texts, where, rounds, quick) if folder else [])


def _encoder(folder: Path, texts: list[str], where: str, rounds: int, quick: bool) -> list[Line]:
    scorer, policy = Scorer.open(folder), TriagePolicy.load()
    few = texts[: 60 if quick else 600]

    def whole() -> int:
        return len(judge_many(few, policy, None, scorer))

    def one_by_one() -> int:
        return sum(len(judge_many([text], policy, None, scorer)) for text in few[:40])

    full = interleaved(Side(name="full", run=whole), rounds=rounds)["full"]
    single = interleaved(Side(name="one", run=one_by_one), rounds=rounds)["one"]
    loads, memory = [], []
    for _ in range(2 if quick else 3):
        ran = subprocess.run(
            [sys.executable, "-c", _LOADING, str(folder)], check=True, capture_output=True, text=True
        )
        seconds, size = json.loads(ran.stdout)
        loads.append(seconds)
        memory.append(size)
    return [
        alone("triage", where, "full judgement, CPU", full.cpu, "posts/s"),
        alone("triage", where, "full judgement, wall", full.wall, "posts/s"),
        alone("triage", where, "one post alone, wall", single.wall),
        alone("triage", where, "start of Python to the first judgement", loads),
        alone("triage", where, "memory of that process at its most", memory, "MB"),
    ]


def _rival(texts: list[str], kinds: list[str]) -> Callable[[], int] | None:
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline, make_union
    except ImportError:
        return None
    pipeline = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, max_features=200_000),
        ),
        LogisticRegression(max_iter=200),
    ).fit(texts, kinds)
    return lambda: len(pipeline.predict_proba(texts))


def _posts(n: int) -> tuple[list[str], list[str]]:
    kinds, texts = [], []
    for path in sorted(WRITTEN.glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            cells = line.split("\t")
            kinds.append(cells[0])
            texts.append(cells[-1])
    step = max(1, len(texts) // n)
    return kinds[::step][:n], texts[::step][:n]
