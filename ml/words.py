"""Words of texts in any script, and the words that set one topic apart from the others."""

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

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

RARE: Final = 0.005
"""Share of texts added before shares are compared, so that a rare word does not win by chance."""
MAX_KEYWORDS: Final = 8
_IN_USE: Final = 0.02
"""Share of a topic's texts from which a term is in use there."""
_TOGETHER: Final = 0.7
"""Share of a term's texts from which what stands beside it there belongs to it."""
_MIN_TOGETHER: Final = 3
"""Texts that must hold pieces together where a script has no spaces, so that a keyword is nobody's sentence."""
_MAX_WORDS: Final = 2
_MAX_PIECES: Final = 6
"""Words of a keyword, and pieces of one in a script without spaces."""
_PARTNER: Final = 0.3
"""Least strength of a word that is shown with another, as a share of the other's: `the card` is just `card`."""
_MIN_ENDING: Final = 4
"""Letters of a word that another one ends with from which the two count as forms of one: `mail`, `e-mail`."""
_SAME_STEM: Final = 0.6
"""Share of the longer of two words from which a common beginning makes them forms of one: `transfer`, `transfers`."""
_EVENLY: Final = 0.6
"""Share of the topics from which a word that is in use there is a function word of any language, or as empty as one."""
_MIN_TOPICS: Final = 8
"""With fewer topics a word may well be in use in most of them and mean something."""
_NAMING_THINGS: Final = frozenset(
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
"""Words of scikit-learn's list that users of a product mean something by."""
_MAX_CHARACTERS: Final = 1_000
"""What a text is about is said early; the rest of a pasted log would only cost time."""


_JOINERS: Final = "\u200c\u200d"
WORD: Final = re.compile(rf"[^\W_][\w{MARKS}{_JOINERS}]*(?:['&-][^\W_][\w{MARKS}{_JOINERS}]*)*")
_RUN: Final = re.compile(rf"[{UNSPACED}{MARKS}]+|[^{UNSPACED}]+")

_HIRAGANA: Final = re.compile("[\u3041-\u309f]+")
"""What Japanese writes particles, endings and auxiliaries with, and seldom a noun."""


def normalise(text: str) -> str:
    """Compose letters and their marks (NFC), and write one kind of apostrophe."""
    return unicodedata.normalize("NFC", text).replace("\u2019", "'")


def words_of(text: str) -> list[str]:
    """The words of a text as they are written; a run of a script without spaces is one word."""
    return WORD.findall(normalise(text[:_MAX_CHARACTERS]))


def terms_of(text: str, split: Callable[[str], list[str]] = split_words) -> list[str]:
    """Return the words of a text in lower case.

    Args:
        text: in any scripts.
        split: what splits a run of a script without spaces into terms.
    """
    terms: list[str] = []
    for word in words_of(text):
        for run in _RUN.findall(word.casefold()):
            terms.extend(split(run) if is_unspaced(run) else [run])
    return terms


def term_shares(texts: Sequence[str]) -> dict[str, float]:
    """Share of the texts that hold each term, 0 to 1."""
    counts = Counter(term for text in texts for term in set(terms_of(text)))
    return {term: count / len(texts) for term, count in counts.items()}


@dataclass(frozen=True)
class Background:
    """How common terms are over all topics.

    Attributes:
        n_topics: how many topics there are.
        shares: mean share of a topic's texts that hold each term, 0 to 1.
        n_using: in how many topics some of the texts hold each term.
    """

    n_topics: int
    shares: Mapping[str, float]
    n_using: Mapping[str, int]


def count_background(topics: Sequence[Mapping[str, float]]) -> Background:
    """How common terms are over topics, each given by the shares of its texts that hold each term."""
    totals: Counter[str] = Counter()
    n_using: Counter[str] = Counter()
    for shares in topics:
        totals.update(shares)
        n_using.update(term for term, share in shares.items() if share >= _IN_USE)
    return Background(len(topics), {term: total / len(topics) for term, total in totals.items()}, n_using)


def rank_terms(shares: Mapping[str, float], background: Background) -> list[tuple[str, float]]:
    """Terms that set a topic apart, strongest first: class-based TF-IDF (BERTopic) of the texts that hold them.

    Words that stand in the texts of most topics weigh little even where they are said more often than elsewhere.
    """
    weights = {term: share * _rarity(term, share, background) for term, share in shares.items()}
    if not any(weight > 0 for weight in weights.values()):
        weights = dict(shares)
    ranked = [(term, weight) for term, weight in weights.items() if weight > 0]
    return sorted(ranked, key=lambda item: (-item[1], item[0]))


def _rarity(term: str, share: float, background: Background) -> float:
    lift = math.log((share + RARE) / (background.shares.get(term, 0.0) + RARE))
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
    weights = {term: weight for term, weight in rank_terms(shares, background) if not is_empty(term, background)}
    ranked = [term for term in weights if has_letter(term)]
    keywords: list[str] = []
    seen: set[str] = set()
    for term in ranked:
        if shares[term] < min_share or term in seen or (among is not None and term not in among):
            continue
        words = _with_partners(term, weights, sequences)
        seen.update(words)
        if len("".join(words)) > 1 and not any(is_form_of(words, other) for other in keywords):
            keywords.append(join_words([spellings.get(word, word) for word in words]))
        if len(keywords) == MAX_KEYWORDS:
            break
    return keywords


def is_empty(term: str, background: Background) -> bool:
    """Say whether a word says nothing of a topic: a function word, or one in use in nearly all topics."""
    is_everywhere = background.n_topics >= _MIN_TOPICS and background.n_using.get(term, 0) >= (
        _EVENLY * background.n_topics
    )
    return (
        is_everywhere
        or bool(_HIRAGANA.fullmatch(term))
        or not {term, term.partition("'")[0]}.isdisjoint(_function_words())
    )


@cache
def _function_words() -> frozenset[str]:
    """English words that say nothing of a topic, as scikit-learn keeps them."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # noqa: PLC0415  # a second to import

    return frozenset(ENGLISH_STOP_WORDS - _NAMING_THINGS | {"did", "does", "doing"})


def _with_partners(term: str, weights: Mapping[str, float], sequences: Iterable[Sequence[str]]) -> list[str]:
    """Return a term with those nearly as strong that stand beside it in most of its texts."""
    holding = [sequence for sequence in sequences if term in sequence]
    least = _PARTNER * weights[term]
    words = [term]
    max_words, min_texts = (_MAX_PIECES, _MIN_TOGETHER) if is_unspaced(term) else (_MAX_WORDS, 1)
    while len(words) < max_words:
        longer: Counter[tuple[str, ...]] = Counter()
        for sequence in holding:
            longer.update(set(_longer_runs(words, sequence)))
        usual = [
            run
            for run, n_holding in longer.items()
            if n_holding >= max(min_texts, _TOGETHER * len(holding))
            and len(set(run)) == len(run)
            and min(weights.get(word, 0.0) for word in run) >= least
        ]
        if not usual:
            break
        words = list(max((longer[run], run) for run in usual)[1])
    return words


def _longer_runs(words: list[str], sequence: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the runs of a sequence that are words with one more before or behind."""
    n = len(words)
    for start in range(len(sequence) - n):
        longer = tuple(sequence[start : start + n + 1])
        if words in (list(longer[:-1]), list(longer[1:])):
            yield longer


def join_words(words: Sequence[str]) -> str:
    """Write words side by side, with a space between unless their script has none."""
    joined = words[0]
    for before, word in pairwise(words):
        joined += word if is_unspaced(before) and is_unspaced(word) else f" {word}"
    return joined


def is_form_of(words: Sequence[str], other: str) -> bool:
    """Whether words are another form of a keyword, in any language that changes words at their ends."""
    first, second = "".join(words).replace("-", ""), other.casefold().replace("-", "").replace(" ", "")
    n_alike = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))))
    if min(len(first), len(second)) >= _MIN_ENDING and (first.endswith(second) or second.endswith(first)):
        return True
    return n_alike >= _SAME_STEM * max(len(first), len(second))


def has_letter(term: str) -> bool:
    """Whether a term holds a letter of any script."""
    return any(character.isalpha() for character in term)


def has_digit(term: str) -> bool:
    """Whether a term holds a digit of any script."""
    return any(character.isdigit() for character in term)


def _spellings(texts: Iterable[str]) -> dict[str, str]:
    """How each word is mostly written: `PIN`, `iPhone`; a capital at the beginning of a text says nothing."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words_of(text)[1:])
    spellings: dict[str, str] = {}
    for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        spellings.setdefault(word.casefold(), word)
    return spellings
