"""`amends train` and `amends quality`: words for people, JSON for programs. (W1)"""

from __future__ import annotations

import json

import pytest
from tests.desk.test_training import Judge, label_all
from typer.testing import CliRunner

from amends.cli import commands, serve
from amends.desk import labelling, policies, training
from amends.store import models as rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def prepared(monkeypatch):
    monkeypatch.setattr(serve, "prepare", lambda: None)
    judge = Judge()
    monkeypatch.setattr(policies, "scorer", lambda: judge, raising=False)


def run(*words: str):
    return CliRunner().invoke(commands.app, list(words))


def answer(*words: str, code: int = 0):
    done = run(*words, "--json")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout.strip().splitlines()[-1])


def taught(desk) -> None:
    label_all(
        desk, [f"Novatel {'many thanks' if n % 3 else 'hm well'} {'abc' * (n % 29)}" for n in range(90)]
    )


def test_training_with_too_little_is_refused_with_code_one(desk):
    assert "training needs 40" in answer("train", code=1)["error"]
    done = run("train")
    assert done.exit_code == 1
    assert "training needs 40" in done.output


def test_training_says_what_it_got_and_changes_nothing(desk):
    taught(desk)
    found = answer("train")
    assert (found["ok"], found["version"], found["tier"]) == (True, 1, "ngrams")
    assert found["scores"]["kind"]["new"]["n"] == found["counts"]["kind"]["held_out"]
    assert training.in_force().number == 0
    done = run("train")
    assert "Version 2 is trained" in done.output
    assert "complaints found" in done.output
    assert "switch it on" in done.output


def test_quality_says_that_nothing_is_measured(desk):
    assert "Nothing is measured yet" in run("quality").output
    assert answer("quality")["drawn"] == 0


def test_quality_gives_the_figures_of_posts_drawn_by_chance(desk):
    for number in range(3):
        desk.hear(f"My Novatel router number {number} is broken again", who=f"c{number}")
    labelling.draw(now=desk.now)
    rows.Sampled.objects.update(is_random=True)
    for row in rows.Sampled.objects.all():
        labelling.label(row.pk, "complaint", "none", by=desk.dana, now=desk.now)
    found = answer("quality")
    assert found["drawn"] == found["right"]["n"] == 3
    done = run("quality")
    assert "3 posts drawn by chance" in done.output
    assert "complaint" in done.output
