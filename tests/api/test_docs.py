"""The examples of docs/reference/api.md, run as they stand."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta
from pathlib import Path

from amends.api.routes import api
from amends.desk import actions, approving, labelling
from amends.store import models as rows
from tests.api.conftest import GOOD_REPLY

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^(curl .*?)  # (\d{3})$", re.MULTILINE)


def run(client, command: str):
    """What curl would do, asked of the test client."""
    words = shlex.split(command)[1:]
    method, headers, body, address = "", {}, None, ""
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = words.pop(0)
        elif word == "-o":
            words.pop(0)
        else:
            address = word
    method = method or ("GET" if body is None else "POST")
    kind = headers.pop("Content-Type", "application/octet-stream")
    return client.generic(method, address, body or "", content_type=kind, headers=headers)


def test_every_example_gives_what_it_says(admin, desk, case, client):
    other = desk.hear("Novatel, where is my refund?", who="dan")
    promise = actions.promise(other.pk, "A call", desk.now + timedelta(hours=5), by=desk.dana, now=desk.now)
    entry = approving.approve(other.pk, GOOD_REPLY.replace("Ioana", "Dan"), by=desk.dana, now=desk.now)
    labelling.draw(now=desk.now)
    values = {
        "DESK": "",
        "KEY": admin.headers["Authorization"].removeprefix("Bearer "),
        "CASE": case.pk,
        "PROMISE": promise,
        "REPLY": entry.pk,
        "EVIDENCE": rows.Evidence.objects.first().pk,
        "POST": rows.Sampled.objects.first().pk,
        "TOMORROW": (desk.now + timedelta(days=1)).isoformat(),
    }
    examples = EXAMPLE.findall(PAGE)
    assert len(examples) == PAGE.count("curl ") > 20
    for command, status in examples:
        for name, value in values.items():
            command = command.replace(f"${name}", str(value))
        answer = run(client, command)
        assert answer.status_code == int(status), f"{command}: {answer.content!r}"


def test_every_route_is_on_the_page():
    for path in api.get_openapi_schema(path_prefix="")["paths"]:
        parts = [each for each in path.split("/") if each and "{" not in each]
        for each in parts:
            assert each in PAGE, f"{path} is not in docs/reference/api.md"
