"""Signing in, inviting, and one's own settings (K9)."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from amends.desk import people
from amends.store import models as rows
from tests.makers import make_agent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_cache():
    from django.core.cache import cache

    cache.clear()


def now():
    from django.utils import timezone

    return timezone.now()


def test_looking_at_a_sign_in_link_does_not_use_it_up(desk, browser):
    """Chats and mails fetch links to preview them."""
    way = reverse("sign_in_link", args=[people.make_link(desk.dana, now=now())])
    for _ in range(3):
        assert "Welcome to the desk" in browser().get(way).text
    agent = browser()
    assert agent.post(way)["Location"] == "/"
    assert agent.get("/").status_code == 200


def test_a_sign_in_link_works_once(desk, browser):
    way = reverse("sign_in_link", args=[people.make_link(desk.dana, now=now())])
    browser().post(way)
    second = browser().post(way)
    assert second.status_code == 410
    assert "does not work any more" in second.text
    assert browser().get(way).status_code == 410


def test_a_wrong_password_says_so_and_keeps_the_address(desk, browser):
    people.set_password(desk.dana, "correct horse 9")
    response = browser().post(reverse("sign_in"), {"email": desk.dana.email, "password": "no"})
    assert response.status_code == 403
    assert "do not fit together" in response.text
    assert desk.dana.email in response.text


def test_after_signing_in_one_is_where_one_wanted_to_go(desk, browser, case):
    people.set_password(desk.dana, "correct horse 9")
    stranger = browser()
    asked = stranger.get(f"/cases/{case.pk}")
    assert asked["Location"] == f"/sign-in?next=%2Fcases%2F{case.pk}"
    given = {"email": desk.dana.email, "password": "correct horse 9", "next": f"/cases/{case.pk}"}
    assert stranger.post(reverse("sign_in"), given)["Location"] == f"/cases/{case.pk}"


@pytest.mark.parametrize("way", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_signing_in_leads_to_no_other_site(way, desk, browser):
    people.set_password(desk.dana, "correct horse 9")
    given = {"email": desk.dana.email, "password": "correct horse 9", "next": way}
    assert browser().post(reverse("sign_in"), given)["Location"] == "/"


def test_who_was_signed_out_while_writing_is_told_and_stays_on_the_page(browser):
    response = browser(HX_Request="true").get(reverse("queue"))
    assert response.status_code == 401
    assert "HX-Redirect" not in response
    assert response["HX-Reswap"] == "none"
    assert "You are signed out. What you wrote is still here" in response.text


def test_an_invitation_shows_its_link_once(ada, browser):
    ada.post(reverse("invite"), {"name": "Bob", "email": "bob@example.org", "role": "agent"})
    page = ada.get(reverse("people")).text
    way = re.search(r'value="(http[^"]+/sign-in/[^"]+)"', page)[1]
    assert "/sign-in/" not in ada.get(reverse("people")).text
    bob = browser()
    bob.post(way.removeprefix("http://testserver"))
    assert bob.get("/").status_code == 200


def test_a_colleague_who_left_is_signed_out_at_once(ada, browser):
    bob = make_agent("Bob")
    his = browser(bob)
    assert his.get("/plan").status_code == 200
    ada.post(reverse("person_change", args=[bob.pk]), {"active": "no"})
    assert his.get("/plan").status_code == 302


def test_the_last_admin_stays_admin(desk, ada):
    response = ada.post(reverse("person_change", args=[desk.admin.pk]), {"role": "agent"}, follow=True)
    assert "A desk needs an admin" in response.text
    assert rows.Agent.objects.get(pk=desk.admin.pk).role == "admin"


def test_everybody_sees_what_each_role_may_do(dana):
    """M7"""
    text = dana.get(reverse("people")).text
    assert "Take, judge, answer, promise, hand over and close cases" in text
    assert "Invite a colleague" not in text


def test_language_theme_and_keys_are_ones_own(desk, dana):
    dana.post(reverse("preferences"), {"language": "fr", "theme": "dark"})
    text = dana.get("/").text
    assert '<html lang="fr" data-theme="dark">' in text
    assert 'data-keys="off"' in text


def test_a_new_key_for_programs_is_shown_once(dana):
    dana.post(reverse("key_make"), {"name": "reports"})
    assert "amends_" in dana.get(reverse("settings")).text
    later = dana.get(reverse("settings")).text
    assert "amends_" not in later and "reports" in later


def test_a_new_password_keeps_this_browser_signed_in(desk, dana):
    given = {"name": "Dana", "email": desk.dana.email, "password": "another horse 77"}
    dana.post(reverse("identity"), given)
    assert dana.get("/").status_code == 200
    assert people.check_password(desk.dana.email, "another horse 77", machine="x") == desk.dana


def test_public_contacts_are_kept_one_a_line(ada):
    ada.post(
        reverse("organisation"),
        {"brand": "Novatel", "contacts": "help@novatel.example\n\n+44 1 ", "undo_seconds": "20"},
    )
    kept = rows.Organisation.objects.get()
    assert kept.contacts == ["help@novatel.example", "+44 1"]
    assert kept.undo_seconds == 20


def test_whether_a_fault_may_be_admitted_and_the_words_we_do_not_use_are_set_and_shown(ada):  # A10
    given = {"brand": "Novatel", "admission": "never", "banned_words": "cheap\n\n  low   cost \ncheap"}
    ada.post(reverse("organisation"), given)
    kept = rows.Organisation.objects.get()
    assert (kept.admission, kept.banned_words) == ("never", ["cheap", "low cost"])
    page = ada.get(reverse("settings")).text
    assert 'value="never" checked' in page and "cheap\nlow cost</textarea>" in page
    ada.post(reverse("organisation"), {"brand": "Novatel", "admission": "whatever"})
    ada.post(reverse("organisation"), {"brand": "Novatel"})
    kept.refresh_from_db()
    assert (kept.admission, kept.banned_words) == ("never", ["cheap", "low cost"])


def test_the_hours_in_which_somebody_is_there_are_set_and_shown(ada):
    sent = {"zone": "Europe/Paris", "day_0": "9:00-12:30, 13:30-18:00"}
    assert ada.post(reverse("hours"), sent).status_code == 302
    page = ada.get(reverse("settings")).text
    assert "09:00–12:30, 13:30–18:00" in page
    assert "Europe/Paris" in page


def test_hours_that_cannot_be_are_refused_with_words(ada):
    ada.post(reverse("hours"), {"zone": "UTC", "day_0": "mornings"})
    assert "mornings" in ada.get(reverse("settings")).text
