"""Every named read that the pages, the API and the command line use.

They give rows or small frozen records, never a decision. The budgets of `tests/web/test_budgets.py` count queries here.
"""

from amends.store.queries.case import (
    CasePage,
    Judged,
    Person,
    TimelineItem,
    answering,
    case_page,
    language_of,
    like_pool,
    reply,
)
from amends.store.queries.counting import LIKE_POOL, MODES, NEEDS_A_HAND, PAGE, TOLD_BY_OTHERS, TRAIL, VIEWS
from amends.store.queries.overview import (
    EvidencePage,
    HandPage,
    PlanPage,
    SourcesPage,
    evidence_page,
    hand_page,
    plan_page,
    sources_page,
)
from amends.store.queries.people import (
    agent,
    api_keys,
    colleagues,
    frame,
    has_agents,
    notices,
    organisation,
    people,
)
from amends.store.queries.queue import QueuePage, QueueRow, counts, queue
from amends.store.queries.sent import sent_replies
from amends.store.queries.state import (
    Change,
    Health,
    changes_since,
    exported_cases,
    health,
    last_base,
    leaf_hashes,
)

__all__ = [
    "LIKE_POOL",
    "MODES",
    "NEEDS_A_HAND",
    "PAGE",
    "TOLD_BY_OTHERS",
    "TRAIL",
    "VIEWS",
    "CasePage",
    "Change",
    "EvidencePage",
    "HandPage",
    "Health",
    "Judged",
    "Person",
    "PlanPage",
    "QueuePage",
    "QueueRow",
    "SourcesPage",
    "TimelineItem",
    "agent",
    "answering",
    "api_keys",
    "case_page",
    "changes_since",
    "colleagues",
    "counts",
    "evidence_page",
    "exported_cases",
    "frame",
    "hand_page",
    "has_agents",
    "health",
    "language_of",
    "last_base",
    "leaf_hashes",
    "like_pool",
    "notices",
    "organisation",
    "people",
    "plan_page",
    "queue",
    "reply",
    "sent_replies",
    "sources_page",
]
