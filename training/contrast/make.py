"""Contrast sentences for the abuse head of triage (W1, A7).

A classifier that only saw hate beside kind words learns the words: it then shields a desk from “Muslims” and “kill” and lets
a polite “they don't belong here” pass. The repair is sentences on both sides of the line with the same words in them:
hated and welcomed groups, threats and figures of speech, slander and the report of slander.

Templates and words are kept beside this file, one TOML file per language. In a template

- `{word}` takes an entry of the list of that name, or a form of the group's noun (`english`, `french` and `romanian` below say which there are);
  `{Word}` the same with a capital;
- `<he|she>` takes the first part beside a masculine noun, the second beside a feminine one.

`python training/contrast/make.py [seed] [rows per language]` prints TSV: abuse, hateful, lang, function, text. `abuse` is the label
of docs/reference/labels.md; `hateful` is 1 where people are attacked for what they are (a threat to a shop is a threat, and not
hateful); `function` names what the sentence is there to teach.
"""

from __future__ import annotations

import re
import sys
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent
LANGUAGES = ("en", "fr", "ro")
LABELS = ("none", "profanity", "insult", "hate", "threat")
SHIELDED = ("hate", "threat")
SEED = 20
PER_LANGUAGE = 1500
# A group is named as often in harmless sentences as in hate: its name alone must tell nothing.
SHARES = {"group hated": 0.35, "group harmless": 0.35, "staff threatened": 0.05, "nobody's group": 0.25}

SLOT = re.compile(r"\{(\w+)\}")
GENDERED = re.compile(r"<([^<>|]*)\|([^<>|]*)>")
# How often people leave out the accents of their own language.
UNACCENTED = {"en": 0.0, "fr": 0.12, "ro": 0.3}
HANDLES = ("@telvoria", "@oradel", "@lumicell", "@korvane")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One sentence with its labels; `function` is the name of its family."""

    abuse: str
    hateful: bool
    lang: str
    function: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Noun:
    """One name of a group with the forms a template may ask for; `feminine` steers agreement."""

    group: str
    forms: dict[str, str]
    feminine: bool = False


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A row before it is sampled, with the template and the group that it came from."""

    row: Row
    template: str
    group: str


def rows(seed: int = SEED, per_language: int = PER_LANGUAGE) -> list[Row]:
    """A balanced sample: see `SHARES`; within a share, functions, templates and groups come evenly."""
    return [row for lang in LANGUAGES for row in sample(lang, seed, per_language)]


@cache
def available(lang: str) -> tuple[Filled, ...]:
    """Every distinct sentence that the templates of a language give."""
    book = read(lang)
    nouns = [noun for group in book["groups"].items() for noun in NOUNS[lang](*group)]
    seen: set[str] = set()
    found = []
    for family in book["family"]:
        fitting = [noun for noun in nouns if noun.group in family.get("groups", book["groups"])]
        for template in family["templates"].strip().splitlines():
            for group, text in fill(template, book["lists"], fitting):
                told = misspell(text, Random(text)) if family.get("noise") else text
                if bare(told) in seen:
                    continue
                seen.add(bare(told))
                row = Row(
                    abuse=family["abuse"],
                    hateful=family["hateful"],
                    lang=lang,
                    function=family["function"],
                    text=told,
                )
                found.append(Filled(row=row, template=template, group=group))
    return tuple(found)


def sample(lang: str, seed: int, size: int) -> list[Row]:
    """`size` rows of one language, fewer if there are not as many; the same for the same seed."""
    random = Random(f"{seed}:{lang}")
    stock: dict[str, list[Filled]] = {share: [] for share in SHARES}
    for one in available(lang):
        stock[share_of(one)].append(one)
    chosen = [row for share, part in SHARES.items() for row in draw(stock[share], round(size * part), random)]
    random.shuffle(chosen)
    return [dress(row, random) for row in chosen]


def share_of(one: Filled) -> str:
    if one.group:
        return "group hated" if one.row.hateful else "group harmless"
    return "staff threatened" if one.row.abuse == "threat" else "nobody's group"


def draw(side: list[Filled], size: int, random: Random) -> list[Row]:
    """Turn by turn: the next function, its next template, and of a few sentences the one whose group is rarest so far."""
    stock: dict[str, dict[str, list[Filled]]] = {}
    for one in random.sample(side, len(side)):
        stock.setdefault(one.row.function, {}).setdefault(one.template, []).append(one)
    turns = {function: list(templates.values()) for function, templates in sorted(stock.items())}
    used: Counter[str] = Counter()
    drawn: list[Row] = []
    while turns and len(drawn) < size:
        for function in list(turns):
            templates = turns[function]
            sentences = templates.pop(0)
            best = min(range(min(12, len(sentences))), key=lambda at: used[sentences[at].group])
            taken = sentences.pop(best)
            used[taken.group] += 1
            drawn.append(taken.row)
            if sentences:
                templates.append(sentences)
            if not templates:
                del turns[function]
    return drawn[:size]


# ---- filling ---------------------------------------------------------------------------------------------------------


def read(lang: str) -> dict[str, Any]:
    return tomllib.loads((HERE / f"{lang}.toml").read_text(encoding="utf-8"))


def fill(template: str, lists: dict[str, list[str]], nouns: list[Noun]) -> Iterator[tuple[str, str]]:
    """The group (empty if none) and the text of every way to fill a template: lists first, as they may ask for a noun."""
    for slot in SLOT.finditer(template):
        if (name := slot[1].lower()) in lists:
            for word in lists[name]:
                filled = template.replace(f"{{{name}}}", word).replace(
                    f"{{{capital(name)}}}", cased(word, "A")
                )
                yield from fill(filled, lists, nouns)
            return
    asked = {slot.lower() for slot in SLOT.findall(template)}
    if not asked:
        if GENDERED.search(template):
            raise ValueError(f"agreement without a noun: {template}")
        yield "", capital(template) if template[0] not in "abcdefghijklmnopqrstuvwxyz" else template
        return
    if unknown := asked - {form for noun in nouns for form in noun.forms}:
        raise ValueError(f"no list and no form {sorted(unknown)}: {template}")
    for noun in nouns:
        if asked <= noun.forms.keys():
            yield noun.group, agreed(template, noun)


def agreed(template: str, noun: Noun) -> str:
    text = SLOT.sub(lambda slot: cased(noun.forms[slot[1].lower()], slot[1]), template)
    return GENDERED.sub(lambda pair: pair[2 if noun.feminine else 1], text)


def cased(word: str, slot: str) -> str:
    if not slot[0].isupper():
        return word
    if word.startswith("{"):  # an entry that begins with a slot hands the capital on
        return "{" + capital(word[1:])
    return capital(word)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# ---- nouns -----------------------------------------------------------------------------------------------------------


def english(group: str, nouns: list[str]) -> Iterator[Noun]:
    """“women / a woman”: {group}, {a} and {person}, which is {a} without its article."""
    for noun in nouns:
        many, one = noun.split(" / ")
        yield Noun(group=group, forms={"group": many, "a": one, "person": one.split(" ", 1)[1]})


def french(group: str, nouns: list[str]) -> Iterator[Noun]:
    """“f femmes / femme”: articles follow gender, first letter and, marked with *, an aspirated h."""
    for noun in nouns:
        gender, words = noun.split(" ", 1)
        many, _, one = words.partition(" / ")
        feminine, elided = gender[0] == "f", "*" not in gender and plain(many[0]).lower() in "aeiouh"
        forms = {
            "pl": many,
            "les": f"les {many}",
            "des": f"des {many}",
            "aux": f"aux {many}",
            "de": f"d'{many}" if elided else f"de {many}",
            "ils": "elles" if feminine else "ils",
            "eux": "elles" if feminine else "eux",
        }
        if one:
            forms |= {
                "sg": one,
                "le": f"l'{one}" if elided else f"{'la' if feminine else 'le'} {one}",
                "au": f"à l'{one}" if elided else f"{'à la' if feminine else 'au'} {one}",
                "un": f"{'une' if feminine else 'un'} {one}",
                "ce": f"{'cette' if feminine else 'cet' if elided else 'ce'} {one}",
            }
        yield Noun(group=group, forms=forms, feminine=feminine)


def romanian(group: str, nouns: list[str]) -> Iterator[Noun]:
    """“f femei / femeile / femeilor / o femeie”: bare, definite, genitive-dative, singular with its article.

    {prep} stands after a preposition (pe, de, despre, la): a noun alone loses its article there, one with words behind it
    keeps it. After “cu” both keep it.
    """
    for noun in nouns:
        gender, words = noun.split(" ", 1)
        many, definite, genitive, one = words.split(" / ")
        forms = {
            "pl": many,
            "def": definite,
            "gen": genitive,
            "un": one,
            "într": f"într-{one}",
            "sg": one.split(" ", 1)[1],
            "prep": definite if " " in many else many,
            "ei": "ele" if gender == "f" else "ei",
        }
        yield Noun(group=group, forms=forms, feminine=gender == "f")


NOUNS: dict[str, Callable[[str, list[str]], Iterator[Noun]]] = {
    "en": english,
    "fr": french,
    "ro": romanian,
}


# ---- how people really write ------------------------------------------------------------------------------------------


def dress(row: Row, random: Random) -> Row:
    """The same sentence as it may be typed; by the same dice on both sides of the line, so that dress tells nothing."""
    text = row.text
    if random.random() < UNACCENTED[row.lang]:
        text = plain(text)
    if random.random() < 0.5:
        text = re.sub(r"« ?| ?»|[“”„]", '"', text)
    if random.random() < 0.3:
        text = text.replace("'", "’")
    case = random.random()
    if case < 0.12:
        text = text.lower()
    elif case < 0.16:
        text = text.upper()
    if random.random() < 0.15:
        text = text.rstrip(".")
    named = [handle for handle in HANDLES if handle[1:] in row.text.lower()]
    # More often where no firm is named yet: a firm's name must not tell the side either.
    if random.random() < (0.05 if named else 0.2):
        text = f"{random.choice(named or HANDLES)} {text}"
    return Row(abuse=row.abuse, hateful=row.hateful, lang=row.lang, function=row.function, text=text)


def misspell(text: str, random: Random) -> str:
    """One way to get past a filter, or to type badly."""
    way = random.choice((leet, spaced, dotted, glued, swapped, stretched, devowelled))
    words = plain(text).split(" ") if random.random() < 0.7 else text.split(" ")
    longest = sorted(range(len(words)), key=lambda at: -len(words[at]))[: max(2, len(words) // 2)]
    if way is glued:
        at = random.randrange(len(words) - 1)
        return " ".join([*words[:at], "".join(words[at : at + 3]), *words[at + 3 :]])
    touched = set(longest if way in (leet, swapped) else random.sample(longest, 2))
    return " ".join(way(word, random) if at in touched else word for at, word in enumerate(words))


def leet(word: str, random: Random) -> str:
    return word.translate(str.maketrans("aeio", "4310"))


def spaced(word: str, random: Random) -> str:
    return " ".join(word)


def dotted(word: str, random: Random) -> str:
    return random.choice(".-*_").join(word)


def glued(word: str, random: Random) -> str:
    return word


def swapped(word: str, random: Random) -> str:
    if len(word) < 4:
        return word
    at = random.randrange(1, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def stretched(word: str, random: Random) -> str:
    at = random.randrange(len(word))
    return word[:at] + word[at] * random.randrange(2, 5) + word[at + 1 :]


def devowelled(word: str, random: Random) -> str:
    inner = re.sub(r"[aeiou]", "", word[1:-1], count=2)
    return word[:1] + inner + word[-1:] if len(word) > 3 else word


def plain(text: str) -> str:
    """Without accents."""
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def bare(text: str) -> str:
    """What two sentences share that differ only in accents, capitals and marks."""
    return " ".join(re.sub(r"[^\w ]", "", plain(text).lower()).split())


def main(arguments: list[str]) -> None:
    numbers = [int(argument) for argument in arguments]
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    for row in rows(*numbers):
        sys.stdout.write(f"{row.abuse}\t{int(row.hateful)}\t{row.lang}\t{row.function}\t{row.text}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
