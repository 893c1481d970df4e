"""A process that writes beside others to one database. `python -m tests.attack.writer`

make             a database with one case
append NAME N    takes in N posts of its own, a page of five at a time
approve N        approves N replies to the one case at the same moment; prints how many went through
report           one JSON object: what the database holds
"""

from __future__ import annotations

import json
import os
import sys
import threading
from datetime import UTC, datetime

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "amends.site.settings"
django.setup()

from django.db import connection  # noqa: E402

from amends.connectors.base import Page  # noqa: E402
from amends.core.graph import Refused  # noqa: E402
from amends.desk import approving, audit, intake, people, setup  # noqa: E402
from amends.store import models as rows  # noqa: E402


def now() -> datetime:
    return datetime.now(UTC)


def _source(name: str) -> rows.Source:
    return rows.Source.objects.filter(name=name).first() or setup.add_row(
        "file", name, {"path": name, "format": "jsonl", "network_name": "import"}, now=now()
    )


def make() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    people.first_admin(now=now())
    append("first", "1")


def append(name: str, how_many: str) -> None:
    source = _source(name)
    lines = [
        json.dumps(
            {"id": f"{name}-{number}", "author": f"{name}-{number}", "text": f"Post {number} is broken"}
        )
        for number in range(int(how_many))
    ]
    for start in range(0, len(lines), 5):
        raw = "\n".join(lines[start : start + 5]).encode()
        intake.keep_page(source, Page(raw=raw, cursor=str(start)), now=now())
        intake.read_waiting(now=now())
    while rows.Capture.objects.filter(source=source, read_at=None).exists():
        intake.read_waiting(now=now())


def approve(how_many: str) -> None:
    case, admin = rows.Case.objects.get(), people.first_admin(now=now())
    outcomes: list[str] = []
    gate = threading.Barrier(int(how_many))

    def one(number: int) -> None:
        gate.wait()
        try:
            approving.approve(case.pk, f"I am sorry. Which model is it? ({number})", by=admin, now=now())
            outcomes.append("approved")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(int(how_many))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    print(json.dumps(sorted(outcomes)))


def report() -> None:
    head = rows.LogHead.objects.get()
    print(
        json.dumps(
            {
                "mentions": rows.Mention.objects.count(),
                "versions": rows.Version.objects.count(),
                "leaves": rows.Leaf.objects.count(),
                "size": head.size,
                "outbox": rows.OutboxEntry.objects.count(),
                "quarantined": rows.Quarantined.objects.count(),
                "faults": [str(each) for each in audit.verify_log().faults],
            }
        )
    )


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    {"make": make, "append": append, "approve": approve, "report": report}[what](*given)
