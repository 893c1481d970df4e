"""What concerns us is found, tagged or not, and the reason can be read (L1, L3, L5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.core.mention import Author, Mention
from amends.listen.match import BadTerm, Matcher, TermKind, WatchTerm


def name(text: str, **more) -> WatchTerm:
    return WatchTerm(text=text, kind=TermKind.NAME, **more)


def said(text: str, **more) -> Mention:
    author = Author(network="example", remote_id="7", handle="ana")
    return Mention(network="example", remote_id="1", author=author, text=text, raw=b"{}", **more)


BRAND = Matcher(
    [name("Novatel"), name("Vélo Nord"), name("ING"), name("AT&T"), name("Łódź Bank"), name("L’Oréal")]
)


@pytest.mark.parametrize(
    "text",
    [
        "novatel is down again",
        "NOVATEL IS DOWN",
        "is it just me or is Novatel😡down",
        "“Novatel” they said",
        "the ‘novatel’ app",
        "Novatel’s app and novatel's shop",
        "l'appli d'novatel",
        "#Novatel again",
        "@novatel hello?",
        "#novatelfail",
        "#novatel_fail",
        "(novatel)",
        "novatel.",
        "novatel,internet",
        "Ｎｏｖａｔｅｌ down",
        "𝐍𝐨𝐯𝐚𝐭𝐞𝐥 down",
        "nova\u200dtel down",
        "nova\u00adtel down",
        "Nóvátel",
        "abonamentul Novatel-ului meu",
    ],
)
def test_a_name_is_found_however_it_is_dressed(text):
    assert BRAND.wants(text)
    assert BRAND.match(said(text)).terms == ("Novatel",)


@pytest.mark.parametrize(
    "text",
    [
        "vélo nord en retard",
        "VELO NORD",
        "#VeloNord",
        "#velonordfail",
        "velonord",
        "velo-nord",
        "@velo_nord coucou",
    ],
)
def test_a_name_of_two_words_is_found_apart_and_together(text):
    assert BRAND.match(said(text)).terms == ("Vélo Nord",)


@pytest.mark.parametrize(
    "text",
    [
        "the innovation was nice",
        "supernovatel",
        "nord velo",
        "Un vélo. Nord ou sud ?",
        "",
        "     ",
        "good morning everyone, lovely weather",
        "look at the sea",
    ],
)
def test_what_does_not_concern_us_is_left_alone(text):
    assert not BRAND.wants(text)
    assert BRAND.match(said(text)) is None


@pytest.mark.parametrize(
    ("text", "seen"),
    [("Novatell", "novatell"), ("Noavtel", "noavtel"), ("Novtel", "novtel"), ("Nvoatel", "nvoatel")],
)
def test_a_misspelled_name_is_found_and_the_reason_says_so(text, seen):
    match = BRAND.match(said(f"{text} lost my contract"))
    assert [str(reason) for reason in match.reasons] == [f"“{seen}” looks like “Novatel”."]


def test_an_ordinary_word_is_no_misspelling():
    orange = Matcher([name("Orange")])
    assert orange.match(said("quel orage ce soir")) is None
    assert orange.match(said("a range of oranges")) is None
    assert orange.match(said("oramge ne répond plus")).terms == ("Orange",)


def test_another_watched_name_is_no_misspelling():
    both = Matcher([name("Novatel"), name("Novatek")])
    assert both.match(said("novatek is great")).terms == ("Novatek",)


def test_two_letters_wrong_or_a_short_name_is_no_misspelling():
    assert BRAND.match(said("Novattell")) is None
    assert Matcher([name("Tesla")]).match(said("teslo")) is None
    assert Matcher([name("Novatel", is_fuzzy=False)]).match(said("novatell")) is None


def test_a_short_name_in_capitals_needs_its_capitals_or_a_tag():
    # “ing”, “ups”, “o2” are words and endings of their own in folded text.
    assert BRAND.match(said("ING blocked my card")).terms == ("ING",)
    assert BRAND.match(said("@ing blocked my card")).terms == ("ING",)
    assert BRAND.match(said("#ing")).terms == ("ING",)
    assert BRAND.match(said("do ing and ing")) is None
    assert BRAND.match(said("#ingredients")) is None


def test_signs_inside_a_name_must_be_there():
    assert BRAND.match(said("at&t again")).terms == ("AT&T",)
    assert BRAND.match(said("arrived at t minus ten")) is None


def test_letters_that_unicode_does_not_take_apart():
    assert BRAND.match(said("lodz bank")).terms == ("Łódź Bank",)
    assert BRAND.match(said("l'oreal, loreal")).terms == ("L’Oréal",)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("İstanbul Kart", "istanbul kart çalışmıyor"),
        ("istanbulkart", "İSTANBULKART"),
        ("Straße24", "STRASSE24 ist zu"),
        ("Braşov Net", "brașov net nu merge"),
        ("Țara Mea", "ţara mea"),
        ("Țara Mea", "TARA MEA"),
        ("小米", "我的小米手机坏了"),
        ("वोडाफोन", "मेरा वोडाफोन बंद है"),
        ("МТС", "МТС не работает"),
    ],
)
def test_names_in_many_scripts(term, text):
    matcher = Matcher([name(term)])
    assert matcher.wants(text)
    assert matcher.match(said(text)).terms == (term,)


def test_a_phrase_needs_its_words_in_order_and_a_hashtag_its_tag():
    matcher = Matcher(
        [
            WatchTerm(text="blue parcel box", kind=TermKind.PHRASE),
            WatchTerm(text="#MyNova", kind=TermKind.HASHTAG),
        ]
    )
    assert matcher.match(said("the Blue  Parcel-Box is broken")).terms == ("blue parcel box",)
    assert matcher.match(said("blue box parcel")) is None
    assert matcher.match(said("love #mynova")).terms == ("#MyNova",)
    assert matcher.match(said("mynova")) is None
    assert matcher.match(said("#mynovalife")) is None


def test_excluded_words_silence_untagged_posts_only():
    matcher = Matcher([name("Orange"), WatchTerm(text="orange juice", kind=TermKind.EXCLUDED)])
    assert matcher.match(said("fresh orange juice")) is None
    assert not matcher.wants("fresh orange juice")
    assert matcher.match(said("Orange juice? My Orange line is dead", is_to_us=True)).is_direct


def test_what_is_said_to_us_always_concerns_us():
    match = BRAND.match(said("hello?", is_to_us=True))
    assert match.is_direct and match.terms == ()
    assert [str(reason) for reason in match.reasons] == ["It names our account or answers us."]


def test_what_we_wrote_ourselves_is_no_mention_of_us():
    assert BRAND.match(said("Novatel here, sorry about the wait", is_ours=True)) is None


def test_a_term_for_one_language_waits_for_that_language_but_trusts_silence():
    matcher = Matcher([name("Pouce", languages=("fr",))])
    assert matcher.match(said("Pouce nulle", languages=("fr-FR",)))
    assert matcher.match(said("Pouce", languages=("en",))) is None
    assert matcher.match(said("Pouce")) and matcher.wants("Pouce")


def test_the_title_counts_too_and_praise_is_found_like_complaint():
    assert BRAND.match(said("five stars", title="Novatel review")).terms == ("Novatel",)
    assert BRAND.match(said("I love Novatel!")).terms == ("Novatel",)


def test_every_term_that_speaks_is_named_once():
    match = BRAND.match(said("Novatel, novatel and #VeloNord"))
    assert match.terms == ("Novatel", "Vélo Nord")
    assert [str(reason) for reason in match.reasons] == [
        "It names “Novatel”.",
        "It carries the tag “#velonord”.",
    ]


def test_a_term_without_letters_is_refused():
    with pytest.raises(BadTerm, match="no letter"):
        Matcher([name("😡!")])


ANY_TEXT = st.text(st.characters(), max_size=300) | st.text(
    st.sampled_from("novatel @#'’_-.&İß😡\u200d\u202e\ud800\x00vélo nord"), max_size=80
)


@given(ANY_TEXT)
def test_no_text_breaks_it_and_wants_never_loses_what_match_takes(text):
    match = BRAND.match(said(text))
    assert BRAND.wants(text) == (match is not None)


@pytest.mark.parametrize(
    "text", ["novatel" * 20_000, "n" * 100_000, "#" * 100_000, "a'" * 50_000, "\u202eletavon " * 9_000]
)
def test_huge_posts_are_answered(text):
    assert BRAND.wants(text) in (True, False)
    assert Matcher([]).match(said(text)) is None
