"""Every page opens in three languages, holds no inline code, and is kept by no cache."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from amends.desk import actions, approving, people
from amends.store import models as rows

pytestmark = pytest.mark.django_db

PAGES = ("inbox", "plan", "hand", "sources", "people", "settings", "start")
_INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE)


@pytest.fixture
def busy(desk, case):
    """A case with everything: a reply to be posted, a note, a promise, an edit and a refused word."""
    approving.approve(
        case.pk, "I am sorry about the router. Which town are you in?", by=desk.dana, now=desk.now
    )
    desk.send()
    actions.note(case.pk, "Second router this year", by=desk.dana, now=desk.now)
    desk.later(minutes=1)
    actions.promise(case.pk, "news of the router", desk.now.replace(hour=18), by=desk.dana, now=desk.now)
    actions.assign(case.pk, to=desk.dana.pk, by=desk.admin, now=desk.now)
    return case


def ways(case) -> list[str]:
    evidence = rows.Evidence.objects.filter(case=case).first()
    return [
        *(reverse(name) for name in PAGES),
        *(f"/?view={view}" for view in ("mine", "unassigned", "judge", "waiting", "praise", "closed", "all")),
        "/?q=router",
        "/?q=nothing-of-this",
        reverse("case", args=[case.pk]),
        reverse("case_live", args=[case.pk]),
        reverse("evidence", args=[evidence.pk]),
        "/nowhere",
    ]


@pytest.mark.parametrize("language", ["en", "fr", "ro"])
def test_every_page_opens_in_every_language(language, desk, ada, busy, monkeypatch):
    monkeypatch.setattr("amends.desk.setup.is_online", lambda: False)
    people.set_preferences(desk.admin, language=language)
    for way in ways(busy):
        response = ada.get(way)
        assert response.status_code in (200, 404), way
        if "<html" in response.text:
            assert f'<html lang="{language}"' in response.text, way


def test_no_page_holds_inline_code_or_style(ada, busy, monkeypatch):
    monkeypatch.setattr("amends.desk.setup.is_online", lambda: False)
    for way in ways(busy):
        assert not (found := _INLINE.search(ada.get(way).text)), (way, found)


def test_pages_are_kept_by_no_cache_and_run_nothing_foreign(dana, case):
    response = dana.get(reverse("case", args=[case.pk]))
    assert response["Cache-Control"] == "no-store"
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_case_is_a_whole_page_by_its_address_and_a_piece_when_asked_for_as_one(dana, browser, desk, case):
    whole = dana.get(reverse("case", args=[case.pk])).text
    piece = browser(desk.dana, HX_Request="true", HX_Target="case").get(reverse("case", args=[case.pk])).text
    assert "<html" in whole and 'class="queue"' in whole and 'id="composer"' in whole
    assert "<html" not in piece and 'class="queue"' not in piece and 'id="composer"' in piece
    assert piece.lstrip().startswith("<title>")


def test_the_live_parts_never_bring_a_composer(dana, case):
    """A live update never touches what is being written."""
    parts = dana.get(reverse("case_live", args=[case.pk])).text
    assert 'id="case-thread"' in parts and 'id="case-side"' in parts
    assert 'id="composer"' not in parts and "<textarea" not in parts


def test_a_view_keeps_its_address_when_a_case_is_opened(dana, case):
    """The URL holds the whole filter: it can be sent to a colleague."""
    text = dana.get("/?view=all&q=router").text
    assert f'href="/cases/{case.pk}?view=all&amp;q=router"' in text


def test_an_unknown_case_says_where_to_look(dana):
    response = dana.get("/cases/4711")
    assert response.status_code == 404
    assert "Go to the inbox" in response.text


def test_a_number_too_large_to_be_one_is_not_there(dana):
    assert dana.get("/cases/" + "9" * 30).status_code == 404


def test_a_broken_page_tells_that_nothing_was_sent(dana, case, monkeypatch):
    def break_down(*args, **kwargs):
        raise RuntimeError("boom")

    monkeypatch.setattr("amends.desk.pages.case_view", break_down)
    dana.raise_request_exception = False
    response = dana.get(reverse("case", args=[case.pk]))
    assert response.status_code == 500
    assert "Nothing that you wrote was sent" in response.text
    assert "boom" not in response.text


def test_the_plan_leads_from_each_figure_to_what_it_counts(dana, busy):
    """K10"""
    text = dana.get(reverse("plan")).text
    for title in ("1. Listen", "2. Triage", "3. Document", "4. Reply", "5. Follow up", "6. Watch"):
        assert title in text
    assert 'href="/?view=judge"' in text
    assert "news of the router" in text


def test_a_new_desk_begins_with_two_choices(ada, monkeypatch):
    monkeypatch.setattr("amends.desk.setup.is_online", lambda: False)
    rows.Organisation.objects.update(set_up_at=None)
    assert ada.get("/").headers["Location"] == reverse("start")
    text = ada.get(reverse("start")).text
    assert "Watch a real brand now" in text and "Walk through the example" in text
    assert "Live listening cannot work here now" in text


def test_an_agent_who_may_not_set_up_meets_an_empty_inbox(dana):
    rows.Organisation.objects.update(set_up_at=None)
    assert "Quiet so far" in dana.get("/").text


def test_health_is_told_without_signing_in(browser):
    stranger = browser()
    assert stranger.get("/healthz").text == "ok\n"
    ready = stranger.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["worker"] is False
