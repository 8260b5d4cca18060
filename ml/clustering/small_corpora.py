"""Candidate partitions of a small corpus, and how they are scored.

A few hundred texts differ more in their words than in their subjects: in 384 dimensions all are about equally far
apart, and a silhouette says little. So their graph is cut, and silhouettes are measured, in the leading principal
components, as latent semantic analysis does (Deerwester et al. 1990).

What it was compared with, and on which draws: docs/decisions/0022-topics-of-small-corpora.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.cluster.hierarchy import cut_tree, linkage

from ml.clustering.graph import leiden, neighbour_graph, smooth_over_time
from ml.clustering.neighbours import nearest_neighbours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

MAX_TEXTS: Final = 500
"""Up to this number of texts a corpus is small; from about 900 on the rule for larger corpora is better."""
_MAX_NEIGHBOURS: Final = 10
_TEXTS_PER_NEIGHBOUR: Final = 6
"""Texts of the corpus for each neighbour: in fifteen texts, ten neighbours would join all topics."""
_N_CLOSE: Final = (4, 6)
"""Least and most neighbours that the purity looks at. With fewer, pairs of texts pass for topics."""
_TEXTS_PER_CLOSE: Final = 10
_MAX_COMPONENTS: Final = 16
_RESOLUTIONS: Final = tuple(np.geomspace(0.1, 4.0, 16).tolist())
_KAPPA_POWER: Final = 1.5
_TINY: Final = 1e-6


def choose_n_neighbours(n: int) -> int:
    """Return the number of neighbours in the graph: n/6 within 2 to 10, and less than n."""
    return min(n - 1, max(2, min(_MAX_NEIGHBOURS, n // _TEXTS_PER_NEIGHBOUR)))


def choose_n_close(n: int) -> int:
    """Return the number of neighbours that the purity looks at: n/10 within 4 to 6, and less than n."""
    least, most = _N_CLOSE
    return min(n - 1, max(least, min(most, n // _TEXTS_PER_CLOSE)))


def principal_components(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Project vectors on their 16 leading principal components; fewer vectors have one less than there are of them.

    Args:
        vectors: float32 (n, d), n from 2 to a few hundred: the Gram matrix has n² elements.

    Returns:
        float32 (n, components), unit rows.
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    n_components = min(_MAX_COMPONENTS, len(vectors) - 1)
    variances, directions = np.linalg.eigh(centred @ centred.T)
    projected = directions[:, -n_components:] * np.sqrt(np.maximum(variances[-n_components:], 0.0))
    unit: NDArray[np.float32] = (
        projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), _TINY)
    ).astype(np.float32)
    return unit


def candidates(
    vectors: NDArray[np.float32],
    components: NDArray[np.float32],
    counts: Iterable[int],
    *,
    seed: int,
    former: NDArray[np.int64] | None = None,
) -> Iterator[NDArray[np.int64]]:
    """Yield candidate partitions, int64 (n,): Leiden's at several resolutions, and Ward's with each number of groups.

    Args:
        vectors: float32 (n, d), unit rows.
        components: float32 (n, components) of `principal_components`.
        counts: numbers of groups, each from 1 to n.
        seed: seed of the Leiden algorithm.
        former: int64 (n,), topic that each text had before, -1 for none.
    """
    graph = neighbour_graph(nearest_neighbours(components, choose_n_neighbours(len(components))))
    if former is not None:
        graph = smooth_over_time(graph, former)
    for resolution in _RESOLUTIONS:
        yield _without_gaps(leiden(graph, seed, resolution))
    for groups in cut_tree(linkage(vectors.astype(np.float64), method="ward"), sorted(counts)).T:
        yield _without_gaps(groups)


def score(silhouette: float, purity: float, sizes: NDArray[np.float64]) -> float:
    """Score a candidate by silhouette · κ^1.5 · (1 - chance).

    Chance is the purity of groups of these sizes that are drawn at random. κ is the purity corrected for it, as Cohen
    (1960) corrects the agreement of two raters, so that few broad groups have no advantage.

    Args:
        silhouette: mean silhouette in the principal components.
        purity: share of the texts' neighbours that are in the text's own group, 0 to 1.
        sizes: float64 (groups,), number of texts of each of at least two groups.
    """
    chance = float(np.square(sizes / sizes.sum()).sum())
    kappa = max(purity - chance, _TINY) / (1 - chance)
    return float(max(silhouette, _TINY) * kappa**_KAPPA_POWER * (1 - chance))


def _without_gaps(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)
