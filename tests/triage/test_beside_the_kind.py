"""Severity, cause, topic, wants, anger: each with a reason, none from an author's reach (W2–W5, W7)."""

from __future__ import annotations

import pytest

from amends.core.case import Cause, Severity
from amends.triage.deciding import judge
from amends.triage.judgement import Wants
from amends.triage.policy import TriagePolicy

POLICY = TriagePolicy.load()


@pytest.mark.parametrize(
    "text",
    [
        "The charger caught fire next to my bed @novatel",
        "My son had an allergic reaction to your bar, peanuts not on the label",
        "food poisoning after your buffet, we are in hospital",
        "La batterie a pris feu cette nuit",
        "Ma fille est allergique aux arachides et rien sur l'étiquette, aux urgences ce soir",
        "a luat foc încărcătorul vostru",
        "copilul meu e la spital după iaurtul vostru",
        "m-a curentat mașina de spălat",
        "I'll kill you if my parcel does not come",
        "you people make me want to kill myself, still no refund",
        "nu mai vreau să trăiesc, mi-ați luat toți banii",
    ],
)
def test_danger_to_anyone_is_critical(text):
    judgement = judge(text, POLICY)
    assert judgement.severity is Severity.CRITICAL
    assert len(judgement.reasons) > 1


@pytest.mark.parametrize(
    "text",
    [
        "no heating for two days and my baby is cold, my grandmother is in a wheelchair",
        "charged me $400 twice and my rent is due today",
        "third time I write, nine days without internet, my flight is tomorrow",
        "ma mère de 85 ans est sans téléphone depuis 10 jours",
        "débité deux fois de 300 euros, je suis à découvert",
        "bunica are 80 de ani și nu are căldură de 3 zile",
        "a treia oară când vă scriu, mi-ați luat 500 de lei, am chirie de plătit mâine",
        "Last warning, my lawyer is informed. Where is my refund",
    ],
)
def test_money_time_repetition_and_the_vulnerable_make_a_complaint_high(text):
    assert judge(text, POLICY).severity is Severity.HIGH


def test_an_ordinary_complaint_is_medium_and_small_talk_is_low():
    assert judge("the soup was cold", POLICY).severity is Severity.MEDIUM
    assert judge("What time do you open?", POLICY).severity is Severity.LOW
    assert judge("love it", POLICY).severity is Severity.LOW


def test_reach_and_followers_change_nothing():
    plain = judge("my parcel never arrived", POLICY)
    loud = judge("my parcel never arrived. I have 2 million followers", POLICY)
    assert loud.severity == plain.severity


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("You promised delivery on Monday and it never arrived", Cause.EXPECTATIONS),
        ("your driver was rude and yelled at me", Cause.PERSONALITY),
        ("the app won't load", Cause.ENVIRONMENT),
        ("I'm so angry, fed up with you", Cause.EMOTION),
        ("vendeuse désagréable, on m'a raccroché au nez", Cause.PERSONALITY),
        ("plus d'internet", Cause.ENVIRONMENT),
        ("on m'avait dit livré lundi, toujours rien reçu", Cause.EXPECTATIONS),
        ("vânzătoarea obraznică", Cause.PERSONALITY),
        ("nu am net", Cause.ENVIRONMENT),
        ("m-am săturat de voi", Cause.EMOTION),
        ("thank you, lovely", Cause.UNKNOWN),
    ],
)
def test_the_cause_of_the_conflict(text, cause):
    assert judge(text, POLICY).cause is cause


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("charged twice this month", "billing"),
        ("my parcel never arrived", "delivery"),
        ("can't log in, locked out of my account", "login"),
        ("no internet since noon", "outage"),
        ("the zip broke after one day, poor quality", "quality"),
        ("nobody answers, rude staff", "service"),
        ("won't let me cancel", "cancellation"),
        ("you leaked my data", "privacy"),
        ("way too expensive now, another price increase", "price"),
        ("facture fausse", "billing"),
        ("colis perdu", "delivery"),
        ("mot de passe oublié, impossible de me connecter", "login"),
        ("panne internet", "outage"),
        ("je veux résilier", "cancellation"),
        ("beaucoup trop cher", "price"),
        ("fuite de données", "privacy"),
        ("factură greșită", "billing"),
        ("coletul nu a ajuns", "delivery"),
        ("nu mă pot loga", "login"),
        ("nu merge netul", "outage"),
        ("vreau să reziliez", "cancellation"),
        ("prea scump", "price"),
        ("mi-ați dat datele mele altora", "privacy"),
        ("hello", "other"),
    ],
)
def test_the_topic(text, topic):
    assert judge(text, POLICY).topic == topic


@pytest.mark.parametrize(
    ("text", "wants"),
    [
        ("my phone is broken, please help", Wants.HELP),
        ("it broke, I want a refund", Wants.COMPENSATION),
        ("your driver was rude, I expect an apology", Wants.APOLOGY),
        ("why is my line down?", Wants.EXPLANATION),
        ("you are the worst", Wants.TO_BE_HEARD),
        ("my parcel is lost", Wants.ASK),
        ("svp aidez-moi, plus d'internet", Wants.HELP),
        ("je veux être remboursé, article cassé", Wants.COMPENSATION),
        ("pourquoi ma ligne est coupée", Wants.EXPLANATION),
        ("une honte", Wants.TO_BE_HEARD),
        ("vă rog ajutați-mă, nu am net", Wants.HELP),
        ("vreau banii înapoi, e stricat", Wants.COMPENSATION),
        ("de ce nu merge netul", Wants.EXPLANATION),
        ("mi-e scârbă de voi", Wants.TO_BE_HEARD),
    ],
)
def test_what_the_author_wants_or_that_one_should_ask(text, wants):
    assert judge(text, POLICY).wants is wants


def test_anger_grows_with_words_capitals_and_signs():
    calm = judge("my parcel never arrived", POLICY)
    cross = judge("my parcel never arrived, unacceptable!!", POLICY)
    furious = judge("MY PARCEL NEVER ARRIVED YOU IDIOTS, DISGRACE, FUCK THIS!!", POLICY)
    assert calm.anger < cross.anger < furious.anger == 3
    assert judge("GREAT SERVICE, THANK YOU!!", POLICY).anger == 0
