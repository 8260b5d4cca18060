"""Segment words in scripts that put no spaces between words."""

from __future__ import annotations

import logging
import re
import unicodedata
from functools import cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from ml.errors import EmbedderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers.models import Unigram

log = logging.getLogger(__name__)


def _character_class(category: str) -> str:
    """Return the characters of one general category, as ranges of a character class of `re`."""
    codes = [code for code in range(0x20000) if unicodedata.category(chr(code)).startswith(category)]
    known = set(codes)
    starts = [code for code in codes if code - 1 not in known]
    ends = [code for code in codes if code + 1 not in known]
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))


MARKS: Final = _character_class("M")
"""Combining marks: parts of letters, which `\\w` leaves out."""
UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
"""Scripts that put no spaces between words: Thai, Lao, Myanmar, Khmer, Japanese, Chinese."""
_IS_UNSPACED: Final = re.compile(rf"[{UNSPACED}]")
_CLUSTER: Final = re.compile(
    rf"[\u0e40-\u0e44\u0ec0-\u0ec4]?.[{MARKS}]*"  # A vowel that is written before its consonant; the consonant.
    rf"(?:(?<=[\u1039\u17d2]).[{MARKS}]*)*"  # Consonants that are written beneath it in Myanmar and Khmer.
    r"[\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3]*",  # Vowels that are written behind it in Thai and Lao.
    re.DOTALL,
)
_PARTICLES: Final = re.compile(
    "^[\u3041-\u309f]+(?<![\u304a\u3054])(?=[\u30a1-\u30fa\u4e00-\u9fff])|^\u3092|.+(?=\u3092$)|.+", re.DOTALL
)
"""Parts of a Japanese piece: hiragana before another script, but for the polite prefixes o and go; the particle wo."""
_KATAKANA: Final = re.compile("[\u30a1-\u30fc]+")
_MIN_LOANWORD: Final = 3
"""Katakana letters of a word; shorter pieces of a run belong to their neighbours."""


def is_unspaced(text: str) -> bool:
    """Say whether a text begins with a character of a script that puts no spaces between words."""
    return bool(_IS_UNSPACED.match(text))


def character_pairs(run: str) -> list[str]:
    """Return the overlapping character bigrams of a run, by which search engines index Chinese and Japanese."""
    clusters = _CLUSTER.findall(run)
    return ["".join(pair) for pair in pairwise(clusters)] or [run]


def split_words(run: str) -> list[str]:
    """Split a run of such a script into words, without separating a character from its combining marks.

    The words are the most likely pieces in the vocabulary of multilingual-e5-small, a unigram language model (Kudo
    2018, "Subword regularization"). If the package that carries it is not installed, they are character bigrams.
    """
    vocabulary = _read_vocabulary()
    if vocabulary is None:
        return character_pairs(run)
    clusters = _CLUSTER.findall(run)
    spelled = [unicodedata.normalize("NFKC", cluster) for cluster in clusters]
    ends = set(accumulate(len(piece.value) for piece in vocabulary.tokenize("".join(spelled))))
    places = accumulate(map(len, clusters))
    cuts = {place for place, end in zip(places, accumulate(map(len, spelled)), strict=True) if end in ends}
    return _cut(run, sorted(cuts))


def _cut(run: str, cuts: Sequence[int]) -> list[str]:
    """Cut a run, and separate Japanese particles from its pieces, but do not cut loanwords."""
    pieces = [part for start, end in pairwise([0, *cuts]) for part in _PARTICLES.findall(run[start:end])]
    words = pieces[:1]
    for before, piece in pairwise(pieces):
        is_loanword = _KATAKANA.fullmatch(before) and _KATAKANA.fullmatch(piece)
        if is_loanword and min(len(before), len(piece)) < _MIN_LOANWORD:
            words[-1] += piece
        else:
            words.append(piece)
    return words


@cache
def _read_vocabulary() -> Unigram | None:
    """Read the vocabulary's pieces of such scripts; None if the package is not installed."""
    from tokenizers.models import Unigram  # noqa: PLC0415  # only texts in these scripts need it

    from ml.embedding.e5_weights import read_e5  # noqa: PLC0415
    from ml.embedding.multilingual_embedder import E5  # noqa: PLC0415

    try:
        pieces = read_e5(E5.read()).pieces
    except EmbedderUnavailableError as error:
        log.warning("Keywords in scripts without spaces are pairs of characters: %s", error)
        return None
    is_of_script = re.compile(rf"[{UNSPACED}{MARKS}]+").fullmatch
    scores: dict[str, float] = {}
    for piece, score in pieces:
        bare = piece.removeprefix("\N{LOWER ONE EIGHTH BLOCK}")
        if is_of_script(bare):
            scores[bare] = max(score, scores.get(bare, score))
    return Unigram([("", 0.0), *scores.items()], unk_id=0, byte_fallback=False)
