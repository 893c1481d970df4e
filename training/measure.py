"""`python -m training.measure`: what `amends triage` is worth, on sets that nothing was trained on.

Prints a table and, with --write, keeps it as docs/reference/triage-scores.json. The official tests of most public sets
are not at hand here: of those the rows that training kept apart are measured, and said to be so.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from amends.triage.deciding import judge_many
from amends.triage.judgement import Judgement
from amends.triage.model.scorer import Scorer
from amends.triage.policy import TriagePolicy
from training import data

MEASURED = Path(__file__).parents[1] / "tests" / "triage" / "measured"
FUNCTIONAL = Path(__file__).parents[1] / "tests" / "triage" / "functional"


@dataclass(frozen=True)
class Figure:
    set: str
    measure: str
    value: float
    n: int

    def __str__(self) -> str:
        return f"{self.set:<44} {self.measure:<44} {100 * self.value:6.1f}  (n = {self.n:,})"


class Measure:
    def __init__(self, shared: Path, encoder: Path | None, most: int) -> None:
        self.shared, self.most = shared, most
        self.policy, self.scorer = TriagePolicy.load(), Scorer.open(encoder, threads=2)

    def judged(self, texts: Sequence[str], languages: Sequence[str]) -> list[Judgement]:
        return judge_many(texts, self.policy, [(each,) for each in languages], self.scorer)

    def rows(self, path: str, *, apart: bool, split: str = "") -> list[dict]:
        """Rows that training never saw, in an order of their own."""
        with gzip.open(self.shared / "data" / f"{path}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        rows = [row for row in rows if not apart or data.is_kept_apart(row["text"])]
        return sorted(rows, key=lambda row: data.digest(row["text"]))[: self.most]

    def all(self) -> Iterable[Figure]:
        yield from self.brands()
        yield from self.functions()
        for language in ("fr", "es", "de", "it", "pt", "ar", "en"):
            yield from self.classes(
                f"sentiment/{language}.umsab", lambda row: row["label"], lambda j: j.sentiment
            )
        yield from self.classes(
            "sentiment/en.semeval2017", lambda row: row["label"], lambda j: j.sentiment, recall=True
        )
        yield from self.classes(
            "complaint/en.preotiuc2019",
            lambda row: row["label"],
            lambda j: "complaint" if j.kind == "complaint" else "not",
        )
        yield from self.classes(
            "complaint/en.preotiuc2019",
            lambda row: row["label"],
            lambda j: "complaint" if j.kind_p["complaint"] >= 0.5 else "not",
            note=", from a likelihood of one half",
        )
        yield from self.classes(
            "offensive/en.tweeteval_olid",
            lambda row: "none" if row["label"] == "not" else "offensive",
            _offensive,
        )
        yield from self.classes("offensive/ro.ro_offense", lambda row: row["label"], _four)
        yield from self.classes("offensive/ro.fb_ro_offense", lambda row: row["label"], _four)
        yield from self.classes(
            "offensive/ro.fb_ro_offense",
            lambda row: "none" if row["label"] == "other" else "offensive",
            _offensive,
        )
        yield from self.classes(
            "abuse_type/fr.cyberado1",
            lambda row: "none" if row["label"] == "none" else "offensive",
            _offensive,
            apart=False,
        )
        yield from self.classes(
            "sentiment/ro.laroseda",
            lambda row: row["label"],
            lambda j: max(("negative", "positive"), key=lambda each: j.sentiment_p.get(each, 0)),
            apart=False,
            accuracy=True,
        )
        for language in ("en.hatecheck", "nl.mhc"):
            yield from self.hatecheck(f"functional/{language}")
        yield from self.airline()

    def classes(
        self,
        path: str,
        label: Callable[[dict], str],
        said: Callable[[Judgement], str],
        *,
        apart: bool = True,
        recall: bool = False,
        accuracy: bool = False,
        note: str = "",
    ) -> Iterable[Figure]:
        rows = self.rows(path, apart=apart)
        judged = self.judged([row["text"] for row in rows], [row["lang"] for row in rows])
        pairs = [(label(row), said(each)) for row, each in zip(rows, judged, strict=True)]
        name = path + (" (kept apart)" if apart else "") + note
        if accuracy:
            yield Figure(name, "accuracy", sum(a == b for a, b in pairs) / len(pairs), len(pairs))
        elif recall:
            yield Figure(name, "macro-recall", macro(pairs, "recall"), len(pairs))
        else:
            yield Figure(
                name, f"macro-F1, {len({a for a, _ in pairs})} classes", macro(pairs, "f1"), len(pairs)
            )

    def hatecheck(self, path: str) -> Iterable[Figure]:
        rows = self.rows(path, apart=False)
        judged = self.judged([row["text"] for row in rows], [row["lang"] for row in rows])
        for label in ("hateful", "non-hateful"):
            hits = [
                (each.abuse in ("hate", "threat")) == (label == "hateful")
                for row, each in zip(rows, judged, strict=True)
                if row["label"] == label
            ]
            yield Figure(path, f"accuracy on {label}", sum(hits) / len(hits), len(hits))

    def airline(self) -> Iterable[Figure]:
        rows = [row for row in self.rows("sentiment/en.airline", apart=False) if row["label"] == "negative"]
        judged = self.judged([row["text"] for row in rows], ["en"] * len(rows))
        for kind in ("complaint", "abuse", "praise", "unsure"):
            yield Figure(
                "sentiment/en.airline, negative",
                f"taken for {kind}",
                sum(j.kind == kind for j in judged) / len(rows),
                len(rows),
            )

    def brands(self) -> Iterable[Figure]:
        for language in ("en", "fr", "ro"):
            posts = list(measured(language, self.shared))
            judged = self.judged([post["text"] for post in posts], [language] * len(posts))
            yield from _brand_figures(f"posts to brands, {language}", posts, judged)
            if "kind_a" in posts[0]:
                yield Figure(
                    f"posts to brands, {language}", "kappa of the readers, kind",
                    kappa([(post["kind_a"], post["kind_b"]) for post in posts]), len(posts),
                )  # fmt: skip

    def functions(self) -> Iterable[Figure]:
        for language in ("en", "fr", "ro"):
            cases = list(functional(language))
            judged = self.judged([case["text"] for case in cases], [language] * len(cases))
            for field in ("kind", "abuse", "sentiment"):
                asked = [(case, each) for case, each in zip(cases, judged, strict=True) if case[field]]
                right = [str(getattr(each, field)) in case[field].split("|") for case, each in asked]
                yield Figure(f"functional, {language}", f"{field} right", sum(right) / len(right), len(right))


def _offensive(judged: Judgement) -> str:
    return "none" if judged.abuse == "none" else "offensive"


def _four(judged: Judgement) -> str:
    """The four classes of RO-Offense."""
    return {"none": "other", "hate": "abuse", "threat": "abuse"}.get(judged.abuse, str(judged.abuse))


def _brand_figures(name: str, posts: Sequence[dict], judged: Sequence[Judgement]) -> Iterable[Figure]:
    both = list(zip(posts, judged, strict=True))
    complaints = [each for post, each in both if post["kind"] == "complaint"]
    called = [post for post, each in both if each.kind == "complaint"]
    hits = sum(each.kind == "complaint" for each in complaints)
    yield Figure(name, "complaints at this base rate", len(complaints) / len(posts), len(posts))
    yield Figure(name, "recall of complaints", hits / len(complaints), len(complaints))
    yield Figure(
        name,
        "recall, “a person should look” counted",
        sum(each.kind in ("complaint", "unsure") for each in complaints) / len(complaints),
        len(complaints),
    )
    yield Figure(name, "precision of complaints", hits / max(1, len(called)), len(called))
    yield Figure(
        name, "a person should look", sum(each.kind == "unsure" for each in judged) / len(posts), len(posts)
    )
    furious = [
        each
        for post, each in both
        if post["kind"] == "complaint" and (post["anger"] >= 2 or post["abuse"] != "none")
    ]
    yield Figure(
        name,
        "angry complaints taken for abuse",
        sum(each.kind == "abuse" for each in furious) / max(1, len(furious)),
        len(furious),
    )
    sly = [each for post, each in both if post["kind"] == "complaint" and post["sarcasm"]]
    yield Figure(
        name,
        "sarcastic complaints taken for praise",
        sum(each.kind == "praise" for each in sly) / max(1, len(sly)),
        len(sly),
    )


def measured(language: str, shared: Path) -> Iterable[dict]:
    """The measuring set of a language, with its texts. Raises ValueError if a text is not the one that was labelled."""
    lines = (MEASURED / f"{language}.tsv").read_text(encoding="utf-8").split("\n")
    header = lines[0].split("\t")
    rows = [dict(zip(header, line.split("\t"), strict=True)) for line in lines[1:] if line]
    texts = _texts(shared, {row["file"] for row in rows}) if "file" in header else {}
    for row in rows:
        post: dict = dict(row)
        if "file" in row:
            post["text"] = texts[row["file"], row["row"]]
            if hashlib.sha256(post["text"].encode()).hexdigest() != row["sha256"]:
                raise ValueError(f"{row['file']} {row['row']}: another text than the one that was labelled")
            post["anger"] = max(int(row["anger_a"]), int(row["anger_b"]))
            post["sarcasm"] = "1" in (row["sarcasm_a"], row["sarcasm_b"])
        else:
            post["anger"], post["sarcasm"] = int(row["anger"]), row["sarcasm"] == "1"
        yield post


def _texts(shared: Path, files: set[str]) -> dict[tuple[str, str], str]:
    texts = {}
    for file in files:
        with gzip.open(shared / "data" / file, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                for at, turn in enumerate(row.get("turns", ())):
                    texts[file, f"{row['id']}#{at}"] = turn["text"]
                if "text" in row:
                    texts[file, row["id"]] = row["text"]
    return texts


def functional(language: str) -> Iterable[dict]:
    lines = (FUNCTIONAL / f"{language}.tsv").read_text(encoding="utf-8").split("\n")
    header = lines[0].split("\t")
    for line in lines[1:]:
        if line:
            yield dict(zip(header, line.split("\t"), strict=True))


def macro(pairs: Sequence[tuple[str, str]], which: str) -> float:
    """The plain mean over the classes of recall or F1."""
    values = []
    for name in sorted({wanted for wanted, _ in pairs}):
        hit = sum(wanted == said == name for wanted, said in pairs)
        recall = hit / sum(wanted == name for wanted, _ in pairs)
        precision = hit / max(1, sum(said == name for _, said in pairs))
        values.append(recall if which == "recall" else 2 * recall * precision / max(1e-9, recall + precision))
    return sum(values) / len(values)


def kappa(pairs: Sequence[tuple[str, str]]) -> float:
    """Cohen's kappa (1960): agreement beyond what chance would give."""
    n = len(pairs)
    names = {each for pair in pairs for each in pair}
    seen = sum(a == b for a, b in pairs) / n
    chance = sum(sum(a == name for a, _ in pairs) * sum(b == name for _, b in pairs) for name in names) / n**2
    return (seen - chance) / (1 - chance) if not math.isclose(chance, 1) else 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(__file__).parents[2] / "shared")
    parser.add_argument(
        "--encoder", type=Path, help="the built encoder; without it, the n-gram tier is measured"
    )
    parser.add_argument("--most", type=int, default=2_000, help="posts of each public set")
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    figures = []
    for figure in Measure(asked.shared, asked.encoder, asked.most).all():
        figures.append(figure)
        print(figure, flush=True)
    if asked.write:
        kept = [
            {"set": each.set, "measure": each.measure, "value": round(100 * each.value, 1), "n": each.n}
            for each in figures
        ]
        asked.write.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
