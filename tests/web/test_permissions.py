"""Who may open or do what, for every address (K9). A new address without a row here fails."""

from __future__ import annotations

import uuid

import pytest
from django.urls import URLPattern, reverse

from amends.web.urls import urlpatterns
from tests.web.conftest import hang_up

pytestmark = pytest.mark.django_db

ALL = ("read_only", "agent", "lead", "admin")
WORK = ("agent", "lead", "admin")
LISTEN = ("lead", "admin")
ADMIN = ("admin",)
#: Open to strangers, too.
OPEN = ("anonymous", *ALL)

CASE, ENTRY, PROMISE = ("case",), ("case", 77), ("case", 77)
#: name → (method, arguments, who may)
TABLE = {
    "inbox": ("get", (), ALL),
    "queue": ("get", (), ALL),
    "palette": ("get", (), ALL),
    "case": ("get", CASE, ALL),
    "case_live": ("get", CASE, ALL),
    "case_colleagues": ("get", CASE, WORK),
    "case_assign": ("post", CASE, WORK),
    "case_hold": ("post", CASE, WORK),
    "case_resume": ("post", CASE, WORK),
    "case_resolve": ("post", CASE, WORK),
    "case_close": ("post", CASE, WORK),
    "case_reopen": ("post", CASE, WORK),
    "case_snooze": ("post", CASE, WORK),
    "case_correct": ("post", CASE, WORK),
    "case_said": ("post", CASE, WORK),
    "case_review": ("post", CASE, ALL),
    "case_draft": ("post", CASE, WORK),
    "case_send": ("post", CASE, WORK),
    "case_promise": ("post", CASE, WORK),
    "promise_settle": ("post", PROMISE, WORK),
    "case_preview": ("post", CASE, ALL),
    "case_images": ("get", CASE, WORK),
    "case_image": ("get", ENTRY, ALL),
    "case_image_add": ("post", CASE, WORK),
    "case_image_alt": ("post", ENTRY, WORK),
    "case_image_drop": ("post", ENTRY, WORK),
    "reply_now": ("post", ENTRY, WORK),
    "reply_edit": ("post", ENTRY, WORK),
    "reply_remove": ("post", ENTRY, WORK),
    "reply_undo": ("post", ENTRY, WORK),
    "reply_by_hand": ("post", ENTRY, WORK),
    "reply_again": ("post", ENTRY, WORK),
    "reply_let_go": ("post", ENTRY, WORK),
    "reply_settle": ("post", ENTRY, WORK),
    "post_show": ("post", ("case", 77), ALL),
    "post_veil": ("post", ("case", 77), ALL),
    "case_mute": ("post", CASE, WORK),
    "case_unmute": ("post", CASE, WORK),
    "case_asked_and_done": ("post", CASE, WORK),
    "our_posts": ("get", (), ALL),
    "wellbeing": ("get", (), ALL),
    "rest": ("post", (), ALL),
    "always_shown": ("post", (), ALL),
    "share_out": ("post", (), LISTEN),
    "rest_after": ("post", (), ADMIN),
    "case_presence": ("post", CASE, ALL),
    "cooling_cancel": ("post", CASE, WORK),
    "approvals": ("get", (), ALL),
    "approval_approve": ("post", (77,), WORK),
    "approval_return": ("post", (77,), WORK),
    "approval_withdraw": ("post", (77,), WORK),
    "four_eyes": ("post", (), ADMIN),
    "plan": ("get", (), ALL),
    "hand": ("get", (), ALL),
    "sources": ("get", (), ALL),
    "source_add": ("post", (), LISTEN),
    "source_check": ("post", (77,), LISTEN),
    "source_pause": ("post", (77,), LISTEN),
    "source_resume": ("post", (77,), LISTEN),
    "source_all": ("post", (77,), LISTEN),
    "term_add": ("post", (), LISTEN),
    "term_remove": ("post", (77,), LISTEN),
    "quarantine_retry": ("post", (77,), LISTEN),
    "quarantine_set_aside": ("post", (77,), LISTEN),
    "labels": ("get", (), ALL),
    "labels_draw": ("post", (), WORK),
    "label": ("post", (77,), WORK),
    "label_skip": ("post", (77,), WORK),
    "label_undo": ("post", (), WORK),
    "label_settle": ("post", (77,), LISTEN),
    "quality": ("get", (), ALL),
    "quality_train": ("post", (), LISTEN),
    "quality_switch": ("post", (), LISTEN),
    "case_tools": ("get", CASE, WORK),
    "case_propose": ("post", CASE, WORK),
    "plays": ("get", (), ALL),
    "play_edit": ("get", ("billing",), LISTEN),
    "plays_preview": ("post", (), LISTEN),
    "plays_save": ("post", (), LISTEN),
    "plays_back": ("post", (), LISTEN),
    "house_rules": ("get", (), ALL),
    "house_rule_write": ("post", (), LISTEN),
    "house_rule_retire": ("post", (77,), LISTEN),
    "ways_out": ("get", (), ALL),
    "way_write": ("post", (), LISTEN),
    "way_switch": ("post", (77,), LISTEN),
    "way_move": ("post", (77,), LISTEN),
    "guards": ("get", (), ALL),
    "guard_try": ("post", ("AM001",), LISTEN),
    "people": ("get", (), ALL),
    "invite": ("post", (), ADMIN),
    "person_link": ("post", (77,), ADMIN),
    "person_change": ("post", (77,), ADMIN),
    "settings": ("get", (), ALL),
    "preferences": ("post", (), ALL),
    "identity": ("post", (), ALL),
    "organisation": ("post", (), ADMIN),
    "hours": ("post", (), ADMIN),
    "key_make": ("post", (), ALL),
    "key_revoke": ("post", (77,), ALL),
    "notices_new": ("get", (), ALL),
    "notices_read": ("post", (), ALL),
    "start": ("get", (), LISTEN),
    "start_example": ("post", (), LISTEN),
    "start_watching": ("post", (), LISTEN),
    "evidence": ("get", (uuid.UUID(int=7),), ALL),
    "evidence_raw": ("get", (uuid.UUID(int=7),), ALL),
    "sign_in": ("get", (), OPEN),
    "sign_in_link": ("get", ("no-such-token",), OPEN),
    "sign_out": ("post", (), OPEN),
    "events": ("get", (), ALL),
    "favicon": ("get", (), OPEN),
    "healthz": ("get", (), OPEN),
    "readyz": ("get", (), OPEN),
}
#: A stranger is sent to the sign-in page; these answer machines instead.
ANSWERS_MACHINES = {"events": 401}


def test_every_address_has_its_row():
    names = {each.name for each in urlpatterns if isinstance(each, URLPattern)}
    assert names == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_each_role_meets_what_the_table_says(name, roles, browser, case, monkeypatch):
    monkeypatch.setattr("amends.desk.setup.is_online", lambda: False)
    method, args, allowed = TABLE[name]
    way = reverse(name, args=[case.pk if each == "case" else each for each in args])
    for role, agent in roles.items():
        response = getattr(browser(agent), method)(way)
        if role in allowed:
            assert response.status_code not in (401, 403), (name, role)
            assert not response.get("Location", "").startswith("/sign-in?"), (name, role)
        elif role == "anonymous":
            assert response.status_code == ANSWERS_MACHINES.get(name, 302), (name, role)
            assert response.status_code == 401 or response["Location"].startswith("/sign-in"), (name, role)
        else:
            assert response.status_code == 403, (name, role)
        if response.streaming:
            hang_up(response)


@pytest.mark.parametrize("name", sorted(name for name, (method, *_) in TABLE.items() if method == "post"))
def test_nothing_is_written_by_following_a_link(name, ada, case):
    args = [case.pk if each == "case" else each for each in TABLE[name][1]]
    assert ada.get(reverse(name, args=args)).status_code == 405


def test_a_post_from_elsewhere_is_refused(desk, case):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(desk.dana)
    response = strict.post(reverse("case_assign", args=[case.pk]), {"to": "me"})
    assert response.status_code == 403
    assert "The page was open for too long" in response.text
    assert desk.case().owner is None
