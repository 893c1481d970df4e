"""First words for what is asked of customers, in their language. The agent makes them their own before sending."""

from __future__ import annotations

ASK_SATISFIED = {
    "en": "{name}, is this settled for you now? Is there anything else that we can do?",
    "fr": "{name}, est-ce que tout est réglé pour vous ? Pouvons-nous faire autre chose ?",
    "ro": "{name}, este totul în regulă acum? Vă mai putem ajuta cu ceva?",
}
LAST_OFFER = {
    "en": "{name}, we would still like to put this right. Our offer stands, and the choice is yours: write to us here whenever you want to take it up.",
    "fr": "{name}, nous aimerions toujours arranger les choses. Notre proposition reste ouverte et le choix vous appartient : écrivez-nous ici quand vous voudrez.",
    "ro": "{name}, ne-am dori în continuare să îndreptăm lucrurile. Oferta noastră rămâne valabilă, iar alegerea vă aparține: scrieți-ne aici oricând doriți.",
}


def worded(texts: dict[str, str], language: str, name: str) -> str:
    """The text in the customer's language, else in English, with their name."""
    return texts.get(language[:2], texts["en"]).format(name=name)
