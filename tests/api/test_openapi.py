"""The description of the API, and the page that lists it."""

from __future__ import annotations

import json

from django.test import Client

from amends.api.routes import api


def test_the_description_is_openapi_3_1_and_needs_no_key(db):
    schema = Client().get("/api/v1/openapi.json").json()
    assert schema["openapi"] == "3.1.0"
    assert schema["paths"]["/api/v1/cases/{case_id}/reply"]["post"]["summary"]


def test_every_operation_has_a_summary_a_key_and_its_problems():
    schema = api.get_openapi_schema(path_prefix="")
    names = []
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            names.append(operation["operationId"])
            assert len(operation["summary"]) > 5, path
            assert operation["security"] == [{"Key": []}], path
            assert {"401", "403", "422"} <= set(map(str, operation["responses"])), path
            if method == "post":
                assert "409" in operation["responses"], path
            if "{" in path:
                assert "404" in operation["responses"], path
    assert len(names) == len(set(names))


def test_every_reference_in_the_description_leads_somewhere():
    schema = json.loads(json.dumps(api.get_openapi_schema(path_prefix="")))

    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for each in node.values():
                yield from references(each)
        elif isinstance(node, list):
            for each in node:
                yield from references(each)

    found = set(references(schema))
    assert len(found) > 20
    for each in found:
        assert each.removeprefix("#/components/schemas/") in schema["components"]["schemas"], each


def test_the_page_of_operations_works_under_the_strict_policy(db):
    page = Client().get("/api/v1/docs")
    body = page.content.decode()
    assert page.status_code == 200
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert "<script" not in body
    assert " style=" not in body
    assert "//" not in body.replace("<!doctype html>", "").replace("https://", "").replace("http://", "")
    for path in api.get_openapi_schema()["paths"]:
        assert path in body
