"""Which open cases are like this one: the same words in the same days (K1: never assume an isolated incident)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from amends.core.say import Said, say
from amends.core.text import fold, words

#: Words of so few letters say little by themselves.
SHORTEST_WORD = 4
MOST_KEYWORDS = 24
#: Below this share of common weight two cases are not alike.
LIKE_ENOUGH = 0.3

#: Words of everyday talk in the desk's languages that make no two cases alike. Folded.
_COMMON = frozenset(
    """
    about after again also been before being could does doing dont even ever every from have here into just know like
    made make many more most much need never only other over really said same since some still such than that their
    them then there these they this those through today very want wants what when where which while will with would
    your yours youre anyone someone please hello thanks thank people thing things nothing anything because
    alors apres aussi autre avant avec avez avoir bien bonjour cela celui cette chez comme comment contre dans depuis
    deja donc elle elles encore entre etait etes etre faire fait faut fois jamais juste leur leurs mais meme merci moins
    mois moment nous parce plus pour pourquoi quand quel quelle quelqu'un quoi rien sans sera sont sous suis toujours
    tous tout toute toutes tres trop vers votre vous voila chaque
    acest aceasta acela acum aici ales altceva atat avea aveti bine buna care catre ceea cineva cred cum daca decat deja
    despre dintre doar dupa este esti fara fiind foarte inca intr inainte intre itre mai mereu multe multumesc niciun
    nimeni nimic noastra nostru numai oare oricum pana peste pentru poate prin salut sunt suntem sunteti tine toata toate
    toti trebuie unde unei unui vreau vreo vrea zice
    """.split()
)


def keywords(text: str) -> tuple[str, ...]:
    """The words of `text` that may make it like others: folded, cut to their stem's length, most frequent first."""
    kept = [
        word[:7].lstrip("#@")
        for word in words(fold(text))
        if len(word.strip("#@")) >= SHORTEST_WORD
        and word not in _COMMON
        and not word.startswith(("http", "@"))
    ]
    return tuple(word for word, _ in Counter(kept).most_common(MOST_KEYWORDS))


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A case that may be like the one at hand."""

    case_id: int
    keywords: Sequence[str]
    topic: str = ""


@dataclass(frozen=True, kw_only=True)
class Like:
    case_id: int
    score: float
    """0 to 1: the share of the weight of their words that they have in common."""
    reason: Said


def like(case: Candidate, others: Iterable[Candidate], *, most: int = 5) -> tuple[Like, ...]:
    """The cases most like `case`, best first. Words that few of them use weigh more."""
    pool = [each for each in others if each.case_id != case.case_id]
    seen = Counter(word for each in [*pool, case] for word in set(each.keywords))
    total = len(pool) + 1

    def weight(words: Iterable[str]) -> float:
        # A rare word says more than a frequent one, but an outage makes its own words frequent: each keeps its 1.
        return sum(1 + log(total / seen[word]) / 4 for word in words)

    own, found = set(case.keywords), []
    for each in pool:
        common = own & set(each.keywords)
        if not common:
            continue
        score = 2 * weight(common) / ((weight(own) + weight(set(each.keywords))) or 1)
        if each.topic and each.topic == case.topic and each.topic != "other":
            score = min(1.0, score + 0.1)
        if score >= LIKE_ENOUGH:
            shown = sorted(common, key=lambda word: (seen[word], word))[:3]
            found.append(
                Like(
                    case_id=each.case_id,
                    score=round(score, 3),
                    reason=say("the same words: {words}", words=", ".join(shown)),
                )
            )
    return tuple(sorted(found, key=lambda each: (-each.score, -each.case_id))[:most])
