"""What a program can say of how a reply goes out, and do once it is out (point 8)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

from amends.connectors.contract import PIXEL
from amends.store import models as rows
from tests.api.conftest import GOOD_REPLY


def reply(agent, case, **more):
    return agent.post(f"/cases/{case.pk}/reply", {"text": GOOD_REPLY, **more}, Idempotency_Key="one")


def test_a_reply_can_be_asked_to_leave_later(agent, case):
    at = datetime.now(UTC) + timedelta(hours=20)
    shown = reply(agent, case, send_at=at.isoformat()).json()
    assert shown["scheduled_at"] == shown["send_at"]
    assert agent.post(f"/outbox/{shown['id']}/send-now").status_code == 204
    assert rows.OutboxEntry.objects.get().scheduled_at is None


def test_an_image_is_brought_and_goes_with_a_reply(agent, case):
    data = base64.b64encode(PIXEL).decode()
    made = agent.post(f"/cases/{case.pk}/images", {"name": "box.png", "data": data, "alt": "The box"})
    assert made.status_code == 201
    image = made.json()
    assert (image["media_type"], image["alt"]) == ("image/png", "The box")
    shown = reply(agent, case, media=[image["id"]]).json()
    assert shown["media"] == [{"attachment": image["id"], "digest": image["digest"], "alt": "The box"}]


def test_what_is_no_image_is_refused(agent, case):
    for data in ("no base64!", base64.b64encode(b"<svg/>").decode()):
        assert agent.post(f"/cases/{case.pk}/images", {"data": data}).status_code == 409


def test_a_long_reply_is_several_posts(agent, case):
    shown = reply(agent, case, text=" ".join([GOOD_REPLY] * 6)).json()
    assert shown["part"] == 1 and shown["parts"] > 1


def test_a_line_in_public_stands_beside_a_direct_message_alone(agent, case):
    assert reply(agent, case, public_line="We have just written to you.").status_code == 409


def test_what_is_not_out_cannot_be_changed(agent, case):
    number = reply(agent, case).json()["id"]
    assert agent.post(f"/outbox/{number}/edit", {"text": "Other words."}).status_code == 409
    assert agent.post(f"/outbox/{number}/remove").status_code == 409
