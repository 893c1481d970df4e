"""Who may use which route: a new route without a row here fails."""

from __future__ import annotations

import uuid

import pytest

from amends.api.routes import api
from amends.desk import permissions
from tests.api.conftest import Program, program_of
from tests.makers import make_agent

#: Every route, and the roles that it is for.
EVERYBODY = ("read_only", "agent", "lead", "admin")
WORKERS = ("agent", "lead", "admin")
LISTENERS = ("lead", "admin")
TABLE = {
    ("GET", "/cases"): EVERYBODY,
    ("GET", "/cases/{case_id}"): EVERYBODY,
    ("POST", "/cases/{case_id}/take"): WORKERS,
    ("POST", "/cases/{case_id}/assign"): WORKERS,
    ("POST", "/cases/{case_id}/note"): WORKERS,
    ("POST", "/cases/{case_id}/hold"): WORKERS,
    ("POST", "/cases/{case_id}/resume"): WORKERS,
    ("POST", "/cases/{case_id}/resolve"): WORKERS,
    ("POST", "/cases/{case_id}/close"): WORKERS,
    ("POST", "/cases/{case_id}/reopen"): WORKERS,
    ("POST", "/cases/{case_id}/snooze"): WORKERS,
    ("POST", "/cases/{case_id}/correct"): WORKERS,
    ("PATCH", "/cases/{case_id}/judgement"): WORKERS,
    ("POST", "/cases/{case_id}/customer-said"): WORKERS,
    ("POST", "/cases/{case_id}/promises"): WORKERS,
    ("POST", "/cases/{case_id}/review"): EVERYBODY,
    ("POST", "/cases/{case_id}/reply"): WORKERS,
    ("POST", "/cases/{case_id}/mute"): WORKERS,
    ("POST", "/cases/{case_id}/unmute"): WORKERS,
    ("PATCH", "/cases/{case_id}/asked-and-done"): WORKERS,
    ("POST", "/cases/{case_id}/posts/{post_id}/shown"): EVERYBODY,
    ("POST", "/posts/check"): EVERYBODY,
    ("GET", "/wellbeing"): EVERYBODY,
    ("POST", "/wellbeing/rest"): EVERYBODY,
    ("POST", "/wellbeing/back"): EVERYBODY,
    ("POST", "/wellbeing/share-out"): LISTENERS,
    ("POST", "/promises/{promise_id}/keep"): WORKERS,
    ("POST", "/promises/{promise_id}/move"): WORKERS,
    ("POST", "/promises/{promise_id}/withdraw"): WORKERS,
    ("POST", "/cases/{case_id}/images"): WORKERS,
    ("POST", "/outbox/{entry_id}/send-now"): WORKERS,
    ("POST", "/outbox/{entry_id}/edit"): WORKERS,
    ("POST", "/outbox/{entry_id}/remove"): WORKERS,
    ("POST", "/outbox/{entry_id}/undo"): WORKERS,
    ("POST", "/outbox/{entry_id}/try-again"): WORKERS,
    ("POST", "/outbox/{entry_id}/let-go"): WORKERS,
    ("POST", "/outbox/{entry_id}/settle"): WORKERS,
    ("POST", "/outbox/{entry_id}/sent-by-hand"): WORKERS,
    ("GET", "/approvals"): EVERYBODY,
    ("POST", "/approvals/{approval_id}/approve"): WORKERS,
    ("POST", "/approvals/{approval_id}/return"): WORKERS,
    ("POST", "/approvals/{approval_id}/withdraw"): WORKERS,
    ("GET", "/sources"): EVERYBODY,
    ("POST", "/sources"): LISTENERS,
    ("POST", "/sources/{source_id}/pause"): LISTENERS,
    ("POST", "/sources/{source_id}/resume"): LISTENERS,
    ("POST", "/sources/{source_id}/check"): LISTENERS,
    ("POST", "/terms"): LISTENERS,
    ("DELETE", "/terms/{term_id}"): LISTENERS,
    ("POST", "/start/example"): LISTENERS,
    ("POST", "/start/watch"): LISTENERS,
    ("GET", "/evidence/{evidence_id}"): EVERYBODY,
    ("GET", "/evidence/{evidence_id}/raw"): EVERYBODY,
    ("GET", "/log"): EVERYBODY,
    ("GET", "/log/proof"): EVERYBODY,
    ("GET", "/plan"): EVERYBODY,
    ("GET", "/people"): EVERYBODY,
    ("GET", "/me"): EVERYBODY,
    ("GET", "/labels"): EVERYBODY,
    ("GET", "/labels/next"): WORKERS,
    ("POST", "/labels/draw"): WORKERS,
    ("POST", "/labels/undo"): WORKERS,
    ("PUT", "/labels/{post_id}"): WORKERS,
    ("POST", "/labels/{post_id}/skip"): WORKERS,
    ("POST", "/labels/{post_id}/settle"): LISTENERS,
    ("GET", "/quality"): EVERYBODY,
    ("GET", "/versions"): EVERYBODY,
    ("POST", "/versions/train"): LISTENERS,
    ("POST", "/versions/switch"): LISTENERS,
    ("POST", "/triage"): EVERYBODY,
    ("POST", "/lint"): EVERYBODY,
    ("GET", "/house-rules"): EVERYBODY,
    ("POST", "/house-rules"): LISTENERS,
    ("PUT", "/house-rules/{rule_number}"): LISTENERS,
    ("POST", "/house-rules/{rule_number}/retire"): LISTENERS,
    ("GET", "/ways-out"): EVERYBODY,
    ("POST", "/ways-out"): LISTENERS,
    ("PUT", "/ways-out/{way_id}"): LISTENERS,
    ("POST", "/ways-out/{way_id}/switch"): LISTENERS,
    ("GET", "/plays"): EVERYBODY,
    ("PUT", "/plays"): LISTENERS,
    ("POST", "/plays/preview"): LISTENERS,
    ("POST", "/plays/back"): LISTENERS,
    ("GET", "/cases/{case_id}/tools"): WORKERS,
    ("GET", "/cases/{case_id}/proposals"): WORKERS,
    ("POST", "/cases/{case_id}/proposals"): WORKERS,
}


def all_routes() -> set[tuple[str, str]]:
    paths = api.get_openapi_schema(path_prefix="")["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def ask(program: Program, method: str, path: str) -> int:
    """The status of asking for something that is not there, with a body that fits nothing."""
    for name in (
        "case_id",
        "promise_id",
        "entry_id",
        "approval_id",
        "source_id",
        "term_id",
        "post_id",
        "rule_number",
        "way_id",
    ):
        path = path.replace("{" + name + "}", "999999")
    path = path.replace("{evidence_id}", str(uuid.uuid4()))
    if method == "GET":
        return program.get(path).status_code
    if method == "PUT":
        return program.put(path, {}).status_code
    if method == "PATCH":
        return program.patch(path, {}).status_code
    return program.delete(path).status_code if method == "DELETE" else program.post(path).status_code


def test_every_route_has_its_row():
    assert all_routes() == set(TABLE)


@pytest.mark.parametrize(("method", "path"), sorted(TABLE))
def test_nobody_gets_in_without_a_key_of_ours(db, method, path):
    assert ask(Program(), method, path) == 401
    assert ask(Program("amends_made-up"), method, path) == 401


@pytest.mark.parametrize(("method", "path"), sorted(TABLE))
def test_a_role_gets_what_the_table_says(desk, method, path):
    for role in permissions.RIGHTS["read"]:
        status = ask(program_of(make_agent("Somebody", role)), method, path)
        if role in TABLE[method, path]:
            assert status not in (401, 403, 500), role
        else:
            assert status == 403, role


def test_a_refused_key_says_what_to_do(reader, case):
    stranger = Program().get("/me")
    assert (stranger.status_code, stranger["Content-Type"]) == (401, "application/problem+json")
    assert stranger["WWW-Authenticate"].startswith("Bearer")
    assert "Authorization: Bearer" in stranger.json()["detail"]
    refused = reader.post(f"/cases/{case.pk}/take")
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    assert "Ask an admin" in refused.json()["detail"]


def test_a_role_is_asked_before_the_body_is_read(reader, case):
    assert reader.post_bytes(f"/cases/{case.pk}/note", b"{nonsense").status_code == 403


def test_a_session_of_the_pages_opens_nothing_here(desk, case):
    visitor = Program()
    visitor.client.force_login(desk.admin)
    assert visitor.get("/me").status_code == 401
    assert visitor.post(f"/cases/{case.pk}/take").status_code == 401


def test_a_revoked_key_and_a_colleague_who_left_are_strangers(desk, agent):
    from amends.desk import people
    from amends.store import queries

    people.change(desk.dana.pk, is_active=False, by=desk.admin, now=desk.now)
    assert agent.get("/me").status_code == 401
    people.change(desk.dana.pk, is_active=True, by=desk.admin, now=desk.now)
    assert agent.get("/me").status_code == 200
    (key,) = queries.api_keys(desk.dana.pk)
    people.revoke_api_key(key.pk, by=desk.dana, now=desk.now)
    assert agent.get("/me").status_code == 401


def test_other_schemes_are_strangers(agent):
    for odd in ("Basic YWRhOnNlY3JldA==", "Bearer", "Bearer ", "bearer\tx", "amends_x", "Bearer \u20ac"):
        assert agent.get("/me", Authorization=odd).status_code == 401


def test_a_key_says_whose_it_is_and_what_it_may_do(lead):
    me = lead.get("/me").json()
    assert (me["name"], me["role"]) == ("Lea", "lead")
    assert me["rights"] == [right for right, roles in permissions.RIGHTS.items() if "lead" in roles]
