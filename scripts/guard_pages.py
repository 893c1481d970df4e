#!/usr/bin/env python3
"""Make the page of each guard, docs/reference/guards/AM001.md …, of the data in policy/guards.toml.

    PYTHONPATH=src .venv/bin/python scripts/guard_pages.py          writes them
    PYTHONPATH=src .venv/bin/python scripts/guard_pages.py --check  says which are stale, and ends with 1

`tests/docs/test_guard_pages.py` fails while a page is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

from amends.reply.guard import RULES, GuardPolicy, Level, Rule, RulePolicy
from amends.reply.rulebook import RulePage, conditions
from amends.reply.sample import Sample

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference" / "guards"
MADE = "<!-- Made by scripts/guard_pages.py of src/amends/policy/guards.toml; change it there. -->"
LEVELS = {
    Level.BLOCK: "**block**: it stops the reply",
    Level.WARN: "**warn**: it asks for a second look",
    Level.HINT: "**hint**: it is only shown",
    Level.PASS: "**pass**: it is off",
}


def pages() -> dict[str, str]:
    """Each page's text by the name of its file."""
    policy = GuardPolicy.load()
    return {f"{rule.code}.md": page(rule, policy.rules[rule.code], policy.pages[rule.code]) for rule in RULES}


def page(rule: Rule, weight: RulePolicy, told: RulePage) -> str:
    """One rule as Markdown."""
    level = LEVELS[weight.level]
    if weight.level_when_doubtful is not weight.level:
        level += f"; in doubt {LEVELS[weight.level_when_doubtful]}"
    known = {
        language: phrases.count for language, phrases in weight.phrases.by_language.items() if phrases.count
    }
    lines = [
        f"# {rule.code} {rule.title}",
        "",
        MADE,
        "",
        str(told.what),
        "",
        f"- Level: {level}.",
        f"- Why: {told.why}",
        f"- Source: {told.source}.",
        f"- Instead: {told.repair}",
        f"- Its name for programs: `{rule.name}`.",
    ]
    if known:
        counted = ", ".join(f"{n} in {language}" for language, n in known.items() if language != "any")
        lines.append(
            f"- Phrases that it knows: {counted}"
            + (f", {known['any']} in any language." if "any" in known else ".")
        )
    lines += ["", "It speaks at:", "", *map(example, told.bad)]
    lines += ["", "It is silent at:", "", *map(example, told.good)]
    lines += [
        "",
        f"Change its level, or the phrases it knows, under `[rules.{rule.code}]` of a [guards.toml](../guards.md) of your own. "
        f"See it with `amends lint --explain {rule.code}`, and try it on the page “Guards” of the desk.",
    ]
    return "\n".join(lines) + "\n"


def example(sample: Sample) -> str:
    """One example, in a code span so that no sign of it is Markdown."""
    text = "".join(
        sign if sign.isprintable() or sign == "\u200d" else f"⟨U+{ord(sign):04X}⟩" for sign in sample.text
    )
    told = [*([] if sample.language == "en" else [sample.language]), *map(str, conditions(sample))]
    return f"- `{text}`" + (f" ({', '.join(told)})" if told else "")


def stale() -> list[str]:
    """Names of files that are not what the data says; also those of rules that are no more."""
    made = pages()
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    return sorted(name for name in {*made, *there} if made.get(name) != there.get(name))


def main() -> int:
    names = stale()
    if "--check" in sys.argv[1:]:
        for name in names:
            sys.stdout.write(f"stale: docs/reference/guards/{name}\n")
        return 1 if names else 0
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for name in names:
        if name in made:
            (FOLDER / name).write_text(made[name], encoding="utf-8")
        else:
            (FOLDER / name).unlink()
        sys.stdout.write(f"made: docs/reference/guards/{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
