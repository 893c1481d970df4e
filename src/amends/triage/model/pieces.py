"""Posts cut into the encoder's pieces."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tokenizers import Tokenizer, models, pre_tokenizers

from amends.triage.model.text import clean
from amends.triage.model.weights import Weights

#: The begin, padding and end pieces of the vocabulary.
BEGIN, PAD, END = 0, 1, 2
#: What the encoder was trained to read before a text that is compared with others of its kind.
PREFIX = "query: "
#: A post is read so far, in pieces (about 400 characters); long enough for 99 % of real posts.
MOST_PIECES = 128

_SPACES = re.compile(" {2,}")


def tokenizer_of(weights: Weights) -> Tokenizer:
    made = Tokenizer(
        models.Unigram(list(zip(weights.pieces, weights.scores, strict=True)), unk_id=3, byte_fallback=False)
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    return made


def cut(
    tokenizer: Tokenizer, forms: dict[int, str], texts: Sequence[str], most: int = MOST_PIECES
) -> list[list[int]]:
    """The numbers of the pieces of each text, begin and end included, at most `most`.

    `forms` is the tokenizer's own normal form, by code point.
    """
    read = [_SPACES.sub(" ", (PREFIX + clean(text)).translate(forms)) for text in texts]
    return [
        [BEGIN, *cut.ids[: most - 2], END] for cut in tokenizer.encode_batch(read, add_special_tokens=False)
    ]
