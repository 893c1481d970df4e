"""Promises of the coach over labelled replies (A1): macro-F1 over the steps of at least 80."""

import pytest
from tests.reply.measured.steps import Labelled, macro, real, scores, table, written


def _shown(name: str, replies: list[Labelled]) -> float:
    for part, rows in (
        (name, replies),
        (f"{name}, tuned on", [each for each in replies if not each.is_apart]),
        (f"{name}, kept apart", [each for each in replies if each.is_apart]),
    ):
        print(*table(part, rows), sep="\n")
    return macro(scores(replies))


@pytest.mark.parametrize(("language", "count"), [("ro", 100), ("fr", 60)])
def test_the_steps_of_replies_written_for_it_are_seen(language, count):
    replies = written(language)
    assert len(replies) == count
    assert _shown(language, replies) >= 80
    assert macro(scores(each for each in replies if each.is_apart)) >= 80


@pytest.mark.shared
def test_the_steps_of_300_real_replies_are_seen():
    replies = real("real", "en", "fr")
    assert [sum(each.language == one for each in replies) for one in ("en", "fr")] == [150, 150]
    for language in ("en", "fr"):
        _shown(f"real {language}", [each for each in replies if each.language == language])
    assert _shown("real", replies) >= 80
    assert macro(scores(each for each in replies if each.is_apart)) >= 80


@pytest.mark.shared
def test_the_steps_of_300_real_replies_and_100_romanian_ones_are_seen():
    assert _shown("all", [*real("real", "en", "fr"), *written("ro")]) >= 80


@pytest.mark.shared
def test_what_was_learnt_from_398_more_is_not_lost():  # docs/reference/coach.md says how few were seen at first sight
    replies = real("fresh", "en", "en2", "en3", "en4")
    assert len(replies) == 398
    assert _shown("learnt from", replies) >= 80
