"""Vectors to groups: a fine cut of the neighbour graph, candidate partitions merged from it, and the best of them.

1. Build a graph of nearest neighbours. Its weights are those of Jarvis and Patrick (1973) as used by PhenoGraph (Levine
   et al. 2015), averaged with the similarities.
2. Cut it finely with the Leiden algorithm (Traag, Waltman and van Eck 2019).
3. Merge the fine groups by Ward's method and by centroid linkage; cut both dendrograms at many numbers of groups.
4. Score each candidate by its silhouette and its neighbourhood purity. No candidate with a group of more than half of
   the texts is considered, so that no corpus collapses.
5. Refine the best few: each text goes to the group whose mean is nearest and where most of its edges lead. Score again.

A corpus of up to 500 texts has other candidates and another score (`ml.clustering.small_corpora`).

How this was chosen, and on what data: docs/decisions/0004-topic-model.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

from ml.clustering import small_corpora
from ml.clustering.dendrogram import cosine_cost, cut, merge_order, ward_cost
from ml.clustering.graph import MIN_WEIGHT, in_order_of_appearance, leiden, neighbour_graph, smooth_over_time
from ml.clustering.neighbours import EXACT_TEXTS, N_VOTERS, NO_GROUP, Neighbours, majority_vote, nearest_neighbours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from ml.clustering.fit_state import FitState

RESOLUTION: Final = 4.0
"""Leiden resolution of the fine groups: finer than topics, because groups are merged afterwards."""
_COUNTS: Final = 30
"""Size of the geometric grid of group counts; all counts up to `_ALL_COUNTS` are tried as well."""
_ALL_COUNTS: Final = 10
_MAX_SHARE: Final = 0.5
"""Share of the texts that the largest group may hold."""
_SINGLE_TOPIC_COHESION: Final = 0.6
"""Cohesion from which a corpus is a single topic: between corpora of one intent and of two (docs/decisions/0004)."""
_PURITY_POWER: Final = 1.5
_N_SCORED: Final = 4_096
"""Texts that candidates are scored on. Rows are in the order of their hashes, so the first are a random sample."""
_N_REFINED: Final = 8
"""Candidates that are refined and scored again."""
_REFINEMENTS: Final = 3
_EDGE_WEIGHT: Final = 0.3
"""Weight of the share of a text's edges that lead to a group, added to the cosine with the group's mean."""
_HYSTERESIS: Final = 1.1
"""Factor by which a partition must score better than the former one to replace it."""
_BLOCK_ROWS: Final = 8_192


@dataclass(frozen=True)
class ClusteringInput:
    """The vectors, neighbours and graph that candidate partitions are scored on.

    Attributes:
        vectors: float32 (n, d), unit rows.
        neighbours: of the n texts, as many as the purity looks at.
        graph: symmetric weights (n, n).
        components: float32 (n, components), the leading principal components of a small corpus; None for a larger one.
    """

    vectors: NDArray[np.float32]
    neighbours: Neighbours
    graph: sparse.csr_array
    components: NDArray[np.float32] | None = None


def choose_n_neighbours(n: int) -> int:
    """Return √n/6 within 6 to 25."""
    return min(max(1, n - 1), max(6, min(25, round(math.sqrt(n) / 6))))


def cluster(state: FitState) -> FitState:
    """Find the neighbours of all texts, and group the texts by meaning; a single text is a group."""
    n = len(state.former)
    if n < 2:  # noqa: PLR2004  # a text has no neighbour but another
        none = Neighbours(np.empty((n, 0), dtype=np.int32), np.empty((n, 0), dtype=np.float32))
        return replace(state, neighbours=none, parts=np.zeros(n, dtype=np.int64))
    vectors = state.corpus.vectors
    neighbours = nearest_neighbours(vectors, min(n - 1, max(choose_n_neighbours(n), N_VOTERS)))
    filler = state.former.max(initial=NO_GROUP) + 1
    former = np.where(state.was_filler & (state.former == NO_GROUP), filler, state.former)
    return replace(state, neighbours=neighbours, parts=partition(vectors, neighbours, seed=state.seed, former=former))


def partition(
    vectors: NDArray[np.float32], neighbours: Neighbours, *, seed: int, former: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Group texts by meaning. The number of groups follows from the data.

    Args:
        vectors: float32 (n, d), unit rows, n ≥ 2.
        neighbours: of these vectors, ten or more of each if there are as many. The graph is built of the nearest few.
        seed: seed of the Leiden algorithm.
        former: int64 (n,), topic that each text had before, -1 for none; a partition close to it is preferred.

    Returns:
        int64 (n,), groups 0, 1, … without gaps, in order of first appearance. Every text has a group.
    """
    if _cohesion(vectors, neighbours) >= _SINGLE_TOPIC_COHESION:
        return np.zeros(len(vectors), dtype=np.int64)
    data = clustering_input(vectors, neighbours, former)
    if data.components is not None:
        counts = _group_counts(len(vectors))
        best = list(small_corpora.candidates(vectors, data.components, counts, seed=seed, former=former))
    else:
        best = select_best(data, candidates(data, seed=seed), _N_REFINED if len(vectors) <= EXACT_TEXTS else 1)
    groups = max(refine(data, best), key=lambda groups: _score(data, groups))
    if former is not None and (former != NO_GROUP).any():
        kept = next(refine(data, [_propagate_labels(data.neighbours, former)]))
        if _HYSTERESIS * _score(data, kept) >= _score(data, groups):
            groups = kept
    return in_order_of_appearance(groups)


def clustering_input(
    vectors: NDArray[np.float32], neighbours: Neighbours, former: NDArray[np.int64] | None = None
) -> ClusteringInput:
    """Build the graph of the nearest neighbours, and the principal components of a small corpus; see `partition`."""
    n = len(vectors)
    is_small = n <= small_corpora.MAX_TEXTS
    graph = neighbour_graph(
        neighbours.first((small_corpora.choose_n_neighbours if is_small else choose_n_neighbours)(n))
    )
    return ClusteringInput(
        vectors,
        neighbours.first(small_corpora.choose_n_close(n) if is_small else choose_n_neighbours(n)),
        graph if former is None else smooth_over_time(graph, former),
        small_corpora.principal_components(vectors) if is_small else None,
    )


def _cohesion(vectors: NDArray[np.float32], neighbours: Neighbours) -> float:
    """Divide the mean similarity of all pairs by the median similarity to the nearest neighbour; 1 if all are alike."""
    n = len(vectors)
    total = vectors.sum(axis=0, dtype=np.float64)
    nearest = float(np.median(neighbours.similarities[:, 0]))
    return float((total @ total - n) / (n * (n - 1))) / nearest if nearest > 0 else 0.0


def candidates(data: ClusteringInput, *, seed: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield candidate partitions: fine groups, int64 (n,), and the merged group of each, int64 (fine groups,)."""
    fine = leiden(data.graph, seed, RESOLUTION)
    fine = np.unique(fine, return_inverse=True)[1].astype(np.int64)
    sums, sizes = _sums(data.vectors, fine)
    counts = _group_counts(len(sizes))
    for linkage in (ward_cost, cosine_cost):
        merges = merge_order(sums.astype(np.float64), sizes, linkage)
        for merged in cut(merges, counts):
            yield fine, merged


def _group_counts(n: int) -> list[int]:
    """Return the numbers of groups to cut a dendrogram of n leaves at."""
    grid = np.geomspace(2, n, _COUNTS).round().astype(int).tolist()
    return sorted(count for count in {*grid, *range(2, _ALL_COUNTS + 1)} if 2 <= count <= n)  # noqa: PLR2004  # one group has no silhouette


def select_best(
    data: ClusteringInput, candidates: Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]], n_kept: int
) -> list[NDArray[np.int64]]:
    """Return the candidates with the best scores, int64 (n,) each, best first."""
    scored: dict[bytes, tuple[float, NDArray[np.int64]]] = {}
    for fine, merged in candidates:
        groups = merged[fine]
        scored[groups.tobytes()] = (_score(data, groups), groups)
    best = sorted(scored.values(), key=lambda pair: -pair[0])[:n_kept]
    return [groups for _, groups in best]


def refine(data: ClusteringInput, candidates: list[NDArray[np.int64]]) -> Iterator[NDArray[np.int64]]:
    """Reassign each text to the group with the nearest mean and most of its edges, for a few iterations."""
    for candidate in candidates:
        groups = candidate
        for _ in range(_REFINEMENTS):
            reassigned = _reassign(data, groups)
            if np.array_equal(reassigned, groups):
                break
            groups = reassigned
        yield groups


def _reassign(data: ClusteringInput, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    sums, _ = _sums(data.vectors, groups)
    means = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), MIN_WEIGHT)
    n, n_groups = len(groups), len(means)
    members = sparse.csr_array((np.ones(n, dtype=np.float32), (np.arange(n), groups)), shape=(n, n_groups))
    chosen = np.empty(n, dtype=np.int64)
    for start in range(0, n, _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        edges = (data.graph[block].astype(np.float32) @ members).toarray()
        edges /= np.maximum(edges.sum(axis=1, keepdims=True), MIN_WEIGHT)
        chosen[block] = np.argmax(data.vectors[block] @ means.T + _EDGE_WEIGHT * edges, axis=1)
    return np.unique(chosen, return_inverse=True)[1].astype(np.int64)


def _score(data: ClusteringInput, groups: NDArray[np.int64]) -> float:
    """Score a candidate by silhouette · purity^1.5 · (1 - largest share); -1 if it must not be chosen.

    The last factor counts against a few broad groups. Small corpora have a score of their own.
    """
    measured = measure_partition(data, groups)
    if measured is None:
        return -1.0
    silhouette, purity, _, max_share = measured
    if data.components is not None:
        return small_corpora.score(silhouette, purity, np.bincount(groups).astype(np.float64))
    score: float = silhouette * purity**_PURITY_POWER * (1 - max_share)
    return score


def measure_partition(data: ClusteringInput, groups: NDArray[np.int64]) -> tuple[float, float, int, float] | None:
    """Measure a candidate partition, by the principal components if there are any, else by the vectors.

    The silhouette is Rousseeuw's (1987) with cosine distance: a mean distance to a group is one product with the sum of
    its vectors. The purity is the share of the texts' neighbours that are in the text's own group.

    Args:
        data: of n texts.
        groups: int64 (n,), groups 0, 1, … without gaps.

    Returns:
        The mean silhouette (above 0 to 1), the purity (0 to 1), the number of groups and the largest group's share of
        the texts; None for one group, or where one holds more than half of the texts.
    """
    vectors = data.vectors if data.components is None else data.components
    sums, sizes = _sums(vectors, groups)
    max_share = float(sizes.max()) / len(groups)
    if len(sizes) < 2 or max_share > _MAX_SHARE:  # noqa: PLR2004  # one group has no silhouette
        return None
    rows = np.arange(min(len(groups), _N_SCORED))
    own, theirs = groups[rows], data.neighbours.rows[rows]
    similarities = vectors[rows] @ sums.T
    to_own = (similarities[rows, own] - 1) / np.maximum(sizes[own] - 1, 1)
    similarities /= sizes
    similarities[rows, own] = -np.inf
    to_other = similarities.max(axis=1)
    silhouettes = (to_own - to_other) / np.maximum(1 - np.minimum(to_own, to_other), MIN_WEIGHT)
    silhouette = np.where(sizes[own] > 1, silhouettes, 0.0).mean()
    purity = float((groups[theirs] == own[:, np.newaxis]).mean())
    return max(float(silhouette), MIN_WEIGHT), purity, len(sizes), max_share


def _propagate_labels(neighbours: Neighbours, former: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give each text without a former topic the majority label of its neighbours; the rest is one group."""
    groups = former.copy()
    while (groups == NO_GROUP).any():
        found = np.where(groups == NO_GROUP, majority_vote(neighbours, groups), groups)
        if np.array_equal(found, groups):
            break
        groups = found
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _sums(vectors: NDArray[np.float32], groups: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the summed vectors, float32 (groups, d), and the sizes, float64 (groups,), of groups without gaps."""
    n = len(groups)
    members = sparse.csr_array((np.ones(n, dtype=np.float32), (groups, np.arange(n))))
    return members @ vectors, np.bincount(groups).astype(np.float64)
