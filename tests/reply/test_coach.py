"""Promises of the coach: the seven steps, seen and missed (A1, A2, A8, A10), its one line of advice, and the plays (W4)."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reply.makers import coaching, done, fired, make_situation, steps, verdicts

from amends.core.case import Kind, Severity
from amends.core.mention import Visibility
from amends.core.policy import BadPolicy
from amends.reply.coach import CoachPolicy, Need, Step, advise, coach, next_step
from amends.reply.plays import GAP, play_for, plays_of, read_plays
from amends.reply.situation import HouseReason

RULE = HouseReason(number=3, title="Notice", rule="Thirty days.", reason="The network asks us for it.")

SHOWS = [
    ("acknowledge", "en", "I understand how annoying that is."),
    ("acknowledge", "en", "It sounds as if today was a hard day."),
    ("acknowledge", "fr", "Je comprends votre agacement."),
    ("acknowledge", "fr", "Je comprends ton agacement."),
    ("acknowledge", "fr", "C'EST VRAIMENT FRUSTRANT."),
    ("acknowledge", "ro", "Vă înțeleg supărarea."),
    ("acknowledge", "ro", "Te inteleg."),
    ("ask", "en", "Which shop was it?"),
    ("ask", "en", "Please send us the photo."),
    ("ask", "fr", "Puis-je faire quelque chose ?"),
    ("ask", "fr", "Dis-nous quel magasin c’était."),
    ("ask", "ro", "Cu ce vă putem ajuta?"),
    ("ask", "ro", "Spune-ne ce magazin era."),
    ("set_expectations", "en", "This may take a few hours."),
    ("set_expectations", "en", "We’ll get back to you by 6 pm."),
    ("set_expectations", "fr", "Cela peut prendre quelques heures."),
    ("set_expectations", "fr", "Je te réponds demain."),
    ("set_expectations", "ro", "Poate dura câteva ore."),
    ("set_expectations", "ro", "Va raspundem maine."),
    ("explain", "en", "It is late because the bridge was closed."),
    ("explain", "fr", "Il est en retard, car le pont était fermé."),
    ("explain", "ro", "A întârziat pentru că podul era închis."),
    ("apologise", "en", "I apologise for the mix-up."),
    ("apologise", "fr", "Toutes nos excuses pour l’erreur."),
    ("apologise", "fr", "Excuse-nous pour l’attente."),
    ("apologise", "ro", "Ne pare foarte rău pentru încurcătură."),
    ("apologise", "ro", "Ne cerem scuze."),
]


@pytest.mark.parametrize(("step", "language", "draft"), SHOWS)
def test_a_step_is_seen_in_the_words_that_people_use(step, language, draft):
    assert step in done(draft, language=language)


@pytest.mark.parametrize(
    ("step", "language", "draft"),
    [
        ("ask", "en", "You wrote “where is it?” and we read it."),
        ("ask", "en", "See https://shop.example/?q=1"),
        ("set_expectations", "en", "Your parcel left 2 days ago."),
        ("set_expectations", "en", "We will look into it."),
        ("set_expectations", "fr", "Le colis est parti il y a 2 jours."),
        ("set_expectations", "ro", "Coletul a plecat acum 2 zile."),
        ("explain", "fr", "Le bus numéro 4 était plein."),
        ("apologise", "ro", "Vă mulțumim că ne-ați scris."),
    ],
)
def test_a_step_is_not_seen_where_it_is_not(step, language, draft):
    assert step not in done(draft, language=language)


@pytest.mark.parametrize(
    ("language", "draft"),
    [
        ("en", "We are sorry if you felt ignored."),
        ("en", "We’re sorry that you feel this way."),
        ("en", "I apologise for any inconvenience."),
        ("fr", "Nous sommes désolés si cela vous a contrarié."),
        ("fr", "Toutes nos excuses si vous l’avez mal pris."),
        ("ro", "Ne pare rău dacă v-ați simțit ignorat."),
        ("ro", "Ne cerem scuze dacă v-am supărat."),
    ],
)
def test_what_a_guard_calls_no_apology_is_none_for_the_coach(language, draft):
    assert "AM007" in fired(draft, language=language)
    assert "apologise" not in done(draft, language=language)
    assert "feelings" in str(steps(draft, language=language)[Step.APOLOGISE].hint)


def test_a_true_apology_beside_a_false_one_counts():
    assert "apologise" in done("Sorry if you felt ignored. I apologise for the lost parcel.")


def test_a_promise_without_a_time_sets_no_expectation():  # M1: guard and coach say the same
    seen = steps("We are on it.")[Step.SET_EXPECTATIONS]
    assert "AM003" in fired("We are on it.")
    assert not seen.is_done and "by when" in str(seen.hint)


def test_a_mocking_question_asks_nothing():
    assert "ask" not in done("Did you even read our page?")


def test_spans_are_those_of_the_original_text():
    draft = "Ça… je\u200b suis ﬁn désolée\u0301 !"
    (span,) = steps(draft, language="fr")[Step.APOLOGISE].spans
    assert draft[slice(*span)] == "désolée\u0301"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, {"acknowledge", "ask", "set_expectations", "apologise"}),
        ({"is_solvable_now": True}, {"acknowledge", "apologise", "fix"}),  # A2
        ({"anger": 3}, {"acknowledge", "ask", "set_expectations", "explain", "apologise"}),
        ({"topic": "billing"}, {"acknowledge", "ask", "set_expectations", "explain", "apologise"}),  # A8
        ({"kind": Kind.QUESTION}, {"set_expectations"}),
        ({"kind": Kind.PRAISE}, {"acknowledge"}),
        ({"kind": Kind.OTHER}, set()),
    ],
)
def test_a_step_is_wanted_where_it_matters(changes, wanted):
    assert {each.step for each in steps("Hello.", **changes).values() if each.is_wanted} == wanted


def test_the_steps_come_in_their_order():
    assert list(steps("Hello.")) == list(Step)


def test_the_steps_of_the_play_come_first_and_in_its_order():
    order = (Step.APOLOGISE, Step.OFFER)
    seen = coach("Hello.", make_situation(), coaching(), (), order)
    assert [each.step for each in seen] == [*order, *(step for step in Step if step not in order)]
    assert next(each for each in seen if each.step is Step.OFFER).is_wanted  # because the play has it


# Advice: one line, and the one that matters most here


def advice(draft, order=(), **changes):
    situation = make_situation(**changes)
    return advise(draft, coach(draft, situation, coaching(), order=order), coaching())


HEARD = "I understand how annoying that is."
LONG = f"{HEARD} Which shop was it? " + "We have been looking after this street for many years now. " * 5


@pytest.mark.parametrize(
    ("draft", "changes", "step", "says"),
    [
        ("Our shop is open.", {}, "acknowledge", "heard them"),
        ("Our shop is open.", {"anger": 3}, "acknowledge", "very angry"),
        (HEARD, {}, "ask", "whole story"),
        (HEARD, {"wants": "to_be_heard"}, "ask", "whether they want help"),  # W5
        (f"{HEARD} We have replaced the lamp.", {}, "ask", "remedy before a question"),  # A3
        (f"{HEARD} You hear from us by 6 pm.", {"is_solvable_now": True}, "fix", "No holding line"),  # A2
        (LONG, {}, "set_expectations", "what happens next"),
        (f"{LONG} You hear from us by 6 pm.", {"anger": 2}, "explain", "a reason calms"),
        (
            f"{LONG} You hear from us by 6 pm. I am sorry.",
            {"house_rules": (RULE,)},
            "explain",
            "“Notice”",
        ),  # A8
        (
            f"{LONG} You hear from us by 6 pm. I am sorry.",
            {"wants": "compensation"},
            "offer",
            "made whole",
        ),
    ],
)
def test_the_missing_step_that_matters_most_is_named_with_its_reason(draft, changes, step, says):
    seen = advice(draft, **changes)
    assert (seen.step, seen.is_praise) == (step, False)
    assert says in str(seen.says)


def test_a_rule_of_the_house_is_offered_with_its_reason():  # A8
    seen = advice(f"{LONG} You hear from us by 6 pm. I am sorry.", house_rules=(RULE,))
    assert seen.rule == RULE and RULE.reason in str(seen.says)


def test_heard_and_asked_in_one_short_post_is_praised_and_no_more_is_asked():  # A1: S0 does both in one tweet
    for draft in (
        "It sounds as if today was a hard day. Is there something we can do?",
        "I understand how annoying that is. Which shop was it?",
    ):
        seen = advice(draft, tuple(Step), anger=3)
        assert seen.is_praise and "good first answer" in str(seen.says)


def test_a_draft_with_every_step_that_matters_is_left_alone():
    assert advice("Thank you so much for telling us!", kind=Kind.PRAISE).is_praise


def test_of_steps_that_matter_alike_the_first_in_the_play_is_named():
    seen = coach("Hello.", make_situation(), coaching(), (), (Step.APOLOGISE, Step.ACKNOWLEDGE))
    assert next_step(seen).step is Step.APOLOGISE
    assert next_step(seen).need is Need.WANTED


def test_acknowledging_warns_of_admitting_what_is_not_known():  # A1, A10
    assert "our fault" in str(steps("I understand, it was our mistake.")[Step.ACKNOWLEDGE].hint)


def test_a_remedy_before_a_question_is_named():  # A3
    assert "remedy" in str(steps("Please restart the box. Which lamp is on?")[Step.ASK].hint)
    assert "remedy" not in str(steps("Which lamp is on? If none, please restart the box.")[Step.ASK].hint)


def test_a_language_without_phrases_is_said_and_not_judged():
    assert "(de)" in str(steps("Guten Tag.", language="de")[Step.ACKNOWLEDGE].hint)


@settings(max_examples=100, deadline=None)
@given(
    draft=st.text(max_size=60) | st.lists(st.sampled_from([each[2] for each in SHOWS])).map(" ".join),
    kind=st.sampled_from(Kind),
    anger=st.integers(0, 3),
    language=st.sampled_from(["en", "fr", "ro", "ja", ""]),
)
def test_whatever_is_typed_the_coach_answers_and_points_into_the_draft(draft, kind, anger, language):
    for each in steps(draft, kind=kind, anger=anger, language=language).values():
        assert str(each.hint)
        assert each.is_done == bool(each.spans)
        assert all(0 <= start < end <= len(draft) for start, end in each.spans)


def test_verdicts_that_are_given_are_used():
    situation = make_situation()
    seen = coach("Sorry for the wait.", situation, coaching(), verdicts=())
    assert {each.step for each in seen if each.is_done} == {"acknowledge", "apologise"}


def test_a_broken_coach_policy_says_where(tmp_path):
    for text, where in (
        ("high_anger = true\n", "high_anger"),
        ("[applaud]\n", "applaud"),
        ("[ask]\nen = 1\n", "coach.ask.en"),
    ):
        (tmp_path / "coach.toml").write_text(text, encoding="utf-8")
        with pytest.raises(BadPolicy, match=where):
            CoachPolicy.load(tmp_path)


# Plays


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"topic": "billing"}, "billing"),
        ({"topic": "delivery", "anger": 2}, "delivery"),
        ({"topic": "delivery", "anger": 3}, "angry-to-fan"),
        ({"topic": "outage"}, "outage"),
        ({"topic": "outage", "severity": Severity.HIGH}, "crisis"),
        ({"topic": "login"}, "login"),
        ({"topic": "service"}, "service"),
        ({"topic": "delivery", "kind": Kind.PRAISE}, "praise-thanks"),
        ({"topic": "", "anger": 2}, "venting"),
        ({"topic": "delivery", "wants": "to_be_heard"}, "to-be-heard"),
        ({"topic": "delivery", "wants": "compensation"}, "compensation"),
        ({"topic": "outage", "severity": Severity.CRITICAL}, "danger"),
        ({"topic": "", "severity": Severity.CRITICAL, "kind": Kind.ABUSE, "anger": 3}, "troll"),
        ({"topic": "delivery", "public_turns": 2}, "private-matter"),
        ({"topic": "delivery", "public_turns": 2, "visibility": Visibility.DIRECT}, "delivery"),
        ({"topic": "delivery", "was_offered": True, "anger": 3}, "letting-go"),
        ({"topic": "delivery", "is_solvable_now": True}, "solved-at-once"),
        ({"topic": "cancellation", "house_rules": (RULE,)}, "rule-that-hurts"),
        ({"topic": ""}, "general"),
        ({"topic": "something new", "kind": Kind.QUESTION}, "question"),
        ({"topic": "something new", "kind": Kind.OTHER}, "general"),
    ],
)
def test_a_situation_has_its_play(changes, name):
    assert play_for(make_situation(**changes), read_plays()).name == name


FACTS = {
    "en": {"by": "6 pm", "reason": "the bridge is closed.", "way": "https://shop.example/help"},
    "fr": {"by": "18 h", "reason": "le pont est fermé.", "way": "https://shop.example/aide"},
    "ro": {"by": "ora 18", "reason": "podul e închis.", "way": "https://shop.example/ajutor"},
}


def fitting(play, language):
    """The facts of a situation that a play is for."""
    return {
        "language": language,
        "topic": min(play.topics, default=""),
        "kind": min(play.kinds, default=Kind.COMPLAINT),
        "anger": play.min_anger,
        "is_solvable_now": play.solvable or False,
        "our_addresses": frozenset(
            {"https://shop.example/help", "https://shop.example/aide", "https://shop.example/ajutor"}
        ),
    }


@pytest.mark.parametrize("language", ["en", "fr", "ro"])
def test_every_line_of_a_play_does_its_step_and_offends_no_guard(language):
    known = {"customer": "Ana", "agent": "Mara", "brand": "Brand", "rule": "14 days.", **FACTS[language]}
    for play in read_plays():
        assert set(play.lines) == set(play.steps), play.name
        for step in play.steps:
            line, facts = play.line(step, language, known), fitting(play, language)
            assert GAP not in line and step in done(line, **facts), (play.name, line)
            blocking = {each.rule for each in verdicts(line, **facts) if each.level.rank > 1}
            assert blocking <= {"AM003"}, (play.name, line)


@pytest.mark.parametrize("language", ["en", "fr", "ro"])
def test_every_example_opening_does_its_first_step_and_offends_no_guard(language):
    for play in read_plays():
        kind = min(play.kinds, default=Kind.COMPLAINT)
        for topic in play.topics or {""}:
            facts = fitting(play, language) | {"topic": topic, "kind": kind}
            assert fired(play.opening(language), **facts) == set(), play.name
            assert play.steps[0] in done(play.opening(language), **facts), play.name


def test_an_opening_falls_back_to_english():
    play = read_plays()[-1]
    assert play.opening("fr-CA") == play.openings["fr"]
    assert play.opening("de") == play.openings["en"]
    assert play.title("ro") == "General"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "last play"),
        ("play = 3\n", r"\[\[play\]\]"),
        ('[[play]]\nname = "a"\nsteps = ["dance"]\n', "dance"),
        ('[[play]]\nname = "a"\nsteps = ["ask", "ask"]\n', "none twice"),
        ('[[play]]\nname = ""\nsteps = ["ask"]\n', "has a name"),
        ('[[play]]\nname = "a"\nsteps = ["ask"]\ntitle = { fr = "x" }\n', "title"),
        ('[[play]]\nname = "a"\nsteps = ["ask"]\nwhen = { min_anger = 9 }\n', "0 to 3"),
        ('[[play]]\nname = "a"\nsteps = ["ask"]\nwhen = { abuse = ["rude"] }\n', "rude"),
        ('[[play]]\nname = "a"\nsteps = ["ask"]\nwhen = { solvable = 1 }\n', "true or false"),
        (
            '[[play]]\nname = "a"\nsteps = ["ask"]\ntitle = { en = "x" }\nopening = { en = "x" }\n'
            'lines.ask = { en = "By {when}?" }\n',
            r"lines\.ask\.en.*\{when\}",
        ),
        ('[[play]]\nname = "a"\nsteps = ["ask"]\nwhen = { topic = "x" }\n', "topic"),
        (
            '[[play]]\nname = "a"\nsteps = ["ask"]\nwhen = { kinds = ["praise"] }\n'
            'title = { en = "x" }\nopening = { en = "x" }\n',
            "last play",
        ),
    ],
)
def test_a_broken_play_says_where(tmp_path, text, where):
    (tmp_path / "plays.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadPolicy, match=where):
        read_plays(tmp_path)


@pytest.mark.parametrize("text", ["play = [", '[[play]]\nname = "a"\nsteps = ["dance"]\n', ""])
def test_a_playbook_written_in_the_desk_is_read_by_the_same_rules(text):
    with pytest.raises(BadPolicy, match="plays"):
        plays_of(text)


ONE = """
[[play]]
name = "a"
steps = ["set_expectations", "acknowledge"]
title = { en = "A" }
opening = { en = "I hear you." }
lines.set_expectations = { en = "You hear from {agent} by {by}.", ro = "Revine {agent} până la {by}." }
"""


def test_a_line_is_filled_with_the_facts_of_the_case_and_shows_what_is_not_known():
    (play,) = plays_of(ONE)
    facts = {"agent": "Mara"}
    assert play.line(Step.SET_EXPECTATIONS, "ro-MD", facts) == f"Revine Mara până la {GAP}."
    assert play.line(Step.SET_EXPECTATIONS, "de", {**facts, "by": "6 pm"}) == "You hear from Mara by 6 pm."
    assert play.line(Step.ASK, "en", facts) == ""


def test_a_play_may_ask_how_they_wrote_and_what_they_want():
    plays = plays_of(
        ONE.replace('"a"', '"b"', 1).replace(
            "steps", 'when = { abuse = ["insult"], wants = ["help"], public = true }\nsteps', 1
        )
        + ONE
    )
    assert play_for(make_situation(abuse="insult", wants="help"), plays).name == "b"
    assert play_for(make_situation(abuse="none", wants="help"), plays).name == "a"
    assert play_for(make_situation(abuse="insult", wants="help", visibility="direct"), plays).name == "a"


def test_a_situation_is_not_changed_by_being_weighed():
    situation = make_situation()
    coach("Hello.", situation, coaching())
    assert situation == replace(situation)
