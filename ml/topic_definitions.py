"""Find the texts of topics that people define by examples.

Examples are placed among the field's topics like new texts, and count where they are not marginal. A definition takes
the topics that at least two of its examples fall into, or all topics of its examples if no two share one. If most of
its examples count nowhere, it waits: messages about it are yet to come. On labelled texts, its mean F1 is higher than
that of the best threshold of similarity, which nobody would know (docs/benchmarks.md, "Topics that people define").
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.clustering.neighbours import NO_GROUP, majority_vote, nearest_neighbours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.assignment import ReferenceTexts
    from ml.clustering.neighbours import Neighbours

_MIN_SHARED: Final = 2
"""Examples in a topic from which those that fall elsewhere count as exceptions."""
MIN_TYPICALITY: Final = 0.1
"""Share of a topic's texts that must be further from their nearest other text than an example that falls into it."""
_MIN_PLACED_SHARE: Final = 0.5
"""Share of the examples that must fall into topics."""


@dataclass(frozen=True)
class Definition:
    """The examples of a topic.

    Attributes:
        vectors: float32 (k, d), unit rows.
        is_narrow: whether only the texts closest to the examples belong to it, of the topics that these fall into.
    """

    vectors: NDArray[np.float32]
    is_narrow: bool

    @property
    def threshold(self) -> float:
        """Similarity to the nearest example from which a text belongs to it.

        It is the mean similarity of an example to the nearest other one if the definition is narrow, else below all.
        """
        if not self.is_narrow:
            return -np.inf
        similarities = self.vectors @ self.vectors.T
        np.fill_diagonal(similarities, -np.inf)
        return float(similarities.max(axis=1).mean())


def place_examples(neighbours: Neighbours, reference: ReferenceTexts) -> list[str | None]:
    """Return the topic that each of k examples falls into, by a k-NN vote; None for an outlier or filler.

    Args:
        neighbours: of the examples among the m reference texts.
        reference: the m reference texts.
    """
    if not neighbours.rows.size:
        return [None] * len(neighbours.rows)
    votes = majority_vote(neighbours, reference.labels)
    is_outlier = neighbours.similarities[:, 0] < reference.outlier_threshold
    ids: list[str | None] = [*reference.topic_ids, None, None]  # filler, and NO_GROUP from the end
    return [ids[NO_GROUP if far else vote] for vote, far in zip(votes.tolist(), is_outlier, strict=True)]


def is_typical(examples: NDArray[np.float32], texts: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Say which examples are no more marginal in a topic than its own texts may be, by `MIN_TYPICALITY`: bool (k,).

    Args:
        examples: float32 (k, d), unit rows.
        texts: float32 (n, d), unit rows of the topic's texts.
    """
    if len(texts) == 1:
        return np.ones(len(examples), dtype=np.bool_)
    own = np.sort(nearest_neighbours(texts, 1).similarities[:, 0])
    nearest = (examples @ texts.T).max(axis=1)
    return np.asarray(np.searchsorted(own, nearest) >= MIN_TYPICALITY * len(texts))


def topics_of_examples(placed: Sequence[str | None]) -> frozenset[str]:
    """Return the topics that a definition takes, given the topic of each of its examples, if any."""
    counts = Counter(topic_id for topic_id in placed if topic_id is not None)
    if counts.total() < _MIN_PLACED_SHARE * len(placed):
        return frozenset()
    shared = frozenset(topic_id for topic_id, n_examples in counts.items() if n_examples >= _MIN_SHARED)
    return shared or frozenset(counts)


def divide_texts(vectors: NDArray[np.float32], definitions: Sequence[Definition]) -> NDArray[np.int64]:
    """Divide a topic's texts among the definitions that take it: to that with the nearest example.

    Args:
        vectors: float32 (n, d), unit rows of the topic's texts.
        definitions: at least one.

    Returns:
        int64 (n,), index of the definition, or `NO_GROUP` for texts that stay in the topic.
    """
    similarities = np.stack([(vectors @ each.vectors.T).max(axis=1) for each in definitions], axis=1)
    belongs = similarities >= np.array([each.threshold for each in definitions])
    nearest = np.where(belongs, similarities, -np.inf).argmax(axis=1)
    return np.where(belongs.any(axis=1), nearest, NO_GROUP).astype(np.int64)
