"""Which words and phrases set a topic's texts apart: class-based TF-IDF (Grootendorst 2022), counted by texts."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.phrases import Key, join_words, phrases_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml.topic_label import TopicTexts

_MAX_TEXTS: Final = 1_000
"""Texts read of one topic, spread evenly over all: enough to know its words."""
_MAX_WEIGHT: Final = 3.0
"""What a text counts at most, however often it was said: a thousand copies are no thousand witnesses."""
_PHRASE_BONUS: Final = 1.5
"""What a phrase is worth beside a single word: it says more than a word that is a little more common."""
_USUAL_WORDING: Final = 0.3
"""Least share of a pair's phrases that the commonest wording must have to be shown for all."""
RARE: Final = 0.02
"""Coverage below which the difference between rare and absent is chance."""
_PAIRED_WORDS: Final = 12
"""Strongest single words of a topic that are tried together."""
_SAME_START: Final = 4
"""Words that begin with the same characters are forms of one word and make no pair."""


@dataclass(frozen=True)
class TopicWords:
    """What was counted in one topic.

    Attributes:
        coverage: share of the texts that have a phrase, 0 to 1.
        surfaces: in which wordings, how often.
        sequences: for each text its weight and its words' keys, in order of first appearance.
        total: sum of the weights.
    """

    coverage: dict[Key, float]
    surfaces: dict[Key, Counter[str]]
    sequences: list[tuple[float, list[Key]]]
    total: float


class Occurrences:
    """Which texts of a topic hold which words."""

    def __init__(self, words: TopicWords) -> None:
        self._weights = np.array([weight for weight, _ in words.sequences])
        self._total = words.total
        rows: defaultdict[str, list[int]] = defaultdict(list)
        for row, (_, sequence) in enumerate(words.sequences):
            for (word,) in sequence:
                rows[word].append(row)
        self._rows = {word: np.array(its, dtype=np.intp) for word, its in rows.items()}

    def share_with_all(self, words: Sequence[str]) -> float:
        """Share of the texts that hold all of these words, in any order, 0 to 1."""
        rows = reduce(np.intersect1d, (self._rows[word] for word in words))
        return float(self._weights[rows].sum() / self._total)

    def share_with_any(self, words: Sequence[str]) -> float:
        """Share of the texts that hold at least one of these words, 0 to 1."""
        rows = reduce(np.union1d, (self._rows[word] for word in words), np.empty(0, dtype=np.intp))
        return float(self._weights[rows].sum() / self._total)


@dataclass(frozen=True)
class Keyphrase:
    """A phrase that sets a topic apart.

    Attributes:
        key: its content words.
        surface: how it is written.
        coverage: share of the topic's texts that have it, 0 to 1.
        score: how good it is; comparable within one topic.
    """

    key: Key
    surface: str
    coverage: float
    score: float


def sample_texts(topic: TopicTexts) -> list[tuple[str, float]]:
    """The texts of a topic that are read, and what each counts."""
    step = max(1, math.ceil(len(topic.all_texts) / _MAX_TEXTS))
    said = [min(_MAX_WEIGHT, math.log2(1 + count)) for count in topic.n_messages[::step]]
    return list(zip(topic.all_texts[::step], said, strict=True))


def count_words(topic: TopicTexts) -> TopicWords:
    """Count a topic's phrases."""
    weights: dict[Key, float] = defaultdict(float)
    surfaces: dict[Key, Counter[str]] = defaultdict(Counter)
    sequences: list[tuple[float, list[Key]]] = []
    for text, weight in sample_texts(topic):
        found = {phrase.key: phrase.surface for phrase in phrases_of(text)}
        sequences.append((weight, [key for key in found if len(key) == 1]))
        for key, surface in found.items():
            weights[key] += weight
            surfaces[key][surface] += 1
    total = sum(weight for weight, _ in sequences)
    return TopicWords({key: weight / total for key, weight in weights.items()}, surfaces, sequences, total)


def mean_coverage(topics: Sequence[TopicWords]) -> dict[Key, float]:
    """How common each phrase is over all topics, every topic counting the same."""
    sums: dict[Key, float] = defaultdict(float)
    for topic in topics:
        for key, share in topic.coverage.items():
            sums[key] += share / len(topics)
    return sums


def word_strength(topic: TopicWords, background: Mapping[Key, float], key: Key) -> float:
    """How much a word or phrase of a topic sets it apart: common in it, rare elsewhere; 0 or more."""
    share = topic.coverage[key]
    return max(0.0, share * math.log(0.5 + (share + RARE) / (background[key] + RARE)))


def rank_keyphrases(topic: TopicWords, background: Mapping[Key, float]) -> list[Keyphrase]:
    """Order a topic's phrases, and pairs of its words, by how common they are in it and how rare elsewhere."""
    lifts = {key: (share + RARE) / (background[key] + RARE) for key, share in topic.coverage.items()}
    phrases = [
        _keyphrase(key, _commonest(topic.surfaces[key])[0], share, lifts[key])
        for key, share in topic.coverage.items()
        if len(set(key)) == len(key)
    ]
    phrases.sort(key=lambda phrase: (-phrase.score, phrase.key))
    words = [phrase for phrase in phrases if len(phrase.key) == 1][:_PAIRED_WORDS]
    pairs = [
        _keyphrase(key, _pair_surface(topic, key, share), share, math.sqrt(lifts[key[:1]] * lifts[key[1:]]))
        for key, share in _count_pairs(topic, {word.key for word in words}).items()
    ]
    known = {phrase.key: phrase for phrase in [*phrases, *pairs]}  # A pair has its phrase's texts and more.
    return sorted(known.values(), key=lambda phrase: (-phrase.score, phrase.key))


def _keyphrase(key: Key, surface: str, share: float, lift: float) -> Keyphrase:
    return Keyphrase(key, surface, share, share * math.log(0.5 + lift) * (_PHRASE_BONUS if len(key) > 1 else 1.0))


def _count_pairs(topic: TopicWords, words: set[Key]) -> dict[Key, float]:
    """Share of the texts that have both words anywhere, for each pair, in the order in which they mostly come."""
    ordered: dict[Key, float] = defaultdict(float)
    for weight, sequence in topic.sequences:
        for first, second in combinations([key for key in sequence if key in words], 2):
            if first[0][:_SAME_START] != second[0][:_SAME_START]:
                ordered[first + second] += weight
    return {
        pair: (weight + ordered.get(pair[::-1], 0.0)) / topic.total
        for pair, weight in sorted(ordered.items())
        if (weight, pair) > (ordered.get(pair[::-1], 0.0), pair[::-1])
    }


def _pair_surface(topic: TopicWords, pair: Key, share: float) -> str:
    """How a pair is mostly written when its words stand together, if they mostly do; else one beside the other."""
    if topic.coverage.get(pair, 0.0) >= share / 2:
        surface, count = _commonest(topic.surfaces[pair])
        if count >= _USUAL_WORDING * topic.surfaces[pair].total():
            return surface
    return join_words([_commonest(topic.surfaces[(word,)])[0] for word in pair])


def _commonest(surfaces: Counter[str]) -> tuple[str, int]:
    return min(surfaces.items(), key=lambda item: (-item[1], len(item[0]), item[0]))
