"""Which language is a short post in? Told by function words and letters, as people write them without accents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from amends.core.text import fold, words

#: Folded function words and greetings, with what a keyboard in a hurry makes of them.
_EN = """the and you your is are was were have has had not my me i im ive its it this that these those for with on
at be been but they them their we our us what why how when where who can cant cannot dont doesnt didnt isnt wasnt
without one two three four five first last next wont couldnt wouldnt shouldnt havent hasnt arent werent id ill im ive youre theyre thats theres just so get got no to of in from after before still never always would will should could do does did as if or
an all any some there here than then now out up about again more because over please thanks thank thx pls hello hi
hey he she his her him by only into off your u ur yall being every anyone someone nobody today yesterday tomorrow
day days week weeks hour hours since ago very too worst best great good bad love hate wtf lol omg whats thats"""
_FR = """le la les un une des du de et est je tu il elle nous vous ils elles on mon ma mes ton votre vos notre nos
pas ne que qui pour sur avec dans plus ce cet cette ca depuis mais ou bonjour bonsoir merci svp stp toujours suis ai
avez a ete fait faire etre avoir sont ont au aux par sans tout tous toute toutes tres bien rien jamais encore quand
comment pourquoi combien si se sa son ses leur y en chez deja trop peu aussi alors donc car quoi meme moi toi lui
aucun aucune personne c j l d n s qu m t cest jai tjs tjr tjrs slt bjr bsr pk pcq mdr ptn ouais oui non ici jour jours
semaine semaines mois heure heures hier demain aujourd hui matin soir peut peux puis dois faut va vais client
service nul nulle honte salut quel quelle quels etes etait avais avait apres avant entre vers chaque puisque"""
_RO = """nu si este e am ai a ati au sunt sunteti ca pe la de din cu pentru mai imi mi ma va vi dvs care ce cum cand
unde sa o un dar fara zile zi buna ziua seara multumesc mersi asta acest aceasta aceste acestea voi noi eu ei el ea
fi fost fiind are avem aveti avea in prin despre dupa pana daca sau ori nici niciun nicio nimic nimeni tot toate toti
foarte doar numai acum azi ieri maine maine iar inca deja decat atat asa le lor lui ii il isi va vom vor voastra
vostru noastra mea meu mei tau ta ne mie fac face faceti facut poate pot puteti trebuie vreau vrea merge luni saptamana
saptamani ore ora an ani bani banii rog va rog nevoie oare cat cata cate cati alta alt altul una unul dintre intre
spre sub peste langa deloc chiar cam ptr pt dc tare rusine rau prost proasta cel cea cei
cele ale al sti stiti stie zis spus domnule doamna baieti oameni"""
#: Languages that the rules cannot read, and that share small words with those they can.
_OTHERS = {
    "de": """der die das und ist nicht ich sie es ein eine einen mit auf fur von zu den dem wir ihr mein meine kein keine
    seit wie warum was wann auch noch schon immer wieder aber oder wenn dass bin hat habe haben sind war wurde bei nach
    uber nur sehr bitte danke hallo heute gestern""",
    "es": """el los las una y es no que por para con del al lo se su mi me te yo muy mas pero como cuando donde porque
    esta este esto estoy soy son hay ya desde hace sin sobre gracias hola nada nunca siempre todo todos dias ustedes
    usted tengo tiene hoy ayer""",
    "it": """il lo gli una di che non per con del della dei sono e ho hai ha mi ti si ci da nel nella anche piu ma come
    quando dove perche questo questa ancora sempre mai grazie ciao niente tutto tutti giorni oggi ieri buongiorno siete
    avete mio mia""",
    "pt": """os as uma e nao que por para com do da dos das em no na um se seu meu minha eu voce muito mais mas como
    quando onde porque esta este isso estou sou sao ha ja desde sem sobre obrigado obrigada ola nada nunca sempre tudo
    dias hoje ontem""",
    "nl": """het een en is niet ik je jullie zijn van voor met op aan bij naar maar ook nog al wel geen mijn uw deze dit
    dat wat waarom wanneer hoe worden heb hebben heeft graag bedankt hallo vandaag gisteren uur dagen""",
    "tr": """bir ve bu da de icin ile ne var yok cok ama ben siz biz nasil neden hala degil gun evet hayir lutfen
    tesekkurler merhaba olarak kadar sonra""",
}
_LETTERS = {"ro": "șşțţăĂȘŞȚŢ", "fr": "éèêëàçœùûôÉÈÊÀÇŒ"}
_FOREIGN_LETTERS = {"de": "ßäüö", "es": "ñ¿¡", "pt": "ãõ", "tr": "ğıİ", "it": "ìò"}

#: So many words are enough to tell.
_ENOUGH = 200


def _weights() -> dict[str, tuple[tuple[str, float], ...]]:
    lists = {"en": _EN, "fr": _FR, "ro": _RO, **_OTHERS}
    speakers: dict[str, list[str]] = {}
    for language, entries in lists.items():
        for word in set(entries.split()):
            speakers.setdefault(word, []).append(language)
    return {word: tuple((each, 1 / len(them)) for each in them) for word, them in speakers.items()}


_WEIGHTS = _weights()


def language_of(text: str, hints: Iterable[str] = (), among: Sequence[str] = ("en", "fr", "ro")) -> str:
    """The language of `text`, one of `among`; "und" when the words do not tell, or tell of another one.

    `hints` is what the network says: it decides between two, it does not outvote the words.
    """
    return judge_language(text, hints, among)[0]


def judge_language(text: str, hints: Iterable[str], among: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The language, and all of `among` that the text may be in: several when it mixes them or is too short to
    tell, none when it is in another language."""
    hinted = {hint[:2].lower() for hint in hints}
    spoken = [word for word in words(fold(text[:4000])) if word[0] not in "#@"][:_ENOUGH]
    scores = dict.fromkeys((*among, *_OTHERS), 0.0)
    for word in spoken:
        joined = word.replace("'", "")
        for part in (joined,) if joined in _WEIGHTS else word.split("'"):
            for language, weight in _WEIGHTS.get(part, ()):
                if language in scores:
                    scores[language] += weight
    for letters, weight in ((_LETTERS, 1.0), (_FOREIGN_LETTERS, 1.0)):
        for language, signs in letters.items():
            if language in scores:
                scores[language] += weight * min(sum(sign in text for sign in signs), 2)
    heard = max(scores.values())
    for language in hinted & set(scores):
        scores[language] += 0.75
    best = max(scores, key=lambda language: scores[language])
    if heard == 0:
        return _unheard(text, hinted, among)
    if best not in among:
        # One small foreign word is no foreign text.
        rival = max(among, key=lambda language: scores[language])
        if scores[best] - scores[rival] >= 1 or best in hinted:
            return "und", ()
        best = rival if scores[rival] else "und"
        return ("und", tuple(among)) if best == "und" else (best, (best,))
    others = [scores[language] for language in scores if language != best]
    if scores[best] - max(others, default=0.0) < 0.25:
        close = tuple(each for each in among if scores[each] >= scores[best] - 0.25)
        return "und", close or tuple(among)
    # A clear language lets in another one only where both are spoken; a faint one lets in all that come near.
    least = max(2.0, 0.4 * scores[best]) if scores[best] >= 2 else 0.4 * scores[best]
    also = tuple(each for each in among if each != best and scores[each] >= least)
    return best, (best, *also)


def _unheard(text: str, hinted: set[str], among: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """No known word at all: the network's hint, if the letters allow it."""
    letters = [sign for sign in text[:500] if sign.isalpha()]
    if sum(sign < "\u0250" for sign in letters) * 2 < len(letters):
        return "und", ()
    ours = [language for language in among if language in hinted]
    if len(ours) == 1:
        return ours[0], (ours[0],)
    return "und", () if hinted and not ours else tuple(among)
