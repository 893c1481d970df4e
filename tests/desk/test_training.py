"""The desk's own version: fitted, compared, switched on by a person, and back at will. No model changes silently."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from tests.makers import make_agent

from amends.core.graph import Refused
from amends.desk import actions, labelling, policies, training
from amends.store import models as rows
from amends.triage.model.corrected import Corrected, heard
from amends.triage.model.tasks import COLUMNS, TASKS, WIDTH

pytestmark = pytest.mark.django_db

KINDS = TASKS["kind"]


class Judge:
    """A scorer that calls everything “other”, but whatever thanks praise. It has no encoder."""

    tier = "ngrams"

    def __init__(self, digest: str = "a" * 64) -> None:
        self.digest = digest

    def both(self, texts: Sequence[str], *, share: float = 1.0):
        scores = np.full((len(texts), WIDTH), np.log(0.1), np.float32)
        for at, text in enumerate(texts):
            scores[at, COLUMNS["kind"]] = np.log([0.12, 0.02, 0.02, 0.02, 0.82])
            if "thank" in text:
                scores[at, COLUMNS["kind"]] = np.log([0.02, 0.02, 0.92, 0.02, 0.02])
            scores[at, COLUMNS["abuse"]] = np.log([0.96, 0.01, 0.01, 0.01, 0.01])
        return scores, None, np.zeros(len(texts), bool)

    def hear(self, texts: Sequence[str], *, share: float = 1.0):
        scores, _, encoded = self.both(texts)
        return heard(scores, encoded)


@pytest.fixture
def base(monkeypatch):
    judge = Judge()
    monkeypatch.setattr(policies, "scorer", lambda: judge, raising=False)
    return judge


@pytest.fixture
def taught(desk, base):
    """A desk whose people call grumbles complaints, which the shipped judge takes for nothing."""
    desk.lea = make_agent("Lea", "lead")
    odd = ["zar", "mip", "tol", "vek", "lun", "pos", "rix", "dab"]
    texts = []
    for number in range(120):
        words = " ".join(odd[(number * step) % 8] + odd[(number + step) % 8] for step in (1, 3, 5, 7))
        start = "many thanks" if number % 3 == 0 else "hm well"
        texts.append(f"Novatel {start} {words} {'x' * (number % 17)}")
    label_all(desk, texts)
    return desk


def label_all(desk, texts: list[str]) -> None:
    """Each is a post that Dana and Ada called praise where it thanks, and else a complaint."""
    desk.hear("Novatel hm")
    first = rows.Mention.objects.get()
    posts = rows.Mention.objects.bulk_create(
        rows.Mention(
            network=first.network,
            remote_id=f"labelled-{number}",
            source=first.source,
            author=first.author,
            text=text,
            found_at=desk.now,
        )
        for number, text in enumerate(texts)
    )
    drawn = rows.Sampled.objects.bulk_create(
        rows.Sampled(
            mention=post,
            is_random=True,
            drawn_at=desk.now,
            given=2,
            kind="praise" if "thanks" in post.text else "complaint",
            abuse="none",
        )
        for post in posts
    )
    rows.Label.objects.bulk_create(
        rows.Label(sampled=each, by=agent, at=desk.now, kind=each.kind, abuse=each.abuse)
        for each in drawn
        for agent in (desk.dana, desk.admin)
    )


def trained(desk):
    desk.later(minutes=1)
    return training.train(by=desk.lea, now=desk.now)


def test_too_few_posts_are_refused_with_a_number(desk, base):
    desk.hear("Novatel hm")
    with pytest.raises(Refused, match=r"0 posts were judged .* training needs 40"):
        training.train(by=desk.admin, now=desk.now)


def test_a_version_is_better_on_posts_that_it_has_not_seen(taught, base):
    made = trained(taught)
    kinds = made.scores["kind"]
    assert made.number == 1
    assert made.base == base.digest
    assert made.counts["kind"]["labelled"] == 120
    assert kinds["old"]["n"] == kinds["new"]["n"] == made.counts["kind"]["held_out"] > 20
    assert kinds["new"]["macro_f1"] > kinds["old"]["macro_f1"] + 0.2
    assert kinds["new"]["complaints_found"]["hits"] > kinds["old"]["complaints_found"]["hits"]
    assert kinds["new"]["between"][0] <= kinds["new"]["macro_f1"] <= kinds["new"]["between"][1]


def test_training_changes_nothing_by_itself(taught):
    trained(taught)
    now = training.in_force()
    assert (now.number, now.problem) == (0, None)
    assert rows.JudgeSwitch.objects.count() == 0


def test_a_person_switches_it_on_and_back_and_the_trail_keeps_both(taught, base):
    made = trained(taught)
    training.switch(made.number, by=taught.lea, now=taught.now)
    now = training.in_force()
    assert now.number == 1
    ours, shipped = now.scorer.both(["hm well"])[0], base.both(["hm well"])[0]
    assert ours[0, 0] > shipped[0, 0]
    assert (training.adapted(shipped, None) == ours).all()
    training.switch(0, by=taught.admin, now=taught.now)
    assert training.in_force().number == 0
    assert (training.adapted(shipped, None) == shipped).all()
    trail = list(
        rows.JudgeSwitch.objects.order_by("id").values_list("by__name", "version__number", "before__number")
    )
    assert trail == [("Lea", 1, None), ("Ada", None, 1)]
    assert rows.Notice.objects.filter(agent=None).count() == 2


def test_any_earlier_version_can_be_switched_back_to(taught):
    one, two = trained(taught), trained(taught)
    for number in (two.number, one.number, two.number, 0, one.number):
        training.switch(number, by=taught.lea, now=taught.now)
        assert training.in_force().number == number


def test_agents_neither_train_nor_switch(taught):
    made = trained(taught)
    for act in (
        lambda: training.train(by=taught.dana, now=taught.now),
        lambda: training.ask(by=taught.dana, now=taught.now),
        lambda: training.switch(made.number, by=taught.dana, now=taught.now),
    ):
        with pytest.raises(Refused, match="role"):
            act()


def test_the_new_one_is_compared_with_the_one_in_force(taught):
    first = trained(taught)
    training.switch(first.number, by=taught.lea, now=taught.now)
    second = trained(taught)
    assert second.scores["before"] == 1
    assert second.scores["kind"]["old"] == first.scores["kind"]["new"]


def test_other_models_below_it_are_refused_and_the_shipped_ones_judge(taught, base):
    made = trained(taught)
    training.switch(made.number, by=taught.lea, now=taught.now)
    base.digest = "b" * 64
    now = training.in_force()
    assert (now.number, now.scorer) == (0, base)
    assert "other models" in str(now.problem)
    training.switch(0, by=taught.lea, now=taught.now)
    with pytest.raises(Refused, match="Train again"):
        training.switch(made.number, by=taught.lea, now=taught.now)


@pytest.mark.parametrize("spoil", ["gone", "changed"])
def test_a_file_that_is_gone_or_changed_is_refused(taught, base, spoil):
    made = trained(taught)
    training.switch(made.number, by=taught.lea, now=taught.now)
    file = training.folder() / f"{made.digest}.npz"
    training._adapter.cache_clear()
    if spoil == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-9] + b"\x00nonsense")
    now = training.in_force()
    assert (now.number, now.scorer) == (0, base)
    assert "gone or was changed" in str(now.problem)


def test_nobody_switches_to_what_is_not_there(taught):
    with pytest.raises(Refused, match="no version 7"):
        training.switch(7, by=taught.lea, now=taught.now)


def test_the_worker_trains_when_asked_and_tells_who_asked(taught):
    training.ask(by=taught.lea, now=taught.now)
    with pytest.raises(Refused, match="already"):
        training.ask(by=taught.admin, now=taught.now)
    assert training.train_waiting(now=taught.now)
    assert not training.is_training()
    assert rows.JudgeVersion.objects.count() == 1
    assert "switch it on" in rows.Notice.objects.get(agent=taught.lea).text["t"]
    assert not training.train_waiting(now=taught.now)


def test_a_training_that_fails_says_why(taught, monkeypatch):
    training.ask(by=taught.lea, now=taught.now)
    monkeypatch.setattr(training, "train", lambda **_: 1 / 0)
    assert training.train_waiting(now=taught.now)
    assert "Training failed" in rows.Notice.objects.get(agent=taught.lea).text["t"]


def test_what_people_settled_counts_and_what_they_dispute_does_not(desk, base):
    lea, bob = make_agent("Lea", "lead"), make_agent("Bob")
    for number in range(3):
        desk.hear(f"Novatel hm {number} well well well", who=f"c{number}")
    labelling.draw(now=desk.now, half=3)
    one, two, three = rows.Sampled.objects.order_by("mention")
    for row, said in ((one, "complaint"), (two, "complaint"), (three, "praise")):
        labelling.label(row.pk, said, "none", by=desk.dana, now=desk.now)
    for row in (one, two):
        labelling.label(row.pk, "other", "none", by=bob, now=desk.now)
    labelling.settle(two.pk, "question", "insult", by=lea, now=desk.now)
    known = {each.text.split()[2]: each.truth for each in training.examples()}
    assert known == {
        "0": {"abuse": "none"},
        "1": {"kind": "question", "abuse": "insult"},
        "2": {"kind": "praise", "abuse": "none"},
    }


def test_corrections_at_work_are_learned_from_and_edited_posts_are_not(desk, base):
    kept = desk.hear("Novatel hm one")
    desk.town.post("Novatel hm two", who="gigi", id="g-1")
    desk.listen()
    edited = rows.Case.objects.latest("pk")
    for case in (kept, edited):
        actions.correct(case.pk, "severity", "high", by=desk.dana, now=desk.now)
    desk.later(minutes=1)
    desk.town.edit("g-1", "Novatel all is well")
    desk.listen()
    (example,) = training.examples()
    assert (example.text, example.truth, example.is_labelled) == (
        "Novatel hm one",
        {"severity": "high"},
        False,
    )


def test_a_version_is_a_scorer_like_the_shipped_one(taught, base):
    made = trained(taught)
    training.switch(made.number, by=taught.lea, now=taught.now)
    scorer = training.in_force().scorer
    assert isinstance(scorer, Corrected)
    assert (scorer.tier, scorer.digest) == (base.tier, base.digest)
    (said,) = scorer.hear(["hm well"])
    assert said.tier == "ngrams"
    assert sum(said.of("kind").values()) == pytest.approx(1, abs=0.01)
