"""Posts from a seed: English, French and Romanian, about a brand that does not exist. The same seed, the same posts."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

BRAND = "Lumora"
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

_TEMPLATES = {
    "en": (
        "My {thing} from {brand} arrived broken and nobody answers my mails. Order {code}, {word} is still the only reply.",
        "{brand} charged me twice this month for {word}. {n} days and no refund, I am furious.",
        "Is anyone else without a connection at {brand} since {n} this morning? The {thing} just blinks.",
        "Credit where due: {brand} swapped my {thing} in a day, {word} and all. Thank you!",
        "How do I move my {thing} to a new address with {brand}? The page about {word} says nothing.",
        "Third call to {brand} about {code}. Told to wait {n} minutes, then cut off. This is how you lose customers.",
    ),
    "fr": (
        "Toujours pas de nouvelles de mon {thing} chez {brand}, commande {code}. Cela fait {n} jours, c’est inadmissible.",
        "{brand} m’a débité deux fois pour {word}. Qui rembourse ? Le service client ne répond jamais.",
        "Quelqu’un sait comment résilier chez {brand} ? Le {thing} ne marche plus depuis {n} h.",
        "Bravo {brand}, mon {thing} remplacé en {n} heures, {word} compris. Merci à l’équipe !",
        "Encore une panne chez {brand}… mon {thing} est muet et {word} ne charge pas.",
    ),
    "ro": (
        "Aștept de {n} zile un {thing} de la {brand}, comanda {code}, și nimeni nu răspunde. Rușine!",
        "{brand} mi-a luat banii de două ori pentru {word}. Când îi primesc înapoi?",
        "Știe cineva de ce nu merge {thing} la {brand} de azi dimineață, ora {n}?",
        "Mulțumesc, {brand}: {thing} schimbat în {n} ore, cu tot cu {word}. Foarte buni.",
        "Am sunat a treia oară la {brand} despre {code}. Mi-au închis telefonul. Nu mai recomand nimănui.",
    ),
}
_THINGS = {
    "en": "router parcel phone invoice contract kettle lamp subscription card app".split(),
    "fr": "routeur colis téléphone contrat grille-pain lampadaire abonnement boîtier".split(),
    "ro": "router colet telefon contract aparat abonament card încărcător".split(),
}
_SYLLABLES = "ba ce di fo gu ha ji ka lo mu ne pi ra so tu ve wi xa yo ze bri cla dro fle gra plo".split()


class Words:
    """Invented words in the frequencies of real ones: few often, most hardly ever."""

    def __init__(self, seed: int = 7, many: int = 30_000) -> None:
        self._dice = random.Random(seed)
        self.all = list({self._word() for _ in range(many)})
        self.all.sort()
        self._dice.shuffle(self.all)

    def _word(self) -> str:
        return "".join(self._dice.choice(_SYLLABLES) for _ in range(self._dice.randint(2, 5)))

    def pick(self) -> str:
        return self.all[min(int(self._dice.paretovariate(0.6)) - 1, len(self.all) - 1)]


def texts(n: int, *, seed: int = 1, brand: str = BRAND) -> Iterator[tuple[str, str]]:
    """`n` posts that name the brand: language and text."""
    dice, words = random.Random(seed), Words(seed)
    for _ in range(n):
        language = dice.choices(("en", "fr", "ro"), (50, 30, 20))[0]
        yield (
            language,
            dice.choice(_TEMPLATES[language]).format(
                brand=brand,
                thing=dice.choice(_THINGS[language]),
                word=words.pick(),
                code=f"{dice.choice('ABCDEFGH')}{dice.randint(10_000, 999_999)}",
                n=dice.randint(2, 23),
            ),
        )


def chatter(n: int, *, seed: int = 2, names: tuple[str, ...] = (), share: float = 0.02) -> Iterator[str]:
    """`n` posts about nothing, of which a `share` name one of `names`: what a public stream is like."""
    dice, words = random.Random(seed), Words(seed)
    for _ in range(n):
        said = [words.pick() for _ in range(dice.randint(5, 25))]
        if names and dice.random() < share:
            said[dice.randrange(len(said))] = dice.choice(names)
        yield " ".join(said).capitalize() + dice.choice(("", ".", "!", "…", " 🙂"))


def records(n: int, *, seed: int = 1) -> list[dict[str, Any]]:
    """`n` posts as a network would give them; each twentieth is its author's second word in the thread before it."""
    dice, made = random.Random(seed), []
    for number, (language, text) in enumerate(texts(n, seed=seed)):
        follows = number % 20 == 19
        before = made[-1] if follows else None
        made.append(
            {
                "id": f"post-{number}",
                "text": text,
                "author": before["author"] if before else f"u{dice.randrange(n)}",
                "at": (START + timedelta(seconds=13 * number)).isoformat(),
                "lang": language,
                "url": f"https://network.invalid/post-{number}",
                "thread": before["id"] if before else f"post-{number}",
                "in_reply_to": before["id"] if before else "",
            }
        )
    return made


def lines(found: list[dict[str, Any]]) -> bytes:
    """The records as JSON lines."""
    return b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in found)
