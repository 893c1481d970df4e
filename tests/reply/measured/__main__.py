"""How well the guards hear, in numbers.

    python -m tests.reply.measured                    the written drafts and the made numbers
    python -m tests.reply.measured replies            how often each rule speaks on 2,000 real replies (--draw 2: others)
    python -m tests.reply.measured flags              200 flags of a draw, to be read on the screen
    python -m tests.reply.measured read               what the reading found

The last three need the research data (AMENDS_SHARED); their texts are shown, never kept.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict

from tests.reply.measured.drafts import LANGUAGES, drafts
from tests.reply.measured.flags import by_rule, flags_read, stratified
from tests.reply.measured.numbers import made, spoken
from tests.reply.measured.replies import drawn, read
from tests.reply.measured.scores import blocking, judged, off_the_mark, table, together

from amends.reply.guard import RULES, shipped_policy


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.reply.measured")
    asked.add_argument("what", nargs="?", default="written", choices=("written", "replies", "flags", "read"))
    asked.add_argument("--draw", type=int, default=1)
    asked.add_argument("--count", type=int, default=200)
    asked.add_argument(
        "--misses", action="store_true", help="name the drafts of the tuned part that go wrong"
    )
    given = asked.parse_args()
    {"written": written, "replies": replies, "flags": flags, "read": reading}[given.what](given)


def written(given: argparse.Namespace) -> None:
    policy = shipped_policy()
    codes = [rule.code for rule in RULES]
    print(
        "| rule | language | tuned: hits / near | precision | recall | apart: hits / near | precision | recall |"
    )
    print("|---|---|---|---|---|---|---|---|")
    found = {language: judged(drafts(language), policy) for language in LANGUAGES}
    for code in codes:
        for language in LANGUAGES:
            for row in table(found[language], [code], language):
                print(row)
    everything = [each for language in LANGUAGES for each in found[language]]
    print()
    print("| | drafts | hits | precision | recall |")
    print("|---|---|---|---|---|")
    for name, part in (
        *(
            (f"{language}, tuned", [e for e in found[language] if not e.draft.is_apart])
            for language in LANGUAGES
        ),
        *((f"{language}, apart", [e for e in found[language] if e.draft.is_apart]) for language in LANGUAGES),
        ("all, tuned", [e for e in everything if not e.draft.is_apart]),
        ("all, apart", [e for e in everything if e.draft.is_apart]),
    ):
        whole = together(part)
        print(f"| {name} | {len(part)} | {whole.hits} | {whole.precision:.1%} | {whole.recall:.1%} |")
    for name, part in (
        ("tuned", [e for e in everything if not e.draft.is_apart]),
        ("apart", [e for e in everything if e.draft.is_apart]),
        ("all", everything),
    ):
        blocks = blocking(part)
        print(f"\nBlocks, {name}: {blocks.heard + blocks.wrong}, right {blocks.precision:.1%}")
    marked = sum(bool(each.draft.spans) for each in everything)
    print(f"\nOff the marked words: {len(off_the_mark(everything))} of {marked}")

    said, wrong, all_of = spoken(made(), policy)
    print("\n| private data, made | seen | of |\n|---|---|---|")
    for is_private, kind in all_of:
        if is_private:
            print(f"| {kind} | {said[True, kind]} | {all_of[True, kind]} |")
    print("\n| only alike, made | wrongly seen | of |\n|---|---|---|")
    for is_private, kind in all_of:
        if not is_private:
            print(f"| {kind} | {said[False, kind]} | {all_of[False, kind]} |")
    if given.misses:
        for each in everything:
            if not each.draft.is_apart and (each.missed or each.wrong):
                print(
                    each.draft.id,
                    "silent:",
                    *sorted(each.missed),
                    "wrong:",
                    *sorted(each.wrong),
                    "|",
                    each.draft.text,
                )
        for one in wrong:
            print(one.kind, "|", one.text)


def replies(given: argparse.Namespace) -> None:
    found = drawn(given.draw)
    rules: dict[str, set[str]] = defaultdict(set)
    levels: Counter[tuple[str, str]] = Counter()
    files: Counter[tuple[str, str]] = Counter()
    for reply, verdict in read(found, shipped_policy()):
        if reply.row not in rules[verdict.rule]:
            files[verdict.rule, reply.file] += 1
            levels[verdict.rule, verdict.level.value] += 1
        rules[verdict.rule].add(reply.row)
    names = sorted({reply.file for reply in found})
    counts = Counter(reply.file for reply in found)
    print("| rule | replies | share |", " | ".join(f"{name} ({counts[name]})" for name in names), "| as |")
    print("|---|---|---|" + "---|" * (len(names) + 1))
    for rule in RULES:
        n = len(rules[rule.code])
        how = ", ".join(
            f"{level} {levels[rule.code, level]}"
            for level in ("hint", "warn", "block")
            if levels[rule.code, level]
        )
        print(
            f"| {rule.code} | {n} | {n / len(found):.1%} |",
            " | ".join(str(files[rule.code, name]) for name in names),
            f"| {how} |",
        )
    silent = len(found) - len({row for rows in rules.values() for row in rows})
    print(f"\nNothing said of {silent} of {len(found)}.")


def flags(given: argparse.Namespace) -> None:
    chosen = stratified(read(drawn(given.draw), shipped_policy()), given.count, f"flags {given.draw}")
    for number, (reply, verdict) in enumerate(chosen):
        situation, text = reply.situation, reply.text
        start, end = verdict.span or (0, 0)
        print(
            f"\n{number} {verdict.rule} {verdict.level} {situation.kind} anger {situation.anger} turns {situation.public_turns}"
        )
        print("  they:", situation.their_text)
        print("  we:  ", f"{text[:start]}⟦{text[start:end]}⟧{text[end:]}" if verdict.span else text)


def reading(given: argparse.Namespace) -> None:
    for draw in sorted({each.draw for each in flags_read()}):
        found = [each for each in flags_read() if each.draw == draw]
        wrong = sum(not each.is_right for each in found)
        print(f"\nDraw {draw}: {len(found)} flags read, {wrong} wrong ({wrong / len(found):.1%})")
        print("| rule | right | wrong |\n|---|---|---|")
        for rule, (right, not_right) in by_rule(found).items():
            print(f"| {rule} | {right} | {not_right} |")


if __name__ == "__main__":
    main()
