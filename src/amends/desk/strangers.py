"""What in a draft belongs to another customer's case (A5): handles, names and numbers that stand there and not here.

A draft without such words costs no query; another one, two at most. Nothing is read but what the draft names: authors
by their handle or name, and numbers in the cases that changed last, where a line may have been copied from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db.models import Q

from amends.core.text import fold
from amends.reply.phrases import Reading
from amends.reply.private import Ours, find_private
from amends.store.models import Author, Case

#: So many of the cases that changed last are looked through for a number.
LOOKED_THROUGH = 2_000
#: More numbers, names or handles than these are not looked up: no reply holds so many.
MOST = 8
#: A number that stands in the cases of more customers than this is nobody's: a product, a shop, an hour.
MOST_OWNERS = 1

_HANDLE = re.compile(r"(?<![\w@.])@([\w-]{2,60}(?:[.@][\w-]{1,60}){0,5})")
_NAME = re.compile(
    r"[^\W\d_a-zà-öø-ÿ][^\W\d_]+(?:[-’'][^\W\d_]+)*(?:[ \u00a0][^\W\d_a-zà-öø-ÿ][^\W\d_]+(?:[-’'][^\W\d_]+)*){1,2}"
)
_NUMBER = re.compile(r"(?<![\w.,/-])[a-z0-9]+(?:[-_/][a-z0-9]+){0,4}(?![\w/-])")
_DATE = re.compile(r"\d{1,4}[-/]\d{1,2}[-/]\d{1,4}|\d{1,9}(?:eur|euros?|lei|ron|gb|mb|km|kg|x|h|k)")


def foreign_in(
    case: Case, text: str, *, ours: Iterable[str] = (), our_names: Iterable[str] = ()
) -> frozenset[str]:
    """Words of `text`, as they stand there, that belong to another customer's case. `ours` are the organisation's
    public addresses, `our_names` the brand and its people."""
    reading = Reading(text)
    here = case.search_text + fold(f"\n{case.author.handle}\n{case.author.name}")
    known = fold(" ".join(our_names))
    people = [name for name in _people(text) if fold(name) not in here and fold(name) not in known]
    numbers = [number for number in _numbers(reading, Ours(ours)) if not _stands_in(number, here)]
    return frozenset((*_strangers(case, people[:MOST]), *_of_others(case, numbers[:MOST])))


def _people(text: str) -> list[str]:
    """Handles and names in a draft, each once, as they stand there."""
    handles = [found[1].rstrip(".-") for found in _HANDLE.finditer(text)]
    names: list[str] = []
    for found in _NAME.finditer(text):
        words = re.split("[ \u00a0]", found.group())
        # “Hello Ana Pop” is three words with capitals, and a name of two.
        names += [" ".join(words), *(" ".join(words[at : at + 2]) for at in range(len(words) - 1))]
    return list(dict.fromkeys((*handles, *names)))


def _numbers(reading: Reading, ours: Ours) -> list[str]:
    """Numbers in a draft that could be a customer's, folded, each once."""
    links = reading.links
    private = [_folded_span(reading, seen.span) for seen in find_private(reading)]
    bare = [
        found.group()
        for found in _NUMBER.finditer(reading.folded)
        if sum(map(str.isdigit, found.group())) >= 5
        and not _DATE.fullmatch(found.group())
        # The first half of a telephone number is many people's: the whole of it is looked for.
        and not any(start <= found.start() < end for start, end in (*links, *private))
    ]
    told = [reading.folded[start:end] for start, end in private]
    own = {re.sub(r"\D", "", each) for each in ours.texts} | ours.texts
    return list(
        dict.fromkeys(
            number
            for number in (*bare, *told)
            if len(number) >= 5 and number not in own and re.sub(r"\D", "", number) not in own - {""}
        )
    )


def _folded_span(reading: Reading, span: tuple[int, int]) -> tuple[int, int]:
    inside = [at for at, origin in enumerate(reading.origins[:-1]) if span[0] <= origin < span[1]]
    return (inside[0], inside[-1] + 1) if inside else (0, 0)


def _strangers(case: Case, people: list[str]) -> list[str]:
    """Those of `people` who are customers, and have no part in this case. One query, by two indexes."""
    if not people:
        return []
    # Networks write a handle with its @ or without; some in small letters.
    handles = {form for name in people if " " not in name for form in (name, name.lower())}
    authors = (
        Author.objects.filter(Q(handle__in={*handles, *map("@".__add__, handles)}) | Q(name__in=people))
        .filter(case__isnull=False)
        .exclude(pk=case.author_id)
        .exclude(mention__case=case)
        .values_list("handle", "name")
        .distinct()[: 4 * MOST]
    )
    found = {fold(name).removeprefix("@") for row in authors for name in row}
    return [name for name in people if fold(name) in found]


def _of_others(case: Case, numbers: list[str]) -> list[str]:
    """Those of `numbers` that stand in the cases of one other customer. One query, over the cases that changed last."""
    if not numbers:
        return []
    newest = Case.objects.order_by("-changed_at").values("pk")[:LOOKED_THROUGH]
    holds = Q()
    for number in numbers:
        holds |= Q(search_text__contains=number)
    rows = list(
        Case.objects.filter(holds, pk__in=newest)
        .exclude(pk=case.pk)
        .values_list("author_id", "search_text")[: 4 * MOST]
    )
    found = []
    for number in numbers:
        owners = {author for author, told in rows if _stands_in(number, told)}
        # Their own number in an older case of theirs is theirs.
        if owners and len(owners) <= MOST_OWNERS and case.author_id not in owners:
            found.append(number)
    return found


def _stands_in(number: str, text: str) -> bool:
    at = text.find(number)
    while at >= 0:
        end = at + len(number)
        if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
            return True
        at = text.find(number, end)
    return False
