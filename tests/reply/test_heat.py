"""Never in anger (A6): what rests, and the same in calmer words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reply.makers import guards, make_situation, verdicts

from amends.core.policy import BadPolicy
from amends.reply.heat import HeatPolicy, calmer, heat_of, shipped_heat


def heat(draft, harsh_read=0, **changes):
    return heat_of(verdicts(draft, **changes), shipped_heat(), harsh_read=harsh_read)


def calm(draft, **changes):
    return calmer(draft, make_situation(**changes), guards(), shipped_heat())


@pytest.mark.parametrize(
    ("language", "draft"),
    [
        ("en", "This is ridiculous. Which town are you in?"),
        ("en", "As I already said, it is on its way. You should have read the page."),
        ("en", "WE HAVE NO TIME FOR THIS, read the page!!!"),
        ("en", "You people never listen."),
        ("fr", "C’est n’importe quoi. Quelle est votre ville ?"),
        ("fr", "Vous mentez."),
        ("ro", "Asta e o prostie. În ce oraș sunteți?"),
        ("ro", "E vina dumneavoastră!"),
    ],
)
def test_a_heated_draft_rests_and_says_why(language, draft):
    found = heat(draft, language=language)
    assert found.is_held
    assert found.reasons


@pytest.mark.parametrize(
    ("language", "draft"),
    [
        ("en", "Ioana, I am sorry that it is late. Which town are you in?"),
        ("en", "You wrote that it is “ridiculous”, and I see why. Which town are you in?"),
        ("en", "The parcel left on Monday and comes tomorrow."),
        ("fr", "Je suis désolée pour ce retard. Quelle est votre ville ?"),
        ("ro", "Îmi pare rău pentru întârziere. În ce oraș sunteți?"),
    ],
)
def test_a_calm_draft_goes_also_from_somebody_who_read_much_abuse(language, draft):
    assert not heat(draft, language=language).is_held
    assert not heat(draft, language=language, harsh_read=50).is_held


def test_who_read_much_abuse_is_stopped_sooner_and_told_so():
    sharp = "You should have called us. Which town are you in?"
    assert not heat(sharp).is_held
    assert not heat(sharp, harsh_read=3).is_held
    tired = heat(sharp, harsh_read=4)
    assert tired.is_held
    assert "4 harsh posts" in " ".join(map(str, tired.reasons))


@pytest.mark.parametrize(
    ("language", "draft", "offered"),
    [
        (
            "en",
            "This is ridiculous. Which town are you in?",
            "This is hard for us to follow. Which town are you in?",
        ),
        (
            "en",
            "That is a lie. The router left on Monday and it's your fault.",
            "We see this differently. The router left on Monday and something went wrong on the way.",
        ),
        (
            "en",
            "WE HAVE NO TIME FOR THIS! The parcel left. You idiot!",
            "We have no time for this. The parcel left.",
        ),
        (
            "fr",
            "C’est n’importe quoi. Votre colis est parti lundi.",
            "Nous avons du mal à suivre. Votre colis est parti lundi.",
        ),
        ("ro", "Asta e o prostie. Coletul a plecat luni.", "Ne e greu să înțelegem. Coletul a plecat luni."),
    ],
)
def test_the_same_is_offered_in_calmer_words(language, draft, offered):
    assert calm(draft, language=language) == offered


@pytest.mark.parametrize(
    "draft", ["", "Idiot!", "Which town are you in?", "You people are pathetic liars!!!"]
)
def test_where_nothing_better_can_be_said_nothing_is_offered(draft):
    assert calm(draft) == ""


@given(
    st.lists(
        st.sampled_from(
            "this is ridiculous idiot . ! !! \n LOUD WORDS you should have , damn obviously town ? ’ “ ” 🙄".split(
                " "
            )
        ),
        max_size=30,
    )
)
def test_what_is_offered_is_never_heated_itself(words):
    offered = calm(" ".join(words))
    if offered:
        assert not heat(offered).is_held
        assert offered == offered.strip()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("held_from = 0", "held_from"),
        ("tired_from = true", "tired_from"),
        ("hot = 1", "hot"),
        ("points = 3", "points"),
        ("[points]\nAM015 = -1", "AM015"),
        ('[calmer]\nen = "x"', "calmer.en"),
        ('[calmer]\nen = [{ say = "x", put = "y" }]', "calmer.en"),
        ('[calmer]\nen = [{ sat = ["x"], put = "y" }]', "sat"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path, wrong, says):
    (tmp_path / "heat.toml").write_text(wrong)
    with pytest.raises(BadPolicy, match=says):
        HeatPolicy.load(tmp_path)


def test_a_desk_changes_only_what_it_writes(tmp_path):
    (tmp_path / "heat.toml").write_text("held_from = 9\n")
    own = HeatPolicy.load(tmp_path)
    assert own.held_from == 9
    assert own.points == shipped_heat().points
