"""K1: cases with the same words are seen as alike; talk that everybody uses makes none."""

from amends.watch.likeness import Candidate, keywords, like


def case(number, text, topic=""):
    return Candidate(case_id=number, keywords=keywords(text), topic=topic)


OUTAGE = case(1, "No internet in Cluj since this morning, router blinking red", "outage")
POOL = [
    case(2, "Internet down in Cluj, my router is blinking red too", "outage"),
    case(3, "Nu merge internetul în Cluj de azi dimineață, routerul clipește roșu", "outage"),
    case(4, "You charged my card twice for the same booking", "billing"),
    case(5, "Love the new app, great work everyone", "other"),
]


def test_reports_of_one_outage_are_alike():
    assert like(OUTAGE, POOL)[0].case_id == 2


def test_another_matter_is_not_alike():
    assert not {4, 5} & {each.case_id for each in like(OUTAGE, POOL)}


def test_the_reason_names_the_common_words():
    assert "router" in str(like(OUTAGE, POOL)[0].reason)


def test_an_outage_that_everybody_reports_is_still_alike():
    many = [case(100 + n, "No internet in Cluj since this morning") for n in range(200)]
    assert len(like(OUTAGE, many)) == 5


def test_words_of_everyday_talk_make_no_two_cases_alike():
    assert like(case(1, "hello please thanks"), [case(2, "hello please thanks")]) == ()


def test_an_empty_post_is_like_nothing():
    assert like(case(1, ""), POOL) == ()
