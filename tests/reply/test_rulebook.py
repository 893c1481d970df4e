"""Every rule has its page, and its page tells the truth: each bad example is caught, each good one is spared."""

import pytest
from tests.reply.makers import NOW, guards

from amends.core.policy import BadPolicy, read_policy
from amends.reply.guard import RULES, GuardPolicy, check
from amends.reply.rulebook import read_page

EXAMPLES = [
    (rule.code, kind, sample)
    for rule in RULES
    for kind in ("bad", "good")
    for sample in getattr(guards().pages[rule.code], kind)
]


@pytest.mark.parametrize(
    ("code", "kind", "sample"),
    EXAMPLES,
    ids=[f"{code}-{kind}-{sample.language}-{at}" for at, (code, kind, sample) in enumerate(EXAMPLES)],
)
def test_each_bad_example_is_caught_and_each_good_one_spared(code, kind, sample):
    fired = {each.rule for each in check(sample.text, sample.situation(NOW), guards())}
    assert (code in fired) is (kind == "bad")


def test_each_rule_has_a_whole_page():
    assert set(guards().pages) == {rule.code for rule in RULES}
    for page in guards().pages.values():
        assert all(map(str, (page.what, page.why, page.repair))) and page.source
        assert page.bad and page.good


def test_no_sentence_of_a_page_is_too_long_to_be_read_at_a_glance():
    for page in guards().pages.values():
        assert max(len(str(each)) for each in (page.what, page.why, page.repair)) <= 240


def test_a_desk_s_own_file_without_pages_has_the_shipped_ones(tmp_path):
    (tmp_path / "guards.toml").write_text('[rules.AM012]\nlevel = "pass"\n', encoding="utf-8")
    assert GuardPolicy.load(tmp_path).pages == guards().pages


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"what": ""}, "guards.pages.AM001.what"),
        ({"why": 3}, "guards.pages.AM001.why"),
        ({"bad": []}, "guards.pages.AM001.bad"),
        ({"good": [{"lang": "en"}]}, "guards.pages.AM001.good"),
        ({"good": [{"text": "x", "tongue": "en"}]}, "tongue"),
        ({"whatever": "x"}, "whatever"),
    ],
)
def test_a_broken_page_says_where(change, where):
    page = {**read_policy("guards")["pages"]["AM001"], **change}
    with pytest.raises(BadPolicy, match=where):
        read_page(page, "guards.pages.AM001")


def test_braces_on_a_page_are_braces():
    page = {**read_policy("guards")["pages"]["AM001"], "what": "Names in {braces} and a lone {"}
    assert str(read_page(page, "here").what) == "Names in {braces} and a lone {"


def test_a_desk_s_own_file_may_hold_the_differences_alone(tmp_path):
    (tmp_path / "guards.toml").write_text(
        '[rules.AM003]\nlevel = "block"\n[address.house]\nfr = "formal"\n', encoding="utf-8"
    )
    own, shipped = GuardPolicy.load(tmp_path), guards()
    assert own.rules["AM003"].level == own.rules["AM003"].level_when_doubtful == "block"
    assert own.rules["AM003"].phrases == shipped.rules["AM003"].phrases
    assert own.address == {"fr": "formal"}
    assert (own.function_words, own.sneering, own.formal) == (
        shipped.function_words,
        shipped.sneering,
        shipped.formal,
    )
