"""The pages of the guards say what the data says, and the table leads to each."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime
from pathlib import Path

from amends.reply.guard import RULES, GuardPolicy, check
from amends.reply.plugin import together

ROOT = Path(__file__).resolve().parents[2]


def script():
    spec = importlib.util.spec_from_file_location("guard_pages", ROOT / "scripts" / "guard_pages.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_no_page_is_stale():
    assert script().stale() == [], "run: PYTHONPATH=src .venv/bin/python scripts/guard_pages.py"


def test_a_page_holds_all_that_the_desk_shows():
    page = script().pages()["AM018.md"]
    for piece in (
        "# AM018 Put off what can be solved",
        "S3 · A2",
        "hint",
        "(when it can be solved now)",
        "Instead:",
    ):
        assert piece in page


def test_the_table_leads_to_the_page_of_each_rule():
    table = (ROOT / "docs" / "reference" / "guards.md").read_text(encoding="utf-8")
    assert [rule.code for rule in RULES if f"[`{rule.code}`](guards/{rule.code}.md)" not in table] == []


def test_the_rule_of_the_page_keeps_the_contract_and_its_own_examples():
    held = (ROOT / "docs" / "reference" / "guards.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    exec(held.split("```python\n")[1].split("```")[0], names)  # our own page
    policy = GuardPolicy.load(also=together([("the page", names["sailing_times"])]))
    page = policy.pages["FERRY001"]
    for samples, speaks in ((page.bad, True), (page.good, False)):
        for sample in samples:
            found = check(sample.text, sample.situation(datetime.now(UTC)), policy)
            assert ("FERRY001" in {each.rule for each in found}) is speaks
