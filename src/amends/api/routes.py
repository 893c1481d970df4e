"""All routes of version 1, and their description as OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from amends.api import (
    approvals,
    care,
    cases,
    knowing,
    linting,
    listening,
    playbook,
    replies,
    schemas,
    teaching,
)
from amends.api.parsing import StrictParser
from amends.api.problems import MEDIA_TYPE, speak_problems

_PROBLEMS = {
    "400": "The request cannot be read.",
    "401": "No key, or not one that we know.",
    "403": "The role of this agent does not allow it.",
    "404": "It is not there.",
    "409": "The rules are against it; `reasons` say why, and what to do.",
    "415": "The body is not JSON.",
    "422": "Some fields do not fit; `fields` names them.",
}


class Api(NinjaAPI):
    """NinjaAPI whose description tells what goes wrong, too."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """ "cases_take": made into the names of functions by programs that read the description."""
        return f"{operation.view_func.__module__.rpartition('.')[2]}_{operation.view_func.__name__}"

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**kwargs)
        problem = schemas.ProblemShown.model_json_schema(ref_template="#/components/schemas/{model}")
        known = schema["components"].setdefault("schemas", {})
        known.update(problem.pop("$defs", {}))
        known["Problem"] = problem
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                answers = operation["responses"]
                for code, what in _PROBLEMS.items():
                    if code == "415" and "requestBody" not in operation:
                        continue
                    if code == "404" and "{" not in path and not path.endswith("/log/proof"):
                        continue
                    if code == "409" and method == "get":
                        continue
                    answers.setdefault(code, {"description": what, "content": content})
        return schema


api = Api(
    title="Amends",
    version="1",
    description="The desk for programs. Make a key on your settings page, and send it as a bearer token.",
    urls_namespace="api",
    docs_url=None,
    parser=StrictParser(),
)
speak_problems(api)
for _each in (
    cases.router,
    care.router,
    replies.router,
    approvals.router,
    listening.router,
    knowing.router,
    teaching.router,
    playbook.router,
    linting.router,
):
    api.add_router("", _each)
