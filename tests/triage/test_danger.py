"""W2: what may hurt somebody is critical, also when it comes as a question."""

import pytest

from amends.core.case import Severity
from amends.triage.deciding import judge
from amends.triage.policy import TriagePolicy

POLICY = TriagePolicy.load()


@pytest.mark.parametrize(
    "text",
    [
        "There is a burning smell from my router, is that a recall thing?",
        "My mum's pendant alarm runs through the landline and it's dead",
        "The charger has melted the socket, what do I do",
        "euh la box elle FUME, genre vraie fumée, on fait quoi ?",
        "Ma mère est reliée à la téléassistance et la ligne est morte",
        "Ça sent le brûlé derrière le décodeur",
        "Miroase a ars din priza routerului, ce fac?",
        "Butonul de urgență al bunicii merge prin telefonul fix și nu are ton",
    ],
)
def test_danger_is_critical(text):
    assert judge(text, POLICY).severity is Severity.CRITICAL


@pytest.mark.parametrize(
    "text",
    [
        "This price is on fire, love it",
        "Je fume une clope en attendant le technicien, ça fait deux heures",
        "Îmi topesc nervii cu voi, a treia zi fără net",
    ],
)
def test_a_figure_of_speech_is_not(text):
    assert judge(text, POLICY).severity is not Severity.CRITICAL
