"""Rules and models together: what one hears the other weighs, and the safe side wins (W1, W5)."""

import numpy as np
import pytest

from amends.core.case import Kind, Severity
from amends.triage.deciding import judge
from amends.triage.judgement import Abuse
from amends.triage.model.beside import Heard
from amends.triage.model.tasks import COLUMNS, TASKS, WIDTH
from amends.triage.policy import TriagePolicy

POLICY = TriagePolicy.load()


def model_says(**likely: dict[str, float]) -> Heard:
    """A model that gives each class named its likelihood, and shares the rest out evenly."""
    scores = np.zeros(WIDTH, np.float32)
    for task, classes in TASKS.items():
        said = likely.get(task, {})
        rest = (1 - sum(said.values())) / max(1, len(classes) - len(said))
        row = [said.get(name, rest) for name in classes]
        scores[COLUMNS[task]] = np.log(np.maximum(row, 1e-6))
    return Heard(scores, "encoder")


CALM = {"abuse": {"none": 0.97}, "sarcasm": {"yes": 0.02}}


def test_a_complaint_that_no_rule_knows_is_heard_by_the_model():
    text = "I have been sitting on this bench since noon, @Telvoria"
    assert judge(text, POLICY, ("en",)).kind is not Kind.COMPLAINT
    found = judge(text, POLICY, ("en",), model_says(kind={"complaint": 0.9}, **CALM))
    assert found.kind is Kind.COMPLAINT and found.tier == "encoder" and found.kind_p["complaint"] > 0.8


def test_a_likely_complaint_is_one_even_where_something_else_is_likelier():
    found = judge("hm", POLICY, ("en",), model_says(kind={"other": 0.55, "complaint": 0.44}, **CALM))
    assert found.kind is Kind.COMPLAINT


def test_praise_that_sounds_sarcastic_goes_to_a_person():
    says = model_says(kind={"praise": 0.9, "complaint": 0.02}, sarcasm={"yes": 0.8}, abuse={"none": 0.97})
    assert judge("Bravo, vraiment bravo", POLICY, ("fr",), says).kind is Kind.UNSURE


def test_an_attack_without_abuse_in_it_goes_to_a_person():
    says = model_says(kind={"abuse": 0.9, "complaint": 0.02}, abuse={"none": 0.9}, sarcasm={"yes": 0.02})
    assert judge("so that is you", POLICY, ("en",), says).kind is Kind.UNSURE


def test_a_threat_in_so_many_words_is_one_whatever_the_models_say():
    found = judge(
        "I will kill your driver tomorrow", POLICY, ("en",), model_says(kind={"other": 0.9}, **CALM)
    )
    assert found.abuse is Abuse.THREAT and found.severity is Severity.CRITICAL


def test_hate_and_threat_count_together():
    says = model_says(
        kind={"abuse": 0.9, "complaint": 0.02}, abuse={"hate": 0.45, "threat": 0.3, "none": 0.1}
    )
    assert judge("…", POLICY, ("en",), says).abuse is Abuse.HATE


def test_the_models_raise_severity_and_never_lower_it():
    heavy = model_says(kind={"complaint": 0.9}, severity={"high": 0.8}, **CALM)
    light = model_says(kind={"complaint": 0.9}, severity={"low": 0.97}, **CALM)
    assert judge("hm, the thing again", POLICY, ("en",), heavy).severity is Severity.HIGH
    grave = "My insulin did not arrive and I am diabetic"
    assert judge(grave, POLICY, ("en",), light).severity is judge(grave, POLICY, ("en",)).severity


@pytest.mark.parametrize("task", ["kind", "abuse", "sentiment"])
def test_likelihoods_sum_to_one(task):
    found = judge("The line is down", POLICY, ("en",), model_says(**CALM))
    assert sum(getattr(found, f"{task}_p").values()) == pytest.approx(1, abs=0.001)


def test_reasons_say_how_sure_the_model_is():
    found = judge("hm", POLICY, ("en",), model_says(kind={"question": 0.9, "complaint": 0.01}, **CALM))
    assert found.kind is Kind.QUESTION
    assert any("question" in str(reason) and "of 100" in str(reason) for reason in found.reasons)
