from amends.core.say import Said, say, say_many


def test_a_reason_kept_with_a_case_reads_the_same_later():
    kept = say("We found “{term}”", term="Novatel").as_json()
    assert str(Said.from_json(kept)) == "We found “Novatel”"


def test_a_sentence_that_counts_takes_the_right_form():
    assert str(say_many("{n} promise", "{n} promises", n=1)) == "1 promise"
    assert str(say_many("{n} promise", "{n} promises", n=0)) == "0 promises"


def test_a_broken_translation_falls_back_to_the_english_words():
    said = say("It comes from {source}", source="a feed")
    assert said.render(lambda one, many, n: "Vine din {sursa}") == "It comes from a feed"


def test_a_value_with_braces_is_shown_as_it_is():
    assert str(say("They wrote {text}", text="{0} {x}")) == "They wrote {0} {x}"


def test_a_sentence_within_a_sentence_is_translated_with_it():
    why = say("Its password was refused")
    kept = Said.from_json(say("“{source}” stopped: {why}", source="Ours", why=why).as_json())
    french = {
        "“{source}” stopped: {why}": "« {source} » s’est arrêtée : {why}",
        "Its password was refused": "mot de passe refusé",
    }
    assert str(kept) == "“Ours” stopped: Its password was refused"
    assert kept.render(lambda one, many, n: french[one]) == "« Ours » s’est arrêtée : mot de passe refusé"
