"""The words that are most common in any language, by the vocabulary of multilingual-e5-small."""

from __future__ import annotations

import logging
import unicodedata
from collections import defaultdict
from functools import cache
from typing import Final

from ml.errors import EmbedderUnavailableError
from ml.segmentation import is_unspaced

log = logging.getLogger(__name__)

_WORD_START: Final = "\N{LOWER ONE EIGHTH BLOCK}"
_SHARES: Final = {"LATIN": 0.02}
_SHARE: Final = 0.06
"""Share of the whole words of a script, by its name in Unicode, that are common. Latin is that of most languages."""


@cache
def common_words() -> frozenset[str]:
    """Return the most common words of each script with spaces, in lower case; empty if no package has the vocabulary.

    The vocabulary is a unigram language model of texts in a hundred languages, so its scores are log-probabilities. The
    most common words are function words, with few exceptions such as `time`.
    """
    from ml.embedding.e5_weights import read_e5  # noqa: PLC0415  # only texts that are not English need it
    from ml.embedding.multilingual_embedder import E5  # noqa: PLC0415

    try:
        pieces = read_e5(E5.read()).pieces
    except EmbedderUnavailableError as error:
        log.warning("Function words of languages other than English are not recognised: %s", error)
        return frozenset()
    scores: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for piece, score in pieces:
        word = piece.removeprefix(_WORD_START).casefold()
        if word and piece.startswith(_WORD_START) and word[0].isalpha() and not is_unspaced(word):
            script = scores[unicodedata.name(word[0], "").partition(" ")[0]]
            script[word] = max(score, script.get(word, score))
    return frozenset(
        word
        for script, words in scores.items()
        for word in sorted(words, key=lambda word: (-words[word], word))[
            : round(_SHARES.get(script, _SHARE) * len(words))
        ]
    )
