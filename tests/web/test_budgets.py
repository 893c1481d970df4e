"""Counts and sizes to hold (queries a page, bytes a cold start), since seconds depend on the machine."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from amends.desk import actions, approving, drafts, labelling
from amends.store.models import Case, Sampled
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


#: Queries of a page, with the session and the agent.
INBOX, CASE, PLAN, TEACHING = 12, 10, 12, 14


@pytest.mark.django_db
def test_the_inbox_asks_little(full, dana, django_assert_max_num_queries):
    with django_assert_max_num_queries(INBOX):
        text = dana.get("/").text
    assert text.count('class="row"') == 30


@pytest.mark.django_db
def test_a_case_asks_little(full, dana, browser, django_assert_max_num_queries):
    """Also one with a long history, and however it is opened: from the queue, by its address, or by a live change."""
    case = Case.objects.first()
    live_through_much(full, case)
    address, piece = reverse("case", args=[case.pk]), browser(full.dana, HX_Request="true", HX_Target="case")
    for client, way in ((piece, address), (dana, address), (piece, reverse("case_live", args=[case.pk]))):
        with django_assert_max_num_queries(CASE):
            text = client.get(way).text
        for told in ("A word", "Another word", "A new router", "The bill is changed", "We are looking"):
            assert told in text, (way, told)


def live_through_much(desk, case):
    actions.take(case.pk, by=desk.dana, now=desk.now)
    actions.note(case.pk, "A word", by=desk.dana, now=desk.now)
    actions.note(case.pk, "Another word", by=desk.admin, now=desk.now)
    due_at = desk.now + timedelta(days=1)
    actions.promise(case.pk, "A new router", due_at, by=desk.dana, now=desk.now)
    kept = actions.promise(case.pk, "The bill is changed", due_at, by=desk.admin, now=desk.now)
    actions.keep_promise(kept, by=desk.dana, now=desk.now)
    actions.correct(case.pk, "topic", "billing", by=desk.dana, now=desk.now)
    approving.approve(case.pk, "We are looking into it, which model?", by=desk.dana, now=desk.now)
    drafts.save_draft(case.pk, "note", "half a thought", by=desk.dana, now=desk.now)


@pytest.mark.django_db
def test_the_plan_asks_little(full, dana, django_assert_max_num_queries):
    with django_assert_max_num_queries(PLAN):
        dana.get("/plan")


@pytest.mark.django_db
def test_teaching_asks_little(full, dana, ada, django_assert_max_num_queries):
    """Also with many labels, and many that differ."""
    labelling.draw(now=full.now)
    for number, row in enumerate(Sampled.objects.all()):
        labelling.label(row.pk, "complaint", "none", by=full.dana, now=full.now)
        labelling.label(row.pk, "other" if number % 2 else "complaint", "none", by=full.admin, now=full.now)
    for browser in (dana, ada):
        for way in ("/labels", "/quality"):
            with django_assert_max_num_queries(TEACHING):
                assert browser.get(way).status_code == 200


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
    for name in ("frame", "live", "composer", "labels", "together"):
        source = (STATIC / f"amends/{name}.js").read_text()
        assert not re.search(r"\beval\(|new Function|setTimeout\(\s*[\"']", source), name
