"""One mention through all six steps, by the desk's own functions. Read it as the plan."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amends.core.graph import Refused
from amends.desk import actions, approving, audit
from amends.desk.pages import case_view
from amends.store import models as rows

pytestmark = pytest.mark.django_db


def test_one_real_complaint_goes_all_the_way(desk):
    # 1. Listen: nobody tagged us (L1).
    case = desk.hear(
        "Third week and the Novatel box still has no internet. Nobody answers the phone, I am furious"
    )
    mention = case.mentions.get()
    assert mention.match["terms"] == ["Novatel"]
    assert not mention.match["is_direct"]

    # 2. Triage: a complaint, with reasons, and a clock from the moment it was found (W1, W2).
    assert case.kind == "complaint"
    assert mention.judgements.get().reasons
    assert desk.now < case.due_at <= desk.now + timedelta(hours=8)

    # 3. Document: the exact bytes are in the log before anybody acts (D1, D3).
    evidence = mention.versions.get().evidence
    assert b"Third week" in bytes(evidence.raw)
    assert audit.verify_log().faults == ()

    # 4. Reply: a guard stops what must not be said; the good answer is sent once (A5, A1).
    with pytest.raises(Refused):
        approving.approve(case.pk, "Mail me at dana.pop@mail.example, Ioana", by=desk.dana, now=desk.now)
    approving.approve(
        case.pk,
        "Ioana, three weeks without internet is far too long, and I am sorry. Which town are you in? "
        "I will tell you what we found by 6 pm today.",
        by=desk.dana,
        now=desk.now,
    )
    desk.send()
    desk.send()
    assert len(desk.town.replies) == 1
    assert desk.case().status == "pending"
    assert desk.case().owner == desk.dana

    # 5. Follow up: a promise is chased, kept; the customer is asked, and only then is it closed (M1, M3).
    promise = actions.promise(
        case.pk, "what we found", desk.now + timedelta(hours=2), by=desk.dana, now=desk.now
    )
    with pytest.raises(Refused, match="promise"):
        actions.resolve(case.pk, by=desk.dana, now=desk.now)
    desk.later(hours=1, minutes=40)
    desk.tick()
    assert rows.Notice.objects.filter(agent=desk.dana, level="warn").exists()
    actions.keep_promise(promise, by=desk.dana, now=desk.now)
    actions.resolve(case.pk, by=desk.dana, now=desk.now)
    with pytest.raises(Refused, match="Ask the customer"):
        actions.close(case.pk, "satisfied", by=desk.dana, now=desk.now)
    approving.approve(
        case.pk,
        "Ioana, is everything working now, and are you satisfied?",
        purpose="ask_satisfied",
        by=desk.dana,
        now=desk.now,
    )
    desk.send()
    ours = rows.OutboxEntry.objects.latest("pk")
    desk.hear("Yes, it works again, thank you so much!", thread=mention.remote_id, to=ours.remote_id)
    actions.customer_said(case.pk, True, by=desk.dana, now=desk.now)
    actions.close(case.pk, "satisfied", by=desk.dana, now=desk.now)
    assert desk.case().status == "closed"

    # 6. Watch: it opens by itself when the customer writes again (K3).
    desk.later(days=1)
    desk.hear(
        "And now it is broken again, no internet since this morning",
        thread=mention.remote_id,
        to=ours.remote_id,
    )
    again = desk.case()
    assert (again.status, again.reopened) == ("open", 1)
    assert again.due_at > desk.now
    steps = {each.step.room: each.stage for each in case_view(case.pk, desk.dana.pk, now=desk.now).steps}
    assert steps["document"] == "done"
    assert steps["reply"] == "now"
    assert audit.verify_log().faults == ()
