"""Assign new texts between fits: to existing topics by a k-NN vote, to new topics, or to the texts that wait.

The cost grows with the number of new texts: of the old ones only the neighbours' topics are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.clustering.classification import OUTLIER, TOO_FEW, empty_texts, filler_reason, find_courtesy, wordless
from ml.clustering.graph import leiden_groups
from ml.clustering.neighbours import NO_GROUP, Neighbours, majority_vote, nearest_neighbours, vote_share, vote_weights
from ml.clustering.partition import choose_n_neighbours
from ml.tracking.topic_ids import new_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.corpus import Corpus
    from ml.messages.courtesy import CourtesyClassifier
    from ml.topic_model import Status

_MIN_EXISTING_SHARE: Final = 0.5
"""Share of its neighbours' votes that existing topics need, or the text is novel."""
_MIN_NEW_TOPIC_TEXTS: Final = 10
"""Texts that a topic needs to be born between two fits."""
_MIN_COHERENCE: Final = 0.5
"""Mean share of their votes that the texts of a new topic must give one another."""
_MAX_EXISTING_SHARE: Final = 0.5
"""Votes that a new topic's texts may give any one existing topic, as a share of the votes they give one another."""
_RESOLUTION: Final = 1.0
"""Leiden resolution for novel texts. It is coarser than a fit's: a later fit, with more texts, may split the topic."""


@dataclass(frozen=True)
class ReferenceTexts:
    """The texts that are labelled already: the reference set of the k-NN vote.

    Attributes:
        labels: int64 (m,), index into `topic_ids`; `len(topic_ids)` for filler, `NO_GROUP` for noise.
        topic_ids: the existing topics.
        outlier_threshold: similarity to the nearest text below which a text is an outlier, from the last fit.
    """

    labels: NDArray[np.int64]
    topic_ids: list[str]
    outlier_threshold: float


@dataclass(frozen=True)
class Assignment:
    """The outcome for n new or waiting texts.

    Attributes:
        topic_ids: n topics; None where the status is not `assigned`.
        statuses: `assigned`, `filler` or `pending`; a text that suits no topic is pending.
        reasons: n reasons for waiting; None for other texts.
        confidences: float64 (n,), share of the neighbours' votes for the text's topic, 0 to 1; NaN without topic.
        born: ids of topics that are new.
    """

    topic_ids: list[str | None]
    statuses: list[Status]
    reasons: list[str | None]
    confidences: NDArray[np.float64]
    born: list[str]


def assign_texts(  # noqa: PLR0913  # all but three by name
    pool: Corpus,
    neighbours: Neighbours,
    reference: ReferenceTexts,
    *,
    seed: int,
    namespace: str,
    automated: frozenset[str] = frozenset(),
    seeds: CourtesyClassifier | None = None,
) -> Assignment:
    """Assign new and waiting texts.

    Args:
        pool: n texts, in the order of their hashes.
        neighbours: of these texts, among the m reference texts (rows 0 to m - 1) and one another (rows from m on).
        reference: the m reference texts.
        seed: the random seed.
        namespace: keeps the ids of projects and fields with the same texts apart.
        automated: hashes of texts that machines send: they are filler.
        seeds: recognises courtesy, which is filler too.
    """
    n_reference, filler = len(reference.labels), len(reference.topic_ids)
    voters = np.concatenate([reference.labels, np.full(len(pool), NO_GROUP, dtype=np.int64)])
    voted = majority_vote(neighbours, voters)
    is_outlier = neighbours.similarities[:, 0] < reference.outlier_threshold
    if seeds is not None:
        is_outlier |= seeds.find_unstructured(pool.vectors)
    is_automated = np.array([text_hash in automated for text_hash in pool.text_hashes], dtype=np.bool_)
    is_wordless, is_empty = wordless(pool.texts), empty_texts(pool.texts)
    is_courtesy = find_courtesy(pool, seeds)
    is_filler = is_automated | is_wordless | is_courtesy
    is_novel = ~is_filler & (is_outlier | (_existing_topic_share(neighbours, voters) < _MIN_EXISTING_SHARE))
    labels = np.where(is_filler, filler, np.where(is_novel, NO_GROUP, voted))
    born: list[str] = []
    for group in _group_novel(pool, np.flatnonzero(is_novel & ~is_outlier), len(voters), seed):
        if _is_topic(group, n_reference, neighbours, voters):
            labels[group] = filler + 1 + len(born)
            born.append(new_id(namespace, [pool.text_hashes[row] for row in group], {*reference.topic_ids, *born}))
        elif len(group) >= _MIN_NEW_TOPIC_TEXTS:
            labels[group] = voted[group]
    voters[n_reference:] = labels
    has_topic = (labels != NO_GROUP) & (labels != filler)
    ids: list[str | None] = [*reference.topic_ids, None, *born, None]
    return Assignment(
        topic_ids=[ids[label] for label in labels],
        statuses=[_status(int(label), filler) for label in labels],
        reasons=[
            filler_reason(
                is_automated=bool(is_automated[row]),
                is_empty=bool(is_empty[row]),
                is_wordless=bool(is_wordless[row]),
                is_courtesy=bool(is_courtesy[row]),
            )
            if label == filler
            else _pending_reason(int(label), bool(is_outlier[row]))
            for row, label in enumerate(labels)
        ],
        confidences=np.where(has_topic, np.clip(vote_share(neighbours, voters, labels), 0.0, 1.0), np.nan),
        born=born,
    )


def _existing_topic_share(neighbours: Neighbours, voters: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of each text's votes that existing topics, filler included, get: float64 (n,)."""
    is_known = (voters != NO_GROUP).astype(np.int64)
    return vote_share(neighbours, is_known, np.ones(len(neighbours.rows), dtype=np.int64))


def _group_novel(pool: Corpus, rows: NDArray[np.intp], n: int, seed: int) -> list[NDArray[np.intp]]:
    """Group novel texts by Leiden, with the resolution scaled as if all n texts were in the graph."""
    if len(rows) < _MIN_NEW_TOPIC_TEXTS:
        return []
    vectors = np.ascontiguousarray(pool.vectors[rows])
    neighbours = nearest_neighbours(vectors, min(len(rows) - 1, choose_n_neighbours(n)))
    parts = leiden_groups(neighbours, seed=seed, resolution=_RESOLUTION * len(rows) / n)
    return [rows[parts == part] for part in range(int(parts.max()) + 1)]


def _is_topic(group: NDArray[np.intp], n_reference: int, neighbours: Neighbours, voters: NDArray[np.int64]) -> bool:
    """Say whether a group is large and coherent enough for a topic, and far enough from every existing one."""
    if len(group) < _MIN_NEW_TOPIC_TEXTS:
        return False
    theirs = Neighbours(neighbours.rows[group], neighbours.similarities[group])
    weights = vote_weights(theirs)
    choices = theirs.rows[:, : weights.shape[1]]
    for_each_other = weights[np.isin(choices, group + n_reference)].sum()
    labels = voters[choices]
    for_existing = np.bincount(labels[labels != NO_GROUP], weights=weights[labels != NO_GROUP], minlength=1).max()
    return bool(
        for_each_other >= _MIN_COHERENCE * weights.sum() and for_existing <= _MAX_EXISTING_SHARE * for_each_other
    )


def _status(label: int, filler: int) -> Status:
    if label == NO_GROUP:
        return "pending"
    return "filler" if label == filler else "assigned"


def _pending_reason(label: int, is_outlier: bool) -> str | None:  # noqa: FBT001  # one element of an array of verdicts
    if label != NO_GROUP:
        return None
    return OUTLIER if is_outlier else TOO_FEW
