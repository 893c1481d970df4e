"""The one way in which a post is prepared for a model, in training and at work alike."""

from __future__ import annotations

import html
import re
import unicodedata

#: No post is longer than this to a model, in characters; the rules read on (`deciding.LONGEST_READ`).
LONGEST = 2_000

_LINK = re.compile(r"(?:https?://|www\.)\S+")
_HANDLE = re.compile(r"(?<!\w)@[\w.\-]+")
_SPACES = re.compile(r"\s+")
_RUN = re.compile(r"(.)\1{4,}", re.DOTALL)
_MARKED = re.compile(r"<(?:number|email|name|agent)>")


def clean(text: str) -> str:
    """`text` as the encoder reads it: links and handles masked, spaces and long runs of one character shortened.

    Never raises; lone surrogates and control characters become spaces.
    """
    read = html.unescape(text[:LONGEST])
    read = "".join(
        " " if unicodedata.category(each) in ("Cc", "Cs", "Cf") and each != "\u200d" else each
        for each in read
    )
    read = _LINK.sub("http", _HANDLE.sub("@user", _MARKED.sub("7", read)))
    return _SPACES.sub(" ", _RUN.sub(r"\1\1\1\1", read)).strip()
