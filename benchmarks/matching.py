"""`match`: what the stream reader asks of every post of a public stream, beside one regular expression."""

from __future__ import annotations

import re

from amends.listen.match import Matcher, TermKind, WatchTerm
from benchmarks import posts
from benchmarks.timing import Line, Side, both, interleaved, same


def figures(*, quick: bool, rounds: int, wanted: set[str], where: str) -> list[Line]:
    n = 2_000 if quick else 40_000
    lines: list[Line] = []
    for many in (10, 100) if quick else (10, 100, 1_000):
        # Names in capital first letter, of ten letters and more: no ordinary word is one letter away.
        names = tuple(f"{word[:9]}quix" for word in posts.Words(seed=99, many=many * 3).all if len(word) > 6)[
            :many
        ]
        names = tuple(dict.fromkeys(names))
        stream = list(posts.chatter(n, names=names))
        plain = re.compile(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b", re.IGNORECASE)
        matcher = Matcher(WatchTerm(text=name.title(), kind=TermKind.NAME) for name in names)
        ours = [matcher.wants(each) for each in stream]
        same("posts wanted", amends=ours, plain=[plain.search(each) is not None for each in stream])

        def wanted_by_us(matcher: Matcher = matcher, stream: list[str] = stream) -> int:
            return len([matcher.wants(each) for each in stream])

        def wanted_by_re(plain: re.Pattern[str] = plain, stream: list[str] = stream) -> int:
            return len([plain.search(each) for each in stream])

        taken = interleaved(
            Side(name="amends", run=wanted_by_us),
            Side(name="re, one alternation", run=wanted_by_re),
            rounds=rounds,
        )
        lines += both(
            "match",
            f"{len(names):,} names, {n:,} posts",
            "posts a second",
            *taken.values(),
            unit="posts/s",
            note=f"both want the same {sum(ours)} posts; ours also takes accents, tags and misspellings",
        )
    return lines
