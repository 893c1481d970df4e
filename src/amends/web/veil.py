"""Which posts of a case are veiled for whoever looks, and which they chose to read (A7).

A choice holds for half an hour, so that a live change does not hide what is being read; the next day one is asked
again. What was read is counted by `desk/shielding.py`, once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from amends.desk import shielding
from amends.store import queries
from amends.web.asked import Asked

HOLDS = timedelta(minutes=30)
_KEPT = "posts_shown"
_MOST = 100


def shown(request: Asked) -> frozenset[int]:
    """The posts that this person chose to read lately."""
    return frozenset(_chosen(request))


def _chosen(request: Asked) -> dict[int, datetime]:
    found = {}
    for post, at in request.session.get(_KEPT, {}).items():
        moment = datetime.fromisoformat(at)
        if request.now - moment < HOLDS:
            found[int(post)] = moment
    return found


def _keep(request: Asked, chosen: dict[int, datetime]) -> None:
    newest = sorted(chosen.items(), key=lambda each: each[1])[-_MOST:]
    request.session[_KEPT] = {str(post): at.isoformat() for post, at in newest}


def lift(request: Asked, mention_id: int) -> None:
    """From now on they see it."""
    _keep(request, {**_chosen(request), mention_id: request.now})


def lower(request: Asked, mention_id: int) -> None:
    """Veil it again."""
    _keep(request, {post: at for post, at in _chosen(request).items() if post != mention_id})


class Veil:
    """What of one case is hidden from whoever asks. An agent who wants no veil is shown all, and it is counted."""

    def __init__(self, request: Asked, page: queries.CasePage) -> None:
        case, always = page.case, request.agent.shows_harsh
        harsh = [
            item.row
            for item in page.timeline
            if item.what == "mention" and shielding.is_harsh(item.row, case)
        ]
        chosen = frozenset() if always or not harsh else shown(request)
        self.hidden = frozenset() if always else frozenset(each.pk for each in harsh) - chosen
        """Posts whose words are not on the page."""
        self.lifted = frozenset(each.pk for each in harsh) & chosen
        """Posts that this person chose to read: they can be veiled again."""
        self.hides_title = case.abuse in shielding.VEILED and not always
        """The title is cut from the first post."""
        self.hides_reasons = self.hides_title and (page.first is None or page.first.pk not in chosen)
        """Reasons quote the words."""
        self.needed = _needed(page)
        if always and harsh:
            shielding.count(harsh, by=request.agent, now=request.now)


def _needed(page: queries.CasePage) -> str:
    """What the customer needs, in their own words: of the first post, else of the last that says it."""
    case = page.case
    posts = [each for each in (page.first, page.last) if each is not None]
    for post in posts:
        if words := shielding.own_words(post.text or "", shielding.abuse_of(post, case), case.language):
            return words
    return ""
