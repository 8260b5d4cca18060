"""Score the candidate names of each topic, and measure how much of the topic each name covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.naming.name_candidates import MAX_CHARACTERS, is_word_list
from ml.words import rank_terms, terms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.naming.topic_sample import TopicSample
    from ml.words import Background

MIN_COVERAGE: Final = 0.6
"""A topic is mixed if its name covers a smaller share of its messages."""
_CONTRAST: Final = 0.5
_BREVITY: Final = 0.2
_FALSE_MATCH_SHARE: Final = 0.05
"""Share of other topics' texts that may match a name."""
_TEXTS_PER_TOPIC: Final = 50
"""Texts of each topic that the match threshold is measured on."""
_TINY: Final = 1e-9


@dataclass(frozen=True, eq=False)
class ScoredNames:
    """The candidate names of one topic with their scores.

    Attributes:
        names: n names.
        scores: float64 (n,), the higher the better, comparable among the topics of one field.
        is_match: bool (n, texts), whether each text of the topic's sample matches each name; None without vectors.
        coverage: float64 (n,), share of the topic's messages that match each name, 0 to 1; NaN without vectors.
    """

    names: list[str]
    scores: NDArray[np.float64]
    is_match: NDArray[np.bool_] | None
    coverage: NDArray[np.float64]

    def order(self) -> NDArray[np.intp]:
        """Return the ranking of the names: those with enough coverage by score, lists last; the others by coverage."""
        shortfall = np.where(self.coverage < MIN_COVERAGE, MIN_COVERAGE - self.coverage, 0.0)
        is_list = np.array([is_word_list(name) for name in self.names], dtype=np.bool_)
        return np.lexsort((np.arange(len(self.names)), -self.scores, is_list, shortfall))


def score_by_vectors(
    names: Sequence[list[str]], vectors: Sequence[NDArray[np.float32]], samples: Sequence[TopicSample]
) -> list[ScoredNames]:
    """Score names by their embeddings.

    A name scores high if it is near its topic's centre, far from the nearest other topic, and short. Similarities are
    scaled by the mean difference between the own topic and others, as models differ in their similarities.

    Args:
        names: candidates of each of m topics.
        vectors: float32 (n, d) of the names of each, unit rows.
        samples: the m topics, and any number of siblings behind them; all with vectors.
    """
    directions = np.stack([_direction(sample) for sample in samples])
    similarities = [np.asarray(rows @ directions.T, dtype=np.float64) for rows in vectors]
    own = [rows[:, place] for place, rows in enumerate(similarities)]
    others = [np.delete(rows, place, axis=1) for place, rows in enumerate(similarities)]
    scale = _scale(own, others)
    threshold = _match_threshold(vectors, samples)
    scored = []
    for place, few in enumerate(names):
        contrast = own[place] - others[place].max(axis=1, initial=-1.0) if others[place].size else 0.0
        length = np.array([len(name) / MAX_CHARACTERS for name in few], dtype=np.float64)
        scores = (own[place] + _CONTRAST * contrast) / scale - _BREVITY * length
        scored.append(_measure(few, scores, vectors[place], samples[place], threshold))
    return scored


def score_by_words(
    names: Sequence[list[str]], samples: Sequence[TopicSample], background: Background
) -> list[ScoredNames]:
    """Score names by the mean weight of their words, for use without an embedder."""
    scored = []
    for few, sample in zip(names, samples, strict=False):
        strengths = dict(rank_terms(sample.shares, background))
        means = [sum(strengths.get(term, 0.0) for term in terms) / len(terms) for terms in map(terms_of, few)]
        scored.append(ScoredNames(few, np.array(means), None, np.full(len(few), np.nan)))
    return scored


def _direction(sample: TopicSample) -> NDArray[np.float32]:
    if sample.direction is None:
        raise ValueError("A topic without a centre cannot be compared in meaning.")
    return sample.direction


def _scale(own: Sequence[NDArray[np.float64]], others: Sequence[NDArray[np.float64]]) -> float:
    """Return by how much names are nearer to their own topics than to others on average."""
    own_all, others_all = np.concatenate(own), np.concatenate([rows.ravel() for rows in others])
    if not own_all.size:
        return 1.0
    return max(float(own_all.mean() - (others_all.mean() if others_all.size else 0.0)), _TINY)


def _match_threshold(vectors: Sequence[NDArray[np.float32]], samples: Sequence[TopicSample]) -> float | None:
    """Return the similarity from which a text matches a name; None for a single topic.

    Few texts of other topics reach it, and it is at least halfway between the mean similarities of other topics' texts
    and of own texts. The first bound matters if topics are close together, the second if they are far apart.
    """
    few = [_sampled_vectors(sample) for sample in samples]
    named = [place for place, names in enumerate(vectors) if len(names)]
    if not named or len(few) == 1:
        return None
    similarities = {place: [rows @ vectors[place][0] for rows in few] for place in named}
    own = float(np.mean([np.median(rows[place]) for place, rows in similarities.items()]))
    other_topics = np.concatenate(
        [np.concatenate(rows[:place] + rows[place + 1 :]) for place, rows in similarities.items()]
    )
    return max(float(np.quantile(other_topics, 1 - _FALSE_MATCH_SHARE)), (own + float(other_topics.mean())) / 2)


def _sampled_vectors(sample: TopicSample) -> NDArray[np.float32]:
    vectors = sample.vectors
    if vectors is None:
        raise ValueError("A topic without vectors cannot be compared in meaning.")
    return vectors[np.unique(np.linspace(0, len(vectors) - 1, min(len(vectors), _TEXTS_PER_TOPIC)).astype(np.int64))]


def _measure(
    names: list[str],
    scores: NDArray[np.float64],
    vectors: NDArray[np.float32],
    sample: TopicSample,
    threshold: float | None,
) -> ScoredNames:
    if threshold is None or sample.vectors is None:
        return ScoredNames(names, scores, None, np.full(len(names), np.nan))
    is_match = vectors @ sample.vectors.T >= threshold
    coverage = is_match @ sample.n_messages.astype(np.float64) / sample.n_messages.sum()
    return ScoredNames(names, scores, is_match, coverage)
