"""`amends lint --own-post`: posts of the brand's own, by their words alone. Whether many complain right now is told by
the desk's page and by the API."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from amends.cli.speak import words
from amends.desk import ownposts, policies
from amends.reply.guard import Verdict
from amends.reply.lint import chosen_of
from amends.reply.ownpost import GUARDS, OwnPostPolicy, PostRule
from amends.reply.ownpost import RULES as OWN_RULES
from amends.reply.sample import Sample

__all__ = ["OWN_CODES", "OWN_RULES", "OwnPosts", "explain_own", "own_rule"]

#: All that a post of our own is checked for.
OWN_CODES = (*(rule.code for rule in OWN_RULES), *GUARDS)


@dataclass(frozen=True)
class OwnPosts:
    """The rules that are asked of posts, and how much each weighs."""

    policy: OwnPostPolicy
    among: frozenset[str]

    @classmethod
    def read(cls, folder: Path | None, select: Sequence[str], ignore: Sequence[str]) -> OwnPosts:
        """Raises `BadPolicy`, `UnknownRule`."""
        has_own = folder is not None and (folder / "ownposts.toml").is_file()
        policy = OwnPostPolicy.load(folder) if has_own else policies.own_posts()
        return cls(policy, chosen_of(OWN_CODES, select, ignore))

    def check(self, sample: Sample, *, contacts: frozenset[str], now: datetime) -> tuple[Verdict, ...]:
        """What is found in one post, in the order of its text."""
        found = ownposts.checked(
            sample.text,
            policy=self.policy,
            language=sample.language,
            network=sample.network,
            contacts=contacts,
            now=now,
        )
        kept = (each for each in found.verdicts if each.rule in self.among)
        return tuple(sorted(kept, key=lambda each: (each.span or (0, 0), each.rule)))


def own_rule(asked: str) -> PostRule | None:
    """The rule with this code or name."""
    wanted = asked.strip()
    return next(
        (each for each in OWN_RULES if wanted.upper() == each.code or wanted.lower() == each.name), None
    )


def explain_own(rule: PostRule, as_json: bool) -> None:
    """Tell of one rule: what, why, and a calmer way."""
    weight = policies.own_posts().rules[rule.code]
    if as_json:
        whole = {
            "rule": rule.code,
            "name": rule.name,
            "title": words(rule.title),
            "level": weight.level.value,
            "level_when_many": weight.level_when_many.value,
            "why": words(rule.why),
            "repair": words(rule.calmer),
        }
        sys.stdout.write(json.dumps(whole, indent=1) + "\n")
        return
    told = [
        f"{rule.code} {words(rule.title)}",
        "",
        f"{_('Why')}: {words(rule.why)}",
        f"{_('Instead')}: {words(rule.calmer)}",
        f"{_('Level')}: {weight.level.value}",
    ]
    sys.stdout.write("\n".join(told) + "\n")
