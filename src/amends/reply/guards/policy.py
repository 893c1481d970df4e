"""guards.toml, read: how much each rule weighs, the phrases it knows, and its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from amends.core.policy import BadPolicy, only, read_policy
from amends.core.text import fold
from amends.reply.guards.look import FOREIGN_CODE, Rule, RulePolicy
from amends.reply.guards.names import NamesPolicy, read_names
from amends.reply.guards.table import RULES
from amends.reply.guards.verdict import Level
from amends.reply.phrases import Phrases, compile_phrases, read_book
from amends.reply.rulebook import RulePage, read_page

_TOP = ("rules", "pages", "mockery", "humour", "links", "names", "canned", "language", "address")


@dataclass(frozen=True, kw_only=True)
class GuardPolicy:
    """guards.toml, read."""

    rules: Mapping[str, RulePolicy]
    sneer_words: Phrases
    sneering: frozenset[str]
    laughing: frozenset[str]
    winking: frozenset[str]
    """Of those that laugh, the ones that are friendly to somebody calm."""
    playful: frozenset[str]
    """Faces that play: wrong where it is grave for them."""
    grave: Phrases
    """What in their post makes it grave: illness, death, an accident, money lost."""
    shorteners: frozenset[str]
    names: NamesPolicy
    too_alike: float
    too_alike_in_meaning: float
    alike_from: int
    function_words: Mapping[str, frozenset[str]]
    familiar: Mapping[str, frozenset[str]]
    formal: Mapping[str, frozenset[str]]
    address: Mapping[str, str]
    pages: Mapping[str, RulePage]
    """By code: what the rule is, for people."""
    also: tuple[Rule, ...] = ()
    """Rules of other packages."""

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        """Ours and those of other packages, in the order of their codes."""
        return (*RULES, *self.also)

    @classmethod
    def load(cls, own: Path | None = None, also: Sequence[Rule] | None = None) -> GuardPolicy:
        """guards.toml (the desk's own in folder `own`, or the shipped one). Raises `BadPolicy` and says where.

        `also` are the rules of other packages (`reply/plugin.py`); None: they are not asked for, and what the file
        says of them is passed over."""
        table = read_policy("guards", own)
        only(table, _TOP, "guards")
        rules = _table(table, "rules", "guards")
        known = {rule.code for rule in (*RULES, *(also or ()))}
        strange = [code for code in rules if FOREIGN_CODE.fullmatch(code)] if also is None else []
        only(rules, known | set(strange), "guards.rules")
        if own is not None:
            # A desk's own file may be older than a rule, or hold the differences alone: the rest is as shipped.
            shipped = read_policy("guards")
            rules = {**rules, **_completed(rules, shipped["rules"])}
            table = {
                name: {**as_shipped, **_table(table, name, "guards")} if name != "rules" else rules
                for name, as_shipped in shipped.items()
            }
        rules = {**rules, **_completed(rules, {rule.code: rule.weight for rule in also or ()})}
        pages = _table(table, "pages", "guards")
        only(pages, known, "guards.pages")
        mockery_words = _table(table, "mockery", "guards")
        only(mockery_words, ("sneer_words", "sneering", "laughing", "winking"), "guards.mockery")
        alike = _table(table, "canned", "guards")
        only(alike, ("too_alike_percent", "too_alike_in_meaning_percent", "from_words"), "guards.canned")
        percent, from_words = alike.get("too_alike_percent", 60), alike.get("from_words", 8)
        in_meaning = alike.get("too_alike_in_meaning_percent", 85)
        if not (
            isinstance(percent, int)
            and 1 <= percent <= 100
            and isinstance(in_meaning, int)
            and 1 <= in_meaning <= 100
            and isinstance(from_words, int)
            and from_words >= 3
        ):
            raise BadPolicy(
                "guards.canned: too_alike_percent and too_alike_in_meaning_percent are 1 to 100, from_words is 3 or more"
            )
        humour = _table(table, "humour", "guards")
        only(humour, ("playful", "grave"), "guards.humour")
        sites = _table(table, "links", "guards")
        only(sites, ("shorteners",), "guards.links")
        forms = _table(table, "address", "guards")
        only(forms, ("familiar", "formal", "house"), "guards.address")
        house = _table(forms, "house", "guards.address")
        for language, form in house.items():
            if form not in ("formal", "familiar", "any"):
                raise BadPolicy(f"guards.address.house.{language}: is formal, familiar or any, not {form!r}")
        familiar, formal = (
            _word_sets(_table(forms, name, "guards.address")) for name in ("familiar", "formal")
        )
        if set(familiar) != set(formal):
            raise BadPolicy("guards.address: familiar and formal must know the same languages")
        return cls(
            rules={
                rule.code: _rule(_table(rules, rule.code, "guards.rules"), rule.code)
                for rule in (*RULES, *(also or ()))
            },
            sneer_words=compile_phrases(mockery_words.get("sneer_words", ()), "guards.mockery.sneer_words"),
            sneering=frozenset(mockery_words.get("sneering", ())),
            laughing=frozenset(mockery_words.get("laughing", ())),
            winking=frozenset(mockery_words.get("winking", ())),
            playful=frozenset(humour.get("playful", ())),
            grave=compile_phrases(humour.get("grave", ()), "guards.humour.grave"),
            shorteners=frozenset(map(str, sites.get("shorteners", ()))),
            names=read_names(_table(table, "names", "guards"), "guards.names"),
            too_alike=percent / 100,
            too_alike_in_meaning=in_meaning / 100,
            alike_from=from_words,
            function_words=_word_sets(_table(table, "language", "guards")),
            familiar=familiar,
            formal=formal,
            address=house,
            pages={
                **{rule.code: rule.page for rule in also or () if rule.page},
                **{code: read_page(page, f"guards.pages.{code}") for code, page in pages.items()},
            },
            also=tuple(sorted(also or (), key=lambda rule: rule.code)),
        )


@cache
def shipped_policy() -> GuardPolicy:
    """The policy as it is shipped."""
    return GuardPolicy.load()


def _completed(own: Mapping[str, Any], shipped: Mapping[str, Any]) -> dict[str, Any]:
    """The shipped rules with what a desk changed of each. A level alone is the level of what is doubtful, too."""
    whole = {}
    for code, rule in shipped.items():
        changed = _table(own, code, "guards.rules")
        kept = {
            key: value
            for key, value in rule.items()
            if key != "level_when_doubtful" or "level" not in changed
        }
        whole[code] = {**kept, **changed}
    return whole


def _rule(table: Mapping[str, Any], code: str) -> RulePolicy:
    where = f"guards.rules.{code}"
    only(table, ("level", "level_when_doubtful", "can_be_lifted", "phrases", "doubtful", "except"), where)
    level = _level(table.get("level"), where)
    if not isinstance(can_be_lifted := table.get("can_be_lifted", True), bool):
        raise BadPolicy(f"{where}: can_be_lifted is true or false, not {can_be_lifted!r}")
    return RulePolicy(
        level=level,
        level_when_doubtful=_level(table.get("level_when_doubtful", level), where),
        phrases=read_book(table.get("phrases", {}), f"{where}.phrases"),
        doubtful=read_book(table.get("doubtful", {}), f"{where}.doubtful"),
        excepted=read_book(table.get("except", {}), f"{where}.except"),
        can_be_lifted=can_be_lifted,
    )


def _level(said: Any, where: str) -> Level:
    try:
        return Level(said)
    except ValueError:
        raise BadPolicy(f"{where}: level is {', '.join(Level)}; not {said!r}") from None


def _table(table: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    found = table.get(name, {})
    if not isinstance(found, Mapping):
        raise BadPolicy(f"{where}.{name}: must be a table")
    return found


def _word_sets(table: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    return {language: frozenset(fold(str(word)) for word in words) for language, words in table.items()}
