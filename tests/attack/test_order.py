"""I4: pages that are read in another order than they came lose nothing."""

from __future__ import annotations

import json

import pytest

from amends.connectors.base import Page
from amends.desk import audit, intake
from amends.store import models as rows

pytestmark = pytest.mark.django_db


def test_an_answer_read_before_the_post_that_it_answers_is_not_lost(desk):
    first = desk.town.post("The Novatel router is broken again")
    desk.town.post("Still nothing, three days now", "ioana", thread=first, to=first)
    desk.town.post("Lovely weather", "somebody")
    pages = []
    for number, posts in enumerate((desk.town.posts[:1], desk.town.posts[1:]), 1):
        raw = b"\n".join(json.dumps(each).encode() for each in posts)
        pages.append(intake.keep_page(desk.source, Page(raw=raw, cursor=str(number)), now=desk.now))
    intake.read_capture(pages[1], now=desk.now)
    assert rows.Mention.objects.count() == 0
    while intake.read_waiting(now=desk.now):
        pass
    case = desk.case()
    assert [each.text for each in case.mentions.order_by("pk")] == [
        "The Novatel router is broken again",
        "Still nothing, three days now",
    ]
    assert [each.counts for each in rows.Capture.objects.order_by("pk")] == [
        {"taken": 1},
        {"taken": 1, "unmatched": 1},
    ]
    assert not rows.Capture.objects.filter(read_at=None).exists()
    assert not rows.Task.objects.exists()
    assert audit.verify_log().faults == ()
