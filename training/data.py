"""The posts that the models learn from: which sets, why they may be used, and what each says of which task.

A row says what it knows and no more: an "offensive" tweet is not "none", but whether it is an insult or hate is left
open. So a label is the list of classes that are possible, and the loss asks only that one of them is likely.

Licences are in ../shared/data/README.md and repeated in the card. Sets that are not commercial, that state no
licence, or that were read by us for measuring, are not named here, and must not be.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from amends.triage.model.tasks import TASKS

Labels = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Row:
    text: str
    language: str
    source: str
    labels: Labels
    """Task to the classes that are possible."""
    weight: float = 1.0


@dataclass(frozen=True)
class Source:
    """A public set: where it lies, what its licence is, and what its labels mean to us."""

    path: str
    licence: str
    reads: Callable[[dict], Labels | None]
    most: int = 1_000_000
    """At most so many rows of each pass, chosen by a hash of the text."""


_OFFENSIVE = TASKS["abuse"][1:]
_GRAVE = ("hate", "threat")
_NOT_GRAVE = ("none", "profanity", "insult")


def _sentiment(row: dict) -> Labels:
    return {"sentiment": (row["label"],)}


def _offensive(*no: str) -> Callable[[dict], Labels]:
    return lambda row: {"abuse": ("none",) if row["label"] in no else _OFFENSIVE}


def _four(row: dict) -> Labels:
    """RO-Offense and GermEval 2018: other, profanity, insult, abuse (hate or threat)."""
    known = {"other": ("none",), "profanity": ("profanity",), "insult": ("insult",), "abuse": _GRAVE}
    return {"abuse": known[row["label"]]}


def _hateful(row: dict) -> Labels:
    return {"abuse": _GRAVE if row["label"] == "hate" else _NOT_GRAVE}


def _davidson(row: dict) -> Labels:
    known = {"neither": ("none",), "hate": _GRAVE, "offensive": ("profanity", "insult", "hate")}
    return {"abuse": known[row["label"]]}


def _mlma(row: dict) -> Labels | None:
    said = set(row["label"].split("_"))
    if said == {"normal"}:
        return {"abuse": ("none",)}
    if "hateful" in said:
        return {"abuse": ("hate", "threat")}
    return {"abuse": ("profanity", "insult", "hate")} if "normal" not in said else None


def _edos(row: dict) -> Labels:
    if row["label"] == "threat":
        return {"abuse": _GRAVE}
    return {"abuse": _NOT_GRAVE if row["label"] == "none" else ("insult", "hate")}


def _jigsaw(row: dict) -> Labels:
    said = set(row["extra"]["cats"])
    if not said:
        return {"abuse": ("none",)}
    for mark, label in (("threat", "threat"), ("identity_hate", "hate"), ("insult", "insult")):
        if mark in said:
            return {"abuse": (label,)}
    return {"abuse": ("profanity", "insult")}


def _news_ro(row: dict) -> Labels:
    known = {"not": ("none", "profanity"), "targeted_insult": ("insult",)}
    return {"abuse": known.get(row["label"], ("hate",))}


def _complaint(row: dict) -> Labels:
    emotion = {"anger": "anger", "disgust": "anger", "sadness": "sadness", "fear": "fear", "joy": "joy"}
    kind = ("complaint",) if row["label"] == "complaint" else TASKS["kind"][1:]
    said: Labels = {"kind": kind, "sentiment": (row["extra"]["sentiment"],)}
    if row["extra"]["emotion"] in emotion:
        said["emotion"] = (emotion[row["extra"]["emotion"]],)
    return said


def _emotion(row: dict) -> Labels:
    known = {"anger": "anger", "sadness": "sadness", "fear": "fear", "joy": "joy", "optimism": "joy"}
    return {"emotion": (known.get(row["label"], "neutral"),)}


def _red(row: dict) -> Labels:
    said = _emotion(row)
    polarity = {"joy": "positive", "neutral": "neutral", "anger": "negative", "sadness": "negative"}
    if row["label"] in polarity:
        said["sentiment"] = (polarity[row["label"]],)
    return said


def _sarcasm(row: dict) -> Labels:
    said: Labels = {"sarcasm": ("yes" if row["label"] == "sarcastic" else "no",)}
    if "sentiment" in (row.get("extra") or {}):
        said["sentiment"] = (row["extra"]["sentiment"],)
    return said


def _asked(row: dict) -> Labels:
    """Banking77 and Bitext: somebody asks a bank or a shop for something; never praise, attack or chat."""
    return {"kind": ("complaint", "question")}


_TWEETEVAL = "research standard (TweetEval); underlying sets state their own terms"
_UMSAB = "repository Apache-2.0; research standard over tweets"

SOURCES = (
    Source(
        "sentiment/en.semeval2017",
        "repository MIT; SemEval-2017 task 4, research standard",
        _sentiment,
        34_000,
    ),
    *(
        Source(f"sentiment/{each}.umsab", _UMSAB, _sentiment)
        for each in ("ar", "de", "en", "es", "fr", "it", "pt")
    ),
    Source("complaint/en.preotiuc2019", "X-CI repository MIT", _complaint),
    Source("offensive/en.tweeteval_olid", _TWEETEVAL, _offensive("not")),
    Source("hate/en.tweeteval_hateval", _TWEETEVAL, _hateful, 5_000),
    Source("offensive/en.davidson", "MIT", _davidson, 2_000),
    Source("abuse_type/en.edos", "CC0 1.0", _edos, 3_500),
    Source("abuse_type/en.jigsaw_subset", "repository MIT; comments CC0", _jigsaw),
    Source("abuse_type/fr.jigsaw_subset", "repository MIT; comments CC0, machine-translated", _jigsaw),
    Source("offensive/fr.mlma", "MIT", _mlma),
    Source("offensive/ar.mlma", "MIT", _mlma, 1_500),
    Source("hate/fr.ftr", "MIT", _hateful),
    Source("offensive/de.germeval2018", "CC BY 4.0", _four),
    Source("offensive/pt.told_br", "CC BY-SA 4.0", _offensive("not"), 3_000),
    Source("offensive/ro.ro_offense", "Apache-2.0", _four),
    Source("offensive/ro.fb_ro_offense", "Apache-2.0", _four),
    Source("offensive/ro.news_ro_offense", "Apache-2.0", _news_ro),
    Source("emotion/en.tweeteval", _TWEETEVAL, _emotion),
    Source("emotion/ro.red1", "MIT", _red),
    Source("sarcasm/en.tweeteval_irony", _TWEETEVAL, _sarcasm),
    Source("sarcasm/en.isarcasmeval", "MIT", _sarcasm),
    Source("sarcasm/ar.arsarcasm", "MIT", _sarcasm, 2_000),
    Source("intent/en.banking77", "CC BY 4.0", _asked, 1_500),
    Source("intent/en.bitext", "CDLA-Sharing 1.0", _asked, 800),
)

HERE = Path(__file__).parent


def digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")


def is_kept_apart(text: str) -> bool:
    """One post in ten is never trained on: thresholds are set and models are compared on it."""
    return digest("apart|" + text) % 10 == 0


def public(shared: Path) -> Iterator[Row]:
    for source in SOURCES:
        rows = _read(shared / "data" / f"{source.path}.jsonl.gz")
        rows.sort(key=lambda row: digest(row["text"]))
        for row in rows[: source.most]:
            labels = source.reads(row)
            if labels:
                yield Row(row["text"], row["lang"], source.path, labels)


def _read(path: Path) -> list[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


#: Ten fields of a written post, as the header of each file names them.
FIELDS = ("kind", "abuse", "severity", "sentiment", "anger", "wants", "cause", "topic", "sarcasm")


def written() -> Iterator[Row]:
    """The posts that we wrote ourselves. Raises ValueError, with file and line, for a label that is none."""
    for path in sorted((HERE / "written").glob("*.tsv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for at, line in enumerate(lines[1:], 2):
            cells = line.split("\t")
            if len(cells) != len(FIELDS) + 1:
                raise ValueError(f"{path.name}:{at}: {len(cells)} cells, {len(FIELDS) + 1} expected")
            labels: Labels = {}
            for task, label in zip(FIELDS, cells, strict=False):
                said = {"0": "no", "1": "yes"}[label] if task == "sarcasm" else label
                if said not in TASKS[task]:
                    raise ValueError(f"{path.name}:{at}: {task} is “{label}”")
                labels[task] = (said,)
            if labels["kind"] != ("complaint",):
                del labels["severity"], labels["wants"]
                labels["cause"] = ("none",)
            yield Row(cells[-1].replace(" / ", "\n"), path.name[:2], f"written/{path.stem}", labels, 2.0)


def contrast(seed: int) -> Iterator[Row]:
    from training.contrast import make

    for row in make.rows(seed):
        yield Row(row.text, row.lang, "contrast", {"abuse": (row.abuse,)}, 1.0)


def without_marks(rows: list[Row], seed: int, share: float = 0.25) -> list[Row]:
    """A share of the French and Romanian rows once more, typed as many people do: without accents, in small letters."""
    from amends.core.text import fold

    chance = random.Random(seed)
    again = []
    for row in rows:
        if row.language in ("fr", "ro") and chance.random() < share:
            plain = fold(row.text)
            if plain != row.text.casefold():
                again.append(Row(plain, row.language, row.source, row.labels, row.weight))
    return again
