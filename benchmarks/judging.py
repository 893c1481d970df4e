"""`judge`: what a post is, by the rules. `review`: what the coach and the guards say of a draft, while one types."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection
from django.test.utils import CaptureQueriesContext

from amends.desk import policies, reviewing
from amends.reply.coach import coach
from amends.reply.guard import check, promise_in
from amends.store.models import Case
from amends.triage.deciding import judge
from amends.triage.language import judge_language
from amends.triage.policy import LANGUAGES
from benchmarks import desks, posts
from benchmarks.timing import Line, Side, alone, interleaved

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)

#: What somebody types: nearly ready, with something for each guard to look at.
DRAFTS = {
    "en": (
        "Hello Ana, I am sorry that your router arrived broken and that nobody answered you. That must not happen. "
        "Could you send us the order number in a private message? We look into it today and tell you by tomorrow noon "
        "what we do. Your address stays with us; please never post it here."
    ),
    "fr": (
        "Bonjour Ana, nous sommes désolés que votre colis ne soit pas arrivé. Pouvez-vous nous envoyer le numéro de "
        "commande en message privé ? Nous regardons cela aujourd’hui et revenons vers vous demain avant midi."
    ),
    "ro": (
        "Bună, Ana, ne pare rău că factura a venit de două ori. Ne puteți trimite numărul comenzii în privat? "
        "Verificăm astăzi și revenim mâine până la prânz cu un răspuns."
    ),
}


def figures(*, quick: bool, rounds: int, wanted: set[str], where: str) -> list[Line]:
    lines: list[Line] = []
    if "judge" in wanted:
        lines += _judge(200 if quick else 2_000, rounds)
    if "review" in wanted:
        lines += _review(5 if quick else 40, rounds, where)
    return lines


def _judge(n: int, rounds: int) -> list[Line]:
    policy, texts = policies.triage(), list(posts.texts(n))

    def judged() -> int:
        return len([judge(text, policy, (language,)) for language, text in texts])

    def read() -> int:
        return len([judge_language(text, (language,), LANGUAGES) for language, text in texts])

    taken = interleaved(Side(name="judge", run=judged), Side(name="language", run=read), rounds=rounds)
    where = f"{n:,} posts, three languages"
    return [
        alone("judge", where, "posts a second, CPU", taken["judge"].cpu, "posts/s"),
        alone("judge", where, "posts a second, wall", taken["judge"].wall, "posts/s"),
        alone("judge", where, "of which the language, CPU", taken["language"].cpu, "µs"),
    ]


def _review(n: int, rounds: int, where: str) -> list[Line]:
    admin = desks.make(NOW)
    desks.fill(300, now=NOW, live=1.0)
    cases = {case.language: case.pk for case in Case.objects.all()}
    guards, coaching = policies.guards(), policies.coaching()
    drafts = [(cases[language], language, text) for language, text in DRAFTS.items()]
    weighed = [
        (
            text,
            language,
            reviewing.situation_of(Case.objects.select_related("author").get(pk=pk), "reply", now=NOW),
        )
        for pk, language, text in drafts
    ]

    def whole() -> int:
        for _ in range(n):
            for pk, _language, text in drafts:
                reviewing.review(pk, text, "reply", by=admin, now=NOW)
        return n * len(drafts)

    def guarded() -> int:
        for _ in range(n):
            for text, _language, situation in weighed:
                check(text, situation, guards)
        return n * len(drafts)

    def coached() -> int:
        for _ in range(n):
            for text, language, situation in weighed:
                coach(text, situation, coaching), promise_in(text, language, NOW)
        return n * len(drafts)

    taken = interleaved(
        Side(name="review", run=whole),
        Side(name="guards", run=guarded),
        Side(name="coach", run=coached),
        rounds=rounds,
    )
    with CaptureQueriesContext(connection) as asked:
        reviewing.review(drafts[0][0], drafts[0][2], "reply", by=admin, now=NOW)
    where = f"{where}, three drafts of {min(map(len, DRAFTS.values()))} to {max(map(len, DRAFTS.values()))} letters"
    return [
        alone("review", where, "a whole review, CPU", taken["review"].cpu),
        alone("review", where, "a whole review, wall", taken["review"].wall),
        alone("review", where, "of which the guards, CPU", taken["guards"].cpu),
        alone("review", where, "of which coach and promise, CPU", taken["coach"].cpu),
        alone("review", where, "SQL statements", [len(asked)], "statements"),
    ]
