"""`amends lint`: the guards over one draft, or over files of replies. It needs no desk and no database, and writes
nothing but the baseline it is asked for.

Exit codes: 0, nothing at or above `--fail-on`. 1, something is, or a piece could not be read. 2, it was asked wrongly.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amends.cli.drafts import Defaults, Draft, Form, Unread, one_draft, read_file
from amends.cli.ownposts import OWN_CODES, OWN_RULES, OwnPosts, explain_own, own_rule
from amends.cli.speak import tell, words
from amends.core.policy import BadPolicy
from amends.desk import plugins, policies
from amends.reply.guard import GuardPolicy, Level, Verdict
from amends.reply.lint import (
    BadBaseline,
    History,
    Known,
    UnknownRule,
    around,
    baseline_of,
    chosen,
    known_of,
    lint,
)
from amends.reply.rulebook import conditions
from amends.reply.sample import Sample

WRONGLY_ASKED = 2
#: Marks the words that a rule speaks of. Rare in replies, and plain on a terminal without colours.
OPENS, CLOSES = "⟦", "⟧"


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


class FailOn(StrEnum):
    HINT = "hint"
    WARN = "warn"
    BLOCK = "block"


class Language(StrEnum):
    EN = "en"
    FR = "fr"
    RO = "ro"


@dataclass(frozen=True)
class Found:
    """One finding in one draft."""

    draft: Draft
    verdict: Verdict

    @property
    def at(self) -> tuple[int, int]:
        return self.draft.place(self.verdict.span[0] if self.verdict.span else 0)


@dataclass
class Outcome:
    """What became of all that was read."""

    drafts: int = 0
    found: list[Found] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    known: int = 0


def run_lint(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            help=_("Files of replies: .jsonl, .csv, or a text a line; “-” or none: one draft from the input.")
        ),
    ] = None,
    text: Annotated[str | None, typer.Option(help=_("One draft, written here."))] = None,
    format_: Annotated[Format, typer.Option("--format", help=_("How findings are written."))] = Format.TEXT,
    select: Annotated[
        list[str] | None, typer.Option(help=_("Only these rules: AM001, or AM01 for all that begin so."))
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help=_("Without these rules; the longer name decides."))
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option(help=_("From which level on findings end with code 1."))
    ] = FailOn.BLOCK,
    baseline: Annotated[
        Path | None, typer.Option(help=_("A file of known findings: they are passed over."))
    ] = None,
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help=_("Write all findings of now into the baseline."))
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option(metavar="RULE", help=_("Tell of one rule: what, why, source, repair, examples.")),
    ] = None,
    statistics: Annotated[
        bool, typer.Option("--statistics", help=_("How often each rule speaks, instead of where."))
    ] = False,
    lang: Annotated[Language | None, typer.Option(help=_("The language of the sentences."))] = None,
    to: Annotated[str, typer.Option(help=_("What the draft answers."))] = "",
    their_lang: Annotated[
        str, typer.Option(help=_("The customer’s language, as two letters; without it, that of “--to”."))
    ] = "",
    network: Annotated[
        str, typer.Option(help=_("Where it will stand: its limits hold, such as bluesky."))
    ] = "",
    direct: Annotated[
        bool, typer.Option("--direct", help=_("A direct message: nobody else reads it."))
    ] = False,
    ours: Annotated[
        list[str] | None,
        typer.Option(help=_("An address or number of ours that may be public; again for each.")),
    ] = None,
    read_as: Annotated[Form, typer.Option(help=_("How files are read, whatever their ending."))] = Form.AUTO,
    policy: Annotated[
        Path | None, typer.Option(help=_("The folder of a guards.toml of your own; without it, the desk’s."))
    ] = None,
    own_post: Annotated[
        bool,
        typer.Option(
            "--own-post", help=_("Posts of the brand’s own, not replies: what would set the comments alight.")
        ),
    ] = False,
) -> None:
    _speak_everything()
    with translation.override(lang.value if lang else translation.get_language()):
        try:
            rules = _policy(policy)
            if explain is not None:
                if not (rule := own_rule(explain)):
                    _explain(rules, explain, format_)
                else:
                    explain_own(rule, format_ is Format.JSON)
                return
            posts = OwnPosts.read(policy, _split(select), _split(ignore)) if own_post else None
            among = posts.among if posts else chosen(rules, _split(select), _split(ignore))
            known = _read_baseline(baseline, write_baseline)
        except UnknownRule as nothing:
            _wrong(
                words(nothing.said),
                _("The rules are: %(rules)s")
                % {"rules": ", ".join(sorted(OWN_CODES if own_post else rules.rules))},
            )
        except BadPolicy as broken:
            _wrong(str(broken))
        defaults = Defaults(language=their_lang, their_text=to, network=network, is_public=not direct)
        drafts = _drafts(files or [], text, read_as, defaults)
        shown = _SHOWS[format_](statistics)
        outcome = Outcome()
        now = datetime.now(UTC).astimezone()
        addresses = frozenset(ours or ())
        everything: list[tuple[Sample, Verdict]] = []
        histories: dict[str, History] = {}
        for each in drafts:
            if isinstance(each, Unread):
                outcome.unread.append(each)
                shown.unread(each)
                continue
            outcome.drafts += 1
            sample = histories.setdefault(each.file, History()).joined(each.sample)
            said = (
                posts.check(each.sample, contacts=addresses, now=now)
                if posts
                else lint(sample, rules, now=now, among=among, our_addresses=addresses)
            )
            for verdict in said:
                if write_baseline:
                    everything.append((sample, verdict))
                elif known and known.excuses(sample, verdict):
                    outcome.known += 1
                else:
                    outcome.found.append(Found(each, verdict))
                    shown.found(outcome.found[-1])
        if write_baseline and baseline is not None:
            _write_baseline(baseline, everything)
        shown.end(outcome, rules, fail_on)
        if outcome.unread or any(_fails(each, fail_on) for each in outcome.found):
            raise typer.Exit(1)


def _fails(found: Found, fail_on: FailOn) -> bool:
    return found.verdict.level.rank >= Level(fail_on.value).rank


def _wrong(*lines: str) -> NoReturn:
    for line in lines:
        tell(visibly(line))
    raise typer.Exit(WRONGLY_ASKED)


def _speak_everything() -> None:
    # A terminal that cannot write a sign shows its number; it must not end the work.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _policy(folder: Path | None) -> GuardPolicy:
    if folder is None:
        return policies.guards()
    if not (folder / "guards.toml").is_file():
        _wrong(_("There is no file %(path)s.") % {"path": folder / "guards.toml"})
    return GuardPolicy.load(folder, plugins.guards())


def _split(given: Sequence[str] | None) -> list[str]:
    return [each for one in given or () for each in one.split(",") if each.strip()]


# -- what is read


def _drafts(
    files: Sequence[str], text: str | None, form: Form, defaults: Defaults
) -> Iterator[Draft | Unread]:
    """What is to be read; asks at once whether it is there."""
    if text is not None:
        if files:
            _wrong(_("Give a text or files, not both."))
        return iter([one_draft(text, "-", defaults)])
    if not files and sys.stdin.isatty():
        _wrong(_("There is nothing to read: give files, --text, or a draft on the standard input."))
    for name in files:
        if name != "-" and not Path(name).exists():
            _wrong(_("There is no file %(path)s.") % {"path": name})
        if name != "-" and Path(name).is_dir():
            _wrong(_("%(path)s is a folder: name the files in it.") % {"path": name})
    return _read_all(files or ["-"], form, defaults)


def _read_all(files: Sequence[str], form: Form, defaults: Defaults) -> Iterator[Draft | Unread]:
    for name in files:
        try:
            if name == "-":
                # A pipe cannot be wound back, and a table must be read from its head again.
                whole = BytesIO(sys.stdin.buffer.read())
                yield from read_file(whole, name, form, defaults)
            else:
                with Path(name).open("rb") as file:
                    yield from read_file(file, name, form, defaults)
        except OSError as broken:
            _wrong(
                _("%(path)s cannot be read: %(why)s")
                % {"path": name, "why": broken.strerror or type(broken).__name__}
            )


# -- what is known


def _read_baseline(path: Path | None, is_written: bool) -> Known | None:
    if path is None:
        if is_written:
            _wrong(_("Say where to: --baseline FILE --write-baseline"))
        return None
    if is_written:
        return None
    try:
        return Known(known_of(json.loads(path.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        _wrong(
            _("There is no file %(path)s.") % {"path": path},
            _("Make it with --write-baseline; it holds digests, no texts."),
        )
    except (OSError, ValueError, RecursionError) as broken:
        why = (
            words(broken.said)
            if isinstance(broken, BadBaseline)
            else broken.strerror
            if isinstance(broken, OSError)
            else words(BadBaseline().said)
        )
        _wrong(_("%(path)s cannot be read: %(why)s") % {"path": path, "why": why})


def _write_baseline(path: Path, everything: list[tuple[Sample, Verdict]]) -> None:
    partial = path.with_name(path.name + ".part")
    try:
        partial.write_text(json.dumps(baseline_of(everything), indent=1) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as broken:
        _wrong(_("%(path)s cannot be written: %(why)s") % {"path": path, "why": broken.strerror or broken})
    n = len(everything)
    tell(
        ngettext(
            "%(n)s finding is known from now on: %(path)s",
            "%(n)s findings are known from now on: %(path)s",
            n,
        )
        % {"n": n, "path": path}
    )


# -- what is shown


def visibly(text: str) -> str:
    """`text` on one line, with the number of each sign that a terminal would obey or hide."""
    if text.isprintable():
        return text
    return "".join(_visible(sign) for sign in text)


def _visible(sign: str) -> str:
    if sign == "\n":
        return "⏎"
    # The joiners of emoji are honest.
    if sign in " \u00a0\u202f\u200c\u200d" or unicodedata.category(sign) not in (
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Zl",
        "Zp",
    ):
        return sign
    return f"⟨U+{ord(sign):04X}⟩"


def _sentence(verdict: Verdict) -> str:
    said = (verdict.reason, verdict.repair)
    return visibly(" ".join(words(each) for each in said if each is not None))


class _Text:
    """For people: `file:line:column rule level sentence`, and below it the words, marked."""

    def __init__(self, statistics: bool) -> None:
        self.statistics = statistics

    def line(self, text: str) -> None:
        sys.stdout.write(text + "\n")

    def found(self, found: Found) -> None:
        if self.statistics:
            return
        draft, verdict = found.draft, found.verdict
        line, column = found.at
        named = f" ({visibly(draft.name)})" if draft.name else ""
        self.line(
            f"{visibly(draft.file)}:{line}:{column}{named} {verdict.rule} {verdict.level.value} {_sentence(verdict)}"
        )
        before, marked, after = (visibly(each) for each in around(draft.sample.text, verdict.span))
        if verdict.span is not None:
            after = f"{OPENS}{marked}{CLOSES}{after}"
        if before or after:
            self.line(f"    {before}{after}")

    def unread(self, unread: Unread) -> None:
        tell(visibly(f"{unread.file}:{unread.line}:1 {words(unread.why)}"))

    def end(self, outcome: Outcome, rules: GuardPolicy, fail_on: FailOn) -> None:
        if self.statistics:
            titles = {rule.code: words(rule.title) for rule in rules.all_rules}
            titles |= {rule.code: words(rule.title) for rule in OWN_RULES}
            for code, n in _counted(outcome):
                self.line(f"{n:>7}  {code}  {titles[code]}")
        tell(_summary(outcome))


class _Json:
    """For programs: one object."""

    def __init__(self, statistics: bool) -> None:
        self.statistics = statistics

    def found(self, found: Found) -> None:
        pass

    def unread(self, unread: Unread) -> None:
        pass

    def end(self, outcome: Outcome, rules: GuardPolicy, fail_on: FailOn) -> None:
        whole = {
            "ok": not outcome.unread and not any(_fails(each, fail_on) for each in outcome.found),
            "drafts": outcome.drafts,
            "known": outcome.known,
            "statistics": dict(_counted(outcome)),
            "findings": [] if self.statistics else [_as_json(each) for each in outcome.found],
            "unread": [
                {"file": each.file, "line": each.line, "why": words(each.why)} for each in outcome.unread
            ],
        }
        # Half a sign is no JSON that others can read: everything that is not plain is written as its number.
        sys.stdout.write(json.dumps(whole, indent=1) + "\n")


def _as_json(found: Found) -> dict[str, Any]:
    line, column = found.at
    verdict, span = found.verdict, found.verdict.span
    return {
        "file": found.draft.file,
        "line": line,
        "column": column,
        "id": found.draft.name,
        "rule": verdict.rule,
        "name": verdict.name,
        "level": verdict.level.value,
        "span": span,
        "words": found.draft.sample.text[slice(*span)] if span else "",
        "reason": words(verdict.reason),
        "repair": words(verdict.repair) if verdict.repair else "",
        "replacement": verdict.replacement,
        "move": verdict.move,
    }


class _GitHub(_Text):
    """Workflow commands, which GitHub shows beside the line.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions"""

    commands = {Level.BLOCK: "error", Level.WARN: "warning", Level.HINT: "notice", Level.PASS: "notice"}

    def command(self, kind: str, file: str, line: int, column: int, title: str, message: str) -> None:
        where = {"file": file, "line": line, "col": column, "title": title}
        if file == "-":
            del where["file"]
        properties = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in where.items())
        self.line(f"::{kind} {properties}::{_escaped(message)}")

    def found(self, found: Found) -> None:
        if not self.statistics:
            verdict = found.verdict
            self.command(
                self.commands[verdict.level], found.draft.file, *found.at, verdict.rule, _sentence(verdict)
            )

    def unread(self, unread: Unread) -> None:
        self.command("error", unread.file, unread.line, 1, "amends lint", visibly(words(unread.why)))


def _escaped(text: str, more: str = "") -> str:
    for sign in "%\r\n" + more:
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


_SHOWS: dict[Format, type[_Text | _Json]] = {Format.TEXT: _Text, Format.JSON: _Json, Format.GITHUB: _GitHub}


def _counted(outcome: Outcome) -> list[tuple[str, int]]:
    counted = Counter(each.verdict.rule for each in outcome.found)
    return sorted(counted.items(), key=lambda each: (-each[1], each[0]))


def _summary(outcome: Outcome) -> str:
    n, read = len(outcome.found), outcome.drafts
    lines = [
        ngettext("%(n)s reply read", "%(n)s replies read", read) % {"n": read},
        ngettext("%(n)s finding", "%(n)s findings", n) % {"n": n},
    ]
    if outcome.known:
        lines.append(ngettext("%(n)s known", "%(n)s known", outcome.known) % {"n": outcome.known})
    if outcome.unread:
        bad = len(outcome.unread)
        lines.append(ngettext("%(n)s could not be read", "%(n)s could not be read", bad) % {"n": bad})
    return " · ".join(lines)


# -- one rule


def _explain(rules: GuardPolicy, asked: str, format_: Format) -> None:
    wanted = asked.strip()
    rule = next(
        (each for each in rules.all_rules if wanted.upper() == each.code or wanted.lower() == each.name), None
    )
    if rule is None:
        raise UnknownRule(asked)
    page, weight = rules.pages[rule.code], rules.rules[rule.code]
    if format_ is Format.JSON:
        whole = {
            "rule": rule.code,
            "name": rule.name,
            "title": words(rule.title),
            "level": weight.level.value,
            "level_when_doubtful": weight.level_when_doubtful.value,
            "what": words(page.what),
            "why": words(page.why),
            "source": page.source,
            "repair": words(page.repair),
            "bad": [each.text for each in page.bad],
            "good": [each.text for each in page.good],
        }
        sys.stdout.write(json.dumps(whole, indent=1) + "\n")
        return
    level = weight.level.value
    if weight.level_when_doubtful is not weight.level:
        level = _("%(level)s; %(other)s when in doubt") % {
            "level": level,
            "other": weight.level_when_doubtful.value,
        }
    told = [
        f"{rule.code} {words(rule.title)}",
        "",
        words(page.what),
        "",
        f"{_('Why')}: {words(page.why)}",
        f"{_('Source')}: {page.source}",
        f"{_('Instead')}: {words(page.repair)}",
        f"{_('Level')}: {level}",
        "",
        *(_example("✗", each) for each in page.bad),
        *(_example("✓", each) for each in page.good),
    ]
    sys.stdout.write("\n".join(told) + "\n")


def _example(mark: str, sample: Sample) -> str:
    told = ", ".join(words(each) for each in conditions(sample))
    return f"  {mark} {visibly(sample.text)}" + (f"  ({told})" if told else "")
