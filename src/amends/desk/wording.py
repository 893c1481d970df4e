"""Texts that a desk keeps by language, and the languages that it writes in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from amends.core.graph import Refused
from amends.core.say import say
from amends.core.text import fold, storable
from amends.store.models import Organisation

#: The languages of the desk itself; an organisation may add others.
SPOKEN = ("en", "fr", "ro")
_LANGUAGE = re.compile(r"[a-z]{2}")


def languages(ours: Organisation | None = None) -> tuple[str, ...]:
    """In which languages a desk writes texts for customers: the shipped three, and its own. One query, or none where
    the organisation is given."""
    ours = ours or Organisation.objects.first() or Organisation()
    own = (str(each).split("-")[0].lower() for each in ours.languages)
    return tuple(dict.fromkeys((*SPOKEN, *(each for each in own if _LANGUAGE.fullmatch(each)))))


def texts_of(given: Mapping[str, str], *, most: int) -> dict[str, str]:
    """The texts as they are kept: on one line each, the empty ones left out. Raises `Refused` for one that is longer
    than `most` characters, or in what is no language."""
    found = {}
    for language, text in given.items():
        text = storable(" ".join(text.split()))
        if not text:
            continue
        if not _LANGUAGE.fullmatch(language):
            raise Refused(
                say("“{language}” is no language: write two letters, such as fr.", language=language[:20])
            )
        if len(text) > most:
            raise Refused(say("A text is too long: {most} characters are the most.", most=most))
        found[language] = text
    return found


def topics_of(given: Sequence[str]) -> list[str]:
    """Topics as cases have them: folded, each once."""
    tidy = (fold(each).strip().replace(" ", "_")[:60] for each in given)
    return list(dict.fromkeys(each for each in tidy if each))[:20]
