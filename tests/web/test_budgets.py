"""Counts and sizes to hold (queries a page, bytes a cold start), since seconds depend on the machine."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
from django.urls import reverse

from amends.store.models import Case
from amends.web import icons

STATIC = Path(icons.__file__).parent / "static"
TEMPLATES = Path(icons.__file__).parent / "templates"


def packed(path: str) -> int:
    return len(gzip.compress((STATIC / path).read_bytes(), 6))


@pytest.fixture
def full(desk):
    for number in range(60):
        desk.town.post(f"My Novatel router number {number} is broken again", f"customer{number}")
    desk.listen()
    return desk


@pytest.mark.django_db
def test_the_inbox_asks_little(full, dana, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        text = dana.get("/").text
    assert text.count('class="row"') == 30


@pytest.mark.django_db
def test_a_case_asks_little(full, dana, browser, django_assert_max_num_queries):
    case = Case.objects.first()
    piece = browser(full.dana, HX_Request="true", HX_Target="case")
    with django_assert_max_num_queries(14):
        piece.get(reverse("case", args=[case.pk]))
    with django_assert_max_num_queries(17):
        dana.get(reverse("case", args=[case.pk]))


@pytest.mark.django_db
def test_a_cold_start_is_light(full, dana):
    """150 kB with the font, everything that a first visit fetches."""
    html = len(gzip.compress(dana.get("/").content, 6))
    files = ("vendor/htmx.min.js", "vendor/icons.svg", "amends/desk.css", "amends/frame.js", "amends/live.js")
    cold = html + sum(packed(each) for each in (*files, "amends/composer.js", "amends/logo.svg"))
    cold += (STATIC / "vendor/inter-latin.woff2").stat().st_size
    assert cold <= 150_000


def test_our_own_script_stays_small():
    assert sum(packed(f"amends/{name}.js") for name in ("frame", "live", "composer")) <= 20_000


def test_vendored_files_are_those_on_record():
    record = json.loads((STATIC / "vendor/VENDORED.json").read_text())
    there = {each.name for each in (STATIC / "vendor").iterdir()} - {"VENDORED.json"}
    assert there == set(record)
    for name, kept in record.items():
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == kept["sha256"], name
        assert kept["licence"] in ("0BSD", "ISC", "OFL-1.1"), name


def test_the_sprite_holds_every_icon_that_is_drawn():
    sprite = (STATIC / "vendor/icons.svg").read_text()
    drawn = set(re.findall(r'id="([a-z0-9-]+)"', sprite))
    used = set(icons.ICONS)
    for template in TEMPLATES.rglob("*.html"):
        used |= set(re.findall(r"""\{%\s*icon\s+["']([a-z0-9-]+)["']""", template.read_text()))
    assert used <= drawn


def test_our_script_never_evaluates_text():
    for name in ("frame", "live", "composer"):
        source = (STATIC / f"amends/{name}.js").read_text()
        assert not re.search(r"\beval\(|new Function|setTimeout\(\s*[\"']", source), name
