"""Rules AM019–AM028, and what was widened: what they hear in three languages, and what they must not (A4, A5, A10, A12, A14)."""

from __future__ import annotations

import random

import pytest
from tests.reply.makers import fired, found, guards, make_situation, verdicts

from amends.core.case import Kind, Severity
from amends.core.mention import Visibility
from amends.reply.amounts import amounts_in
from amends.reply.guard import Level, check
from amends.reply.phrases import Reading
from amends.reply.private import (
    Private,
    find_private,
    passes_cnp,
    passes_codice_fiscale,
    passes_dni,
    passes_luhn,
    passes_mod97,
    passes_nir,
)

DIRECT = {"visibility": Visibility.DIRECT}
GRAVE = {"severity": Severity.HIGH}
TROLL = {"kind": Kind.ABUSE, "abuse": "insult"}
THIRD = {"public_turns": 2}
LIMIT = {"most_amount": 50.0}
OURS = {
    "our_addresses": frozenset({"https://shop.example", "https://town.example/shops", "help@mail.example"})
}
CHEAP = {"banned_words": ("cheap", "pas cher", "ieftin", "guys")}

FIRES = [
    # AM019: a third person's name
    ("AM019", "en", "We spoke with Maria Popescu on the second floor.", {}),
    ("AM019", "en", "Your neighbour Clara took the parcel in.", {}),
    ("AM019", "en", "It was handed to Mr Baxter at the desk.", {}),
    ("AM019", "en", "Another customer, Thomas Meyer, had the same.", {}),
    ("AM019", "fr", "Le colis a été remis à Mme Lefèvre hier.", {}),
    ("AM019", "fr", "Votre voisin Karim a signé pour vous.", {}),
    ("AM019", "fr", "Nous avons parlé à Sophie Bernard ce matin.", {}),
    ("AM019", "ro", "Coletul a fost ridicat de doamna Ionescu.", {}),
    ("AM019", "ro", "Am vorbit ieri cu Mihai Popescu despre asta.", {}),
    ("AM019", "ro", "Vecina dumneavoastră Elena a semnat.", {}),
    # AM021: beyond one's power
    ("AM021", "en", "We refund you 80 euros today.", LIMIT | DIRECT),
    ("AM021", "en", "I have credited your account with £120.50 just now.", LIMIT | DIRECT),
    ("AM021", "en", "You will get a full refund today.", LIMIT | DIRECT),
    ("AM021", "fr", "Nous vous remboursons 80 € aujourd’hui.", LIMIT | DIRECT),
    ("AM021", "fr", "Vous aurez un remboursement intégral demain.", LIMIT | DIRECT),
    ("AM021", "ro", "Vă rambursăm 400 de lei astăzi.", LIMIT | DIRECT),
    ("AM021", "ro", "Primiți toți banii înapoi mâine.", LIMIT | DIRECT),
    # AM022: a compensation in public
    ("AM022", "en", "We would like to offer you a 20 euro voucher.", {}),
    ("AM022", "en", "We refund you 30 euros for the trouble.", {}),
    ("AM022", "en", "Take 15 % off your next order, on us.", {}),
    ("AM022", "fr", "Nous vous offrons un bon d’achat pour ce retard.", {}),
    ("AM022", "fr", "Nous vous remboursons 30 € pour la gêne.", {}),
    ("AM022", "ro", "Vă oferim o reducere pentru întârziere.", {}),
    ("AM022", "ro", "Vă returnăm 50 de lei pentru neplăceri.", {}),
    # AM023: a joke where it is grave
    ("AM023", "en", "Oops, that was us.", GRAVE),
    ("AM023", "en", "It will be fine 🎉", {"anger": 2}),
    ("AM023", "en", "We are coming ;-)", {"abuse": "threat"}),
    ("AM023", "en", "Look on the bright side.", {"their_text": "My mother died and you still bill her."}),
    ("AM023", "fr", "Je plaisante, bien sûr.", GRAVE),
    ("AM023", "fr", "Gardez le sourire.", {"their_text": "Je suis à l’hôpital et sans téléphone."}),
    ("AM023", "ro", "Ups, noi am fost.", GRAVE),
    ("AM023", "ro", "Capul sus!", {"their_text": "Mi-ați golit contul și nu am de chirie."}),
    # AM024: feeds a quarrel
    ("AM024", "en", "That is not true.", TROLL),
    ("AM024", "en", "As we already said, the shop opens at 9.", TROLL),
    ("AM024", "en", "If you don’t like it, there are others.", TROLL),
    ("AM024", "fr", "C’est faux.", TROLL),
    ("AM024", "fr", "Comme je vous l’ai déjà dit, la boutique ouvre à 9 h.", TROLL),
    ("AM024", "ro", "Nu este adevărat.", TROLL),
    ("AM024", "ro", "Vezi cum vorbești.", TROLL),
    # AM025: a third turn in public
    ("AM025", "en", "The parcel is at the depot.", THIRD),
    ("AM025", "fr", "Le colis est au dépôt.", THIRD),
    ("AM025", "ro", "Coletul este la depozit.", THIRD),
    # AM026: links
    ("AM026", "en", "See https://elsewhere.example/help please.", OURS),
    ("AM026", "en", "See elsewhere.com/help please.", OURS),
    ("AM026", "en", "Log in at https://shop.example@evil.test/login.", {}),
    ("AM026", "en", "Log in at https://xn--shp-0nd.example/login.", {}),
    ("AM026", "en", "Log in at http://192.168.4.7/login.", {}),
    ("AM026", "en", "Log in at https://shop.example.evil.test/login.", OURS),
    ("AM026", "en", "Log in at https://shоp.example/login.", OURS),
    ("AM026", "fr", "Voir https://bit.ly/3xYz pour la suite.", {}),
    ("AM026", "ro", "Detalii pe https://altundeva.ro/pagina azi.", OURS),
    # AM027: the brand's words
    ("AM027", "en", "It is a cheap ticket.", CHEAP),
    ("AM027", "en", "Thanks, GUYS!", CHEAP),
    ("AM027", "fr", "C’est un billet PAS CHER.", CHEAP),
    ("AM027", "ro", "E un bilet ieftin.", CHEAP),
    # AM028
    ("AM028", "en", "This is the new counter.", {"media": 2, "media_without_alt": 1}),
    # AM001, widened: other countries, and what their own post held
    ("AM001", "en", "Is 12345678Z your DNI?", {}),
    ("AM001", "en", "Is X1234567L your NIE?", {}),
    ("AM001", "en", "Is RSSMRA85T10A562S your code?", {}),
    ("AM001", "en", "Is 123-45-6789 your number?", {}),
    ("AM001", "en", "Is 1 960229 410015 your CNP?", {}),
    ("AM001", "en", "48213-AB has left us.", {"their_text": "My order number 48213-AB is late"}),
    ("AM001", "fr", "48213AB est parti.", {"their_text": "Ma commande n° 48213AB est en retard"}),
    ("AM001", "ro", "48213AB a plecat.", {"their_text": "Comanda nr. 48213AB întârzie"}),
    # AM011: another form than before
    (
        "AM011",
        "fr",
        "Peux-tu nous écrire ce soir ? Tu seras rappelé.",
        {"earlier_to_them": ("Pouvez-vous nous écrire ?",)},
    ),
    ("AM011", "ro", "Îți scriem azi.", {"earlier_to_them": ("Vă scriem azi.",)}),
]

SPARES = [
    ("AM019", "en", "My colleague Maria Popescu calls you by 6 pm.", {}),
    ("AM019", "en", "The shop in Victor Hugo Street is open.", {}),
    ("AM019", "en", "Your neighbour took it in. Monday is fine.", {}),
    ("AM019", "en", "Hello Maria Popescu, which shop was it?", {}),
    ("AM019", "en", "We are sorry. Maria Popescu", {}),
    ("AM019", "en", "We saw it, Maria. – Thomas Meyer", {}),
    ("AM019", "en", "Jack Daniels is out of stock.", {}),
    ("AM019", "en", "We saw what Maria wrote.", {"their_names": frozenset({"Maria Popescu", "maria_p"})}),
    ("AM019", "en", "Dear Mrs Popescu, which shop was it?", {"their_names": frozenset({"Maria Popescu"})}),
    ("AM019", "en", "Ask for Thomas Meyer in the shop.", {"our_names": frozenset({"Thomas Meyer"})}),
    ("AM019", "en", "We spoke with Maria Popescu.", DIRECT),
    ("AM019", "fr", "Le colis attend rue Victor Hugo.", {}),
    ("AM019", "fr", "Bonjour Madame, où habitez-vous ?", {}),
    ("AM019", "fr", "Je suis Sophie Bernard, du service client.", {}),
    ("AM019", "ro", "Magazinul de pe strada Mihai Eminescu e deschis.", {}),
    ("AM019", "ro", "Sunt Elena Popa, de la relații clienți.", {}),
    ("AM020", "en", "The parcel RX771209345 has left.", {"foreign": frozenset({"RX77120934"})} | DIRECT),
    ("AM021", "en", "We refund you 40 euros today.", LIMIT),
    ("AM021", "en", "You paid 80 euros on Monday.", LIMIT),
    ("AM021", "en", "We refund you 80 euros today.", {}),
    ("AM021", "en", "We refund you today. The train costs 80 euros.", LIMIT),
    ("AM021", "fr", "Le billet coûte 80 €.", LIMIT),
    ("AM021", "ro", "Biletul costă 400 de lei.", LIMIT),
    ("AM022", "en", "You paid 20 euros and the parcel is not here.", {}),
    ("AM022", "en", "We make this good today: look into your direct messages.", {}),
    ("AM022", "en", "We would like to offer you a 20 euro voucher.", DIRECT),
    ("AM022", "fr", "Le bon d’achat est valable un an.", {}),
    ("AM022", "ro", "Reducerea din magazin s-a terminat ieri.", {}),
    ("AM023", "en", "Oops, that was us.", {}),
    ("AM023", "en", "This is no joke, and we see it.", GRAVE),
    ("AM023", "en", "Thank you 🎉", {"kind": Kind.PRAISE} | GRAVE),
    ("AM023", "en", "See https://shop.example/a:D please.", GRAVE),
    ("AM023", "fr", "Je suis désolée pour votre père.", GRAVE),
    ("AM023", "ro", "Ne pare rău pentru mama dumneavoastră.", GRAVE),
    ("AM024", "en", "That is not true any more: we are open.", {}),
    ("AM024", "en", "The shop opens at 9.", TROLL),
    ("AM024", "fr", "La boutique ouvre à 9 h.", TROLL),
    ("AM024", "ro", "Magazinul deschide la 9.", TROLL),
    ("AM025", "en", "The parcel is at the depot.", {"public_turns": 1}),
    ("AM025", "en", "The parcel is at the depot.", THIRD | DIRECT),
    ("AM025", "en", "Please send us a direct message.", THIRD),
    ("AM025", "fr", "Écrivez-nous en message privé.", THIRD),
    ("AM025", "ro", "Scrieți-ne în privat, vă rugăm.", THIRD),
    ("AM026", "en", "See https://www.shop.example/help please.", OURS),
    ("AM026", "en", "See help.shop.example/x please.", OURS),
    ("AM026", "en", "See https://town.example/shops/7 please.", OURS),
    ("AM026", "en", "See https://elsewhere.example/help please.", {}),
    ("AM026", "en", "We are open.Monday too, e.g. at 9.30.", OURS),
    ("AM026", "en", "Write to ana@example.com.", OURS),
    ("AM026", "fr", "Voir https://meteo.example pour la suite.", {}),
    ("AM026", "ro", "Vezi https://shop.example.", OURS),
    ("AM027", "en", "It is a cheaper ticket.", CHEAP),
    ("AM027", "en", "It is a cheap ticket.", CHEAP | DIRECT),
    ("AM027", "en", "See https://shop.example/cheap for it.", CHEAP),
    ("AM027", "fr", "Ce billet n’est pas trop cher.", CHEAP),
    ("AM027", "ro", "E un bilet mai ieftinit.", CHEAP),
    ("AM028", "en", "This is the new counter.", {"media": 1}),
    ("AM001", "en", "Is 12345678A a part of ours?", {}),
    ("AM001", "en", "Part RSSMRA85T10A562T is there.", {}),
    ("AM001", "en", "It was 666-45-6789 points.", {}),
    ("AM001", "en", "It has left us at 9.", {"their_text": "My order number 48213-AB is late"}),
    ("AM011", "fr", "Pouvez-vous nous écrire ?", {"earlier_to_them": ("Vous pouvez nous écrire.",)}),
    ("AM011", "fr", "Nous écrivons ce soir.", {"earlier_to_them": ("Tu peux nous écrire.",)}),
    ("AM011", "ro", "Vă scriem azi.", {"earlier_to_them": ("Bună!", "Vă scriem azi.")}),
]


@pytest.mark.parametrize(("rule", "language", "draft", "facts"), FIRES)
def test_a_rule_sees_what_it_is_for(rule, language, draft, facts):
    assert rule in fired(draft, language=language, **facts)


@pytest.mark.parametrize(("rule", "language", "draft", "facts"), SPARES)
def test_a_rule_spares_what_is_fine(rule, language, draft, facts):
    assert rule not in fired(draft, language=language, **facts)


#: Replies as they should not be, put together from what the articles warn of and what one meets.
BAD = [
    ("AM006", "en", "Had you checked your email, you would have seen it."),
    ("AM006", "en", "It's clearly stated in the terms you accepted."),
    ("AM006", "en", "You chose the wrong option."),
    ("AM006", "en", "You entered the wrong address."),
    ("AM006", "en", "This happens when customers do not read."),
    ("AM006", "en", "As stated in the contract you signed, we do not refund."),
    ("AM006", "en", "Please read the instructions before complaining."),
    ("AM006", "en", "Well, you agreed to these terms."),
    ("AM006", "en", "That is on you."),
    ("AM006", "en", "The fault lies with you."),
    ("AM006", "fr", "Si vous aviez vérifié vos e-mails, vous l'auriez vu."),
    ("AM006", "fr", "C'est indiqué dans les conditions que vous avez acceptées."),
    ("AM006", "fr", "Vous avez choisi la mauvaise option."),
    ("AM006", "fr", "Vous avez saisi une mauvaise adresse."),
    ("AM006", "fr", "Vous avez signé le contrat, non ?"),
    ("AM006", "fr", "La faute vous revient."),
    ("AM006", "fr", "Vous ne pouvez vous en prendre qu'à vous-même."),
    ("AM006", "fr", "Encore faut-il lire les conditions."),
    ("AM006", "ro", "Dacă verificați e-mailul, vedeați."),
    ("AM006", "ro", "Scrie clar în condițiile pe care le-ați acceptat."),
    ("AM006", "ro", "Ați ales opțiunea greșită."),
    ("AM006", "ro", "Ați introdus o adresă greșită."),
    ("AM006", "ro", "Ați semnat contractul, nu?"),
    ("AM006", "ro", "Trebuia doar să citiți condițiile."),
    ("AM006", "ro", "Vina vă aparține."),
    ("AM006", "ro", "Să fi fost mai atent data viitoare."),
    ("AM007", "en", "We apologise if anyone was offended."),
    ("AM007", "en", "We regret any inconvenience this may have caused."),
    ("AM007", "en", "Sorry you had a bad experience, but rules are rules."),
    ("AM007", "en", "I'm sorry you see it that way."),
    ("AM007", "en", "We are sorry that our policy upset you."),
    ("AM007", "en", "Sorry for the inconvenience, however you signed."),
    ("AM007", "en", "We're sorry you were disappointed."),
    ("AM007", "en", "Apologies for any confusion."),
    ("AM007", "fr", "Nous sommes désolés que vous le preniez ainsi."),
    ("AM007", "fr", "Désolé pour la gêne éventuelle."),
    ("AM007", "fr", "Nous regrettons votre déception."),
    ("AM007", "fr", "Veuillez nous excuser pour les éventuels désagréments."),
    ("AM007", "fr", "Désolé que cela vous ait contrarié."),
    ("AM007", "fr", "Nous sommes désolés que vous soyez déçu."),
    ("AM007", "fr", "Nous sommes navrés de votre mécontentement."),
    ("AM007", "ro", "Ne pare rău că ați luat-o așa."),
    ("AM007", "ro", "Ne cerem scuze pentru eventualele neplăceri."),
    ("AM007", "ro", "Regretăm nemulțumirea dumneavoastră."),
    ("AM007", "ro", "Ne pare rău că sunteți dezamăgit."),
    ("AM007", "ro", "Ne pare rău că v-ați supărat."),
    ("AM007", "ro", "Scuze dacă v-a deranjat."),
    ("AM007", "ro", "Ne pare rău că percepeți așa situația."),
    ("AM008", "en", "You have no reason to be upset."),
    ("AM008", "en", "There is nothing wrong with our service."),
    ("AM008", "en", "No other customer has this problem."),
    ("AM008", "en", "This is not the place to complain."),
    ("AM008", "en", "If you keep posting this we will report you."),
    ("AM008", "en", "You are the only one complaining."),
    ("AM008", "en", "Please take this offline, you are damaging our reputation."),
    ("AM008", "en", "We will take legal action."),
    ("AM008", "en", "Your claim is false and we will block you."),
    ("AM008", "en", "Nobody else complains."),
    ("AM008", "fr", "Vous n'avez aucune raison d'être mécontent."),
    ("AM008", "fr", "Aucun autre client n'a ce problème."),
    ("AM008", "fr", "Ce n'est pas l'endroit pour se plaindre."),
    ("AM008", "fr", "Si vous continuez, nous vous signalerons."),
    ("AM008", "fr", "Vous êtes le seul à vous plaindre."),
    ("AM008", "fr", "Nous porterons plainte."),
    ("AM008", "fr", "Vous nuisez à notre réputation."),
    ("AM008", "ro", "Nu aveți niciun motiv să fiți supărat."),
    ("AM008", "ro", "Niciun alt client nu are problema asta."),
    ("AM008", "ro", "Nu e locul potrivit pentru reclamații."),
    ("AM008", "ro", "Dacă mai postați, vă raportăm."),
    ("AM008", "ro", "Sunteți singurul care se plânge."),
    ("AM008", "ro", "Vă vom da în judecată."),
    ("AM008", "ro", "Ne stricați imaginea."),
    ("AM008", "ro", "Nimeni altcineva nu s-a plâns."),
    ("AM002", "en", "Aww, did the parcel hurt your feelings?"),
    ("AM002", "en", "Wow, someone needs a nap."),
    ("AM002", "en", "Sounds like a you problem."),
    ("AM002", "en", "Cool, thanks for sharing."),
    ("AM002", "en", "Cry more."),
    ("AM002", "en", "Oh no, how terrible for you!"),
    ("AM002", "en", "Must be nice to have time to complain."),
    ("AM002", "en", "World's smallest violin for you."),
    ("AM002", "en", "Bless you, dear."),
    ("AM002", "en", "Congrats, you found the button."),
    ("AM002", "fr", "Oh, le pauvre petit cœur."),
    ("AM002", "fr", "Ça doit être dur, la vie."),
    ("AM002", "fr", "Quelle aventure, dites donc."),
    ("AM002", "fr", "On va pleurer avec vous."),
    ("AM002", "fr", "Tout ça pour ça."),
    ("AM002", "fr", "Vous avez du temps à perdre."),
    ("AM002", "fr", "Sortez les mouchoirs."),
    ("AM002", "fr", "Bravo, belle performance."),
    ("AM002", "ro", "Vai, ce suferință!"),
    ("AM002", "ro", "Plângeți-vă mamei."),
    ("AM002", "ro", "Aveți prea mult timp liber."),
    ("AM002", "ro", "Ce poveste tristă, plângem cu toții."),
    ("AM002", "ro", "Bravo, felicitări, campionule."),
    ("AM002", "ro", "Of, săracuțul."),
    ("AM002", "ro", "Ați descoperit America."),
]

GOOD = [
    ("AM006", "en", "That is on us, and we mend it."),
    ("AM006", "en", "Which option did you choose, the blue one?"),
    ("AM006", "en", "It was not clearly stated, and we change that today."),
    ("AM006", "en", "You signed up in March; thank you for staying."),
    ("AM006", "fr", "Vous avez choisi la bonne option."),
    ("AM006", "fr", "C’est notre faute, pas la vôtre."),
    ("AM006", "ro", "Ați ales bine."),
    ("AM006", "ro", "Ați introdus codul? Atunci e în regulă."),
    ("AM007", "en", "Sorry for the delay, but we have found it: it comes today."),
    ("AM007", "en", "I am sorry that our bill upset your plans: it was wrong."),
    ("AM007", "fr", "Je suis désolée que votre colis soit arrivé cassé."),
    ("AM007", "ro", "Îmi pare rău că ați așteptat două ore."),
    ("AM008", "en", "We report it to the network team now."),
    ("AM008", "en", "You are right to be upset."),
    ("AM008", "fr", "Nous vous signalons que la boutique ferme à 18 h."),
    ("AM008", "fr", "Un autre client a eu le même souci."),
    ("AM008", "ro", "Și alți clienți au problema asta, o reparăm."),
    ("AM008", "ro", "Aveți toate motivele să fiți supărat."),
    ("AM002", "en", "Thank you for sharing that photo."),
    ("AM002", "fr", "Vous n’avez pas de temps à perdre, je le sais."),
    ("AM002", "ro", "Nu aveți timp de pierdut, știu."),
]


@pytest.mark.parametrize(("rule", "language", "draft"), BAD)
def test_a_bad_reply_is_heard_for_what_it_is(rule, language, draft):
    assert rule in fired(draft, language=language)


@pytest.mark.parametrize(("rule", "language", "draft"), GOOD)
def test_a_reply_that_only_looks_like_a_bad_one_is_spared(rule, language, draft):
    assert rule not in fired(draft, language=language)


# Private data (A5) -------------------------------------------------------------------------------------------------


def luhn(rest: random.Random, length: int) -> str:
    body = [rest.choice([2, 3, 4, 5, 6]), *(rest.randrange(10) for _ in range(length - 2))]
    return "".join(map(str, body)) + next(
        str(last) for last in range(10) if passes_luhn("".join(map(str, [*body, last])))
    )


def iban(rest: random.Random, country: str, length: int) -> str:
    body = "".join(rest.choice("0123456789") for _ in range(length - 4))
    return next(
        f"{country}{n:02d}{body}" for n in range(2, 99) if passes_mod97(f"{country}{n:02d}{body}".lower())
    )


def nir(rest: random.Random) -> str:
    body = f"{rest.choice('12')}{rest.randrange(100):02d}{rest.randrange(1, 13):02d}{rest.randrange(1, 96):02d}{rest.randrange(1000):03d}{rest.randrange(1000):03d}"
    return next(f"{body}{key:02d}" for key in range(1, 98) if passes_nir(f"{body}{key:02d}"))


def cnp(rest: random.Random) -> str:
    body = f"{rest.choice('1256')}{rest.randrange(100):02d}{rest.randrange(1, 13):02d}{rest.randrange(1, 29):02d}{rest.randrange(1, 47):02d}{rest.randrange(1, 1000):03d}"
    return next(f"{body}{last}" for last in range(10) if passes_cnp(f"{body}{last}"))


def dni(rest: random.Random) -> str:
    body = rest.choice(["", "X", "Y", "Z"])
    body += "".join(rest.choice("0123456789") for _ in range(7 if body else 8))
    return next(body + last for last in "TRWAGMYFPDXBNJZSQVHLCKE" if passes_dni((body + last).lower()))


def codice(rest: random.Random) -> str:
    letters = "BCDFGLMNPRSTVZ"
    body = "".join(rest.choice(letters) for _ in range(6))
    body += f"{rest.randrange(100):02d}{rest.choice('ABCDEHLMPRST')}{rest.randrange(1, 29):02d}{rest.choice('AFHL')}{rest.randrange(1000):03d}"
    return next(
        body + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if passes_codice_fiscale((body + last).lower())
    )


def ssn(rest: random.Random) -> str:
    area = rest.choice([n for n in range(1, 900) if n != 666])
    return f"{area:03d}-{rest.randrange(1, 100):02d}-{rest.randrange(1, 10_000):04d}"


def fours(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


MAKE = {
    "card": (Private.CARD, lambda rest: luhn(rest, rest.choice([15, 16]))),
    "card in fours": (Private.CARD, lambda rest: fours(luhn(rest, 16))),
    "iban": (Private.IBAN, lambda rest: iban(rest, *rest.choice([("FR", 27), ("RO", 24), ("DE", 22), ("ES", 24), ("IT", 27)]))),
    "iban in fours": (Private.IBAN, lambda rest: fours(iban(rest, "DE", 22))),
    "nir": (Private.IDENTITY, nir),
    "cnp": (Private.IDENTITY, cnp),
    "dni": (Private.IDENTITY, dni),
    "codice fiscale": (Private.IDENTITY, codice),
    "ssn": (Private.IDENTITY, ssn),
    "mail": (Private.MAIL, lambda rest: f"{rest.choice(['ana', 'j.doe', 'x_y+z'])}{rest.randrange(99)}@{rest.choice(['mail.example', 'town.co.uk'])}"),
}  # fmt: skip
AROUND = (
    "Is {} right?",
    "Votre numéro est {}.",
    "Numărul este {}, da?",
    "({})",
    "We saw {} and {}.",
    "{}",
    "№ {} – yes",
)


@pytest.mark.parametrize("what", MAKE)
def test_structured_private_data_is_seen_whatever_stands_around_it(what):
    """Recall at least 99 of 100, as the reply issue asks."""
    rest, (kind, make) = random.Random(what), MAKE[what]
    seen = asked = 0
    for _ in range(150):
        for around in AROUND:
            values = [make(rest) for _ in range(around.count("{}"))]
            text = around.format(*values)
            got = {
                text[slice(*each.span)].strip() for each in find_private(Reading(text)) if each.kind is kind
            }
            asked += len(values)
            seen += sum(any(value in each or each in value for each in got) for value in values)
    assert seen / asked >= 0.99


def test_numbers_that_are_nobody_s_are_mostly_left_alone():
    """Wrong check digits, dates, amounts, times, versions: at most 2 of 100 are taken for private data."""
    rest, wrong, asked = random.Random(7), [], 0
    for _ in range(400):
        digit = str(rest.randrange(10))
        for text in (
            f"It costs {rest.randrange(1, 9999)},{rest.randrange(10, 99)} euros.",
            f"Open on {rest.randrange(1, 29):02d}.{rest.randrange(1, 13):02d}.2026 at {rest.randrange(8, 20)}:30.",
            f"Version {rest.randrange(20)}.{rest.randrange(20)}.{rest.randrange(200)} is out.",
            f"Part {rest.randrange(10_000_000, 99_999_999)}{'IOU'[rest.randrange(3)]} is in the shop.",
            f"{rest.randrange(1000, 99_999)} people read it, {rest.randrange(2, 90)} % were happy.",
            f"Train {rest.randrange(100, 9999)} leaves from track {digit}.",
            f"The card {fours(''.join(map(str, [4, *[int(digit)] * 15])))} is an example.",
        ):
            asked += 1
            if find_private(Reading(text)):
                wrong.append(text)
    assert len(wrong) / asked <= 0.02, wrong[:5]


def test_what_is_private_offers_the_direct_message():
    (verdict,) = verdicts("Your order number 48213-AB has left us.")
    assert (verdict.move, verdict.replacement) == ("direct", "…")


def test_another_customer_s_number_stops_a_direct_message_too():
    facts = {"foreign": frozenset({"RX77120934", "marin.example"})} | DIRECT
    assert found("The parcel rx77120934 and @marin.example.", "AM020", **facts) == [
        "rx77120934",
        "marin.example",
    ]
    assert {each.level for each in verdicts("RX77120934", **facts) if each.rule == "AM020"} == {Level.BLOCK}


def test_a_name_that_they_wrote_in_public_themselves_weighs_less():
    draft = "We spoke with Maria Popescu on Monday."
    (plain,) = [each for each in verdicts(draft) if each.rule == "AM019"]
    (said,) = [
        each for each in verdicts(draft, their_text="Your Maria Popescu was rude") if each.rule == "AM019"
    ]
    assert (plain.level, said.level) == (Level.WARN, Level.HINT)


# Amounts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language", "amounts"),
    [
        ("We refund 50€ and 1.234,50 lei.", "en", [(50, "EUR"), ("1234.50", "RON")]),
        ("$1,200.50, £20 or EUR 30", "en", [("1200.50", "USD"), (20, "GBP"), (30, "EUR")]),
        ("20€50 et vingt euros", "fr", [("20.50", "EUR"), (20, "EUR")]),
        ("1 250 de lei, o sută de lei", "ro", [(1250, "RON"), (100, "RON")]),
        ("ten pounds and a thousand dollars", "", [(10, "GBP"), (1000, "USD")]),
        ("$1.5k", "en", [(1500, "USD")]),
        ("at 10.30, 3 of 4, 50 %, 24/7, 2026", "en", []),
        ("relief, euroscope 5 europa", "en", []),
    ],
)
def test_amounts_are_read_as_people_write_them(text, language, amounts):
    from decimal import Decimal

    seen = amounts_in(text, language)
    assert [(each.value, each.currency) for each in seen] == [
        (Decimal(value), unit) for value, unit in amounts
    ]
    assert all(text[slice(*each.span)].strip() for each in seen)


# Admission (A10), likeness (A3), links ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "level"), [("never", Level.BLOCK), ("when_known", Level.WARN), ("free", None)]
)
@pytest.mark.parametrize(
    ("language", "draft"),
    [("en", "It was our mistake."), ("fr", "C’est notre erreur."), ("ro", "E vina noastră.")],
)
def test_whether_a_fault_may_be_admitted_is_the_organisation_s_setting(setting, level, language, draft):
    seen = [
        each.level for each in verdicts(draft, language=language, admission=setting) if each.rule == "AM017"
    ]
    assert seen == ([level] if level else [])


def test_the_same_in_other_words_is_seen_where_the_desk_can_tell():
    draft = "I am sorry for the queue at the till; the second one was out of order all day."
    earlier = ("Thanks for writing.", "Sorry about the wait at the counter, our other register was broken.")
    asked = []

    def meaning(text, others):
        asked.append(text)
        return [0.2, 0.93]

    (verdict,) = [
        each for each in verdicts(draft, earlier_replies=earlier, meaning=meaning) if each.rule == "AM009"
    ]
    assert dict(verdict.reason.values)["age"] == 2
    assert "AM009" not in fired(draft, earlier_replies=earlier, meaning=lambda text, others: [0.2, 0.6])
    assert "AM009" not in fired(draft, earlier_replies=earlier, meaning=lambda text, others: [])
    assert "AM009" not in fired(draft, earlier_replies=earlier)
    assert asked == [draft]


@pytest.mark.parametrize(
    ("link", "level"),
    [
        ("https://shop.example@evil.test/", Level.BLOCK),
        ("https://shopping.example.evil.test/", Level.BLOCK),
        ("https://shopp1ng.example/", Level.BLOCK),
        ("https://shoping.example/", Level.BLOCK),
        ("https://shоpping.example/", Level.BLOCK),  # a Cyrillic о
        ("https://xn--80ak6aa92e.com/", Level.BLOCK),
        ("http://3232235777/", Level.BLOCK),
        ("http://[2001:db8::1]/", Level.BLOCK),
        ("https://elsewhere.example/", Level.WARN),
        ("https://bit.ly/abc", Level.WARN),
        ("https://shopping.example/", None),
        ("http://shopping.example:443/x?y#z", None),
    ],
)
def test_what_hides_where_it_leads_stops_and_what_is_not_on_the_list_warns(link, level):
    facts = {"our_addresses": frozenset({"https://shopping.example"})}
    seen = [each for each in verdicts(f"See {link} please.", **facts) if each.rule == "AM026"]
    assert [each.level for each in seen] == ([level] if level else [])


def test_a_draft_of_links_takes_no_time():
    import time

    draft = ("https://" + "a." * 200 + "com ") * 40 + "@" * 2_000 + "1." * 2_000
    began = time.process_time()
    check(draft[:19_000], make_situation(**OURS), guards())
    assert time.process_time() - began < 2
