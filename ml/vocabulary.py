"""Whole words in the vocabulary of multilingual-e5-small: which words are known, and which are most common."""

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
def whole_words() -> dict[str, float]:
    """Return the words of scripts with spaces, in lower case, with their scores; empty if no package has them.

    The vocabulary is a unigram language model of texts in a hundred languages, so its scores are log-probabilities.
    """
    from ml.embedding.e5_weights import read_e5  # noqa: PLC0415  # not all texts need it
    from ml.embedding.multilingual_embedder import E5  # noqa: PLC0415

    try:
        pieces = read_e5(E5.read()).pieces
    except EmbedderUnavailableError as error:
        log.warning("Neither misspelt courtesy nor function words other than English ones are recognised: %s", error)
        return {}
    scores: dict[str, float] = {}
    for piece, score in pieces:
        word = piece.removeprefix(_WORD_START).casefold()
        if word and piece.startswith(_WORD_START) and word[0].isalpha() and not is_unspaced(word):
            scores[word] = max(score, scores.get(word, score))
    return scores


@cache
def common_words() -> frozenset[str]:
    """Return the most common words of each script: function words, with few exceptions such as `time`."""
    of_script: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for word, score in whole_words().items():
        of_script[unicodedata.name(word[0], "").partition(" ")[0]][word] = score
    common: set[str] = set()
    for script, scores in of_script.items():
        n_common = round(_SHARES.get(script, _SHARE) * len(scores))
        common.update(sorted(scores, key=lambda word: (-scores[word], word))[:n_common])
    return frozenset(common)
