"""A desk's own correction of the models: starts at the shipped answer, moves with evidence, and is never run as code."""

from __future__ import annotations

import io

import numpy as np
import pytest

from amends.triage.model import BadModel
from amends.triage.model.adapt import (
    HELD_OUT,
    Adapter,
    Layer,
    fit,
    is_enough,
    is_held_out,
)
from amends.triage.model.tasks import COLUMNS, TASKS, WIDTH

KINDS = TASKS["kind"]


def shipped(labels: list[str], said: list[str], sure: float = 0.6) -> np.ndarray:
    """Scores of a judge that says `said`."""
    scores = np.full((len(labels), WIDTH), np.log(0.1), np.float32)
    scores[:, COLUMNS["kind"]] = np.log((1 - sure) / 4)
    for at, each in enumerate(said):
        scores[at, COLUMNS["kind"].start + KINDS.index(each)] = np.log(sure)
    return scores


def nothing_learned(d: int = 0) -> Layer:
    return Layer(KINDS, np.zeros((5, 5)), np.zeros((d, 5)), np.zeros(5), np.zeros(d), np.ones(d))


def texts(n: int) -> list[str]:
    return [f"post number {at}" for at in range(n)]


def test_a_layer_that_learned_nothing_gives_the_shipped_answer():
    scores = shipped(["complaint"] * 3, ["complaint", "praise", "other"])
    out = Adapter({"kind": nothing_learned()}, "base").adapted(scores, None)
    assert out == pytest.approx(scores, abs=1e-5)


def test_answers_are_log_probabilities_and_other_tasks_stay():
    scores = shipped(["complaint"] * 2, ["praise", "other"])
    layer = Layer(KINDS, np.eye(5), np.zeros((0, 5)), np.arange(5.0), np.zeros(0), np.ones(0))
    out = Adapter({"kind": layer}, "base").adapted(scores, None)
    assert np.exp(out[:, COLUMNS["kind"]]).sum(axis=1) == pytest.approx(np.ones(2), abs=1e-5)
    assert (out[:, COLUMNS["abuse"]] == scores[:, COLUMNS["abuse"]]).all()


def test_a_layer_by_hand():
    # x = (log ½, log ½, −∞ …); A doubles the first class only, c adds log 2 to the second: ½·½ against ½·2 → 1/5, 4/5
    scores = np.full((1, WIDTH), -12.0, np.float32)
    scores[0, :2] = np.log(0.5)
    a = np.zeros((5, 5))
    a[0, 0] = 1.0
    layer = Layer(KINDS, a, np.zeros((0, 5)), np.array([0, np.log(2), 0, 0, 0]), np.zeros(0), np.ones(0))
    out = np.exp(Adapter({"kind": layer}, "b").adapted(scores, None)[0, :2])
    assert out == pytest.approx([0.2, 0.8], abs=1e-3)


def test_where_the_shipped_answer_is_right_little_changes():
    labels = [KINDS[at % 5] for at in range(200)]
    scores = shipped(labels, labels, sure=0.9)
    layer, _ = fit("kind", scores, None, labels, texts(200))
    out = layer.answer(scores[:, COLUMNS["kind"]], None)
    assert [KINDS[at] for at in out.argmax(axis=1)] == labels


def test_a_steady_mistake_is_unlearned():
    """A desk whose questions the models take for other."""
    labels = ["question" if at % 2 else "complaint" for at in range(200)]
    said = ["other" if each == "question" else each for each in labels]
    layer, _ = fit("kind", shipped(labels, said), None, labels, texts(200))
    out = layer.answer(shipped(labels, said)[:, COLUMNS["kind"]], None)
    assert [KINDS[at] for at in out.argmax(axis=1)] == labels


def test_three_odd_posts_move_nothing():
    labels = ["complaint"] * 60 + ["praise"] * 60
    said = list(labels)
    labels[:3] = ["other"] * 3
    scores = shipped(labels, said, sure=0.95)
    layer, _ = fit("kind", scores, None, labels, texts(120))
    out = layer.answer(scores[:, COLUMNS["kind"]], None)
    assert [KINDS[at] for at in out.argmax(axis=1)] == said


def test_the_embedding_tells_what_the_scores_do_not():
    draw = np.random.default_rng(3)
    labels = ["complaint" if at % 2 else "other" for at in range(240)]
    scores = shipped(labels, ["other"] * 240)
    meaning = draw.normal(size=(240, 24)).astype(np.float32)
    meaning[:, 5] += np.array([2.5 if each == "complaint" else -2.5 for each in labels])
    layer, _ = fit("kind", scores, meaning, labels, texts(240))
    out = layer.answer(scores[:, COLUMNS["kind"]], meaning)
    right = np.mean([KINDS[at] == label for at, label in zip(out.argmax(axis=1), labels, strict=True)])
    assert right >= 0.95


def test_noise_is_held_down_by_cross_validation():
    draw = np.random.default_rng(4)
    labels = [KINDS[at] for at in draw.integers(0, 2, 80)]
    layer, strength = fit(
        "kind", shipped(labels, ["complaint"] * 80), draw.normal(size=(80, 100)), labels, texts(80)
    )
    assert strength >= 0.1
    assert np.abs(layer.embedding).max() < 0.6


def test_the_same_posts_give_the_same_layer():
    labels = [KINDS[at % 3] for at in range(90)]
    scores = shipped(labels, ["complaint"] * 90)
    (one, first), (other, second) = (fit("kind", scores, None, labels, texts(90)) for _ in range(2))
    assert first == second
    assert (one.scores == other.scores).all()


def test_a_post_that_was_not_encoded_keeps_the_quick_answer():
    scores = shipped(["complaint"] * 2, ["praise", "praise"])
    layer = Layer(KINDS, np.zeros((5, 5)), np.ones((2, 5)), np.arange(5.0), np.zeros(2), np.ones(2))
    out = Adapter({"kind": layer}, "b").adapted(scores, np.array([[0, 0], [1, 0]]))
    assert (out[0] == scores[0]).all()
    assert (out[1] != scores[1]).any()


def test_a_version_goes_through_a_file_without_pickle():
    labels = [KINDS[at % 3] for at in range(90)]
    layer, _ = fit("kind", shipped(labels, labels), np.ones((90, 4)), labels, texts(90))
    box = io.BytesIO()
    np.savez(box, **Adapter({"kind": layer}, "abc").arrays())
    box.seek(0)
    with np.load(box, allow_pickle=False) as kept:
        again = Adapter.of_arrays({name: kept[name] for name in kept.files})
    scores, meaning = shipped(labels, labels), np.ones((90, 4))
    assert again.base == "abc"
    assert (again.adapted(scores, meaning) == Adapter({"kind": layer}, "abc").adapted(scores, meaning)).all()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda arrays: arrays.pop("base"),
        lambda arrays: arrays.update({"kind.classes": np.array(["a", "b"])}),
        lambda arrays: arrays.update({"kind.scores": np.zeros((5, 4))}),
        lambda arrays: arrays.update({"kind.constant": np.full(5, np.nan)}),
        lambda arrays: arrays.update({"kind.mean": np.zeros(3)}),
        lambda arrays: arrays.update({"nonsense.classes": np.array(["a"])}),
    ],
)
def test_a_spoilt_file_is_refused_in_words(spoil):
    arrays = Adapter({"kind": nothing_learned()}, "b").arrays()
    spoil(arrays)
    with pytest.raises(BadModel, match="Train again"):
        Adapter.of_arrays(arrays)


def test_forty_posts_of_two_kinds_are_the_least():
    assert not is_enough(["complaint"] * 20 + ["other"] * 19)
    assert is_enough(["complaint"] * 20 + ["other"] * 20)
    assert not is_enough(["complaint"] * 100)
    assert not is_enough(["complaint"] * 100 + ["other"] * 4)


def test_three_of_ten_posts_are_held_out_for_ever_the_same():
    held = [is_held_out(each) for each in texts(2000)]
    assert np.mean(held) == pytest.approx(HELD_OUT, abs=0.03)
    assert held == [is_held_out(each) for each in texts(2000)]
