"""Vectors to groups: a fine cut of the neighbour graph, candidate partitions merged from it, and the best of them.

1. Build a graph of nearest neighbours. Its weights are those of Jarvis and Patrick (1973) as used by PhenoGraph (Levine
   et al. 2015), averaged with the similarities.
2. Cut it finely with the Leiden algorithm (Traag, Waltman and van Eck 2019).
3. Merge the fine groups by Ward's method and by centroid linkage; cut both dendrograms at many numbers of groups.
4. Score each candidate by its silhouette and its neighbourhood purity. No candidate with a group of more than half of
   the texts is considered, so that no corpus collapses.
5. Refine the best few: each text goes to the group whose mean is nearest and where most of its edges lead. Score again.

How this was chosen, and on what data: docs/decisions/0004-topic-model.md and docs/topics.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import graspologic_native
import numpy as np
from scipy import sparse

from ml.clustering.border_weights import loosen_borders
from ml.clustering.dendrogram import cosine_cost, cut, merge_order, ward_cost
from ml.clustering.knn_vote import NO_GROUP, elect
from ml.clustering.neighbours import EXACT_TEXTS, Neighbours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

RESOLUTION: Final = 4.0
"""Of the fine cut: finer than topics are, because what belongs together is merged afterwards."""
_ITERATIONS: Final = 2
_MAX_SINGLES: Final = 500
"""Up to so many texts the dendrograms start from single texts; a graph of few texts says little."""
_COUNTS: Final = 30
"""Numbers of groups that are tried, on a geometric grid; all up to `_ALL_COUNTS` are tried besides."""
_ALL_COUNTS: Final = 10
_MAX_SHARE: Final = 0.5
"""Of the texts in one group."""
_ONE_TOPIC: Final = 0.6
"""Cohesion from which a corpus is one topic: it lies between corpora of one intent and of two (docs/topics.md)."""
_PURITY_POWER: Final = 1.5
_N_SCORED: Final = 4_096
"""Texts that candidates are scored on. Rows are in the order of hashes, so the first ones are a random sample."""
_N_REFINED: Final = 8
"""Candidates that are refined before they are scored again."""
_REFINEMENTS: Final = 3
_EDGE_WEIGHT: Final = 0.3
"""What the share of a text's edges that lead to a group adds to the cosine with its mean."""
_HABIT: Final = 1.1
"""How much better than the former partition another one must score, so that near-equal candidates do not flap."""
_BLOCK_ROWS: Final = 8_192
_MIN_WEIGHT: Final = 1e-6
"""Weights are positive: a neighbour that points the other way is still no hole in the graph."""


@dataclass(frozen=True)
class Scene:
    """What candidate partitions of a corpus are judged by.

    Attributes:
        vectors: float32 (n, d), unit rows.
        neighbours: of the n texts.
        graph: symmetric weights (n, n).
    """

    vectors: NDArray[np.float32]
    neighbours: Neighbours
    graph: sparse.csr_array


def choose_n_neighbours(n: int) -> int:
    """√n/6, but 6 to 25: a fixed number merges topics when texts are few."""
    return min(max(1, n - 1), max(6, min(25, round(math.sqrt(n) / 6))))


def partition(
    vectors: NDArray[np.float32], neighbours: Neighbours, *, seed: int, former: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Group texts by meaning; how many groups there are comes from the data.

    Args:
        vectors: float32 (n, d), unit rows, n ≥ 2.
        neighbours: of these vectors.
        seed: of the order in which Leiden visits texts.
        former: int64 (n,), topic that each text had before, -1 for none; a partition near to it is preferred.

    Returns:
        int64 (n,), groups 0, 1, … without gaps, in order of first appearance. No text is left out here.
    """
    if _cohesion(vectors, neighbours) >= _ONE_TOPIC:
        return np.zeros(len(vectors), dtype=np.int64)
    graph = neighbour_graph(neighbours)
    scene = Scene(vectors, neighbours, graph if former is None else loosen_borders(graph, former))
    n_refined = _N_REFINED if len(vectors) <= EXACT_TEXTS else 1
    best = best_candidates(scene, candidates(scene, seed=seed), n_refined)
    groups = max(refined(scene, best), key=lambda groups: _score(scene, groups))
    if former is not None and (former != NO_GROUP).any():
        kept = next(refined(scene, [_extended(neighbours, former)]))
        if _HABIT * _score(scene, kept) >= _score(scene, groups):
            groups = kept
    return _in_order_of_appearance(groups)


def cut_graph(neighbours: Neighbours, *, seed: int, resolution: float) -> NDArray[np.int64]:
    """Group texts by one cut of their neighbour graph.

    Args:
        neighbours: of n ≥ 2 texts.
        seed: of the order in which Leiden visits texts.
        resolution: greater than 0. Modularity weighs a group against the whole graph: a part of a corpus is cut more
            finely than the whole would be, unless its resolution is lowered to the part's share.

    Returns:
        int64 (n,), groups 0, 1, … without gaps, in order of first appearance.
    """
    return _in_order_of_appearance(_leiden(neighbour_graph(neighbours), seed, resolution))


def neighbour_graph(neighbours: Neighbours) -> sparse.csr_array:
    """Join texts of which one is among the other's neighbours.

    The weight is the mean of two measures: the share of neighbours that both have in common, which finds many small
    topics, and the similarity, which keeps large topics of mixed wording together.

    Returns:
        Symmetric float64 (n, n) matrix of weights in 0 to 1.
    """
    n, k = neighbours.rows.shape
    ends = np.arange(0, n * k + 1, k)
    columns = neighbours.rows.ravel()
    similarities = np.maximum(neighbours.similarities.ravel().astype(np.float64), _MIN_WEIGHT)
    near = sparse.csr_array((similarities, columns, ends), shape=(n, n))
    edges = near.maximum(near.T).tocsr()
    members = sparse.csr_array((np.ones(n * k), columns, ends), shape=(n, n)) + sparse.eye_array(n)
    graph = sparse.csr_array((edges + _shared(edges, members.tocsr()) / (k + 1)) / 2)
    graph.sort_indices()
    return graph


def _shared(edges: sparse.csr_array, members: sparse.csr_array) -> sparse.csr_array:
    """For each edge, the number of neighbours that both ends have in common; a text is among its own neighbours."""
    is_edge = edges.sign()
    blocks = [  # The product has far more entries than there are edges, so it is cut to them block by block.
        (members[start : start + _BLOCK_ROWS] @ members.T).multiply(is_edge[start : start + _BLOCK_ROWS])
        for start in range(0, edges.shape[0], _BLOCK_ROWS)
    ]
    return sparse.csr_array(sparse.vstack(blocks, format="csr"))


def _leiden(graph: sparse.csr_array, seed: int, resolution: float) -> NDArray[np.int64]:
    _, group_of = graspologic_native.leiden_csr(
        graph.indptr.astype(np.int64),
        graph.indices.astype(np.int32),
        graph.data.astype(np.float64),
        graph.shape[0],
        resolution=resolution,
        iterations=_ITERATIONS,
        seed=seed,
    )
    return np.array([group_of[row] for row in range(graph.shape[0])], dtype=np.int64)


def _cohesion(vectors: NDArray[np.float32], neighbours: Neighbours) -> float:
    """Divide the mean similarity of all pairs by the median similarity to the nearest neighbour; 1 if all are alike."""
    n = len(vectors)
    total = vectors.sum(axis=0, dtype=np.float64)
    nearest = float(np.median(neighbours.similarities[:, 0]))
    return float((total @ total - n) / (n * (n - 1))) / nearest if nearest > 0 else 0.0


def candidates(scene: Scene, *, seed: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield a fine cut, int64 (n,), with what its groups are merged to, int64 (fine groups,)."""
    n = len(scene.vectors)
    fine = np.arange(n) if n <= _MAX_SINGLES else _leiden(scene.graph, seed, RESOLUTION)
    fine = np.unique(fine, return_inverse=True)[1].astype(np.int64)
    sums, sizes = _sums(scene.vectors, fine)
    n_fine = len(sizes)
    grid = np.geomspace(2, n_fine, _COUNTS).round().astype(int).tolist()
    counts = [count for count in {*grid, *range(2, _ALL_COUNTS + 1)} if 2 <= count <= n_fine]  # noqa: PLR2004  # one group has no silhouette
    for linkage in (ward_cost, cosine_cost):
        merges = merge_order(sums.astype(np.float64), sizes, linkage)
        for merged in cut(merges, counts):
            yield fine, merged


def best_candidates(
    scene: Scene, candidates: Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]], n_kept: int
) -> list[NDArray[np.int64]]:
    """Return the candidates with the best scores, int64 (n,) each, best first."""
    scored: dict[bytes, tuple[float, NDArray[np.int64]]] = {}
    for fine, merged in candidates:
        groups = merged[fine]
        scored[groups.tobytes()] = (_score(scene, groups), groups)
    best = sorted(scored.values(), key=lambda pair: -pair[0])[:n_kept]
    return [groups for _, groups in best]


def refined(scene: Scene, candidates: list[NDArray[np.int64]]) -> Iterator[NDArray[np.int64]]:
    """Move each text to the group with the nearest mean and most of its edges, a few times over."""
    for candidate in candidates:
        groups = candidate
        for _ in range(_REFINEMENTS):
            moved = _moved(scene, groups)
            if np.array_equal(moved, groups):
                break
            groups = moved
        yield groups


def _moved(scene: Scene, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    sums, _ = _sums(scene.vectors, groups)
    means = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), _MIN_WEIGHT)
    n, n_groups = len(groups), len(means)
    members = sparse.csr_array((np.ones(n, dtype=np.float32), (np.arange(n), groups)), shape=(n, n_groups))
    chosen = np.empty(n, dtype=np.int64)
    for start in range(0, n, _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        edges = (scene.graph[block].astype(np.float32) @ members).toarray()
        edges /= np.maximum(edges.sum(axis=1, keepdims=True), _MIN_WEIGHT)
        chosen[block] = np.argmax(scene.vectors[block] @ means.T + _EDGE_WEIGHT * edges, axis=1)
    return np.unique(chosen, return_inverse=True)[1].astype(np.int64)


def _score(scene: Scene, groups: NDArray[np.int64]) -> float:
    """Score a candidate by silhouette · purity^1.5 · (1 - largest share); -1 if it may not be chosen at all.

    The last factor keeps a few broad groups from looking better than they read.
    """
    measured = measure(scene, groups)
    if measured is None:
        return -1.0
    silhouette, purity, _, max_share = measured
    score: float = silhouette * purity**_PURITY_POWER * (1 - max_share)
    return score


def measure(scene: Scene, groups: NDArray[np.int64]) -> tuple[float, float, int, float] | None:
    """Measure a candidate partition.

    The silhouette is Rousseeuw's (1987) with cosine distance: a mean distance to a group is one product with the sum of
    its vectors. The purity is the share of the texts' neighbours that are in the text's own group.

    Args:
        scene: of n texts.
        groups: int64 (n,), groups 0, 1, … without gaps.

    Returns:
        The mean silhouette (above 0 to 1), the purity (0 to 1), the number of groups and the largest group's share of
        the texts; None for one group, or where one holds more than half of the texts.
    """
    sums, sizes = _sums(scene.vectors, groups)
    max_share = float(sizes.max()) / len(groups)
    if len(sizes) < 2 or max_share > _MAX_SHARE:  # noqa: PLR2004  # one group has no silhouette
        return None
    rows = np.arange(min(len(groups), _N_SCORED))
    own, theirs = groups[rows], scene.neighbours.rows[rows]
    similarities = scene.vectors[rows] @ sums.T
    to_own = (similarities[rows, own] - 1) / np.maximum(sizes[own] - 1, 1)
    similarities /= sizes
    similarities[rows, own] = -np.inf
    to_other = similarities.max(axis=1)
    silhouettes = (to_own - to_other) / np.maximum(1 - np.minimum(to_own, to_other), _MIN_WEIGHT)
    silhouette = np.where(sizes[own] > 1, silhouettes, 0.0).mean()
    n_close = max(1, min(theirs.shape[1], len(groups) // 10))
    purity = float((groups[theirs[:, :n_close]] == own[:, np.newaxis]).mean())
    return max(float(silhouette), _MIN_WEIGHT), purity, len(sizes), max_share


def _extended(neighbours: Neighbours, former: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give each text without a former topic the one that most of its neighbours have, or a group with all the rest."""
    groups = former.copy()
    while (groups == NO_GROUP).any():
        found = np.where(groups == NO_GROUP, elect(neighbours, groups), groups)
        if np.array_equal(found, groups):
            break
        groups = found
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _sums(vectors: NDArray[np.float32], groups: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the summed vectors, float32 (groups, d), and the sizes, float64 (groups,), of groups without gaps."""
    n = len(groups)
    members = sparse.csr_array((np.ones(n, dtype=np.float32), (groups, np.arange(n))))
    return members @ vectors, np.bincount(groups).astype(np.float64)


def _in_order_of_appearance(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number groups by their first text, so that a number says nothing about how it was found."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    renumbered: NDArray[np.int64] = rank[inverse].astype(np.int64)
    return renumbered
