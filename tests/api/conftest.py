"""A desk with a case, and programs that hold keys to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from amends.desk import people
from amends.store.models import Agent
from tests.makers import make_agent

PREFIX = "/api/v1"
GOOD_REPLY = (
    "Ioana, I am sorry that your parcel has not come. Could you send us the order number by direct message? "
    "I will look into it and answer you by 18:00 today."
)


class Program:
    """Somebody's program: it speaks HTTP with a key, and remembers nothing."""

    def __init__(self, token: str = "", agent: Agent | None = None, language: str = "en") -> None:
        self.agent, self.language, self.client = agent, language, Client()
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(
            PREFIX + path, headers={"Accept-Language": self.language, **self.headers, **headers}
        )

    def delete(self, path: str) -> Any:
        return self.client.delete(PREFIX + path, headers={"Accept-Language": self.language, **self.headers})

    def put(self, path: str, body: Any) -> Any:
        return self.client.put(
            PREFIX + path,
            json.dumps(body).encode(),
            content_type="application/json",
            headers={"Accept-Language": self.language, **self.headers},
        )

    def patch(self, path: str, body: Any) -> Any:
        return self.client.patch(
            PREFIX + path,
            json.dumps(body).encode(),
            content_type="application/json",
            headers={"Accept-Language": self.language, **self.headers},
        )

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.post_bytes(path, b"" if body is None else json.dumps(body).encode(), **headers)

    def post_bytes(
        self, path: str, body: bytes, content_type: str = "application/json", **headers: str
    ) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            "POST",
            PREFIX + path,
            body,
            content_type=content_type,
            headers={"Accept-Language": self.language, **self.headers, **named},
        )


def program_of(agent: Agent, language: str = "en") -> Program:
    token = people.make_api_key(agent, "a test", now=datetime.now(UTC)).token
    return Program(token, agent, language)


@pytest.fixture(autouse=True)
def nobody_asked_before():
    """What one test asked for must not count against the next."""
    cache.clear()


@pytest.fixture(autouse=True)
def static_folder(settings, tmp_path):
    """WhiteNoise warns where nothing was collected, and warnings are errors here."""
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def desk(desk):
    """The API's clock is the machine's: the desk goes by it here."""
    desk.now = datetime.now(UTC)
    desk.town.clock = desk.now
    return desk


@pytest.fixture
def case(desk):
    """A customer of ours, furious about a parcel."""
    return desk.hear("Novatel, my parcel never came and nobody answers. This is a disgrace!")


@pytest.fixture
def agent(desk):
    return program_of(desk.dana)


@pytest.fixture
def lead(desk):
    return program_of(make_agent("Lea", "lead"))


@pytest.fixture
def admin(desk):
    return program_of(desk.admin)


@pytest.fixture
def reader(desk):
    return program_of(make_agent("Rita", "read_only"))
