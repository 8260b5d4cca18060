"""Which of the names that a topic's messages offer fits it best, and how much of the topic the name holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.naming.name_candidates import MAX_CHARACTERS
from ml.words import rank_terms, terms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.naming.topic_sample import TopicSample
    from ml.words import Background

MIN_COVERAGE: Final = 0.6
"""A name that holds a smaller share of its topic's messages stands for one thing among several: the topic is mixed."""
_CONTRAST: Final = 0.5
_BREVITY: Final = 0.2
_STRANGERS: Final = 0.05
"""Share of other topics' texts that are within reach of a name: what is nearer than nearly all of them it holds."""
_TEXTS_PER_TOPIC: Final = 50
"""Texts of each topic that reach is measured on."""
_TINY: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Offers:
    """Names that one topic's messages offer.

    Attributes:
        names: n names.
        scores: float64 (n,), the higher the better, comparable among the topics of one field.
        held: bool (n, texts), whether each text of the topic's sample is within reach of each name; None where
            nothing says how far that is.
        coverage: float64 (n,), share of the topic's messages that each name holds, 0 to 1; NaN where that is not known.
    """

    names: list[str]
    scores: NDArray[np.float64]
    held: NDArray[np.bool_] | None
    coverage: NDArray[np.float64]

    def order(self) -> NDArray[np.intp]:
        """Places of the names, the best first: those that hold the topic, then the others by how much they hold."""
        shortfall = np.where(self.coverage < MIN_COVERAGE, MIN_COVERAGE - self.coverage, 0.0)
        return np.lexsort((np.arange(len(self.names)), -self.scores, shortfall))


def score_by_vectors(
    names: Sequence[list[str]], vectors: Sequence[NDArray[np.float32]], samples: Sequence[TopicSample]
) -> list[Offers]:
    """Score names by what they mean.

    A name is the better the nearer it is to its topic's centre, the farther from the nearest other topic, and the
    shorter. Nearness is measured in steps from other topics' centres to the own, as models differ in how alike they
    find any two texts.

    Args:
        names: what each of m topics offers.
        vectors: float32 (n, d) of the names of each, unit rows.
        samples: the m topics, and any number of siblings behind them; all with vectors.
    """
    directions = np.stack([_direction(sample) for sample in samples])
    nearness = [np.asarray(rows @ directions.T, dtype=np.float64) for rows in vectors]
    own = [rows[:, place] for place, rows in enumerate(nearness)]
    others = [np.delete(rows, place, axis=1) for place, rows in enumerate(nearness)]
    step = _step(own, others)
    reach = _reach(vectors, samples)
    offers = []
    for place, few in enumerate(names):
        contrast = own[place] - others[place].max(axis=1, initial=-1.0) if others[place].size else 0.0
        length = np.array([len(name) / MAX_CHARACTERS for name in few], dtype=np.float64)
        scores = (own[place] + _CONTRAST * contrast) / step - _BREVITY * length
        offers.append(_measure(few, scores, vectors[place], samples[place], reach))
    return offers


def score_by_words(names: Sequence[list[str]], samples: Sequence[TopicSample], background: Background) -> list[Offers]:
    """Score names by the mean strength of their words alone, where no embedder is at hand."""
    offers = []
    for few, sample in zip(names, samples, strict=False):
        strengths = dict(rank_terms(sample.shares, background))
        means = [sum(strengths.get(term, 0.0) for term in terms) / len(terms) for terms in map(terms_of, few)]
        offers.append(Offers(few, np.array(means), None, np.full(len(few), np.nan)))
    return offers


def _direction(sample: TopicSample) -> NDArray[np.float32]:
    if sample.direction is None:
        raise ValueError("A topic without a centre cannot be compared in meaning.")
    return sample.direction


def _step(own: Sequence[NDArray[np.float64]], others: Sequence[NDArray[np.float64]]) -> float:
    """How much nearer names are to their own topics than to others on average."""
    own_all, others_all = np.concatenate(own), np.concatenate([rows.ravel() for rows in others])
    if not own_all.size:
        return 1.0
    return max(float(own_all.mean() - (others_all.mean() if others_all.size else 0.0)), _TINY)


def _reach(vectors: Sequence[NDArray[np.float32]], samples: Sequence[TopicSample]) -> float | None:
    """The similarity from which a text is within reach of a name; None for one topic.

    Few texts of other topics are as near to a topic's most typical name, and it is nearer to what the topics' own texts
    have than to what others have: the first where topics lie close together, the second where they lie far apart.
    """
    few = [_few_vectors(sample) for sample in samples]
    named = [place for place, names in enumerate(vectors) if len(names)]
    if not named or len(few) == 1:
        return None
    nearness = {place: [rows @ vectors[place][0] for rows in few] for place in named}
    own = float(np.mean([np.median(rows[place]) for place, rows in nearness.items()]))
    strangers = np.concatenate([np.concatenate(rows[:place] + rows[place + 1 :]) for place, rows in nearness.items()])
    return max(float(np.quantile(strangers, 1 - _STRANGERS)), (own + float(strangers.mean())) / 2)


def _few_vectors(sample: TopicSample) -> NDArray[np.float32]:
    vectors = sample.vectors
    if vectors is None:
        raise ValueError("A topic without vectors cannot be compared in meaning.")
    return vectors[np.unique(np.linspace(0, len(vectors) - 1, min(len(vectors), _TEXTS_PER_TOPIC)).astype(np.int64))]


def _measure(
    names: list[str],
    scores: NDArray[np.float64],
    vectors: NDArray[np.float32],
    sample: TopicSample,
    reach: float | None,
) -> Offers:
    if reach is None or sample.vectors is None:
        return Offers(names, scores, None, np.full(len(names), np.nan))
    held = vectors @ sample.vectors.T >= reach
    coverage = held @ sample.n_messages.astype(np.float64) / sample.n_messages.sum()
    return Offers(names, scores, held, coverage)
