"""The live stream: small events, told once to everybody, and an end when the server stops."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.utils import timezone

from amends.store.queries import Change, changes_since
from amends.web.views import live
from tests.web.conftest import hang_up

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def test_a_change_names_the_cases_and_where_to_go_on():
    told = live.events_of(Change(cases=((7, AT), (9, AT)), latest=AT, notice_id=3), 3)
    assert told[0] == "event: case-changed\ndata: 7,9\n\n"
    assert told[1].startswith(f"id: {AT.isoformat()}\nevent: queue-changed\n")
    assert len(told) == 2


def test_a_new_notice_is_told():
    assert live.events_of(Change(cases=(), latest=AT, notice_id=4), 3) == ["event: notice\ndata: 3\n\n"]


def test_a_quiet_second_tells_nothing():
    assert live.events_of(Change(cases=(), latest=AT, notice_id=3), 3) == []


@pytest.mark.django_db
def test_who_comes_back_hears_at_once_what_was_missed(desk, case):
    before = changes_since(None).latest
    desk.later(minutes=1)
    case.changed_at = desk.now
    case.save()

    @async_to_sync
    async def first_event() -> str:
        stream = live._stream(before)
        try:
            assert await anext(stream) == "retry: 2000\n\n"
            return await anext(stream)
        finally:
            await stream.aclose()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

    assert first_event() == f"event: case-changed\ndata: {case.pk}\n\n"


@pytest.mark.django_db
def test_the_stream_ends_when_the_server_stops():
    @async_to_sync
    async def last_event() -> list[str]:
        stream = live._stream(None)
        await anext(stream)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        live._poller().end()
        told = [await waiting]
        told += [each async for each in stream]
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        return told

    assert "bye" in last_event()[-1]


@pytest.mark.django_db
def test_the_stream_is_neither_compressed_nor_kept(dana):
    response = dana.get("/events", headers={"Accept-Encoding": "gzip"})
    try:
        assert response["Content-Type"] == "text/event-stream"
        assert response["Content-Encoding"] == "identity"
        assert response["Cache-Control"] == "no-store"
    finally:
        hang_up(response)


def test_a_change_that_is_committed_late_is_told_and_nothing_twice():
    """Its time is when its work began: another change may have been told meanwhile."""
    poller = live.Poller()
    early, late = AT, AT + timedelta(seconds=3)
    assert poller._news(Change(cases=((7, late),), latest=late, notice_id=0)).cases == ((7, late),)
    poller._after = late
    again = poller._news(Change(cases=((9, early), (7, late)), latest=late, notice_id=0))
    assert again.cases == ((9, early),)
    assert again.latest == late
    assert poller._news(Change(cases=((9, early), (7, late)), latest=late, notice_id=0)).cases == ()


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13-01T00:00:00Z", "2026-11-21T09:00:00", "0001-01-01T00:00:00Z"]
)
def test_a_page_that_names_no_moment_is_told_what_comes(text):
    assert live._moment(text) is None


def test_a_page_is_told_what_changed_since_it_was_made_and_shortly_before():
    """What is committed late carries an earlier time."""
    assert live._moment(AT.isoformat()) == AT - live.OVERLAP
    assert live._moment("2026-11-21T10:00:00+01:00") == AT - live.OVERLAP


@pytest.mark.django_db
def test_every_page_names_the_moment_at_which_it_was_made(dana):
    made = re.search(r'data-since="([^"]+)"', dana.get("/plan").content.decode())
    assert made is not None
    assert abs(timezone.now() - datetime.fromisoformat(made.group(1))) < timedelta(minutes=1)


@pytest.mark.django_db
def test_a_change_while_a_page_begins_to_listen_is_told(desk, case, monkeypatch):
    before = changes_since(None).latest
    ask, asked = live._changes, []

    async def changing(since):
        seen = await ask(since)
        asked.append(since)
        if len(asked) == 1:
            await sync_to_async(change)()
        return seen

    def change() -> None:
        desk.later(minutes=1)
        case.changed_at = desk.now
        case.save()

    monkeypatch.setattr(live, "_changes", changing)

    @async_to_sync
    async def first_event() -> str:
        stream = live._stream(before)
        try:
            await anext(stream)
            return await anext(stream)
        finally:
            await stream.aclose()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

    assert first_event() == f"event: case-changed\ndata: {case.pk}\n\n"
