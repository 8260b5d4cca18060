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

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

RARE: Final = 0.005
"""Share of texts added before shares are compared, so that a rare word does not win by chance."""
MAX_KEYWORDS: Final = 8
_IN_USE: Final = 0.02
"""Share of a topic's texts from which a term is in use there."""
_SAME_WORD: Final = 0.7
"""Share of a run's occurrences from which the longer run around it is the word: scripts without spaces."""
_LONGEST_RUN: Final = 12
_PARTNER: Final = 0.3
"""Least strength of a word that is shown with another, as a share of the other's: `the card` is just `card`."""
_SHORTEST_ENDING: Final = 4
"""Letters of a word that another one ends with from which the two count as forms of one: `mail`, `e-mail`."""
_SAME_STEM: Final = 0.6
"""Share of the longer of two words from which a common beginning makes them forms of one: `transfer`, `transfers`."""
_EVENLY: Final = 0.6
"""Share of the topics from which a word that is in use there is a function word of any language, or as empty as one."""
_FEWEST_TOPICS: Final = 8
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


def _character_class(category: str) -> str:
    """The characters of one general category, as ranges of a character class of `re`."""
    codes = [code for code in range(0x20000) if unicodedata.category(chr(code)).startswith(category)]
    known = set(codes)
    starts = [code for code in codes if code - 1 not in known]
    ends = [code for code in codes if code + 1 not in known]
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))


MARKS: Final = _character_class("M")
"""Combining marks: parts of letters, which `\\w` leaves out."""
_JOINERS: Final = "\u200c\u200d"
UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
"""Scripts that put no spaces between words: Thai, Lao, Myanmar, Khmer, Japanese, Chinese."""
WORD: Final = re.compile(rf"[^\W_][\w{MARKS}{_JOINERS}]*(?:['&-][^\W_][\w{MARKS}{_JOINERS}]*)*")
_RUN: Final = re.compile(rf"[{UNSPACED}{MARKS}]+|[^{UNSPACED}]+")
_CLUSTER: Final = re.compile(rf"[\u0e40-\u0e44\u0ec0-\u0ec4]?.[{MARKS}]*", re.DOTALL)
_IS_UNSPACED: Final = re.compile(rf"[{UNSPACED}]")


def normalise(text: str) -> str:
    """Compose letters and their marks (NFC), and write one kind of apostrophe."""
    return unicodedata.normalize("NFC", text).replace("\u2019", "'")


def words_of(text: str) -> list[str]:
    """The words of a text as they are written; a run of a script without spaces is one word."""
    return WORD.findall(normalise(text[:_MAX_CHARACTERS]))


def terms_of(text: str) -> list[str]:
    """What is counted of a text: words in lower case, or overlapping pairs of characters where words have no spaces.

    Pairs of characters are what search engines index Chinese, Japanese and Korean by.
    """
    terms: list[str] = []
    for word in words_of(text):
        for run in _RUN.findall(word.casefold()):
            terms.extend(_pairs(run) if is_unspaced(run) else [run])
    return terms


def is_unspaced(text: str) -> bool:
    """Whether a text begins with a character of a script that puts no spaces between words."""
    return bool(_IS_UNSPACED.match(text))


def _pairs(run: str) -> list[str]:
    clusters = _CLUSTER.findall(run)
    return ["".join(pair) for pair in pairwise(clusters)] or [run]


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
        words = [_whole_run(term, texts)] if is_unspaced(term) else _with_partner(term, weights, sequences)
        seen.update(words, terms_of(words[0]))
        if len("".join(words)) > 1 and not any(is_form_of(words, other) for other in keywords):
            keywords.append(" ".join(spellings.get(word, word) for word in words))
        if len(keywords) == MAX_KEYWORDS:
            break
    return keywords


def is_empty(term: str, background: Background) -> bool:
    """Whether a word says nothing of a topic: a function word of English, or in use in nearly all topics."""
    is_everywhere = background.n_topics >= _FEWEST_TOPICS and background.n_using.get(term, 0) >= (
        _EVENLY * background.n_topics
    )
    return is_everywhere or not {term, term.partition("'")[0]}.isdisjoint(_function_words())


@cache
def _function_words() -> frozenset[str]:
    """English words that say nothing of a topic, as scikit-learn keeps them."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # noqa: PLC0415  # a second to import

    return frozenset(ENGLISH_STOP_WORDS - _NAMING_THINGS | {"did", "does", "doing"})


def _with_partner(term: str, weights: Mapping[str, float], sequences: Iterable[Sequence[str]]) -> list[str]:
    """A term, with the one nearly as strong that stands behind or before it in most of its texts, if there is one."""
    n_holding = 0
    pairs: Counter[tuple[str, str]] = Counter()
    for sequence in sequences:
        if term in sequence:
            n_holding += 1
            pairs.update({pair for pair in pairwise(sequence) if term in pair and pair[0] != pair[1]})
    least = _PARTNER * weights[term]
    usual = [
        pair
        for pair, n_pairs in pairs.items()
        if n_pairs >= _SAME_WORD * n_holding and min(weights.get(partner, 0.0) for partner in pair) >= least
    ]
    if not usual:
        return [term]
    best = max(usual, key=lambda pair: (pairs[pair], pair))
    return list(best)


def is_form_of(words: Sequence[str], other: str) -> bool:
    """Whether words are another form of a keyword, in any language that changes words at their ends."""
    first, second = "".join(words).replace("-", ""), other.casefold().replace("-", "").replace(" ", "")
    n_alike = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))))
    if min(len(first), len(second)) >= _SHORTEST_ENDING and (first.endswith(second) or second.endswith(first)):
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


def _whole_run(term: str, texts: Sequence[str]) -> str:
    """The longest run around a pair of characters that most texts with the pair have: the word it is a piece of."""
    holding = [folded for text in texts if term in (folded := normalise(text[:_MAX_CHARACTERS]).casefold())]
    word = term
    while len(word) < _LONGEST_RUN:
        longer: Counter[str] = Counter()
        for text in holding:
            longer.update({_grown(text, word, forwards=True), _grown(text, word, forwards=False)} - {""})
        best, count = min(longer.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
        if count < _SAME_WORD * len(holding):
            break
        word = best
    return word


def _grown(text: str, word: str, *, forwards: bool) -> str:
    """A word with the character that stands behind or before it in a text; empty where none of its script does."""
    start = text.find(word)
    if start < 0:
        return ""
    end = start + len(word)
    around = text[start : end + 1] if forwards else text[max(start - 1, 0) : end]
    new = around[-1:] if forwards else around[:1]
    is_longer = len(around) > len(word) and (is_unspaced(new) or unicodedata.category(new)[0] == "M")
    return around if is_longer else ""
