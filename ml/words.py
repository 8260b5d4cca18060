"""Tokenize texts of any script into words, and find the keywords of a topic."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Final

from ml.segmentation import MARKS, UNSPACED, is_unspaced, split_words
from ml.vocabulary import common_words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

SMOOTHING: Final = 0.005
"""Added to shares before they are compared, so that a rare word does not win by chance."""
MAX_KEYWORDS: Final = 8
_MIN_USAGE_SHARE: Final = 0.02
"""Share of a topic's texts from which a term counts as used by the topic."""
_MIN_COOCCURRENCE: Final = 0.7
"""Share of a term's texts in which a neighbouring word must stand beside it to belong to the keyword."""
_MIN_COOCCURRING_TEXTS: Final = 3
"""Texts that must hold the same run of pieces in scripts without spaces, so that no keyword is one user's sentence."""
_MAX_WORDS: Final = 2
_MAX_PIECES: Final = 6
"""Words of a keyword, and pieces of one in a script without spaces."""
_MIN_COLLOCATE_STRENGTH: Final = 0.3
"""Weight of a collocate, as a share of the term's weight, from which it is kept: `the card` is just `card`."""
_MIN_ENDING: Final = 4
"""Letters of a common ending from which two words are forms of one: `mail`, `e-mail`."""
_MIN_COMMON_PREFIX: Final = 0.6
"""Share of the longer word from which a common beginning makes two words forms of one: `transfer`, `transfers`."""
_MIN_ENGLISH: Final = 0.2
"""Share of English stop words from which texts count as English; in other languages it is less than a tenth."""
_STOP_WORD_TOPIC_SHARE: Final = 0.6
"""Share of the topics that must use a word for it to count as a stop word, in any language."""
_MIN_TOPICS: Final = 8
"""With fewer topics, most of them may use a meaningful word."""
_MEANINGFUL_STOP_WORDS: Final = frozenset(
    (
        "amount",
        "bill",
        "bottom",
        "call",
        "describe",
        "detail",
        "empty",
        "fill",
        "find",
        "fire",
        "full",
        "interest",
        "mill",
        "move",
        "name",
        "part",
        "serious",
        "show",
        "side",
        "sincere",
        "system",
        "thick",
        "thin",
        "top",
    )
)
"""Words of scikit-learn's list of stop words that mean something to users of a product."""
_MAX_CHARACTERS: Final = 1_000
"""Longer texts are cut: a text states its subject early, and a pasted log would cost time."""


_JOINERS: Final = "\u200c\u200d"
WORD: Final = re.compile(rf"[^\W_][\w{MARKS}{_JOINERS}]*(?:['&-][^\W_][\w{MARKS}{_JOINERS}]*)*")
_RUN: Final = re.compile(rf"[{UNSPACED}{MARKS}]+|[^{UNSPACED}]+")

_HIRAGANA: Final = re.compile("[\u3041-\u309f]+")
"""Japanese writes particles, endings and auxiliaries in hiragana, but rarely a noun."""


def normalise(text: str) -> str:
    """Compose letters and their marks (NFC), and unify apostrophes."""
    return unicodedata.normalize("NFC", text).replace("\u2019", "'")


def words_of(text: str) -> list[str]:
    """Return the words of a text as written; a run of a script without spaces is one word."""
    return WORD.findall(normalise(text[:_MAX_CHARACTERS]))


def terms_of(text: str, split: Callable[[str], list[str]] = split_words) -> list[str]:
    """Return the words of a text in lower case.

    Args:
        text: in any scripts.
        split: splits a run of a script without spaces into terms.
    """
    terms: list[str] = []
    for word in words_of(text):
        for run in _RUN.findall(word.casefold()):
            terms.extend(split(run) if is_unspaced(run) else [run])
    return terms


def term_shares(texts: Sequence[str]) -> dict[str, float]:
    """Return the share of the texts that hold each term, 0 to 1."""
    counts = Counter(term for text in texts for term in set(terms_of(text)))
    return {term: count / len(texts) for term, count in counts.items()}


@dataclass(frozen=True)
class Background:
    """Document frequencies of terms over all topics.

    Attributes:
        n_topics: number of topics.
        shares: mean share of a topic's texts that hold each term, 0 to 1.
        n_using: number of topics that use each term.
    """

    n_topics: int
    shares: Mapping[str, float]
    n_using: Mapping[str, int]


def count_background(topics: Sequence[Mapping[str, float]]) -> Background:
    """Count the frequencies of terms over topics, given the term shares of each."""
    totals: Counter[str] = Counter()
    n_using: Counter[str] = Counter()
    for shares in topics:
        totals.update(shares)
        n_using.update(term for term, share in shares.items() if share >= _MIN_USAGE_SHARE)
    return Background(len(topics), {term: total / len(topics) for term, total in totals.items()}, n_using)


def rank_terms(shares: Mapping[str, float], background: Background) -> list[tuple[str, float]]:
    """Rank terms by class-based TF-IDF (c-TF-IDF, as in BERTopic), over texts that hold them.

    Words of most topics get a low weight even in the topic that uses them most.
    """
    weights = {term: share * _rarity(term, share, background) for term, share in shares.items()}
    if not any(weight > 0 for weight in weights.values()):
        weights = dict(shares)
    ranked = [(term, weight) for term, weight in weights.items() if weight > 0]
    return sorted(ranked, key=lambda item: (-item[1], item[0]))


def _rarity(term: str, share: float, background: Background) -> float:
    lift = math.log((share + SMOOTHING) / (background.shares.get(term, 0.0) + SMOOTHING))
    return lift * math.log((background.n_topics + 1) / (background.n_using.get(term, 0) + 1))


def find_keywords(
    texts: Sequence[str],
    shares: Mapping[str, float],
    background: Background,
    min_share: float,
    among: Collection[str] | None = None,
) -> list[str]:
    """Whole words that set a topic apart, strongest first, written as its texts mostly write them.

    A word that mostly stands beside another one of the topic's is shown with it: `top up`, `exchange rate`.

    Args:
        texts: of the topic.
        shares: of the topic's terms.
        background: of all topics.
        min_share: of the texts that must hold a keyword, 0 to 1.
        among: terms that may be keywords; default any.
    """
    spellings = _spellings(texts)
    sequences = [terms_of(text) for text in texts]
    common = frozenset() if _is_english(sequences) else common_words()
    weights = {
        term: weight
        for term, weight in rank_terms(shares, background)
        if term not in common and not is_stop_word(term, background)
    }
    ranked = [term for term in weights if has_letter(term)]
    keywords: list[str] = []
    seen: set[str] = set()
    for term in ranked:
        if shares[term] < min_share or term in seen or (among is not None and term not in among):
            continue
        words = _with_collocates(term, weights, sequences)
        seen.update(words)
        if len("".join(words)) > 1 and not any(is_form_of(words, other) for other in keywords):
            keywords.append(join_words([spellings.get(word, word) for word in words]))
        if len(keywords) == MAX_KEYWORDS:
            break
    return keywords


def is_stop_word(term: str, background: Background) -> bool:
    """Say whether a word does not describe a topic: a function word, or one that nearly all topics use."""
    is_everywhere = background.n_topics >= _MIN_TOPICS and background.n_using.get(term, 0) >= (
        _STOP_WORD_TOPIC_SHARE * background.n_topics
    )
    return (
        is_everywhere or bool(_HIRAGANA.fullmatch(term)) or not {term, term.partition("'")[0]}.isdisjoint(_stop_words())
    )


def _is_english(texts: Sequence[Sequence[str]]) -> bool:
    """Say whether texts are mostly English, by the share of their terms that are English stop words."""
    n_terms = sum(map(len, texts))
    n_stop_words = sum(term in _stop_words() for text in texts for term in text)
    return n_stop_words >= _MIN_ENGLISH * n_terms


@cache
def _stop_words() -> frozenset[str]:
    """Return scikit-learn's English stop words, adapted to topics."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # noqa: PLC0415  # a second to import

    return frozenset(ENGLISH_STOP_WORDS - _MEANINGFUL_STOP_WORDS | {"did", "does", "doing"})


def _with_collocates(term: str, weights: Mapping[str, float], sequences: Iterable[Sequence[str]]) -> list[str]:
    """Extend a term by collocates: words of similar weight that stand beside it in most of its texts."""
    holding = [sequence for sequence in sequences if term in sequence]
    least = _MIN_COLLOCATE_STRENGTH * weights[term]
    words = [term]
    max_words, min_texts = (_MAX_PIECES, _MIN_COOCCURRING_TEXTS) if is_unspaced(term) else (_MAX_WORDS, 1)
    while len(words) < max_words:
        longer: Counter[tuple[str, ...]] = Counter()
        for sequence in holding:
            longer.update(set(_longer_runs(words, sequence)))
        usual = [
            run
            for run, n_holding in longer.items()
            if n_holding >= max(min_texts, _MIN_COOCCURRENCE * len(holding))
            and len(set(run)) == len(run)
            and min(weights.get(word, 0.0) for word in run) >= least
        ]
        if not usual:
            break
        words = list(max((longer[run], run) for run in usual)[1])
    return words


def _longer_runs(words: list[str], sequence: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the runs of a sequence that extend the words by one before or after."""
    n = len(words)
    for start in range(len(sequence) - n):
        longer = tuple(sequence[start : start + n + 1])
        if words in (list(longer[:-1]), list(longer[1:])):
            yield longer


def join_words(words: Sequence[str]) -> str:
    """Join words with spaces, except in scripts without spaces."""
    joined = words[0]
    for before, word in pairwise(words):
        joined += word if is_unspaced(before) and is_unspaced(word) else f" {word}"
    return joined


def is_form_of(words: Sequence[str], other: str) -> bool:
    """Say whether words are an inflected form of a keyword, in languages that inflect at the end."""
    first, second = "".join(words).replace("-", ""), other.casefold().replace("-", "").replace(" ", "")
    n_alike = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))))
    if min(len(first), len(second)) >= _MIN_ENDING and (first.endswith(second) or second.endswith(first)):
        return True
    return n_alike >= _MIN_COMMON_PREFIX * max(len(first), len(second))


def has_letter(term: str) -> bool:
    """Say whether a term holds a letter of any script."""
    return any(character.isalpha() for character in term)


def has_digit(term: str) -> bool:
    """Say whether a term holds a digit of any script."""
    return any(character.isdigit() for character in term)


def _spellings(texts: Iterable[str]) -> dict[str, str]:
    """Return the usual spelling of each word, such as `PIN` or `iPhone`; first words of texts do not count."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words_of(text)[1:])
    spellings: dict[str, str] = {}
    for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        spellings.setdefault(word.casefold(), word)
    return spellings
