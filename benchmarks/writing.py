"""`typing`: what one check of a draft costs while somebody types: guards, coach and promise, of 500 characters."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from statistics import quantiles

from amends.core.case import Kind, Severity
from amends.core.mention import Visibility
from amends.desk import likeness, policies
from amends.reply.coach import advise, coach
from amends.reply.guard import check, promise_in
from amends.reply.plays import play_for, read_plays
from amends.reply.situation import Situation
from benchmarks.timing import Line, Spread

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
LENGTH = 500

#: Sentences that an agent writes; a draft takes them in turn, from another one each time, with another number in it.
SENTENCES = {
    "en": (
        "Hello Ana, I am sorry that your router arrived broken and that nobody answered you for {n} days.",
        "That must not happen, and I understand how annoying it is.",
        "Could you send us the order number in a private message?",
        "We look into it today and tell you by tomorrow noon what we do about it.",
        "It took so long because the depot was closed after the storm, and {n} parcels were left there.",
        "Your address stays with us; please never post it here.",
        "If you would rather talk to somebody, I am here until 6 pm and will call you back.",
    ),
    "fr": (
        "Bonjour Ana, nous sommes désolés que votre colis ne soit pas arrivé après {n} jours.",
        "Je comprends votre agacement, cela n’aurait pas dû se passer ainsi.",
        "Pouvez-vous nous envoyer le numéro de commande en message privé ?",
        "Nous regardons cela aujourd’hui et revenons vers vous demain avant midi.",
        "Le retard vient du dépôt, fermé après la tempête, où {n} colis sont restés.",
        "Votre adresse reste chez nous ; ne la publiez jamais ici, s’il vous plaît.",
        "Si vous préférez parler à quelqu’un, je suis là jusqu’à 18 h et je vous rappelle.",
    ),
    "ro": (
        "Bună, Ana, ne pare rău că factura a venit de două ori și că nimeni nu v-a răspuns {n} zile.",
        "Înțeleg cât de neplăcut este, nu ar fi trebuit să se întâmple așa.",
        "Ne puteți trimite numărul comenzii într-un mesaj privat?",
        "Verificăm astăzi și revenim mâine până la prânz cu un răspuns.",
        "A durat atât pentru că depozitul a fost închis după furtună, iar {n} colete au rămas acolo.",
        "Adresa dumneavoastră rămâne la noi; vă rugăm să nu o publicați aici.",
        "Dacă preferați să vorbiți cu cineva, sunt aici până la ora 18 și vă sun înapoi.",
    ),
}


def figures(*, quick: bool, rounds: int, wanted: set[str], where: str) -> list[Line]:
    samples = 60 if quick else 400
    lines = _measured("without the large model", samples, by_meaning=False)
    if likeness.meaning() is not None or (policies.scorer_problem() is None and _opened()):
        lines += _measured("with the large model", samples, by_meaning=True)
    return lines


def _opened() -> bool:
    """Whether a large model opens within ten seconds; there may be none."""
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        if likeness.meaning() is not None:
            return True
        time.sleep(0.2)
    return False


def _draft(language: str, number: int) -> str:
    sentences = SENTENCES[language]
    row = [sentences[(number + place) % len(sentences)].format(n=number + 2) for place in range(12)]
    return " ".join(row)[:LENGTH]


def _situation(language: str, by_meaning: bool) -> Situation:
    return Situation(
        their_text="",
        language=language,
        visibility=Visibility.PUBLIC,
        kind=Kind.COMPLAINT,
        severity=Severity.MEDIUM,
        anger=2,
        topic="delivery",
        network="bluesky",
        longest=0,
        count=len,
        earlier_replies=tuple(_draft(language, 1_000 + number)[:300] for number in range(50)),
        meaning=likeness.meaning() if by_meaning else None,
        now=NOW,
    )


def _measured(which: str, samples: int, *, by_meaning: bool) -> list[Line]:
    guards, coaching, plays = policies.guards(), policies.coaching(), read_plays()
    lines = []
    for language in SENTENCES:
        situation = _situation(language, by_meaning)

        def checked(draft: str, situation: Situation = situation, language: str = language) -> None:
            verdicts = check(draft, situation, guards)
            steps = coach(draft, situation, coaching, verdicts, play_for(situation, plays).steps)
            advise(draft, steps, coaching)
            promise_in(draft, language, NOW, guards)

        checked(_draft(language, samples))
        if situation.meaning is not None:  # our earlier replies are read once, by another thread
            ends = time.monotonic() + 60
            while (
                time.monotonic() < ends and min(situation.meaning("a draft", situation.earlier_replies)) == 0
            ):
                time.sleep(0.5)
        taken = []
        for number in range(samples):
            draft = _draft(language, number)
            began = time.process_time()
            checked(draft)
            taken.append(1_000 * (time.process_time() - began))
        cut = quantiles(taken, n=100, method="inclusive")
        place = f"{samples} drafts of {LENGTH} characters, {language}, {which}"
        for percent in (50, 95, 99):
            value = cut[percent - 1]
            lines.append(
                Line(
                    figure="typing",
                    where=place,
                    what=f"one check, CPU, p{percent}",
                    unit="ms",
                    ours=Spread(median=value, low=min(taken), high=max(taken)),
                )
            )
    return lines
