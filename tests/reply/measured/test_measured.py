"""The guards, measured: on drafts written before their phrases were read, and on numbers made by a seed (A3–A14).

`python -m tests.reply.measured` prints the tables; docs/reference/guards-measured.md says what they mean.
"""

from functools import cache

import pytest
from tests.reply.measured.drafts import LANGUAGES, drafts
from tests.reply.measured.flags import flags_read
from tests.reply.measured.numbers import made, spoken
from tests.reply.measured.replies import SHARES, drawn, read
from tests.reply.measured.scores import Judged, blocking, judged, off_the_mark, score, together

from amends.reply.guard import RULES, shipped_policy

#: Rules that have no hits in a language: English has one form of address.
NOT_IN = {"AM011": {"en"}}
#: Precision and recall of each rule over the three languages: what was measured, with one draft less heard and one more
#: wrongly heard. A rule that falls below has got worse.
FLOORS = {
    "AM001": (0.96, 0.96),
    "AM002": (0.92, 0.97),
    "AM003": (0.85, 0.91),
    "AM004": (0.85, 0.83),
    "AM005": (0.85, 0.83),
    "AM006": (0.92, 0.91),
    "AM007": (0.96, 0.95),
    "AM008": (0.92, 0.91),
    "AM009": (0.87, 0.60),
    "AM010": (0.88, 0.77),
    "AM011": (0.80, 0.50),
    "AM012": (0.90, 0.88),
    "AM013": (0.85, 0.83),
    "AM014": (0.90, 0.88),
    "AM015": (0.78, 0.89),
    "AM016": (0.93, 0.93),
    "AM017": (0.94, 0.94),
    "AM018": (0.90, 0.88),
    "AM019": (0.91, 0.83),
    "AM020": (0.85, 0.83),
    "AM021": (0.92, 0.91),
    "AM022": (0.92, 0.80),
    "AM023": (0.75, 0.91),
    "AM024": (0.91, 0.83),
    "AM025": (0.85, 0.83),
    "AM026": (0.90, 0.88),
    "AM027": (0.90, 0.88),
    "AM028": (0.85, 0.83),
    "AM029": (0.90, 0.88),
}
#: Precision and recall of all rules together on the part that is kept apart, by language.
APART = {"en": (0.90, 0.92), "fr": (0.85, 0.86), "ro": (0.87, 0.90)}


@cache
def found(language: str) -> tuple[Judged, ...]:
    return tuple(judged(drafts(language), shipped_policy()))


@cache
def private_data():
    return spoken(made(), shipped_policy())


def everything() -> list[Judged]:
    return [each for language in LANGUAGES for each in found(language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_has_hits_and_as_many_near_misses_in_every_language(language):
    assert len(found(language)) >= 120
    for rule in RULES:
        told = score(found(language), rule.code)
        assert told.hits or language in NOT_IN.get(rule.code, ()), rule.code
        assert told.near >= told.hits, rule.code


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_third_of_each_language_is_kept_apart(language):
    apart = [each for each in found(language) if each.draft.is_apart]
    assert 0.3 <= len(apart) / len(found(language)) <= 0.4


@pytest.mark.parametrize("rule", [rule.code for rule in RULES])
def test_a_rule_hears_as_well_as_it_did(rule):
    told = score(everything(), rule)
    precision, recall = FLOORS[rule]
    assert told.precision >= precision
    assert told.recall >= recall


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_never_tuned_on_is_heard_as_well_as_it_was(language):
    told = together([each for each in found(language) if each.draft.is_apart])
    precision, recall = APART[language]
    assert told.precision >= precision
    assert told.recall >= recall


def test_what_blocks_is_right_in_98_of_100():
    assert blocking(everything()).precision >= 0.98


def test_structured_private_data_is_seen_in_99_of_100():
    said, wrong, all_of = private_data()
    private = [key for key in all_of if key[0]]
    assert sum(said[key] for key in private) / sum(all_of[key] for key in private) >= 0.99
    for key in private:
        assert said[key] / all_of[key] >= 0.95, (key, [each.text for each in wrong if each.kind == key[1]])


def test_what_only_looks_private_is_let_through():
    said, _, all_of = private_data()
    alike = [key for key in all_of if not key[0]]
    assert sum(said[key] for key in alike) / sum(all_of[key] for key in alike) <= 0.01


def test_a_rule_points_at_the_words_that_show_it():
    marked = sum(bool(each.draft.spans) for each in everything())
    assert len(off_the_mark(everything())) <= 0.02 * marked


def test_of_the_flags_that_were_read_no_words_are_kept():
    for each in flags_read():
        assert len(each.digest) == 16 and set(each.digest) <= set("0123456789abcdef")
        assert each.start <= each.end
        assert bool(each.why) is not each.is_right


def test_of_the_flags_of_the_last_draw_19_in_20_were_right():
    last = [each for each in flags_read() if each.draw == len(SHARES)]
    assert len(last) >= 190
    assert sum(not each.is_right for each in last) <= 0.05 * len(last)


@pytest.mark.shared
def test_the_guards_say_of_the_last_draw_what_was_read():
    """Nine of ten flags that were found right are still made."""
    draw = len(SHARES)
    replies = drawn(draw)
    digests = {(each.file, each.row): each.digest for each in replies}
    last = [each for each in flags_read() if each.draw == draw]
    assert all(digests[each.file, each.row] == each.digest for each in last)
    spoken_now = {(reply.row, verdict.rule) for reply, verdict in read(replies, shipped_policy())}
    right = [each for each in last if each.is_right]
    assert sum((each.row, each.rule) in spoken_now for each in right) >= 0.9 * len(right)
