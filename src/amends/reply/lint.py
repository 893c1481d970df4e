"""The guards over replies that are no drafts of a case: which rules are asked, and which findings are known already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from amends.core.say import Said, say
from amends.reply.guard import LONGEST_DRAFT, GuardPolicy, Level, Verdict, check, shown
from amends.reply.phrases import Span
from amends.reply.sample import Sample

BASELINE_VERSION = 1
#: How many public replies before one are compared with it (AM009).
COMPARED = 50


class UnknownRule(LookupError):
    """No rule has this code, or begins with it. `said` is the sentence for people."""

    def __init__(self, asked: str) -> None:
        self.asked = asked
        self.said: Said = say("No guard is called “{asked}”, and none begins so.", asked=asked[:60])
        super().__init__(str(self.said))


class BadBaseline(ValueError):
    """The text is no baseline of ours. `said` is the sentence for people."""

    def __init__(self) -> None:
        self.said: Said = say("It is not a baseline: make it anew with --write-baseline.")
        super().__init__(str(self.said))


def code_of(typed: str) -> str:
    """A code, or the beginning of one, as it was typed."""
    return typed.strip().upper()


def chosen(policy: GuardPolicy, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> frozenset[str]:
    """The codes that are asked: those that begin as `select` says (empty: all) and not as `ignore` says.

    Of two that fit, the longer decides: select AM00, ignore AM, and AM001 is asked. Raises `UnknownRule`."""
    return chosen_of([rule.code for rule in policy.all_rules], select, ignore)


def chosen_of(codes: Sequence[str], select: Sequence[str] = (), ignore: Sequence[str] = ()) -> frozenset[str]:
    """`chosen`, of these codes."""
    select, ignore = ([code_of(each) for each in given] for given in (select, ignore))
    for prefix in (*select, *ignore):
        if not prefix or not any(code.startswith(prefix) for code in codes):
            raise UnknownRule(prefix)

    def longest(code: str, given: Sequence[str]) -> int:
        return max((len(prefix) for prefix in given if code.startswith(prefix)), default=-1)

    return frozenset(
        code for code in codes if (longest(code, select) if select else 0) > longest(code, ignore)
    )


def lint(
    sample: Sample,
    policy: GuardPolicy,
    *,
    now: datetime,
    among: frozenset[str] | None = None,
    our_addresses: frozenset[str] = frozenset(),
) -> tuple[Verdict, ...]:
    """The verdicts on one reply, in the order of the text, no two of the same words. `now` is aware.

    A reply too long to be read says so whatever is asked: silence would mean that it was."""
    found = shown(check(sample.text, sample.situation(now, our_addresses), policy, among=among))
    return tuple(sorted(found, key=lambda each: (each.span or (0, 0), each.rule)))


def as_if_on(policy: GuardPolicy, code: str) -> GuardPolicy:
    """The policy with rule `code` speaking, also where the desk has switched it off: to try it first."""
    own = policy.rules[code]
    if own.level is not Level.PASS and own.level_when_doubtful is not Level.PASS:
        return policy
    on = replace(
        own,
        level=Level.WARN if own.level is Level.PASS else own.level,
        level_when_doubtful=Level.HINT if own.level_when_doubtful is Level.PASS else own.level_when_doubtful,
    )
    return replace(policy, rules={**policy.rules, code: on})


def around(text: str, span: Span | None, room: int = 60) -> tuple[str, str, str]:
    """What stands before, in, and after a span: at most `room` characters on each side, on its own line. Without a
    span, the beginning of the text stands after."""
    if span is None:
        line = text.strip().split("\n", 1)[0]
        return "", "", line[: 2 * room] + ("…" if len(line) > 2 * room or "\n" in text.strip() else "")
    start, end = span
    before = text[:start].rsplit("\n", 1)[-1]
    after = text[end:].split("\n", 1)[0]
    marked = text[start:end]
    if len(marked) > 2 * room:
        marked = f"{marked[:room]}…{marked[-room:]}"
    return (
        f"…{before[-room:]}" if len(before) > room else before,
        marked,
        f"{after[:room]}…" if len(after) > room else after,
    )


class History:
    """The public replies of a file so far: what a reply is compared with, so that the same words again are seen."""

    def __init__(self) -> None:
        self._before: tuple[str, ...] = ()

    def joined(self, sample: Sample) -> Sample:
        """`sample` with the replies before it; afterwards it is one of them."""
        whole = replace(sample, earlier=(*sample.earlier, *self._before)) if self._before else sample
        if sample.is_public and len(sample.text) <= LONGEST_DRAFT:
            self._before = (sample.text, *self._before[: COMPARED - 1])
        return whole


# What is known already -------------------------------------------------------------------------------------------


def fingerprint(sample: Sample, verdict: Verdict) -> str:
    """The same finding in the same text, wherever that stands: a digest, since the words may be private."""
    start, end = verdict.span or (0, 0)
    whole = "\0".join((verdict.rule, str(start), str(end), sample.text))
    return f"{verdict.rule}:{sha256(whole.encode('utf-8', 'surrogatepass')).hexdigest()[:20]}"


def baseline_of(findings: Iterable[tuple[Sample, Verdict]]) -> dict[str, Any]:
    """What a baseline file holds: how often each finding is there."""
    counted = Counter(fingerprint(sample, verdict) for sample, verdict in findings)
    return {"amends_baseline": BASELINE_VERSION, "findings": dict(sorted(counted.items()))}


def known_of(held: Any) -> Counter[str]:
    """The findings of a baseline file. Raises `BadBaseline`."""
    if not isinstance(held, Mapping) or held.get("amends_baseline") != BASELINE_VERSION:
        raise BadBaseline
    findings = held.get("findings")
    if not isinstance(findings, Mapping) or not all(
        isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in findings.values()
    ):
        raise BadBaseline
    return Counter({str(name): n for name, n in findings.items()})


@dataclass
class Known:
    """The findings that a baseline holds; each excuses as many as it counted."""

    left: Counter[str]

    def excuses(self, sample: Sample, verdict: Verdict) -> bool:
        """Whether this finding was known; it is used up."""
        name = fingerprint(sample, verdict)
        if self.left[name] <= 0:
            return False
        self.left[name] -= 1
        return True
