"""The whole way on a real Bluesky network on this machine: found through its event stream, answered, read back.

AMENDS_TEST_PDS and AMENDS_TEST_APPVIEW name the servers; the test fails when they are not there.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.connectors.test_bluesky_real import APPVIEW, PDS, STREAM, Person
from tests.journey.running import RunningDesk, eventually

pytestmark = pytest.mark.bluesky

ANSWER = "I am sorry about the three days without a line. Which town are you in? I will tell you more by 6 pm today."


def test_a_post_on_a_real_network_is_found_answered_and_followed_up(tmp_path: Path):
    brand, customer = Person("novatel"), Person("ioana")
    name = f"Novatel{time.time_ns() // 1_000_000 % 1_000_000}x"
    with RunningDesk(tmp_path / "home") as desk:
        desk.post("/start/watch", {"brand": name, "jetstream": STREAM})
        desk.post(
            "/sources",
            {
                "connector": "bluesky",
                "name": "Our account",
                "settings": {
                    "handle": brand.handle,
                    "app_password": f"pass-{brand.handle}",
                    "service": PDS,
                    "appview": APPVIEW,
                },
            },
        )
        eventually(lambda: desk.get("/sources")["sources"][0]["fetched_at"] or _spoke(customer), 30)

        # Found without a tag, within seconds (L1, L4).
        began = time.monotonic()
        post = customer.says(f"Bravo {name}, three days without a line and nobody answers the phone")
        case = eventually(lambda: next(iter(desk.get("/cases", search=name.lower())["items"]), None), 20)
        print(f"\nfound {time.monotonic() - began:.1f} s after it was posted")
        shown = desk.get(f"/cases/{case['id']}")
        assert shown["kind"] == "complaint"

        # Answered once, and the answer read back from the network by somebody else.
        desk.post(
            f"/cases/{case['id']}/reply", {"text": ANSWER, "mode": "reply"}, **{"Idempotency-Key": "one"}
        )
        again = desk.api.post(
            f"/cases/{case['id']}/reply",
            json={"text": ANSWER, "mode": "reply"},
            headers={"Idempotency-Key": "one"},
        )
        assert again.status_code < 300
        eventually(lambda: desk.get(f"/cases/{case['id']}")["status"] == "pending", 30)
        (reply,) = replies_of(brand)
        assert reply["value"]["text"] == ANSWER
        assert reply["value"]["reply"]["parent"]["uri"] == post

        # The customer writes again, without our name: it opens by itself (K3).
        root = {"uri": post, "cid": cid_of(customer, post)}
        customer.says(
            "I am in Cluj and it is still broken",
            reply={"root": root, "parent": {"uri": reply["uri"], "cid": reply["cid"]}},
        )
        eventually(lambda: desk.get(f"/cases/{case['id']}")["status"] == "open", 20)

        # Edited, then deleted: every version is kept (D2).
        customer.edits(post, f"Everything is fine with {name} now")
        eventually(lambda: "mention_edited" in events_of(desk, case["id"]), 20)
        customer.deletes(post)
        eventually(lambda: "mention_deleted" in events_of(desk, case["id"]), 20)
        assert desk.get(f"/cases/{case['id']}")["status"] == "open"

        # kill -9, and it goes on where it stopped: nothing lost, nothing posted twice.
        desk.kill()
        missed = customer.says(f"And {name} has charged me twice this month as well")
        desk.start()
        eventually(lambda: len(desk.get("/cases", search=name.lower(), view="all")["items"]) == 2, 40)
        assert missed
        assert len(replies_of(brand)) == 1
        assert "whole" in desk.run("verify")


def _spoke(customer: Person) -> bool:
    customer.says("Good morning")
    return False


def replies_of(person: Person) -> list[dict]:
    found = person.client.get(
        "com.atproto.repo.listRecords", params={"repo": person.did, "collection": "app.bsky.feed.post"}
    )
    return found.json()["records"]


def cid_of(person: Person, uri: str) -> str:
    found = person.client.get(
        "com.atproto.repo.getRecord",
        params={"repo": person.did, "collection": "app.bsky.feed.post", "rkey": uri.rsplit("/", 1)[1]},
    )
    return found.json()["cid"]


def events_of(desk: RunningDesk, case_id: int) -> str:
    return str(desk.get(f"/cases/{case_id}")["timeline"])
