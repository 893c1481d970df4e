"""The process that is killed: a worker with a person who approves a reply to each case. `python -m tests.kill.child`

    make            a database with its town, ready to work
    work            until everything came in and every reply is settled; then one JSON object: what the database holds

AMENDS_KILL_AT=point:n kills it when it passes `point` for the n-th time. AMENDS_SENDER names a wrong sender, to show
that the checker finds what wrong senders do.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "amends.site.settings"
django.setup()

from django.db.models import QuerySet  # noqa: E402

from amends.desk import approving, audit, intake, people, points, reader, replies, setup  # noqa: E402
from amends.store import models as rows  # noqa: E402
from amends.worker import Worker  # noqa: E402
from tests.kill import server, wrong  # noqa: E402

#: Seconds until a run that does not come to its end is given up.
PATIENCE = 60
#: Nothing but death may hold a reply back here.
NOTHING_HELD = '[pace]\n[brake]\nmost = 0\nwithin = "1 hour"\nalike_percent = 70\nfrom_words = 5\n'
KIND, URL = os.environ["AMENDS_KIND"], os.environ["AMENDS_TOWN"]


def hold_nothing() -> None:
    policy = Path(os.environ["AMENDS_HOME"]) / "policy"
    policy.mkdir(parents=True, exist_ok=True)
    (policy / "sending.toml").write_text(NOTHING_HELD)


def now() -> datetime:
    return datetime.now(UTC)


def make() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    admin = people.first_admin(now=now())
    setup.add_term("Novatel", by=admin, now=now())
    setup.set_organisation(brand="Novatel", undo_seconds=0, by=admin)


def join_town() -> None:
    """The account in the town: known to a restarted desk already."""
    if not rows.Source.objects.exists():
        setup.add_row(KIND, KIND, {"url": URL}, now=now())


def work() -> None:
    kill_where_asked()
    wrong.SENDERS[os.environ.get("AMENDS_SENDER", "")]()
    # A dead worker's leases must run out within a test's patience.
    intake.LEASE = reader.LEASE = timedelta(seconds=1)
    join_town()
    worker, admin, ends = Worker(), people.first_admin(now=now()), time.monotonic() + PATIENCE
    while not is_done():
        if time.monotonic() > ends:
            sys.exit(3)
        worker.once(now=now())
        # A post that was edited before the reply left gives it back: it is read again, and answered anew.
        for entry in rows.OutboxEntry.objects.filter(status="failed"):
            replies.undo(entry.pk, by=admin, now=now())
        for case in unanswered():
            approving.approve(
                case.pk,
                f"Sorry about this, {case.author.handle}. Since when exactly, and in which street? ({case.pk})",
                by=admin,
                now=now(),
            )
        time.sleep(0.02)
    worker.stop.set()
    worker.run()
    report()


def unanswered() -> QuerySet[rows.Case]:
    return rows.Case.objects.exclude(outbox__in=rows.OutboxEntry.objects.exclude(status="cancelled"))


def is_done() -> bool:
    sources = rows.Source.objects.all()
    people_only = KIND == "by_person"
    under_way = ["approved", "sending", "failed"] + ["unsure"] * (not people_only)
    return (
        [each.cursor for each in sources] == [str(len(server.POSTS))]
        and not rows.Capture.objects.filter(read_at=None).exists()
        and not rows.Task.objects.exists()
        and not unanswered().exists()
        and not rows.OutboxEntry.objects.filter(status__in=under_way).exists()
    )


def kill_where_asked() -> None:
    point, _, which = os.environ.get("AMENDS_KILL_AT", "").partition(":")
    seen: Counter[str] = Counter()

    def hook(passed: str) -> None:
        seen[passed] += 1
        if passed == point and seen[passed] == int(which):
            os.kill(os.getpid(), signal.SIGKILL)

    points.hooks.append(hook)


def report() -> None:
    found = audit.verify_log()
    print(
        json.dumps(
            {
                "mentions": list(rows.Mention.objects.values_list("remote_id", flat=True)),
                "states": list(
                    rows.Version.objects.filter(evidence__isnull=False).values_list(
                        "mention__remote_id", "change"
                    )
                ),
                "sealed": dict(
                    Counter(rows.Evidence.objects.order_by("leaf").values_list("kind", flat=True))
                ),
                "leaves": rows.Leaf.objects.count(),
                "garbled": rows.Quarantined.objects.exists(),
                "unread": rows.Capture.objects.filter(read_at=None).count(),
                "tasks": rows.Task.objects.count(),
                "faults": [str(each) for each in found.faults],
                "cases": rows.Case.objects.count(),
                "outbox": [
                    {
                        "key": each.key,
                        "text": each.text,
                        "status": each.status,
                        "remote_id": each.remote_id,
                        "told": rows.Notice.objects.filter(case=each.case, level="loud").exists(),
                    }
                    for each in rows.OutboxEntry.objects.order_by("pk")
                ],
            }
        )
    )


if __name__ == "__main__":
    hold_nothing()
    {"make": make, "work": work}[sys.argv[1]]()
