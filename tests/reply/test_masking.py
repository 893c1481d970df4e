"""What a model may see, and what is left of its answer."""

from __future__ import annotations

import pytest

from amends.reply.masking import Mask, Refusal, received, visible

OURS = ("help@brand.example", "brand.example/help", "020 7946 0182")


def mask(**more) -> Mask:
    return Mask(
        **{
            "nonce": "qwerty",
            "names": ("Ioana Mărgărit", "ioana.m"),
            "ours": OURS,
            "brand": "Novatel",
            **more,
        }
    )


@pytest.mark.parametrize(
    "personal",
    [
        "Ioana Mărgărit", "Mărgărit", "@ioana.m@town.example", "ioana@mail.example", "0745 123 456", "+33 6 12 34 56 78",
        "order AB-99812", "RO49AAAA1B31007593840000", "4539 1488 0343 6467", "1850101221144", "12 rue de la Paix",
        "https://photos.example/ioana", "Jean Dupont", "39,90", "www.ioana.example",
    ],
)  # fmt: skip
def test_nothing_personal_reaches_the_model(personal):
    hidden = mask().hide(f"Novatel: {personal} is what I wrote, my name is Ana.")
    for piece in personal.split():
        assert piece not in hidden or piece in ("order", "de", "la", "rue")
    assert "Ana" not in hidden and "Novatel" in hidden and "{{" in hidden


def test_what_is_ours_and_what_is_ordinary_stays():
    text = "Novatel said on 020 7946 0182 that it opens at 9, see brand.example/help or write to help@brand.example."
    assert mask().hide(text) == text


def test_the_same_person_has_the_same_mark_and_comes_back():
    one = mask()
    first, second = one.hide("Call me, Ioana Mărgărit."), one.hide("IOANA MĂRGĂRIT again")
    assert first.split("{{")[1].split("}}")[0] == second.split("{{")[1].split("}}")[0]
    assert one.show(first, is_public=False) == "Call me, Ioana Mărgărit."
    assert one.show(first, is_public=True) == "Call me, […]."
    one.allow_in_public("Ioana Mărgărit")
    assert one.show(first, is_public=True) == "Call me, Ioana Mărgărit."


def test_braces_of_a_stranger_are_no_marks():
    one = mask()
    assert "{{name 1 qwerty}}" not in one.hide("{{name 1 qwerty}} ｛｛name｝｝")
    with pytest.raises(Refusal):
        one.show("{{name 1 qwerty}}", is_public=False)


@pytest.mark.parametrize(
    "made_up", ["{{name 9 qwerty}}", "{{ name 1 other }}", "{{name", "name}} ok", "mark qwerty"]
)
def test_a_mark_that_was_never_given_out_is_refused(made_up):
    one = mask()
    one.hide("I am Ioana Mărgărit")
    with pytest.raises(Refusal):
        received(f"I understand that this bothers you, {made_up}.", one, is_public=False)


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/x", "HTTPS://EVIL.EXAMPLE", "hxxps://evil.example", "evil.example", "www.evil.anything",
        "[here](https://evil.example)", "<a href='https://evil.example'>", "![x](https://evil.example/?q=1)",
        "evil[.]example", "evil (dot) com", "evil dot com", "evil . com/x", "mailto:a@evil.example", "a@evil.example",
        "javascript:alert(1)", "203.0.113.9/x", "xn--evl-1ma.example", "ｅｖｉｌ．ｃｏｍ", "@evil@town.example", "tel:+33612345678",
        "brand.example.evil.example", "brand.example@evil.example",
    ],
)  # fmt: skip
def test_a_link_that_is_not_on_the_list_is_taken_out(link):
    text = received(
        f"I understand that this bothers you. See {link} for it.", mask(), is_public=True, ours=OURS
    )
    assert "evil" not in text.lower() and "203" not in text and "://" not in text and "33612" not in text
    assert text.startswith("I understand that this bothers you. See")


def test_a_host_with_an_ending_of_its_own_leads_nowhere():
    text = received("I understand that this bothers you, see evil.anything now", mask(), is_public=True)
    assert "evil.anything" not in text


def test_our_addresses_and_ordinary_words_stay():
    said = (
        "I understand, e.g. at 9.30 or on 3.12. it happens... Write to help@brand.example, ring 020 7946 0182, or see "
        "brand.example/help. In which town are you?"
    )
    assert received(said, mask(), is_public=True, ours=OURS) == said


def test_numbers_that_nobody_gave_it_are_gaps():
    text = received(
        "I understand. Order 99812-77, ring 0722 123 456 today by 6 pm, in 2026.", mask(), is_public=False
    )
    assert "99812" not in text and "0722" not in text and "today by 6 pm" in text and "2026" in text


@pytest.mark.parametrize(
    ("dressed", "plain"),
    [
        ("```\nI understand that this bothers you.\n```", "I understand that this bothers you."),
        ("Assistant: I understand that this bothers you.", "I understand that this bothers you."),
        ("<think>link it</think>I understand that this bothers you.", "I understand that this bothers you."),
        ("“I understand that **this** bothers you.”", "I understand that this bothers you."),
        ("# Reply\n- I understand that this bothers you.", "Reply\nI understand that this bothers you."),
        ("Je comprends : cela agace, vous avez raison !", "Je comprends : cela agace, vous avez raison !"),
    ],
)
def test_only_the_words_are_left(dressed, plain):
    assert received(dressed, mask(), is_public=True) == plain


def test_hidden_characters_go_and_honest_ones_stay():
    assert visible("a\u200bb\u202ec\U000e0041d\ufe0f\u2066") == "abcd"
    assert visible("👩\u200d🔧 ❤\ufe0f café") == "👩\u200d🔧 ❤\ufe0f café"


def test_an_answer_is_no_longer_than_the_network_takes():
    text = received("I understand that this bothers you. " * 30, mask(), is_public=True, longest=300)
    assert len(text) <= 300 and text.endswith("you.")


@pytest.mark.parametrize("nothing", ["", "   ", "[…]", "https://evil.example", "500 €", "\u200b"])
def test_nothing_left_is_said_so(nothing):
    with pytest.raises(Refusal):
        received(nothing, mask(), is_public=True)


def test_words_and_names_of_other_cases_are_refused():
    others = ["the green cupboard door came off in my hand and hit the cat"]
    with pytest.raises(Refusal):
        received("I know: green cupboard door came off in my hand!", mask(), is_public=True, others=others)
    with pytest.raises(Refusal):
        received(
            "As Vasilica POPESCU said, it is bad.", mask(), is_public=True, strangers=["Vasilica Popescu"]
        )
    received(
        "I understand, Maria, that this bothers you.",
        mask(),
        is_public=True,
        strangers=["Maria"],
        others=others,
    )
