"""Whatever a program sends, the desk answers with a reason and never breaks (reliability row 12)."""

from __future__ import annotations

import os
from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.api.routes import api
from amends.desk import actions, approving, housebook, labelling, waysout
from amends.desk.entering import Wish
from amends.store import models as rows
from tests.api.conftest import GOOD_REPLY

SCHEMA = api.get_openapi_schema(path_prefix="")
POSTS = sorted(path for path, methods in SCHEMA["paths"].items() if "post" in methods)
WITH_BODY = [path for path in POSTS if "requestBody" in SCHEMA["paths"][path]["post"]]

numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
words = st.text(max_size=30) | st.sampled_from(
    [
        "\x00",
        "\u202e",
        "'; DROP TABLE store_case; --",
        "{number}",
        "%s",
        "2026-11-21T18:00:00Z",
        "https://x.invalid",
        "\U0001f643" * 9,
    ]
)
anything = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


def fitting(node: dict) -> st.SearchStrategy:
    """Values that nearly fit a JSON schema: what a careless program sends."""
    if "$ref" in node:
        return fitting(SCHEMA["components"]["schemas"][node["$ref"].rpartition("/")[2]])
    if "anyOf" in node:
        return st.one_of([fitting(each) for each in node["anyOf"]])
    if "enum" in node:
        return st.sampled_from(node["enum"])
    match node.get("type"):
        case "object" if "properties" in node:
            required = {name: fitting(each) for name, each in node["properties"].items()}
            return st.fixed_dictionaries({}, optional=required) | st.fixed_dictionaries(required)
        case "object":
            return st.dictionaries(words, words, max_size=3)
        case "array":
            return st.lists(fitting(node["items"]), max_size=3)
        case "string" if node.get("format") == "date-time":
            return st.datetimes(timezones=st.timezones()).map(lambda each: each.isoformat()) | words
        case "string":
            return words | st.just(GOOD_REPLY)
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(min_value=-2, max_value=2**64)
        case "null":
            return st.none()
    raise AssertionError(f"no values for {node}")


def filled(path: str) -> str:
    """The path of things that are there."""
    case, source = rows.Case.objects.first(), rows.Source.objects.first()
    promise, entry = rows.Promise.objects.first(), rows.OutboxEntry.objects.first()
    post, approval = rows.Sampled.objects.first(), rows.Approval.objects.first()
    rule, way = rows.HouseRule.objects.first(), rows.WayOut.objects.first()
    return path.format(
        case_id=case.pk,
        source_id=source.pk,
        promise_id=promise.pk,
        entry_id=entry.pk,
        post_id=post.pk,
        approval_id=approval.pk,
        rule_number=rule.number,
        way_id=way.pk,
    )


@pytest.fixture
def busy(admin, case, desk):
    """A case with a promise and a reply on its way."""
    actions.promise(case.pk, "News", desk.now + timedelta(hours=5), by=desk.dana, now=desk.now)
    admin.post(f"/cases/{case.pk}/reply", {"text": GOOD_REPLY}, Idempotency_Key="first")
    labelling.draw(now=desk.now)
    other = desk.hear("My Novatel router is dead", who="radu")
    blocked = Wish(text="Ring me on 07700 900123, Radu.")
    approving.approve_wish(other.pk, blocked, plea="They asked for it", by=desk.dana, now=desk.now)
    housebook.write(
        "Receipts",
        ["billing"],
        {"en": "We need the receipt."},
        {"en": "It shows the price."},
        by=desk.admin,
        now=desk.now,
    )
    waysout.write("site", "https://help.novatel.example", {"en": "Help"}, by=desk.admin)
    return admin


relaxed = settings(
    max_examples=12 if "CI" in os.environ else 5,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


def told(answer) -> None:
    assert answer.status_code < 500, answer.content
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["detail"]


@pytest.mark.parametrize("path", sorted(set(POSTS) - set(WITH_BODY)))
def test_a_body_that_nobody_asked_for_is_answered(busy, path):
    for body in ({}, [1], "x", None):
        told(busy.post(filled(path), body))


@pytest.mark.parametrize("path", WITH_BODY)
def test_any_json_is_answered(busy, path):
    address = filled(path)

    @relaxed
    @given(anything)
    def sends(body):
        told(busy.post(address, body, Idempotency_Key="k"))

    sends()


@pytest.mark.parametrize("path", WITH_BODY)
def test_json_that_nearly_fits_is_answered(busy, path):
    address = filled(path)
    node = SCHEMA["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]

    @relaxed
    @given(fitting(node), st.integers(min_value=0, max_value=9))
    def sends(body, key):
        told(busy.post(address, body, Idempotency_Key=f"k{key}"))

    sends()


@pytest.mark.parametrize("path", ["/terms", "/triage", "/sources"])
def test_any_bytes_are_answered(busy, path):
    @relaxed
    @given(st.binary(max_size=200))
    def sends(body):
        told(busy.post_bytes(path, body))

    sends()


@pytest.mark.parametrize("name", ["search", "view", "after", "limit"])
def test_any_question_is_answered(busy, name):
    @relaxed
    @given(st.text(max_size=60))
    def asks(value):
        told(busy.get(f"/cases?{name}={quote(value.encode('utf-8', 'surrogatepass'))}"))

    asks()


def test_the_strategies_reach_the_rules_behind_the_door(busy):
    """Else the fuzzing above would only ever meet the first check."""
    found = set()

    @settings(relaxed, max_examples=60)
    @given(fitting({"$ref": "#/components/schemas/Close"}))
    def sends(body):
        found.add(busy.post(filled("/cases/{case_id}/close"), body).status_code)

    sends()
    assert {409, 422} <= found
