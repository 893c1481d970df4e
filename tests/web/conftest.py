"""Browsers of each role, before a desk with a few cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import signals
from django.db import close_old_connections
from django.test import Client

from amends.store import models as rows
from tests.makers import make_agent


@pytest.fixture(autouse=True)
def static_files(settings, tmp_path):
    """Nobody collects static files for a test; they are found where they lie."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()


def hang_up(response: Any) -> None:
    """Close a stream as a browser would. The client leaves that to us; the signal that it sends would close the
    database's connection within the test's transaction."""
    signals.request_finished.disconnect(close_old_connections)
    try:
        response.close()
    finally:
        signals.request_finished.connect(close_old_connections)


@pytest.fixture
def browser(desk) -> Callable[..., Client]:
    """`browser(agent)` is signed in; `browser()` is a stranger's."""

    def opened(agent: rows.Agent | None = None, **headers: str) -> Client:
        client = Client(headers=headers)
        if agent is not None:
            client.force_login(agent)
        return client

    return opened


@pytest.fixture
def dana(desk, browser) -> Client:
    return browser(desk.dana)


@pytest.fixture
def ada(desk, browser) -> Client:
    """The admin's browser."""
    return browser(desk.admin)


@pytest.fixture
def case(desk) -> rows.Case:
    return desk.hear("My Novatel router is broken again and nobody answers")


@pytest.fixture
def roles(desk) -> dict[str, rows.Agent | None]:
    return {
        "anonymous": None,
        "read_only": make_agent("Rea", "read_only"),
        "agent": desk.dana,
        "lead": make_agent("Lea", "lead"),
        "admin": desk.admin,
    }
