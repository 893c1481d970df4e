"""Agreement and figures, against values worked out by hand. (W1: is it any good here?)"""

from __future__ import annotations

import pytest

from amends.triage.measures import (
    Share,
    bootstrapped,
    confusion,
    kappa,
    more_needed,
    needed_for,
    wilson,
)


def close(*values: float, by: float = 0.0005):
    return pytest.approx(values, abs=by)


def test_wilson_gives_the_intervals_of_the_books():
    # 8 of 10: (0.8 + 3.8415/20 ± 1.96·√(0.016 + 3.8415/400)) / 1.38415
    assert wilson(8, 10) == close(0.4902, 0.9433)
    assert wilson(0, 10) == close(0.0, 0.2775)
    assert wilson(10, 10) == close(0.7225, 1.0)
    assert wilson(81, 263) == close(0.2553, 0.3662)


def test_of_nothing_nothing_is_known():
    assert wilson(0, 0) == (0.0, 1.0)
    assert Share(hits=0, n=0).value is None


def test_kappa_of_a_hundred_years_of_textbooks():
    # 50 posts, both yes 20, both no 15, first alone 5, second alone 10: seen 0.7, chance 0.5, so 0.4.
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    found = kappa(pairs)
    assert (found.n, found.agreed) == (50, 35)
    # Cohen's error: √(0.7·0.3/50) / 0.5 = 0.1296
    assert (found.value, found.low, found.high) == close(0.4, 0.1460, 0.6540)


def test_kappa_of_three_classes():
    pairs = [("a", "a")] * 9 + [("b", "b")] * 8 + [("c", "c")] * 7 + [("a", "b")] * 3 + [("b", "c")] * 3
    # seen 24/30; chance (12·9 + 11·11 + 7·10)/900 = 299/900; (0.8 − 0.33222)/0.66778
    assert kappa(pairs).value == pytest.approx(0.7005, abs=0.0005)


def test_kappa_says_nothing_where_chance_explains_all():
    assert kappa([("a", "a")] * 30).value is None
    assert kappa([]).value is None


def test_two_who_never_agree_are_below_chance():
    assert kappa([("a", "b"), ("b", "a")] * 5).value == pytest.approx(-1.0)


def test_precision_recall_and_f1_by_hand():
    pairs = (
        [("complaint", "complaint")] * 6
        + [("complaint", "unsure")] * 2
        + [("praise", "complaint")] * 3
        + [("praise", "praise")] * 4
    )
    table = confusion(pairs, ("complaint", "praise", "abuse"))
    assert table.said == ("complaint", "praise", "abuse", "unsure")
    assert (table.precision("complaint").hits, table.precision("complaint").n) == (6, 9)
    assert (table.recall("complaint").hits, table.recall("complaint").n) == (6, 8)
    # 12/17 and 8/11; abuse is not there and weighs nothing
    assert table.f1("complaint") == pytest.approx(12 / 17)
    assert table.macro_f1 == pytest.approx((12 / 17 + 8 / 11) / 2)
    assert confusion([], ("a",)).macro_f1 is None


def test_the_interval_of_a_macro_f1_holds_it_and_is_the_same_each_time():
    pairs = [("a", "a")] * 40 + [("a", "b")] * 10 + [("b", "b")] * 30 + [("b", "a")] * 5
    low, high = bootstrapped(pairs, ("a", "b"))
    assert low < confusion(pairs, ("a", "b")).macro_f1 < high
    assert 0.1 < high - low < 0.25
    assert bootstrapped(pairs, ("a", "b")) == (low, high)
    assert bootstrapped([], ("a", "b")) is None


def test_how_many_more_posts_a_figure_needs():
    # Half width 0.05 at a half: 1.96²/4/0.05² − 1.96² = 380.3
    assert 378 <= needed_for(0.5) <= 384
    assert needed_for(0.95) < 110
    # 20 of 40 complaints found, among 100 posts: 381 complaints are needed, 2.5 posts for each.
    assert more_needed(Share(hits=20, n=40), 100) == pytest.approx((needed_for(0.5) - 40) * 2.5, abs=1)
    assert more_needed(Share(hits=900, n=1000), 1000) == 0
    assert more_needed(Share(hits=0, n=0), 100) is None
