"""Builders with sensible defaults. They go through the desk's own doors, so what they make is what a user would have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from amends.core.mention import Author, Mention
from amends.desk import accounts, intake, reader, sender, setup, timers
from amends.store import models as rows
from tests.fakes import FakeNetwork, Town

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_numbers = count(1)


def make_agent(name: str = "Dana", role: str = "agent") -> rows.Agent:
    return rows.Agent.objects.create_agent(
        f"{name.lower()}{next(_numbers)}@example.org", name=name, role=role
    )


def make_mention(text: str = "My parcel never came", **more: Any) -> Mention:
    number = next(_numbers)
    who = more.pop("who", "ioana")
    return Mention(
        **{
            "network": "bluesky",
            "remote_id": f"post-{number}",
            "author": Author(network="bluesky", remote_id=who, handle=f"{who}.example", name=who.title()),
            "text": text,
            "raw": text.encode("utf-8", "surrogatepass") or b"-",
            "posted_at": NOW,
            **more,
        }
    )


class Desk:
    """A desk at a moment of its own: a town to listen to, an admin, and a clock that only tests move."""

    def __init__(self, network: type[FakeNetwork] = FakeNetwork, brand: str = "Novatel") -> None:
        self.now = NOW
        self.town = Town(clock=NOW)
        self.network = network(self.town)
        accounts.stand_ins["bluesky"] = self.network
        self.admin = make_agent("Ada", "admin")
        self.dana = make_agent("Dana", "agent")
        self.source = setup.add_row(
            "bluesky",
            "Our account",
            {"handle": "novatel.example", "app_password": "secret-word"},
            now=self.now,
        )
        setup.add_term(brand, by=self.admin, now=self.now)
        setup.set_organisation(brand=brand, undo_seconds=10, by=self.admin)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)
        self.town.clock = self.now

    def listen(self) -> None:
        """Poll every source that is due and read what came."""
        rows.Source.objects.filter(state="active").update(next_fetch_at=self.now)
        for source in reader.due_sources(now=self.now):
            reader.poll(source, now=self.now)
        while intake.read_waiting(now=self.now):
            pass

    def send(self) -> None:
        """Let the undo window pass and drain the outbox."""
        self.later(seconds=11)
        sender.drain(now=self.now)

    def tick(self) -> None:
        timers.fire(now=self.now)

    def case(self, case_id: int | None = None) -> rows.Case:
        found = rows.Case.objects.select_related("author", "owner")
        return found.get(pk=case_id) if case_id else found.get()

    def hear(self, text: str, who: str = "ioana", **more: Any) -> rows.Case:
        """Somebody posts, we listen; gives their newest case."""
        self.town.post(text, who, **more)
        self.listen()
        return rows.Case.objects.filter(author__remote_id=who).latest("pk")

    def kinds(self, case: rows.Case) -> list[str]:
        return list(case.events.order_by("id").values_list("kind", flat=True))
