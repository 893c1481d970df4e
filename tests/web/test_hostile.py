"""Posts, names and titles of strangers are text and stay text (D1: shown as found, run never)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from amends.store import models as rows
from amends.web.templatetags.amends import host, post_text, visible, web_link

pytestmark = pytest.mark.django_db

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><svg onload=alert(1)>",
    "{{ 70|add:7000 }} {% load x %}",
    "javascript:alert(1)",
    "';alert(1)//",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_a_post_a_name_or_a_title_is_shown_as_text(payload, desk, dana):
    case = desk.hear(f"Novatel {payload} is broken")
    rows.Author.objects.update(name=payload, handle=f"@{payload}")
    rows.Case.objects.update(title=payload, topic=payload[:60], closing_reason=payload)
    rows.Mention.objects.update(title=payload, url=payload)
    evidence = rows.Evidence.objects.first()
    for way in (
        reverse("inbox") + "?view=all",
        reverse("case", args=[case.pk]),
        reverse("plan"),
        reverse("evidence", args=[evidence.pk]),
        reverse("palette") + "?q=novatel",
    ):
        text = dana.get(way).text
        for live in ("<script>alert", "<img src=x", "<svg onload", 'href="javascript', "7070"):
            assert live not in text, way


def test_what_an_agent_writes_is_text_too(desk, dana, case):
    dana.post(reverse("case_send", args=[case.pk]), {"mode": "note", "text_note": "<b onclick=x>look</b>"})
    dana.post(reverse("case_draft", args=[case.pk]), {"mode": "reply", "text": "</textarea><script>"})
    text = dana.get(reverse("case", args=[case.pk])).text
    assert "&lt;b onclick=x&gt;" in text
    assert "</textarea><script>" not in text


def test_a_name_that_turns_the_reading_direction_is_shown_with_its_code():
    assert visible("Nova\u202etel\u200b") == (
        'Nova<span class="hidden-char">U+202E</span>tel<span class="hidden-char">U+200B</span>'
    )


def test_emoji_families_and_line_ends_stay_as_they_are():
    assert visible("👨\u200d👩\u200d👧\nok") == "👨\u200d👩\u200d👧\nok"


def test_links_in_posts_leave_without_telling_where_from():
    shown = post_text("see https://evil.example/a?b=1&c=<x>, now")
    assert 'href="https://evil.example/a?b=1&amp;c="' in shown
    assert 'rel="noopener noreferrer nofollow"' in shown
    assert "&lt;x&gt;, now" in shown


def test_only_web_addresses_become_links():
    assert web_link("javascript:alert(1)") == web_link("data:text/html,x") == ""
    assert host("https://www.bsky.app/x") == "bsky.app"
    assert host("http://[bad") == ""


def test_the_bytes_of_a_post_can_only_be_saved(desk, dana):
    desk.hear("<script>alert(1)</script> Novatel is broken")
    evidence = rows.Evidence.objects.first()
    response = dana.get(reverse("evidence_raw", args=[evidence.pk]))
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "script-src" not in response["Content-Security-Policy"]
    assert response.content == bytes(evidence.raw)


def test_harsh_words_are_veiled_until_somebody_asks(desk, dana):
    """A7"""
    case = desk.hear("Novatel you utter bastards, my line is dead")
    rows.Case.objects.filter(pk=case.pk).update(abuse="insult")
    queue = dana.get("/?view=all").text
    assert "bastards" not in queue and "Harsh words, veiled" in queue
    page = dana.get(reverse("case", args=[case.pk])).text
    assert "bastards" not in page
    assert "Show the whole post" in page
