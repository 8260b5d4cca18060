"""A corpus taken apart: groups that are topics, groups that are filler, and texts that are neither, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.clustering.knn_vote import NO_GROUP, elect
from ml.clustering.neighbours import Neighbours
from ml.clustering.outliers import (
    FAR,
    SAID_OFTEN,
    TOO_FEW,
    far_from_everything,
    groups_with_support,
    has_twin,
    place_surplus,
)
from ml.clustering.partition import choose_n_neighbours, partition
from ml.messages.filler import empty_texts, filler_groups, find_courtesy, repeated_texts, wordless, wordless_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.corpus import Corpus
    from ml.messages.courtesy import CourtesySeeds

COURTESY: Final = "politeness or assent alone"
SAID_OVER_AND_OVER: Final = "short and said over and over"
LIKE_WHAT_IS_REPEATED: Final = "like what is short and said over and over"
WORDLESS: Final = "little but numbers and signs"
AUTOMATED: Final = "sent by machine"
BOILERPLATE: Final = "nothing but what nearly all messages share"


@dataclass(frozen=True)
class Grouping:
    """What n texts are. A text with a group has none of the reasons for having none.

    Attributes:
        groups: int64 (n,), topics 0, 1, … without gaps; `NO_GROUP` for noise and filler.
        is_filler: bool (n,), automated and wordless texts and courtesy included.
        is_courtesy: bool (n,), texts that are polite, agree or decline, and say nothing else.
        is_repeated: bool (n,), texts that are themselves short and said over and over.
        is_automated: bool (n,), texts that machines send.
        is_wordless: bool (n,), texts without any letter, and what stands among such texts.
        is_empty: bool (n,), texts that are nothing but boilerplate.
        is_far: bool (n,), texts that are far from everything.
    """

    groups: NDArray[np.int64]
    is_filler: NDArray[np.bool_]
    is_courtesy: NDArray[np.bool_]
    is_repeated: NDArray[np.bool_]
    is_automated: NDArray[np.bool_]
    is_wordless: NDArray[np.bool_]
    is_empty: NDArray[np.bool_]
    is_far: NDArray[np.bool_]

    def reason(self, row: int) -> str | None:
        """Why a text has no topic; None if it has one."""
        if self.groups[row] != NO_GROUP:
            return None
        if self.is_filler[row]:
            return why_filler(
                is_automated=bool(self.is_automated[row]),
                is_empty=bool(self.is_empty[row]),
                is_wordless=bool(self.is_wordless[row]),
                is_courtesy=bool(self.is_courtesy[row]),
                is_repeated=bool(self.is_repeated[row]),
            )
        return FAR if self.is_far[row] else TOO_FEW


def why_filler(
    *, is_automated: bool, is_empty: bool, is_wordless: bool, is_courtesy: bool, is_repeated: bool = False
) -> str:
    """Why a text that is filler is filler; the reason is true of the text itself, not of its group alone."""
    if is_automated:
        return AUTOMATED
    if is_empty:
        return BOILERPLATE
    if is_courtesy:
        return COURTESY
    if is_wordless:
        return WORDLESS
    return SAID_OVER_AND_OVER if is_repeated else LIKE_WHAT_IS_REPEATED


def find_groups(  # noqa: PLR0913  # all but two by name
    corpus: Corpus,
    neighbours: Neighbours,
    *,
    former: NDArray[np.int64],
    was_filler: NDArray[np.bool_],
    is_automated: NDArray[np.bool_],
    seed: int,
    max_noise_share: float,
    seeds: CourtesySeeds | None = None,
) -> Grouping:
    """Find the groups of a corpus.

    Args:
        corpus: n texts.
        neighbours: of their vectors, as many as the graph needs or more; none where there is but one text.
        former: int64 (n,), topic that each text had before, `NO_GROUP` for none.
        was_filler: bool (n,), texts that were filler before.
        is_automated: bool (n,), texts that machines send: no topic, and nothing that a topic is founded on.
        seed: of everything random.
        max_noise_share: of the texts, 0 to 1; beyond it the nearest go to the topics that their neighbours have.
        seeds: tell courtesy; without them filler is found by repetition alone.
    """
    if not len(corpus):
        nothing = np.empty(0, dtype=np.bool_)
        return Grouping(np.empty(0, dtype=np.int64), *[nothing] * 7)
    memory = np.where(was_filler & (former == NO_GROUP), former.max(initial=NO_GROUP) + 1, former)
    parts = _part(corpus, neighbours, memory, seed)
    is_garbled = np.zeros(len(corpus), dtype=np.bool_) if seeds is None else seeds.find_unstructured(corpus.vectors)
    is_garbled &= ~has_twin(neighbours)
    is_far = (far_from_everything(neighbours) & (corpus.n_messages < SAID_OFTEN)) | is_garbled
    is_empty = empty_texts(corpus.texts)
    is_wordless = wordless(corpus.texts) | wordless_groups(corpus, parts)[parts]
    is_courtesy = find_courtesy(corpus, seeds)
    is_like_repeated = filler_groups(corpus, parts, was_filler, is_courtesy | is_empty, seeds)[parts]
    is_filler = is_like_repeated | is_automated | is_wordless | is_courtesy
    is_candidate = ~is_far & ~is_filler
    is_topic = groups_with_support(parts, is_candidate, corpus.n_messages)[parts] & is_candidate
    groups = np.where(is_topic, parts, NO_GROUP)
    groups = np.where(is_candidate & ~is_topic, elect(neighbours, groups), groups)
    groups = place_surplus(groups, ~is_filler & ~is_garbled, neighbours, max_noise_share)
    return Grouping(
        _without_gaps(groups),
        is_filler,
        is_courtesy,
        repeated_texts(corpus),
        is_automated,
        is_wordless,
        is_empty,
        is_far,
    )


def _part(corpus: Corpus, neighbours: Neighbours, former: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Parts 0, 1, … of a corpus; a text alone is a part."""
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
