"""Posts as people write them, in three languages, and what each must be taken for (W1).

All are written for this test. Brands are invented.
"""

from __future__ import annotations

import pytest

from amends.core.case import Kind
from amends.triage.deciding import judge
from amends.triage.judgement import Abuse
from amends.triage.policy import TriagePolicy

POLICY = TriagePolicy.load()

C, Q, P, A, N, U = Kind.COMPLAINT, Kind.QUESTION, Kind.PRAISE, Kind.ABUSE, Kind.OTHER, Kind.UNSURE

ENGLISH = [
    (C, "@novatel my internet has been down for three days and nobody answers the phone"),
    (C, "Charged twice for the same order @parcelina. Where is my refund?"),
    (C, "still waiting for my parcel, ordered on the 2nd"),
    (C, "@novatel your app keeps crashing since the update, I can't log in"),
    (C, "Absolutely disappointed with the service at @hotelaurora tonight"),
    (C, "cant get thru to ur support its been 2 weeks smh"),
    (C, "Never again @parcelina. The vase arrived broken and you ignored my emails."),
    (C, "The driver was so rude to my mum @rideo"),
    (C, "My bill went up by 20 pounds without any notice. Explain please @novatel"),
    (C, "sooooo slooow today @novatel, can't even load a page 😡"),
    (C, "WHY IS MY ORDER STILL NOT HERE @PARCELINA"),
    (C, "Bravo @novatel, three days without a line"),
    (C, "Great job losing my parcel 👏"),
    (C, "Love how @novatel cut me off again in the middle of a work call"),
    (C, "Thanks for nothing @parcelina"),
    (C, "Well done @rideo, an hour late and the car was filthy. Slow clap."),
    (C, "Oh great, another outage. Congrats @novatel."),
    (C, "not happy with the new update, nothing works"),
    (C, "you absolute idiots lost my passport in the mail @parcelina"),
    (C, "F*cking useless. Third time my delivery is late @parcelina you morons"),
    (C, "wtf @novatel no signal again in the whole town"),
    (C, "My card was declined and now my account is blocked, rent is due tomorrow @bankoria"),
    (C, "I want to cancel and you won't let me cancel online"),
    (C, "hair in my soup. disgusting @bistrolo"),
    (C, "You promised a technician yesterday, he never showed up"),
    (C, "#novatelfail no service since monday"),
    (C, "On hold for 50 minutes then they hung up on me"),
    (C, "Product is broken, support refuses to replace it. #NeverAgain"),
    (Q, "What time do you open on Sunday?"),
    (Q, "@novatel do you have fibre in Brașov?"),
    (Q, "How do I change my tariff?"),
    (Q, "Is it possible to pay in three instalments"),
    (Q, "hi, where can i find the size guide?"),
    (Q, "How do I cancel my subscription?"),
    (Q, "any chance of a student discount @rideo?"),
    (P, "Thank you @novatel, your technician was amazing and so friendly!"),
    (P, "I love this new blend, best coffee in town"),
    (P, "shout out to Maria at @bankoria for the quick response 👏"),
    (P, "Honestly not bad at all, impressed with the delivery"),
    (P, "No complaints, works great, highly recommend"),
    (P, "Thanks for fixing my problem so fast, you guys rock"),
    (P, "never had a problem with @novatel, excellent service"),
    (A, "@novatel you are a bunch of idiots"),
    (A, "fuck you all"),
    (A, "you stupid clowns, go to hell"),
    (A, "I will kill you all, watch your back"),
    (A, "hope you die"),
    (N, "We're hiring: 20 engineers for the new plant, apply now"),
    (N, "New blog post: cloud costs explained"),
    (U, "@novatel hmm, my line and the weather"),
    (U, "Damn @novatel"),
    (U, "Seit drei Tagen kein Internet und niemand meldet sich bei mir"),
]

FRENCH = [
    (C, "@novatel plus d'internet depuis 3 jours et personne ne répond"),
    (C, "Toujours pas reçu mon colis @parcelina, c'est une honte"),
    (C, "tjs pas de reponse de votre sav, j'attends depuis 2 semaines"),
    (C, "ptn ca marche pas votre appli"),
    (C, "cest une honte votre service client"),
    (C, "J'ai été débité deux fois, rendez-moi mon argent"),
    (C, "Votre livreur a jeté mon colis par dessus le portail"),
    (C, "ras le bol des coupures @novatel"),
    (C, "Impossible de me connecter à mon compte depuis hier"),
    (C, "Le conseiller m'a raccroché au nez, quel manque de respect"),
    (C, "Très déçue de votre hôtel, la chambre était sale"),
    (C, "Vous m'aviez promis un technicien lundi, il n'est jamais venu"),
    (C, "Facture en hausse sans prévenir, c'est inadmissible"),
    (C, "Je résilie. Service nul, prix en hausse."),
    (C, "Merci pour rien @parcelina"),
    (C, "Bravo @novatel, troisième jour sans internet 👏"),
    (C, "Félicitations, encore un train annulé"),
    (C, "Super, toujours en panne ce soir... quel talent"),
    (C, "bande d'incapables, ça fait 3 fois que vous perdez mon colis"),
    (C, "Vous êtes des abrutis, ma ligne est coupée depuis lundi"),
    (C, "c'est de la merde votre box, elle redémarre toutes les heures"),
    (C, "svp aidez moi mon telephone ne s'allume plus"),
    (C, "pas content du tout de ma commande, il manque un article"),
    (C, "J'ai trouvé un cheveu dans mon plat @bistrolo"),
    (C, "arnaque totale, fuyez"),
    (C, "remboursez moi svp, article défectueux"),
    (C, "Ça fait deux mois que j'attends mon remboursement"),
    (C, "le réseau est mort à Lyon @novatel"),
    (Q, "Bonjour, à quelle heure ouvrez-vous le samedi ?"),
    (Q, "Est-ce que la fibre est disponible à Dijon ?"),
    (Q, "Comment changer de forfait svp"),
    (Q, "Bonjour, avez-vous ce modèle en taille 38 ?"),
    (Q, "Peut-on payer en plusieurs fois ?"),
    (Q, "Quand sort la nouvelle version ?"),
    (P, "Merci @novatel, technicien très aimable et efficace !"),
    (P, "J'adore cette boutique, toujours bien accueilli"),
    (P, "Bravo à toute l'équipe, livraison très rapide"),
    (P, "Franchement pas mal, je recommande"),
    (P, "Aucun problème, tout est parfait"),
    (P, "Merci d'avoir réglé mon problème si vite"),
    (P, "jamais déçu par @bistrolo, un régal, au top"),
    (A, "Bande de cons"),
    (A, "allez vous faire foutre @novatel"),
    (A, "vous êtes des abrutis finis"),
    (A, "je vais vous tuer"),
    (A, "on sait où tu habites, tu vas le payer"),
    (N, "On recrute dix vendeurs à Nantes, postulez"),
    (N, "Jeu concours : RT et follow pour participer"),
    (U, "@novatel bon, on verra"),
    (U, "@parcelina merde alors"),
    (U, "Merci @bistrolo mais c'était long"),
]

ROMANIAN = [
    (C, "@novatel nu am net de trei zile și nu răspunde nimeni"),
    (C, "nu mai merge aplicatia voastra de ieri"),
    (C, "Bataie de joc! Astept coletul de doua saptamani"),
    (C, "Mi-ați luat banii de două ori, vreau banii înapoi"),
    (C, "Ruşine să vă fie, aţi pierdut coletul"),
    (C, "Rușine să vă fie, ați pierdut coletul"),
    (C, "curierul a aruncat coletul peste gard"),
    (C, "nu pot sa intru in cont si nu primesc codul pe sms"),
    (C, "operatoarea mi-a închis telefonul în nas"),
    (C, "Dezamăgit total de servicii @hotelaurora, camera murdară"),
    (C, "factura e mai mare cu 50 lei, de ce ați scumpit abonamentul?"),
    (C, "m-am saturat de voi, pica netul zilnic"),
    (C, "vreau sa reziliez si nu ma lasa sa plec"),
    (C, "Felicitări, a treia zi fără net"),
    (C, "Bravo @novatel, iar a picat semnalul 👏"),
    (C, "Mersi pentru nimic @parcelina"),
    (C, "Super servicii, am stat 2 ore la coadă și n-am rezolvat nimic"),
    (C, "halal firmă, nimeni nu știe nimic"),
    (C, "idiotilor, mi-ati pierdut pachetul"),
    (C, "nesimțiților, mi-ați tăiat netul deși am plătit factura"),
    (C, "în plm de internet, iar nu merge"),
    (C, "du-te dracu cu aplicația ta, nu se deschide nici azi"),
    (C, "am primit produsul spart, cer înlocuire"),
    (C, "a treia oară când vă scriu, tot nu ați rezolvat"),
    (C, "mâncarea rece și chelnerul obraznic @bistrolo"),
    (C, "țeapă! nu cumpărați de aici"),
    (C, "Ați promis că vine tehnicianul azi și n-a venit nimeni"),
    (C, "nu sunt mulțumită de calitate, s-a stricat după o lună"),
    (Q, "Bună ziua, ce program aveți sâmbătă?"),
    (Q, "Livrați și la Chișinău?"),
    (Q, "Cum pot schimba abonamentul?"),
    (Q, "cat costa transportul va rog"),
    (Q, "Mai aveți mărimea 38 pe stoc?"),
    (Q, "Se poate plăti în rate?"),
    (P, "Mulțumesc @novatel, tehnicianul a fost foarte amabil"),
    (P, "Recomand cu încredere, livrare rapidă"),
    (P, "multumesc frumos, sunteti cei mai tari"),
    (P, "Felicitări echipei, servicii excelente"),
    (P, "Nu am nicio problemă cu ei, foarte mulțumit"),
    (P, "Mersi că ați rezolvat problema atât de repede, bravo"),
    (P, "nu e rău deloc, îmi place"),
    (P, "Nu te omor cu povești: excelent magazin, recomand"),
    (A, "Sunteți niște idioți"),
    (A, "duceți-vă dracului imbecililor"),
    (A, "prostilor"),
    (A, "vă omor pe toți"),
    (A, "muie vouă"),
    (N, "Facem angajări la noul depozit din Cluj"),
    (N, "Concurs: câștigă un telefon nou"),
    (U, "@novatel hai că vedem"),
    (U, "drace, dracu știe"),
    (U, "Mersi @bistrolo, dar a durat mult"),
]


@pytest.mark.parametrize(("kind", "text"), ENGLISH, ids=lambda value: str(value)[:40])
def test_an_english_post_is_taken_for_what_it_is(kind, text):
    judgement = judge(text, POLICY)
    assert judgement.kind == kind, [str(reason) for reason in judgement.reasons]


@pytest.mark.parametrize(("kind", "text"), FRENCH, ids=lambda value: str(value)[:40])
def test_a_french_post_is_taken_for_what_it_is(kind, text):
    judgement = judge(text, POLICY)
    assert judgement.kind == kind, [str(reason) for reason in judgement.reasons]


@pytest.mark.parametrize(("kind", "text"), ROMANIAN, ids=lambda value: str(value)[:40])
def test_a_romanian_post_is_taken_for_what_it_is(kind, text):
    judgement = judge(text, POLICY)
    assert judgement.kind == kind, [str(reason) for reason in judgement.reasons]


@pytest.mark.parametrize("table", [ENGLISH, FRENCH, ROMANIAN], ids=["en", "fr", "ro"])
def test_every_complaint_has_a_clock_and_a_reason_with_its_own_words(table):
    for kind, text in table:
        judgement = judge(text, POLICY)
        if kind is C:
            assert judgement.severity.rank >= 1, text  # W2: no complaint is low
            assert judgement.words, text
            assert judgement.sentiment == "negative"


@pytest.mark.parametrize(
    ("text", "abuse"),
    [
        ("you absolute idiots lost my passport in the mail", Abuse.INSULT),
        ("wtf no signal again, this is bullshit", Abuse.PROFANITY),
        ("vous êtes des abrutis, ma ligne est coupée", Abuse.INSULT),
        ("idiotilor, mi-ati pierdut pachetul", Abuse.INSULT),
        ("iar nu merge netul, plm", Abuse.PROFANITY),
        ("my parcel is lost, I'll kill you", Abuse.THREAT),
        ("colis perdu, je vais vous tuer", Abuse.THREAT),
        ("nu merge netul, vă dau foc la sediu", Abuse.THREAT),
    ],
)
def test_abuse_is_told_apart_from_the_kind(text, abuse):
    judgement = judge(text, POLICY)
    assert judgement.kind is Kind.COMPLAINT
    assert judgement.abuse is abuse


@pytest.mark.parametrize(
    "text",
    [
        "you're killing me with these prices",
        "ça me tue ces prix",
        "te omor cu prețurile",
        "mă omorâți cu prețurile astea",
        "dying to try the new menu",
        "I'd kill for some coffee right now",
        "cette pizza est une tuerie",
        "mor de râs",
        "would it kill you to answer the phone?",
        "shoot me a DM please",
        "my phone died",
    ],
)
def test_a_way_of_speaking_is_no_threat(text):
    judgement = judge(text, POLICY)
    assert judgement.abuse is not Abuse.THREAT
    assert judgement.severity != "critical"


@pytest.mark.parametrize(
    "text",
    [
        "Bravo, three days without a line",
        "Great job losing my parcel 👏",
        "Thanks for losing my bag, best airline ever!!!",
        "Merci pour rien",
        "Merci pour ces 3 heures de retard, vous êtes formidables",
        "Quelle efficacité, toujours rien reçu",
        "Felicitări, a treia zi fără net",
        "Sunteți minunați, mi-ați pierdut coletul a doua oară",
        "Congratulations @novatel, you managed to charge me twice",
    ],
)
def test_sarcasm_is_never_filed_as_praise(text):
    judgement = judge(text, POLICY)
    assert judgement.kind is Kind.COMPLAINT
    assert judgement.sentiment == "negative"


def test_the_reason_for_sarcasm_says_why():
    reasons = [str(reason) for reason in judge("Great job losing my parcel 👏", POLICY).reasons]
    assert "It states a problem: “losing my parcel”." in reasons
    assert any("taken as sarcasm, not as praise" in reason for reason in reasons)


def test_doubt_goes_to_a_person_and_says_so():
    judgement = judge("@novatel hmm, my line and the weather", POLICY)
    assert judgement.kind is Kind.UNSURE
    assert any("a person should look" in str(reason) for reason in judgement.reasons)


def test_a_language_that_the_rules_do_not_know_goes_to_a_person():
    for text in (
        "Seit drei Tagen kein Internet und niemand meldet sich bei mir",
        "No tengo internet desde hace tres días y nadie me contesta",
        "интернет не работает уже три дня",
        "三天没有网络了",
    ):
        judgement = judge(text, POLICY)
        assert (judgement.kind, judgement.language) == (Kind.UNSURE, "und")
        assert "a person should look" in str(judgement.reasons[0])


def test_the_words_that_spoke_are_marked_in_the_text():
    text = "Well… my 📦 was  LOST in  transit, again"
    judgement = judge(text, POLICY)
    assert "LOST in  transit" in [text[start:end] for start, end in judgement.words]
