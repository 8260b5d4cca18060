"""The topic model of one project and field: the topic of each text, its confidence, and the topics' lineage.

A fit is five stages in a row, which pass one frozen state:

    cluster    ml/clustering/partition.py         groups of texts by meaning
    classify   ml/clustering/classification.py    which groups are topics; which texts are filler or noise
    track      ml/tracking/topic_ids.py           which topic of the last fit a group continues: it keeps the id
    limit      ml/tracking/reassignment_limit.py  how many texts may change topic at once
    describe   here                               ids, statuses, reasons, confidences and lineage
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np

from ml.clustering.classification import AUTOMATED, classify, reasons
from ml.clustering.fit_state import DEFAULT_LIMITS, FitLimits, FitState
from ml.clustering.neighbours import NO_GROUP, vote_share
from ml.clustering.partition import cluster
from ml.tracking.reassignment_limit import limit
from ml.tracking.topic_ids import LineageLink, assign_ids, number_topics, trace_lineage_since, track

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from ml.clustering.fit_state import Classes
    from ml.clustering.neighbours import Neighbours
    from ml.corpus import Corpus
    from ml.messages.courtesy import CourtesyClassifier

__all__ = ["FitLimits", "Status", "TopicModel", "fit_topics"]

Status = Literal["assigned", "noise", "filler", "pending"]


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
    limits: FitLimits = DEFAULT_LIMITS,
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
    before = {**previous, **provisional}
    former, old_ids = number_topics(ordered.text_hashes, before)
    state = FitState(
        corpus=ordered,
        before=before,
        old_ids=old_ids,
        former=former,
        was_filler=_among(ordered.text_hashes, previous_filler),
        is_pinned=_had_one_of(pinned, former, old_ids),
        is_provisional=_had_one_of(set(provisional.values()), former, old_ids),
        seed=seed,
        limits=limits,
        seeds=seeds,
    )
    for stage in (cluster, classify, track, limit):
        state = stage(state)
    return describe(state, previous, namespace, order, len(corpus.texts))


def describe(
    state: FitState, previous: Mapping[str, str], namespace: str, order: NDArray[np.intp], n: int
) -> TopicModel:
    """Name the topics and their lineage, and say what became of each text.

    Args:
        state: after all stages.
        previous: topic of the last fit by text hash.
        namespace: keeps the ids of projects and fields with the same texts apart.
        order: place in the result of each text of the state; the other places are texts that machines send.
        n: texts of the result.
    """
    hashes = state.corpus.text_hashes
    classes, kept = _final_classes(state)
    ids = assign_ids(hashes, classes.groups.tolist(), state.old_ids, kept, namespace)
    lineage = trace_lineage_since(previous, hashes, classes.groups, ids)
    topic_ids: list[str | None] = [None] * n
    statuses: list[Status] = ["filler"] * n
    found_reasons: list[str | None] = [AUTOMATED] * n
    confidences = np.full(n, np.nan)
    confidences[order] = _confidences(classes.groups, state.neighbours)
    for place, group, is_filler, reason in zip(order, classes.groups, classes.is_filler, reasons(classes), strict=True):
        if group != NO_GROUP:
            topic_ids[place], statuses[place] = ids[group], "assigned"
        else:
            statuses[place] = "filler" if is_filler else "noise"
        found_reasons[place] = reason
    return TopicModel(topic_ids, statuses, found_reasons, confidences, lineage, state.outlier_threshold)


def _among(hashes: list[str], chosen: frozenset[str]) -> NDArray[np.bool_]:
    return np.array([text_hash in chosen for text_hash in hashes], dtype=np.bool_)


def _had_one_of(chosen: Collection[str], former: NDArray[np.int64], old_ids: list[str]) -> NDArray[np.bool_]:
    """Say which texts had one of these topics: bool (n,)."""
    return np.isin(former, [place for place, topic_id in enumerate(old_ids) if topic_id in chosen])


def _final_classes(state: FitState) -> tuple[Classes, dict[int, int]]:
    """Return the final groups, without gaps, and the former number of each group that continues a topic."""
    is_filler = state.labels == state.filler
    has_topic = ~is_filler & (state.labels != NO_GROUP)
    numbers = np.unique(state.labels[has_topic])
    groups = np.where(has_topic, np.searchsorted(numbers, state.labels), NO_GROUP)
    kept = {group: int(number) for group, number in enumerate(numbers) if number < len(state.old_ids)}
    return replace(state.classes, groups=groups, is_filler=is_filler), kept


def _confidences(groups: NDArray[np.int64], neighbours: Neighbours) -> NDArray[np.float64]:
    """Return the vote share of each text's own topic; it is 1 for the only text of a corpus."""
    shares = vote_share(neighbours, groups, groups) if neighbours.rows.size else np.ones(len(groups))
    return np.where(groups == NO_GROUP, np.nan, np.clip(shares, 0.0, 1.0))
