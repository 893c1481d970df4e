"""`amends triage`: judges texts, or JSON lines, from a file or standard input. It needs no desk and keeps nothing."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from amends.cli.speak import err, fail, tell, words
from amends.desk import policies
from amends.desk.judging import rounded
from amends.triage.deciding import judge_many
from amends.triage.judgement import Judgement

#: So many lines are judged as one batch, and written.
BATCH = 256
#: No line is longer, in bytes; of a post, no more than its beginning is judged anyway.
LONGEST_LINE = 4_000_000
#: Digits of a likelihood.
DIGITS = 4
#: Columns of the table, before the text.
_WIDTHS = (11, 9, 10, 10, 13, 4)


@dataclass(frozen=True)
class Asked:
    """A line that can be judged."""

    name: Any
    text: str
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Bad:
    """A line that cannot, and why."""

    key: str
    """id or line"""
    name: Any
    why: str


def triage(
    file: Annotated[
        Path | None,
        typer.Argument(
            help=_('Texts, one a line, or JSON lines {"id", "text", "lang"}; without it, standard input.')
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help=_("A line of JSON for each, for programs."))
    ] = False,
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help=_("The same as --json."))] = False,
    lang: Annotated[str, typer.Option(help=_("The language of the reasons: en, fr, ro."))] = "en",
) -> None:
    is_json = as_json or as_jsonl
    if lang not in ("en", "fr", "ro"):
        fail(_("Reasons are given in en, fr or ro."))
    if file is not None and str(file) != "-":
        try:
            source: BinaryIO = file.open("rb")
        except OSError as broken:
            fail(_("%(path)s cannot be read: %(why)s") % {"path": file, "why": broken.strerror or broken})
    else:
        source = sys.stdin.buffer
    # Half of a sign, in a name of theirs, is written as JSON escapes it; and no terminal's encoding can refuse a sign.
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    with source:
        bad = _judge_all(source, is_json=is_json, lang=lang)
    if bad:
        tell(
            ngettext("%(n)s line could not be judged.", "%(n)s lines could not be judged.", bad) % {"n": bad}
        )
        raise typer.Exit(1)


def _judge_all(source: BinaryIO, *, is_json: bool, lang: str) -> int:
    """Judge and write, batch by batch. Gives how many lines were bad."""
    policy, scorer = policies.triage(), policies.scorer()
    _say_who_judges(scorer.tier if scorer else "rules")
    bad = 0
    try:
        if not is_json:
            _write(
                _table_line(
                    _("kind"), _("severity"), _("abuse"), _("feeling"), _("topic"), _("lang"), _("text")
                )
            )
        with _progress() as bar:
            task = bar.add_task(_("Judged"), total=None)
            for batch in _batches(_lines(source), 1 if _is_typed(source) else BATCH):
                for item, found in zip(batch, _judged(batch, policy, scorer), strict=True):
                    if isinstance(found, Bad):
                        bad += 1
                        _write(
                            _dumped({found.key: found.name, "error": found.why})
                            if is_json
                            else f"✗ {found.why}"
                        )
                    elif is_json:
                        assert isinstance(item, Asked)
                        _write(_dumped(record(item.name, found, lang)))
                    else:
                        assert isinstance(item, Asked)
                        _write(_row(item.text, found))
                sys.stdout.flush()
                bar.advance(task, len(batch))
    except BrokenPipeError:
        # Who reads us has seen enough (| head). Nothing may be written any more, not even at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return bad


def _judged(batch: list[Asked | Bad], policy: Any, scorer: Any) -> Iterator[Judgement | Bad]:
    """The judgement of each, in their order; one that breaks what judges breaks no other."""
    asked = [each for each in batch if isinstance(each, Asked)]
    found: Iterator[Judgement | Bad]
    try:
        found = iter(
            judge_many([each.text for each in asked], policy, [each.languages for each in asked], scorer)
        )
    except Exception:
        found = (_judged_alone(each, policy, scorer) for each in asked)
    for each in batch:
        yield each if isinstance(each, Bad) else next(found)


def _judged_alone(asked: Asked, policy: Any, scorer: Any) -> Judgement | Bad:
    try:
        return judge_many([asked.text], policy, [asked.languages], scorer)[0]
    except Exception as broken:
        return Bad(
            "id",
            asked.name,
            _("It cannot be judged: %(why)s") % {"why": f"{type(broken).__name__}: {broken}"[:300]},
        )


def _say_who_judges(tier: str) -> None:
    if tier == "encoder":
        tell(_("The rules and the encoder judge."))
    elif tier == "ngrams":
        tell(_("The rules and the quick tier judge: no encoder is built. To build it: amends models build"))
    else:
        tell(_("The rules judge alone: no model can be read."))


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=not err.is_terminal,
        transient=True,
    )


def _is_typed(source: BinaryIO) -> bool:
    """Whether somebody types the lines: then each is answered at once."""
    try:
        return source.isatty()
    except ValueError:
        return False


# ------------------------------------------------------------------ reading


def _batches(lines: Iterator[Asked | Bad], size: int) -> Iterator[list[Asked | Bad]]:
    batch: list[Asked | Bad] = []
    for each in lines:
        batch.append(each)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _lines(source: BinaryIO) -> Iterator[Asked | Bad]:
    """Every line that is not blank. The first one tells what they are: JSON objects, or texts."""
    is_json: bool | None = None
    number = 0
    while raw := source.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE:
            while raw and not raw.endswith(b"\n"):
                raw = source.readline(LONGEST_LINE)
            yield Bad("line", number, _("It is longer than %(n)s bytes.") % {"n": LONGEST_LINE})
            continue
        raw = (raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw).rstrip(b"\r\n")
        if not raw.strip():
            continue
        if is_json is None:
            is_json = _looks_like_json(raw)
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError:
            yield Bad("line", number, _("It is not UTF-8."))
            continue
        yield _from_json(line, number) if is_json else Asked(number, line, ())


def _looks_like_json(raw: bytes) -> bool:
    return raw.lstrip()[:1] == b"{" and raw.lstrip()[1:].lstrip()[:1] in (b'"', b"}")


def _from_json(line: str, number: int) -> Asked | Bad:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as broken:
        return Bad("line", number, _("It is not JSON: %(why)s.") % {"why": str(broken)[:200]})
    if not isinstance(given, dict):
        return Bad("line", number, _("It is not an object with a “text”."))
    name, text, lang = given.get("id"), given.get("text"), given.get("lang")
    if name is None:
        key, name = "line", number
    elif isinstance(name, dict | list):
        return Bad("line", number, _("Its “id” is neither a text nor a number."))
    else:
        key = "id"
    if not isinstance(text, str):
        return Bad(key, name, _("It has no “text”."))
    if lang is not None and not isinstance(lang, str):
        return Bad(key, name, _("Its “lang” is not a text."))
    return Asked(name, text, (lang[:20],) if lang else ())


# ------------------------------------------------------------------ writing


def record(name: Any, found: Judgement, lang: str) -> dict[str, Any]:
    """A judgement as `--json` gives it; the reasons as sentences in `lang`."""
    with override(lang):
        reasons = [words(each) for each in found.reasons]
    return {
        "id": name,
        "kind": found.kind,
        "kind_p": rounded(found.kind_p, DIGITS),
        "abuse": found.abuse,
        "abuse_p": rounded(found.abuse_p, DIGITS),
        "sentiment": found.sentiment,
        "sentiment_p": rounded(found.sentiment_p, DIGITS),
        "emotion": found.emotion,
        "wants": found.wants,
        "cause": found.cause,
        "severity": found.severity,
        "severity_parts": list(found.severity_parts),
        "topic": found.topic,
        "lang": found.language,
        "anger": found.anger,
        "sarcasm": round(float(found.sarcasm), DIGITS),
        "confidence": round(float(found.confidence), DIGITS),
        "tier": found.tier,
        "reasons": reasons,
        "words": [list(span) for span in found.words],
    }


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _row(text: str, found: Judgement) -> str:
    return _table_line(
        found.kind,
        found.severity,
        found.abuse if found.abuse != "none" else "",
        found.sentiment,
        found.topic,
        found.language,
        _shown(text),
    )


def _table_line(*cells: str) -> str:
    *narrow, text = cells
    return (
        " ".join(f"{str(cell)[:width]:<{width}}" for cell, width in zip(narrow, _WIDTHS, strict=True))
        + f" {text}"
    )


def _shown(text: str) -> str:
    """The beginning of a stranger's text, without anything that moves a terminal's cursor or turns its direction."""
    one = " ".join(text[:400].split())
    return "".join("·" if unicodedata.category(sign)[0] == "C" else sign for sign in one)[:90]


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
