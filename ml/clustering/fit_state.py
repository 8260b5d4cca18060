"""The state of a fit of topics: its input, and the results of its stages so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.clustering.neighbours import Neighbours

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ml.corpus import Corpus
    from ml.messages.courtesy import CourtesyClassifier


@dataclass(frozen=True)
class FitLimits:
    """Limits of a fit.

    Attributes:
        max_noise_share: of all texts, 0 to 1.
        max_moved_share: share of the texts with a topic that may change it, 0 to 1; the clearest cases come first.
    """

    max_noise_share: float = 0.1
    max_moved_share: float = 0.049


DEFAULT_LIMITS: Final = FitLimits()
NO_NEIGHBOURS: Final = Neighbours(np.empty((0, 0), dtype=np.int32), np.empty((0, 0), dtype=np.float32))


def _nothing() -> NDArray[np.bool_]:
    return np.empty(0, dtype=np.bool_)


def _no_groups() -> NDArray[np.int64]:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Classes:
    """The group of each of n texts, and the reasons for having none.

    Attributes:
        groups: int64 (n,), topics 0, 1, … without gaps; `NO_GROUP` for noise and filler.
        is_filler: bool (n,), wordless texts and courtesy included.
        is_courtesy: bool (n,), texts that are polite, agree or decline, and say nothing else.
        is_repeated: bool (n,), texts that are themselves short and repeated.
        is_wordless: bool (n,), texts without a letter, and texts of groups that mostly have none.
        is_empty: bool (n,), texts that are nothing but boilerplate.
        is_outlier: bool (n,), texts that are far from all others.
    """

    groups: NDArray[np.int64] = field(default_factory=_no_groups)
    is_filler: NDArray[np.bool_] = field(default_factory=_nothing)
    is_courtesy: NDArray[np.bool_] = field(default_factory=_nothing)
    is_repeated: NDArray[np.bool_] = field(default_factory=_nothing)
    is_wordless: NDArray[np.bool_] = field(default_factory=_nothing)
    is_empty: NDArray[np.bool_] = field(default_factory=_nothing)
    is_outlier: NDArray[np.bool_] = field(default_factory=_nothing)


@dataclass(frozen=True)
class FitState:
    """The state of a fit of n texts. It is immutable: each stage returns a copy with its results.

    Attributes:
        corpus: n texts, in the order of their hashes, without those that machines send.
        before: topic of the last fit, or provisional topic, by text hash.
        old_ids: the topics of `before`, sorted: 0, 1, …
        former: int64 (n,), number of the topic that each text had, `NO_GROUP` for none.
        was_filler: bool (n,), texts that were filler at the last fit.
        is_pinned: bool (n,), texts of topics that neither die nor merge.
        is_provisional: bool (n,), texts of topics that are not split yet.
        seed: the random seed.
        limits: how many texts may be noise, and how many may change topic.
        seeds: recognises courtesy; None: filler is found by repetition alone.
        neighbours: `cluster`: of the n texts, as many as the graph and the vote need; none for a single text.
        parts: `cluster`: int64 (n,), groups of texts by meaning, 0, 1, … without gaps.
        classes: `classify`: which groups are topics, and which texts are filler or noise.
        outlier_threshold: `classify`: similarity to the nearest other text below which a text is an outlier.
        labels: `track`, then `limit`: int64 (n,), the number of the topic that a text continues, a greater one for a
            new topic, `filler`, or `NO_GROUP`.
        filler: `track`: the label of filler, one more than any topic's.
    """

    corpus: Corpus
    before: Mapping[str, str]
    old_ids: list[str]
    former: NDArray[np.int64]
    was_filler: NDArray[np.bool_]
    is_pinned: NDArray[np.bool_]
    is_provisional: NDArray[np.bool_]
    seed: int
    limits: FitLimits
    seeds: CourtesyClassifier | None
    neighbours: Neighbours = NO_NEIGHBOURS
    parts: NDArray[np.int64] = field(default_factory=_no_groups)
    classes: Classes = field(default_factory=Classes)
    outlier_threshold: float = -1.0
    labels: NDArray[np.int64] = field(default_factory=_no_groups)
    filler: int = 0
