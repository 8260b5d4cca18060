"""Divide a corpus into topics, filler and noise, with the reason for each text that has no topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.clustering.knn_vote import NO_GROUP, majority_vote
from ml.clustering.neighbours import Neighbours
from ml.clustering.outliers import (
    MIN_REPEATS,
    OUTLIER,
    TOO_FEW,
    cap_noise,
    find_outliers,
    has_near_duplicate,
    supported_groups,
)
from ml.clustering.partition import choose_n_neighbours, partition
from ml.messages.filler import empty_texts, filler_groups, find_courtesy, repeated_texts, wordless, wordless_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.corpus import Corpus
    from ml.messages.courtesy import CourtesyClassifier

COURTESY: Final = "politeness or assent alone"
REPEATED: Final = "short and said over and over"
LIKE_REPEATED: Final = "like what is short and said over and over"
WORDLESS: Final = "little but numbers and signs"
AUTOMATED: Final = "sent by machine"
BOILERPLATE: Final = "nothing but what nearly all messages share"


@dataclass(frozen=True)
class Grouping:
    """The group of each of n texts, and the reasons for having none.

    Attributes:
        groups: int64 (n,), topics 0, 1, … without gaps; `NO_GROUP` for noise and filler.
        is_filler: bool (n,), wordless texts and courtesy included.
        is_courtesy: bool (n,), texts that are polite, agree or decline, and say nothing else.
        is_repeated: bool (n,), texts that are themselves short and said over and over.
        is_wordless: bool (n,), texts without a letter, and texts of groups that mostly have none.
        is_empty: bool (n,), texts that are nothing but boilerplate.
        is_outlier: bool (n,), texts that are far from all others.
    """

    groups: NDArray[np.int64]
    is_filler: NDArray[np.bool_]
    is_courtesy: NDArray[np.bool_]
    is_repeated: NDArray[np.bool_]
    is_wordless: NDArray[np.bool_]
    is_empty: NDArray[np.bool_]
    is_outlier: NDArray[np.bool_]

    def reason(self, row: int) -> str | None:
        """Return why a text has no topic; None if it has one."""
        if self.groups[row] != NO_GROUP:
            return None
        if self.is_filler[row]:
            return filler_reason(
                is_automated=False,
                is_empty=bool(self.is_empty[row]),
                is_wordless=bool(self.is_wordless[row]),
                is_courtesy=bool(self.is_courtesy[row]),
                is_repeated=bool(self.is_repeated[row]),
            )
        return OUTLIER if self.is_outlier[row] else TOO_FEW


def filler_reason(
    *, is_automated: bool, is_empty: bool, is_wordless: bool, is_courtesy: bool, is_repeated: bool = False
) -> str:
    """Return why a text is filler. The reason holds for the text itself, not only for its group."""
    if is_automated:
        return AUTOMATED
    if is_empty:
        return BOILERPLATE
    if is_courtesy:
        return COURTESY
    if is_wordless:
        return WORDLESS
    return REPEATED if is_repeated else LIKE_REPEATED


def find_groups(  # noqa: PLR0913  # all but two by name
    corpus: Corpus,
    neighbours: Neighbours,
    *,
    former: NDArray[np.int64],
    was_filler: NDArray[np.bool_],
    seed: int,
    max_noise_share: float,
    seeds: CourtesyClassifier | None = None,
) -> Grouping:
    """Group the texts of a corpus, and find filler and noise.

    Args:
        corpus: n texts.
        neighbours: of their vectors, as many as the graph needs or more; none for a single text.
        former: int64 (n,), topic that each text had before, `NO_GROUP` for none.
        was_filler: bool (n,), texts that were filler before.
        seed: the random seed.
        max_noise_share: of the texts, 0 to 1; beyond it, the texts nearest to a topic join it.
        seeds: recognises courtesy; without it, filler is found by repetition alone.
    """
    if not len(corpus):
        nothing = np.empty(0, dtype=np.bool_)
        return Grouping(np.empty(0, dtype=np.int64), *[nothing] * 6)
    previous = np.where(was_filler & (former == NO_GROUP), former.max(initial=NO_GROUP) + 1, former)
    parts = _part(corpus, neighbours, previous, seed)
    is_garbled = np.zeros(len(corpus), dtype=np.bool_) if seeds is None else seeds.find_unstructured(corpus.vectors)
    is_garbled &= ~has_near_duplicate(neighbours)
    is_outlier = (find_outliers(neighbours) & (corpus.n_messages < MIN_REPEATS)) | is_garbled
    is_empty = empty_texts(corpus.texts)
    is_wordless = wordless(corpus.texts) | wordless_groups(corpus, parts)[parts]
    is_courtesy = find_courtesy(corpus, seeds)
    is_like_repeated = filler_groups(corpus, parts, was_filler, is_courtesy | is_empty, seeds)[parts]
    is_filler = is_like_repeated | is_wordless | is_courtesy
    is_candidate = ~is_outlier & ~is_filler
    is_topic = supported_groups(parts, is_candidate, corpus.n_messages)[parts] & is_candidate
    groups = np.where(is_topic, parts, NO_GROUP)
    groups = np.where(is_candidate & ~is_topic, majority_vote(neighbours, groups), groups)
    groups = cap_noise(groups, ~is_filler & ~is_garbled, neighbours, max_noise_share)
    return Grouping(
        _without_gaps(groups),
        is_filler,
        is_courtesy,
        repeated_texts(corpus),
        is_wordless,
        is_empty,
        is_outlier,
    )


def _part(corpus: Corpus, neighbours: Neighbours, former: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Partition a corpus into groups 0, 1, …; a single text is a group."""
    if len(corpus) == 1:
        return np.zeros(1, dtype=np.int64)
    k = choose_n_neighbours(len(corpus))
    nearest = Neighbours(neighbours.rows[:, :k], neighbours.similarities[:, :k])
    return partition(corpus.vectors, nearest, seed=seed, former=former)


def _without_gaps(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    _, numbers = np.unique(groups[groups != NO_GROUP], return_inverse=True)
    renumbered = groups.copy()
    renumbered[groups != NO_GROUP] = numbers
    return renumbered
