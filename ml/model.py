"""The topic model of one project and field: the topic of each text, how sure it is, and where topics come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from ml.corpus import Corpus
from ml.examples import central_texts
from ml.filler import filler_groups
from ml.identity import LineageLink, keep_pinned, match_topics, measure_overlap, name_groups, trace_lineage
from ml.neighbours import Neighbours, nearest_neighbours
from ml.noise import far_from_everything, groups_with_support
from ml.partition import choose_n_neighbours, partition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Corpus", "LineageLink", "Status", "TopicModel", "central_texts", "fit_topics"]

Status = Literal["assigned", "noise", "filler"]

NO_GROUP: Final = -1
_VOTE_POWER: Final = 4
"""A neighbour's vote counts by its similarity to this power: the near ones decide."""


@dataclass(frozen=True)
class TopicModel:
    """Topics of n texts, in the order of the corpus.

    Attributes:
        topic_ids: n topics; None where the status is not `assigned`.
        statuses: n statuses.
        confidences: float64 (n,), share of the neighbours' votes for the text's own topic, 0 to 1; NaN without topic.
        lineage: what ties this fit's topics to the last fit's.
    """

    topic_ids: list[str | None] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    confidences: NDArray[np.float64] = field(default_factory=lambda: np.empty(0, dtype=np.float64))
    lineage: list[LineageLink] = field(default_factory=list)


def fit_topics(
    corpus: Corpus,
    previous: Mapping[str, str],
    *,
    seed: int = 0,
    namespace: str = "",
    pinned: frozenset[str] = frozenset(),
) -> TopicModel:
    """Find the topics of a corpus; how many there are comes from the data.

    The result depends on the set of texts, the seed and `previous` alone, not on the order of rows. A topic that
    mostly holds the texts of one before keeps its id.

    Args:
        corpus: distinct texts, any number of them.
        previous: topic of the last fit by text hash; empty for a first fit.
        seed: of everything random.
        namespace: keeps the ids of projects and fields with the same texts apart.
        pinned: topics that neither die nor merge: their texts that still exist keep their ids.
    """
    ordered, order = corpus.sorted_by_hash()
    neighbours = nearest_neighbours(ordered.vectors, choose_n_neighbours(len(ordered))) if len(ordered) > 1 else None
    groups, is_filler = _find_groups(ordered, neighbours, seed)
    if pinned:
        groups = keep_pinned(ordered.text_hashes, groups, previous, pinned)
    overlap = measure_overlap(ordered.text_hashes, groups.tolist(), previous)
    matched = match_topics(overlap)
    ids = name_groups(ordered.text_hashes, groups.tolist(), overlap, matched, namespace)
    back = np.argsort(order, kind="stable")
    return TopicModel(
        topic_ids=[ids[group] if group != NO_GROUP else None for group in groups[back]],
        statuses=[_status(group, filler) for group, filler in zip(groups[back], is_filler[back], strict=True)],
        confidences=_confidences(groups, neighbours)[back],
        lineage=trace_lineage(overlap, matched, ids),
    )


def _find_groups(
    corpus: Corpus, neighbours: Neighbours | None, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Group of each text (0, 1, … without gaps, -1 for none), and which texts without group are filler."""
    if not len(corpus):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_)
    if neighbours is None:
        parts, far = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.bool_)
    else:
        parts, far = partition(corpus.vectors, neighbours, seed=seed), far_from_everything(neighbours)
    is_filler = filler_groups(corpus, parts)[parts]
    is_candidate = ~far & ~is_filler
    is_topic = groups_with_support(parts, is_candidate, corpus.n_messages)[parts] & is_candidate
    groups = np.where(is_topic, parts, NO_GROUP)
    if neighbours is not None:
        groups = _join_neighbours(groups, is_candidate & ~is_topic, neighbours)
    _, numbers = np.unique(groups[groups != NO_GROUP], return_inverse=True)
    groups[groups != NO_GROUP] = numbers
    return groups, is_filler


def _join_neighbours(
    groups: NDArray[np.int64], homeless: NDArray[np.bool_], neighbours: Neighbours
) -> NDArray[np.int64]:
    """Give texts of groups too small for a topic the group that most of their neighbours' votes are for, if any."""
    joined = groups.copy()
    votes = _votes(neighbours)
    for row in np.flatnonzero(homeless):
        choices = groups[neighbours.rows[row]]
        has_group = choices != NO_GROUP
        if has_group.any():
            joined[row] = np.bincount(choices[has_group], weights=votes[row][has_group]).argmax()
    return joined


def _votes(neighbours: Neighbours) -> NDArray[np.float64]:
    """float64 (n, k), how much each neighbour's vote counts."""
    votes: NDArray[np.float64] = np.maximum(neighbours.similarities, 0.0).astype(np.float64) ** _VOTE_POWER
    return votes


def _status(group: int, is_filler: bool) -> Status:  # noqa: FBT001  # one element of an array of verdicts
    if group != NO_GROUP:
        return "assigned"
    return "filler" if is_filler else "noise"


def _confidences(groups: NDArray[np.int64], neighbours: Neighbours | None) -> NDArray[np.float64]:
    """Share of the neighbours' votes that go to the text's own topic; a topic of one text is sure of itself."""
    if neighbours is None:
        return np.where(groups == NO_GROUP, np.nan, 1.0)
    votes = _votes(neighbours)
    own = (groups[neighbours.rows] == groups[:, np.newaxis]) * votes
    total = votes.sum(axis=1)
    shares = np.divide(own.sum(axis=1), total, out=np.zeros_like(total), where=total > 0)
    return np.where(groups == NO_GROUP, np.nan, np.clip(shares, 0.0, 1.0))
