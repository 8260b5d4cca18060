"""The topic model of one project and field: the topic of each text, its confidence, and the topics' lineage."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np

from ml.clustering.examples import representative_texts
from ml.clustering.grouping import AUTOMATED, find_groups
from ml.clustering.knn_vote import N_VOTERS, NO_GROUP, vote_share
from ml.clustering.neighbours import Neighbours, nearest_neighbours
from ml.clustering.outliers import outlier_threshold
from ml.clustering.partition import choose_n_neighbours
from ml.corpus import Corpus
from ml.tracking.reassignment_limit import Proposal, apply_limit, forbid_splits, max_reassignments
from ml.tracking.topic_ids import LineageLink, assign_ids, match_topics, measure_overlap, number_topics, trace_lineage

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from ml.clustering.grouping import Grouping
    from ml.messages.courtesy import CourtesyClassifier

__all__ = ["Corpus", "FitLimits", "LineageLink", "Status", "TopicModel", "fit_topics", "representative_texts"]

Status = Literal["assigned", "noise", "filler", "pending"]


@dataclass(frozen=True)
class FitLimits:
    """Limits of a fit.

    Attributes:
        max_noise_share: of all texts, 0 to 1.
        max_moved_share: share of the texts with a topic that may change it, 0 to 1; the clearest cases come first.
    """

    max_noise_share: float = 0.1
    max_moved_share: float = 0.049


@dataclass(frozen=True)
class TopicModel:
    """Topics of n texts, in the order of the corpus.

    Attributes:
        topic_ids: n topics; None where the status is not `assigned`.
        statuses: n statuses.
        reasons: n reasons for having no topic; None for a text with a topic.
        confidences: float64 (n,), share of the neighbours' votes for the text's own topic, 0 to 1; NaN without topic.
        lineage: links between this fit's topics and the last fit's.
        outlier_threshold: similarity to the nearest other text below which a text is an outlier.
    """

    topic_ids: list[str | None] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    reasons: list[str | None] = field(default_factory=list)
    confidences: NDArray[np.float64] = field(default_factory=lambda: np.empty(0, dtype=np.float64))
    lineage: list[LineageLink] = field(default_factory=list)
    outlier_threshold: float = 0.0


def fit_topics(  # noqa: PLR0913  # all but two by name
    corpus: Corpus,
    previous: Mapping[str, str],
    *,
    seed: int = 0,
    namespace: str = "",
    pinned: frozenset[str] = frozenset(),
    provisional: Mapping[str, str] = MappingProxyType({}),
    previous_filler: frozenset[str] = frozenset(),
    automated: frozenset[str] = frozenset(),
    limits: FitLimits = FitLimits(),
    seeds: CourtesyClassifier | None = None,
) -> TopicModel:
    """Find the topics of a corpus. Their number follows from the data.

    The result depends only on the set of texts, the seed and `previous`, not on the order of rows. A topic that mostly
    holds the texts of a previous one keeps its id, and no more texts change topic than `limits` allow.

    Args:
        corpus: distinct texts, any number of them.
        previous: topic of the last fit by text hash; empty for a first fit.
        seed: the random seed.
        namespace: keeps the ids of projects and fields with the same texts apart.
        pinned: topics that neither die nor merge: their texts keep them as long as they exist.
        provisional: topics just found among new texts (`ml.assignment`), by text hash: they are kept like previous
            topics, but not split yet.
        previous_filler: hashes of texts that were filler at the last fit: they tend to stay filler.
        automated: hashes of texts that machines send: they are filler, and the topics are those that the other texts
            have without them, however many there are.
        limits: how many texts may be noise, and how many may change topic.
        seeds: recognises courtesy; without it, filler is found by repetition alone.
    """
    ordered, order = corpus.sorted_by_hash()
    is_automated = _among(ordered.text_hashes, automated)
    if is_automated.any():
        ordered, order = ordered.take(np.flatnonzero(~is_automated)), order[~is_automated]
    hashes = ordered.text_hashes
    neighbours = _neighbours_of(ordered)
    living = {**previous, **provisional}
    former, old_ids = number_topics(hashes, living)
    found = find_groups(
        ordered,
        neighbours,
        former=former,
        was_filler=_among(hashes, previous_filler),
        seed=seed,
        max_noise_share=limits.max_noise_share,
        seeds=seeds,
    )
    filler = _filler_number(found, len(old_ids))
    proposed = _number_proposed(hashes, found, living, filler)
    is_pinned, is_provisional = (_had_one_of(topics, former, old_ids) for topics in (pinned, set(provisional.values())))
    proposal = forbid_splits(Proposal(former, proposed, len(old_ids), is_pinned, filler), is_provisional)
    allowance = max_reassignments(int((former != NO_GROUP).sum()), len(ordered), limits.max_moved_share)
    settled, kept = _renumber(apply_limit(proposal, neighbours, allowance), found, len(old_ids))
    ids = assign_ids(
        hashes, settled.groups.tolist(), measure_overlap(hashes, settled.groups.tolist(), living), kept, namespace
    )
    topic_ids: list[str | None] = [None] * len(corpus)
    statuses: list[Status] = ["filler"] * len(corpus)
    reasons: list[str | None] = [AUTOMATED] * len(corpus)
    confidences = np.full(len(corpus), np.nan)
    confidences[order] = _confidences(settled.groups, neighbours)
    for row, place in enumerate(order):
        group = settled.groups[row]
        topic_ids[place] = ids[group] if group != NO_GROUP else None
        statuses[place], reasons[place] = _status(settled, row), settled.reason(row)
    return TopicModel(
        topic_ids=topic_ids,
        statuses=statuses,
        reasons=reasons,
        confidences=confidences,
        lineage=_lineage(hashes, settled.groups, ids, previous),
        outlier_threshold=outlier_threshold(neighbours),
    )


def _neighbours_of(corpus: Corpus) -> Neighbours:
    """Find as many neighbours as the graph and the vote need; a single text has none."""
    n = len(corpus)
    if n > 1:
        return nearest_neighbours(corpus.vectors, min(n - 1, max(choose_n_neighbours(n), N_VOTERS)))
    return Neighbours(np.empty((n, 0), dtype=np.int32), np.empty((n, 0), dtype=np.float32))


def _among(hashes: list[str], chosen: frozenset[str]) -> NDArray[np.bool_]:
    return np.array([text_hash in chosen for text_hash in hashes], dtype=np.bool_)


def _had_one_of(chosen: Collection[str], former: NDArray[np.int64], old_ids: list[str]) -> NDArray[np.bool_]:
    """Say which texts had one of these topics: bool (n,)."""
    return np.isin(former, [place for place, topic_id in enumerate(old_ids) if topic_id in chosen])


def _filler_number(found: Grouping, n_former: int) -> int:
    """Return the label of filler: one more than any topic's."""
    return n_former + int(found.groups.max(initial=NO_GROUP)) + 1


def _number_proposed(hashes: list[str], found: Grouping, previous: Mapping[str, str], filler: int) -> NDArray[np.int64]:
    """Label groups with the numbers of the topics that they continue; new topics and filler get new numbers."""
    overlap = measure_overlap(hashes, found.groups.tolist(), previous)
    n_former, n_found = overlap.shared.shape
    matched = match_topics(overlap)
    numbers = [matched.get(group, n_former + group) for group in range(n_found)]
    proposed = np.array([*numbers, NO_GROUP], dtype=np.int64)[found.groups]
    proposed[found.is_filler] = filler
    return proposed


def _renumber(settled: NDArray[np.int64], found: Grouping, n_former: int) -> tuple[Grouping, dict[int, int]]:
    """Return the final groups, without gaps, and the former number of each group that continues a topic."""
    is_filler = settled == _filler_number(found, n_former)
    numbers = np.unique(settled[~is_filler & (settled != NO_GROUP)])
    groups = np.where(is_filler | (settled == NO_GROUP), NO_GROUP, np.searchsorted(numbers, settled))
    kept = {group: int(number) for group, number in enumerate(numbers) if number < n_former}
    return replace(found, groups=groups, is_filler=is_filler), kept


def _lineage(
    hashes: list[str], groups: NDArray[np.int64], ids: list[str], previous: Mapping[str, str]
) -> list[LineageLink]:
    """Trace the lineage from previous topics; an id that is kept is the same topic."""
    overlap = measure_overlap(hashes, groups.tolist(), previous)
    place = {topic_id: row for row, topic_id in enumerate(overlap.old_ids)}
    kept = {group: place[topic_id] for group, topic_id in enumerate(ids) if topic_id in place}
    return trace_lineage(overlap, kept, ids, np.bincount(groups[groups != NO_GROUP], minlength=len(ids)))


def _status(grouping: Grouping, row: int) -> Status:
    if grouping.groups[row] != NO_GROUP:
        return "assigned"
    return "filler" if grouping.is_filler[row] else "noise"


def _confidences(groups: NDArray[np.int64], neighbours: Neighbours) -> NDArray[np.float64]:
    """Return the vote share of each text's own topic; it is 1 for the only text of a corpus."""
    shares = vote_share(neighbours, groups, groups) if neighbours.rows.size else np.ones(len(groups))
    return np.where(groups == NO_GROUP, np.nan, np.clip(shares, 0.0, 1.0))
