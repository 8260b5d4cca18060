"""New texts without a refit: they go to known topics by their neighbours' votes, wait, or are enough for a new topic.

What a run costs follows the new texts: nothing is asked of the old ones but the topics of those that are neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.clustering.grouping import why_filler
from ml.clustering.knn_vote import NO_GROUP, elect, share_for, vote_weights
from ml.clustering.neighbours import Neighbours, nearest_neighbours
from ml.clustering.outliers import FAR, TOO_FEW
from ml.clustering.partition import choose_n_neighbours, cut_graph
from ml.messages.filler import empty_texts, find_courtesy, wordless
from ml.tracking.topic_ids import new_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.corpus import Corpus
    from ml.messages.courtesy import CourtesySeeds
    from ml.topic_model import Status

_KNOWN: Final = 0.5
"""A text whose neighbours have less of their votes for known topics than this is not of these topics."""
_MIN_NEW_TOPIC_TEXTS: Final = 10
"""Texts that a topic needs to be born between refits: evidence enough to stand before the whole is looked at."""
_COHERENT: Final = 0.5
"""Share of the neighbours' votes that a new topic's texts must give one another on average."""
_APART: Final = 0.5
"""The votes for any one known topic, as a share of those for one another, up to which a new topic is apart."""
_RESOLUTION: Final = 1.0
"""Of births. Coarser than a fit: that a new subject has two sides is for a later fit to show, with more texts."""


@dataclass(frozen=True)
class KnownTexts:
    """What the texts are that were judged before, as far as they may be somebody's neighbours.

    Attributes:
        labels: int64 (m,), place in `topic_ids`; `len(topic_ids)` for filler, `NO_GROUP` for noise.
        topic_ids: topics that are known.
        outlier_threshold: similarity to the nearest text below which a text is far from everything, by the last fit.
    """

    labels: NDArray[np.int64]
    topic_ids: list[str]
    outlier_threshold: float


@dataclass(frozen=True)
class Assignment:
    """What became of n new or waiting texts.

    Attributes:
        topic_ids: n topics; None where the status is not `assigned`.
        statuses: `assigned`, `filler` or `pending`: what no topic fits waits.
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
    known: KnownTexts,
    *,
    seed: int,
    namespace: str,
    automated: frozenset[str] = frozenset(),
    seeds: CourtesySeeds | None = None,
) -> Assignment:
    """Judge new texts, and those that wait, by what is known.

    Args:
        pool: n texts, in the order of their hashes.
        neighbours: of these texts, among the m known ones (rows 0 to m - 1) and one another (rows from m on).
        known: the m known texts.
        seed: of everything random.
        namespace: keeps the ids of projects and fields with the same texts apart.
        automated: hashes of texts that machines send: they are filler.
        seeds: tell courtesy, which is filler too.
    """
    n_known, filler = len(known.labels), len(known.topic_ids)
    voters = np.concatenate([known.labels, np.full(len(pool), NO_GROUP, dtype=np.int64)])
    elected = elect(neighbours, voters)
    is_far = neighbours.similarities[:, 0] < known.outlier_threshold
    if seeds is not None:
        is_far |= seeds.find_unstructured(pool.vectors)
    is_automated = np.array([text_hash in automated for text_hash in pool.text_hashes], dtype=np.bool_)
    is_wordless, is_empty = wordless(pool.texts), empty_texts(pool.texts)
    is_courtesy = find_courtesy(pool, seeds)
    is_filler = is_automated | is_wordless | is_courtesy
    is_strange = ~is_filler & (is_far | (_share_for_known(neighbours, voters) < _KNOWN))
    labels = np.where(is_filler, filler, np.where(is_strange, NO_GROUP, elected))
    born: list[str] = []
    for group in _groups_of(pool, np.flatnonzero(is_strange & ~is_far), len(voters), seed):
        if _is_topic(group, n_known, neighbours, voters):
            labels[group] = filler + 1 + len(born)
            born.append(new_id(namespace, [pool.text_hashes[row] for row in group], {*known.topic_ids, *born}))
        elif len(group) >= _MIN_NEW_TOPIC_TEXTS:
            labels[group] = elected[group]
    voters[n_known:] = labels
    has_topic = (labels != NO_GROUP) & (labels != filler)
    ids: list[str | None] = [*known.topic_ids, None, *born, None]
    return Assignment(
        topic_ids=[ids[label] for label in labels],
        statuses=[_status(int(label), filler) for label in labels],
        reasons=[
            why_filler(
                is_automated=bool(is_automated[row]),
                is_empty=bool(is_empty[row]),
                is_wordless=bool(is_wordless[row]),
                is_courtesy=bool(is_courtesy[row]),
            )
            if label == filler
            else _why_waiting(int(label), bool(is_far[row]))
            for row, label in enumerate(labels)
        ],
        confidences=np.where(has_topic, np.clip(share_for(neighbours, voters, labels), 0.0, 1.0), np.nan),
        born=born,
    )


def _share_for_known(neighbours: Neighbours, voters: NDArray[np.int64]) -> NDArray[np.float64]:
    """float64 (n,), share of the votes that are for anything known."""
    is_known = (voters != NO_GROUP).astype(np.int64)
    return share_for(neighbours, is_known, np.ones(len(neighbours.rows), dtype=np.int64))


def _groups_of(pool: Corpus, rows: NDArray[np.intp], n: int, seed: int) -> list[NDArray[np.intp]]:
    """Texts that no topic fits, grouped as if all n texts were there; broadly, by modularity as it was defined."""
    if len(rows) < _MIN_NEW_TOPIC_TEXTS:
        return []
    vectors = np.ascontiguousarray(pool.vectors[rows])
    neighbours = nearest_neighbours(vectors, min(len(rows) - 1, choose_n_neighbours(n)))
    parts = cut_graph(neighbours, seed=seed, resolution=_RESOLUTION * len(rows) / n)
    return [rows[parts == part] for part in range(int(parts.max()) + 1)]


def _is_topic(group: NDArray[np.intp], n_known: int, neighbours: Neighbours, voters: NDArray[np.int64]) -> bool:
    """Whether texts are enough, coherent, and apart: they vote for one another, and hardly for any one known topic."""
    if len(group) < _MIN_NEW_TOPIC_TEXTS:
        return False
    theirs = Neighbours(neighbours.rows[group], neighbours.similarities[group])
    weights = vote_weights(theirs)
    choices = theirs.rows[:, : weights.shape[1]]
    for_one_another = weights[np.isin(choices, group + n_known)].sum()
    labels = voters[choices]
    for_known = np.bincount(labels[labels != NO_GROUP], weights=weights[labels != NO_GROUP], minlength=1).max()
    return bool(for_one_another >= _COHERENT * weights.sum() and for_known <= _APART * for_one_another)


def _status(label: int, filler: int) -> Status:
    if label == NO_GROUP:
        return "pending"
    return "filler" if label == filler else "assigned"


def _why_waiting(label: int, is_far: bool) -> str | None:  # noqa: FBT001  # one element of an array of verdicts
    if label != NO_GROUP:
        return None
    return FAR if is_far else TOO_FEW
