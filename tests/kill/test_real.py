"""The same kills against real servers: a Bluesky account server, snac2, mastodon-mock (S1)."""

from __future__ import annotations

import json
import time

import pytest

from tests.connectors import test_bluesky_real as bluesky
from tests.connectors import test_mastodon_real as mastodon
from tests.kill.test_crowd import run

#: Cases, and kills that count.
CASES, KILLS = 14, 6


def kill_there(folder, **place) -> None:
    told = folder / "place.json"
    told.write_text(json.dumps({"replies": CASES, **place}))
    done = run("--kills", str(KILLS), "--place", str(told), seconds=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.mastodon
@pytest.mark.parametrize("kind", ["mock", "snac"])
def test_kills_while_sending_to_a_real_server_that_speaks_mastodons_api(tmp_path, kind):
    bed = mastodon.Bed(kind)
    try:
        for number in range(CASES):
            bed.customer.says(f"@brand my Novatel line {number} is dead {bed.tag}")
        settings = {"server": bed.base, "access_token": bed.token}
        kill_there(tmp_path, kind="mastodon", settings=settings, tag=bed.tag, url=bed.base, token=bed.token)
    finally:
        bed.close()


@pytest.mark.bluesky
def test_kills_while_sending_to_a_real_bluesky_server(tmp_path):
    brand, tag = bluesky.Person("brand"), f"t{time.time_ns() // 1000 % 10**9}"
    made = brand.call("com.atproto.server.createAppPassword", {"name": "amends"})
    for number in range(CASES):
        customer = bluesky.Person("ana")
        customer.names(brand, f"my Novatel line {number} is dead {tag}")
        customer.client.close()
    brand.client.close()
    settings = {
        "handle": brand.handle,
        "app_password": made["password"],
        "service": bluesky.PDS,
        "appview": bluesky.APPVIEW,
    }
    kill_there(tmp_path, kind="bluesky", settings=settings, tag=tag, url=bluesky.PDS, did=brand.did)
