"""The reference is whole: a setting, event, command, guard or trait that is not in it fails here."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "reference"


def told(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def test_every_setting_is_told():
    source = (ROOT / "src/amends/site/settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r"""\benv(?:_bool)?\("([A-Z_]+)\"""", source))
    assert len(names) > 8
    missing = {name for name in names if f"`AMENDS_{name}`" not in told("settings.md")}
    assert not missing


def test_every_event_is_told():
    from amends.desk.trail import EVENTS

    assert not {event for event in EVENTS if f"`{event}`" not in told("events.md")}


def test_every_command_is_told():
    from amends.cli.commands import app

    names = {each.name or each.callback.__name__ for each in app.registered_commands}
    assert {"up", "watch", "import"} <= names
    names |= {
        f"{group.name} {each.name or each.callback.__name__}"
        for group in app.registered_groups
        for each in group.typer_instance.registered_commands
    }
    assert "models build" in names
    assert not {name for name in names if f"amends {name}" not in told("commands.md")}


def test_every_guard_is_told():
    from amends.core.policy import read_policy

    codes = set(re.findall(r"AM\d{3}", str(read_policy("guards"))))
    assert codes
    assert not {code for code in codes if f"`{code}`" not in told("guards.md")}


def test_every_trait_and_every_setting_of_a_connector_is_told():
    from amends.connectors.base import Traits, fields_of
    from amends.connectors.registry import connectors

    page = told("connectors.md")
    assert not {each.name for each in dataclasses.fields(Traits) if f"`{each.name}`" not in page}
    for name, kind in connectors().items():
        assert f"## {name}" in page
        for field in fields_of(kind.settings):
            assert f"`{field.name}`" in page, (name, field.name)


def test_every_policy_file_is_told():
    names = {path.name for path in (ROOT / "src/amends/policy").glob("*.toml")}
    assert not {name for name in names if f"`{name}`" not in told("settings.md")}


@pytest.mark.parametrize(
    "page", [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md"], ids=lambda page: page.name
)
def test_every_link_between_pages_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target
