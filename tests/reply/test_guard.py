"""Promises of the guards: what fires, and what must not (A3–A6, A9, A14, M1)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reply.makers import fired, found, guards, make_situation, verdicts

from amends.core.case import Kind
from amends.core.mention import Visibility
from amends.core.policy import BadPolicy
from amends.reply.guard import LONGEST_DRAFT, RULES, GuardPolicy, Level, blocks, check, repaired, worst

FIRES = [
    # AM001: private data in public (A5)
    ("AM001", "en", "Write to ana.pop@example.com please."),
    ("AM001", "en", "Write to ana.pop (at) example (dot) com please."),
    ("AM001", "en", "Is +40 721 123 456 still your number?"),
    ("AM001", "en", "Is (212) 555-0187 still your number?"),
    ("AM001", "en", "Is 020 7946 0018 still your number?"),
    ("AM001", "fr", "Peut-on vous appeler au 06 12 34 56 78 ?"),
    ("AM001", "fr", "Peut-on vous appeler au 06.12.34.56.78 ?"),
    ("AM001", "ro", "Vă sunăm azi la 0721 123 456?"),
    ("AM001", "ro", "Vă sunăm azi la 021 312 34 56?"),
    ("AM001", "en", "We charged the card 4111 1111 1111 1111 twice."),
    ("AM001", "en", "We charged the card ４１１１ １１１１ １１１１ １１１１ twice."),
    ("AM001", "fr", "Le virement est parti vers FR76 3000 6000 0112 3456 7890 189 ce matin."),
    ("AM001", "ro", "Banii au plecat către RO49AAAA1B31007593840000 azi."),
    ("AM001", "ro", "CNP-ul dumneavoastră este 1960229410015?"),
    ("AM001", "fr", "Votre numéro est le 2 55 08 14 168 025 38 ?"),
    ("AM001", "en", "Your order number 48213-AB has left."),
    ("AM001", "en", "Booking ref: QX81Z7 is confirmed."),
    ("AM001", "fr", "Votre commande n° 4821399 est partie."),
    ("AM001", "fr", "Le numéro de commande 4821399 est le bon."),
    ("AM001", "ro", "Comanda nr. 4821399 a plecat."),
    ("AM001", "ro", "Comanda cu numărul 4821399 a plecat."),
    ("AM001", "en", "We sent it to 12 Baker Street again."),
    ("AM001", "fr", "Envoyé au 14 bis rue de la République."),
    ("AM001", "ro", "Trimis pe Str. Mihai Eminescu nr. 12."),
    # AM002: mockery (A4)
    ("AM002", "en", "Calm down, it is only a parcel."),
    ("AM002", "en", "Lol, it will come."),
    ("AM002", "en", "If you had read the page, you would know."),
    ("AM002", "en", "As I already said, it is on its way."),
    ("AM002", "en", "We looked at your “problem” today."),
    ("AM002", "en", "It will come 🙄"),
    ("AM002", "en", "It will come 😂"),
    ("AM002", "fr", "Détendez-vous, il arrive."),
    ("AM002", "fr", "DETENDEZ VOUS, il arrive."),
    ("AM002", "fr", "Comme je vous l’ai déjà dit, il arrive."),
    ("AM002", "fr", "Nous avons vu votre « urgence »."),
    ("AM002", "ro", "Ia-o încet, vine."),
    ("AM002", "ro", "ia-o incet, vine."),
    ("AM002", "ro", "V-am mai spus, vine."),
    ("AM002", "ro", "Am văzut „problema” dumneavoastră."),
    # AM003: a promise without a time (M1)
    ("AM003", "en", "We will look into it."),
    ("AM003", "en", "We’ll get back to you soon."),
    ("AM003", "en", "A colleague will call. We sent it 2 days ago."),
    ("AM003", "fr", "On revient vers vous."),
    ("AM003", "fr", "Nous vous tiendrons informés dès que possible."),
    ("AM003", "ro", "Revenim cu un răspuns."),
    ("AM003", "ro", "Vă vom contacta în curând."),
    # AM006: blame
    ("AM006", "en", "You should have called first."),
    ("AM006", "fr", "Vous auriez dû appeler avant."),
    ("AM006", "ro", "Trebuia să sunați înainte."),
    # AM007: sorry for the feelings
    ("AM007", "en", "Sorry if you felt ignored."),
    ("AM007", "en", "We’re sorry that you feel that way."),
    ("AM007", "fr", "Désolé si cela vous a déplu."),
    ("AM007", "fr", "Nous sommes désolées que vous vous soyez sentie ignorée."),
    ("AM007", "ro", "Ne pare rău dacă v-ați simțit ignorat."),
    # AM008: the right to complain (A9)
    ("AM008", "en", "Please stop complaining here."),
    ("AM008", "en", "Delete your review or we call our lawyers."),
    ("AM008", "fr", "Arrêtez de vous plaindre ici."),
    ("AM008", "fr", "Merci de supprimer ce message."),
    ("AM008", "ro", "Nu aveți dreptul să vă plângeți."),
    ("AM008", "ro", "Ștergeți recenzia, vă rugăm."),
    # AM010: not their language (A14)
    ("AM010", "fr", "We are sorry for the wait, and we have sent it to you."),
    ("AM010", "en", "Nous sommes désolés pour le retard de votre colis."),
    ("AM010", "fr", "Ne pare rău pentru întârziere, vom trimite coletul dumneavoastră."),
    # AM011: two forms of address
    ("AM011", "fr", "Peux-tu nous écrire ? Votre colis est là, tu le verras."),
    ("AM011", "ro", "Îți trimitem azi coletul dumneavoastră."),
    # AM012: shouting
    ("AM012", "en", "THE PARCEL HAS LEFT US."),
    ("AM012", "fr", "Il est parti !!"),
    ("AM012", "ro", "COLETUL A PLECAT DEJA DE AZI."),
    # AM014: hidden characters
    ("AM014", "en", "Refund \u202edesufer"),
    ("AM014", "en", "par\u200bcel"),
    ("AM014", "fr", "col\u00adis"),
    # AM015: heat (A6)
    ("AM015", "en", "This is ridiculous."),
    ("AM015", "en", "It is your fault."),
    ("AM015", "fr", "C’est n’importe quoi."),
    ("AM015", "ro", "Asta e o prostie."),
    # AM016: a remedy before the facts (A3)
    ("AM016", "en", "Please restart your router."),
    ("AM016", "fr", "Redémarrez la box."),
    ("AM016", "ro", "Reporniți routerul."),
    # AM017: says it was our fault (A10)
    ("AM017", "en", "It was our mistake."),
    ("AM017", "fr", "C’est notre erreur."),
    ("AM017", "ro", "E vina noastră."),
]

SPARES = [
    ("AM001", "en", "Your parcel left on 11.03.2026 at 10:30, 3 of 3."),
    ("AM001", "en", "01.02.2024 10:15 was the day."),
    ("AM001", "en", "We are @help@town.example and open 24/7."),
    ("AM001", "en", "The order of 2024 had 1500 parts."),
    ("AM001", "fr", "Votre commande de 1500 euros est prête."),
    ("AM001", "ro", "Comanda de 1500 lei e gata."),
    ("AM001", "en", "The card 4111 1111 1111 1112 has a wrong digit."),
    ("AM001", "en", "See https://news.example/2026/0721123456 for more."),
    ("AM001", "en", "Send us your order number in a direct message."),
    ("AM002", "en", "Your “Premium” plan is active, and your problem is real."),
    ("AM002", "en", "Waiting a day at home is not funny."),
    ("AM002", "fr", "Ce n’est pas drôle d’attendre."),
    ("AM002", "ro", "Ne bucurăm tare mult că a ajuns."),
    ("AM003", "en", "We’ll get back to you by 6 pm."),
    ("AM003", "en", "We will look into it. You hear from me tomorrow."),
    ("AM003", "en", "I asked a specialist; it may take a few hours, but I will contact you."),
    ("AM003", "fr", "On revient vers vous avant 18 h."),
    ("AM003", "fr", "Nous vous recontactons dans les 24 heures."),
    ("AM003", "ro", "Revenim cu un răspuns până la ora 18."),
    ("AM003", "ro", "Vă vom contacta în 24 de ore."),
    ("AM003", "en", "Sorry that nobody got back to you."),
    ("AM006", "en", "You should have received it on Monday."),
    ("AM006", "en", "It is not your fault."),
    ("AM006", "fr", "Vous auriez dû recevoir le colis lundi."),
    ("AM006", "ro", "Ar fi trebuit să primiți coletul luni."),
    ("AM007", "en", "I am sorry for the wait."),
    ("AM007", "fr", "Je suis désolée pour l’attente. Si vous voulez, écrivez-nous."),
    ("AM007", "ro", "Ne pare rău pentru întârziere. Dacă vreți, scrieți-ne."),
    ("AM008", "en", "You have every right to complain."),
    ("AM008", "en", "You are not the only one today."),
    ("AM008", "en", "Please delete the post and resend it in a direct message."),
    ("AM015", "und", "Póngase en contacto con nosotros."),
    ("AM008", "fr", "Vous n’êtes pas le seul aujourd’hui."),
    ("AM008", "ro", "Nu sunteți singurul azi."),
    ("AM010", "en", "Bună ziua, thanks for telling us; we are on the case and you will hear from us."),
    ("AM010", "de", "We are sorry for the wait, and we have sent it to you."),
    ("AM010", "en", "Merci!"),
    ("AM011", "fr", "Votre colis vous attend. Où en est-il, a-t-il bougé ?"),
    ("AM011", "fr", "Vous avez écrit « tu te moques » et nous l’avons lu."),
    ("AM011", "ro", "Coletul dumneavoastră vă așteaptă."),
    ("AM012", "en", "The NASA and BBC teams are here!"),
    ("AM014", "en", "Thank you 👩‍👩‍👧 and 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f."),
    ("AM014", "ro", "Linia întâi\nlinia a doua\tgata"),
    ("AM015", "en", "You wrote “ridiculous” and I see why."),
    ("AM015", "en", "That was a stupid mistake of ours."),
    ("AM015", "ro", "Coletul ajunge mâine, ne bucurăm tare."),
    ("AM015", "fr", "Nous sommes en retard et désolés."),
    ("AM016", "en", "What do you see on the screen? If it is black, please restart your router."),
]


#: What they wrote, in the language of the case.
THEIRS = {
    "en": "Where is my parcel?",
    "fr": "Où est mon colis ? Je l’attends depuis lundi.",
    "ro": "Unde este coletul meu? Nu a venit nici azi.",
}


@pytest.mark.parametrize(("rule", "language", "draft"), FIRES)
def test_a_rule_sees_what_it_is_for(rule, language, draft):
    assert rule in fired(draft, language=language, their_text=THEIRS.get(language, ""))


@pytest.mark.parametrize(("rule", "language", "draft"), SPARES)
def test_a_rule_spares_what_is_fine(rule, language, draft):
    assert rule not in fired(draft, language=language, their_text=THEIRS.get(language, ""))


@pytest.mark.parametrize(
    "draft",
    [
        "I’m sorry about the lost day, Ana. Which shop was it? You hear from me by 6 pm.",
        "Je suis désolée pour cette attente. De quel magasin s’agit-il ? Je vous réponds avant 18 h.",
        "Îmi pare rău pentru ziua pierdută. Despre ce magazin e vorba? Vă răspund până la ora 18.",
    ],
)
def test_a_good_answer_passes_without_a_word(draft):
    language = {"I": "en", "J": "fr", "Î": "ro"}[draft[0]]
    assert verdicts(draft, language=language) == ()
    assert worst(()) is Level.PASS


def test_private_data_passes_in_a_direct_message():  # A5
    draft = "Your order number 48213-AB, card 4111 1111 1111 1111, ana@example.com."
    assert len(blocks(verdicts(draft))) == 3
    assert verdicts(draft, visibility=Visibility.DIRECT) == ()


@pytest.mark.parametrize(
    ("ours", "draft"),
    [
        ("help@shop.example", "Write to Help@shop.example any time."),
        ("+40 21 312 34 56", "Call us on 021 312 34 56."),
        ("https://shop.example/contact", "See https://www.shop.example/contact?order=4821399 please."),
    ],
)
def test_the_organisation_s_own_addresses_are_public(ours, draft):
    assert "AM001" not in fired(draft, our_addresses=frozenset({ours}))


def test_somebody_else_s_number_is_not_ours_because_ours_is_known():
    assert "AM001" in fired("Call us on 021 312 34 57.", our_addresses=frozenset({"+40 21 312 34 56"}))


def test_a_full_stop_after_a_mail_address_is_not_of_it():
    assert found("Write to ana@example.com.", "AM001") == ["ana@example.com"]


def test_marks_without_width_hide_no_number():
    assert found("Is 0721\u200b 123\u200b 456 yours?", "AM001") == ["0721\u200b 123\u200b 456"]


def test_too_long_says_by_how_much_and_where():  # AM004
    (verdict,) = [each for each in verdicts("abcdefgh", longest=5) if each.rule == "AM004"]
    assert (verdict.level, verdict.span, dict(verdict.reason.values)["n"]) == (Level.BLOCK, (5, 8), 3)
    assert "3 characters too long" in str(verdict.reason)
    assert "AM004" not in fired("abcde", longest=5)


@pytest.mark.parametrize("draft", ["", "  \n", "\u200b", "\u2003"])
def test_a_draft_without_words_does_not_go_out(draft):
    assert "AM005" in {each.rule for each in blocks(verdicts(draft))}


def test_an_emoji_alone_is_an_answer_to_praise():
    assert verdicts("🧡", kind=Kind.PRAISE) == ()
    assert "AM002" not in fired("😂 thank you!", kind=Kind.PRAISE)


EARLIER = "Hello, I am sorry for the wait at the counter today, our second till was broken since noon."


def test_the_words_of_an_earlier_reply_are_seen():  # A3
    draft = EARLIER.replace("Hello", "@ana Hello")
    assert "AM009" in fired(draft, earlier_replies=("Thanks for writing.", EARLIER))
    assert "AM009" not in fired(
        "Ana, a whole lunch break lost in our queue: I am sorry.", earlier_replies=(EARLIER,)
    )
    assert "AM009" not in fired("Thank you!", earlier_replies=("Thank you!",))


def test_an_answer_to_a_post_that_is_gone_asks_for_a_second_look():
    (verdict,) = verdicts("Thank you for telling us.", parent_gone=True)
    assert (verdict.rule, verdict.level, verdict.span) == ("AM013", Level.WARN, None)


def test_what_can_be_solved_now_is_not_put_off():  # A2
    assert "AM018" in fired("We are on it, by 6 pm.", is_solvable_now=True)
    assert "AM018" not in fired("We are on it, by 6 pm.")


def test_capitals_weigh_more_than_two_marks():
    levels = {each.level for each in verdicts("WE SENT YOUR PARCEL!!") if each.rule == "AM012"}
    assert levels == {Level.WARN, Level.HINT}


def test_right_to_left_text_keeps_its_direction_marks_and_no_overrides():
    assert "AM014" not in fired("שלום\u200f!", language="he")
    assert "AM014" in fired("שלום\u202e!", language="he")


def test_the_gravest_verdict_comes_first():
    ranks = [
        each.level.rank for each in verdicts("Sorry if!! Calm down, We will look into it. ana@example.com")
    ]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) == 3


@pytest.mark.parametrize(
    ("draft", "better"),
    [
        ("We saw your “problem”.", "We saw your problem."),
        ("It left!!", "It left!"),
        ("par\u200bcel", "parcel"),
        ("It will come 🙄", "It will come "),
        ("Write to ana@example.com.", "Write to …."),
        ("Ok. WE SENT YOUR PARCEL today.", "Ok. we sent your parcel today."),
    ],
)
def test_one_click_repairs_it(draft, better):
    (verdict,) = [each for each in verdicts(draft) if each.replacement is not None]
    assert repaired(draft, verdict) == better
    assert verdict.rule not in fired(better)


def test_every_verdict_says_why_and_what_to_do():
    for rule, language, draft in FIRES:
        for each in verdicts(draft, language=language):
            assert str(each.reason).endswith((".", "person.")), rule
            assert each.repair is not None and str(each.repair), rule


def test_codes_are_unique_and_every_rule_has_a_level():
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert set(codes) == set(guards().rules)


def test_a_draft_too_long_to_read_is_blocked_for_that_alone():
    (verdict,) = verdicts("ana@example.com " * LONGEST_DRAFT)
    assert (verdict.rule, verdict.level) == ("AM004", Level.BLOCK)


def test_a_desk_may_switch_a_rule_off_and_leave_others_as_shipped(tmp_path):
    (tmp_path / "guards.toml").write_text('[rules.AM012]\nlevel = "pass"\n', encoding="utf-8")
    own = GuardPolicy.load(tmp_path)
    rules = {each.rule for each in check("WE SENT IT TO ana@example.com!!", make_situation(), own)}
    assert rules == {"AM001"}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[rules.AM999]\nlevel = "warn"\n', "AM999"),
        ('[rules.AM001]\nlevel = "loud"\n', "guards.rules.AM001"),
        ('[rules.AM002]\nlevel = "warn"\nphrases = { en = ["* alone"] }\n', "guards.rules.AM002.phrases.en"),
        ('[rules.AM002]\nlevel = "warn"\nphrases = { en = "calm down" }\n', "guards.rules.AM002.phrases.en"),
        ('[rules.AM002]\nlevel = "warn"\nphrasis = {}\n', "phrasis"),
        ("[canned]\ntoo_alike_percent = 0\n", "guards.canned"),
        ('[address.house]\nfr = "royal"\n', "guards.address.house.fr"),
        ("rules = 3\n", "guards.rules"),
        ("[[rules]\n", "guards.toml"),
    ],
)
def test_a_broken_policy_says_where(tmp_path, text, where):
    (tmp_path / "guards.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadPolicy, match=where):
        GuardPolicy.load(tmp_path)


PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from([draft for _, _, draft in FIRES + SPARES]),
    st.sampled_from(
        ["\u202e", "İ", "ﬁ", "\u0301", "\ud800", "\x00", "💀", "’", " by 6 pm ", "+33 ", "FR76", "«", "»"]
    ),
)


@settings(max_examples=150, deadline=None)
@given(
    pieces=st.lists(PIECES, max_size=6),
    language=st.sampled_from(["en", "fr", "ro", "de", "und", "", "fr-CA"]),
    longest=st.sampled_from([0, 1, 20]),
)
def test_whatever_is_typed_the_guards_answer_and_point_into_the_draft(pieces, language, longest):
    draft = " ".join(pieces)
    for each in verdicts(draft, language=language, longest=longest, earlier_replies=(draft[:60],)):
        if each.span is None:
            continue
        start, end = each.span
        assert 0 <= start < end <= len(draft)
        if each.replacement is not None:
            better = repaired(draft, each)
            whole = draft[:start] + each.replacement + draft[end:]
            # Of two spaces around what is taken out, one stays.
            assert better in (whole, draft[:start] + draft[end + 1 :])


@pytest.mark.parametrize(
    ("draft", "rule", "changes"),
    [
        ("Welcome aboard, Luis. 😉", "AM002", {"anger": 0, "their_text": "An empty row for me alone today"}),
        ("Haha, he made us laugh as well.", "AM002", {"anger": 0, "kind": Kind.PRAISE}),
        ("That is great news!!", "AM012", {"anger": 0}),
        ("You are welcome, have a great day!", "AM025", {"anger": 0, "public_turns": 3}),
        ("We open at ten on Sundays.", "AM025", {"anger": 0, "kind": Kind.QUESTION, "public_turns": 3}),
        ("Thanks! A clean reinstall should help.", "AM016", {"public_turns": 2}),
        (
            "You are welcome, it is great to have you with us.",
            "AM010",
            {"language": "ro", "their_text": "thaaanks 🛫"},
        ),
    ],
)
def test_a_rule_is_silent_where_nobody_is_upset(draft, rule, changes):
    assert rule not in fired(draft, **changes)


@pytest.mark.parametrize(
    ("draft", "rule", "changes"),
    [
        ("It comes when it comes 😉", "AM002", {"anger": 2}),
        ("Haha, that happens to all of us.", "AM002", {"anger": 0}),
        ("It left on Monday!!", "AM012", {"anger": 2}),
        ("No, my earlier message was right. Which box is it?", "AM025", {"anger": 0, "public_turns": 3}),
        ("We are sorry that it is still dark.", "AM025", {"anger": 0, "public_turns": 3}),
        ("Have you tried restarting the router.", "AM016", {"public_turns": 0}),
    ],
)
def test_a_rule_speaks_where_somebody_is_or_a_matter_goes_on(draft, rule, changes):
    assert rule in fired(draft, **changes)
