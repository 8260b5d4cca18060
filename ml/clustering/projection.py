"""Project texts to two dimensions: similar topics lie near one another, and each text lies around its topic.

The topic centres are projected by t-SNE (van der Maaten and Hinton 2008, scikit-learn's exact method), which keeps
neighbourhoods. There are some dozens or hundreds of them, so it costs little. Each text is then placed around its
topic's coordinates, pulled towards the other topics it is similar to. docs/decisions/0015 has the alternatives and
their cost.

A projection starts from the one before: existing topics start at their last coordinates, and the result is aligned
with the last one, so that people find a topic where it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.linalg import orthogonal_procrustes

from ml.errors import CorpusError

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_TOPIC: Final = -1
PERPLEXITY: Final = 5.0
"""Effective number of neighbours of a topic: about as many as an area has topics."""
MIN_TOPICS_FOR_TSNE: Final = 16
"""Fewer topics have too few neighbours for t-SNE: they are placed by SMACOF."""
MAX_TOPICS_FOR_EXACT: Final = 400
_COLD_ITERATIONS: Final = 1000
_WARM_ITERATIONS: Final = 250
_COLD_SCALE: Final = 1e-2
_WARM_SCALE: Final = 100.0
"""Scale of the initial coordinates: near a point for a first map, wide for a later one so that topics stay in place."""
_PULL_WEIGHT: Final = 0.35
"""How far a text is pulled from its own topic towards the weighted mean of similar topics, 0 to 1."""
_PULL_SHARPNESS: Final = 20.0
"""How fast a topic's pull falls with the cosine."""
_N_PULLING: Final = 5
_RADIUS_SHARE: Final = 0.5
"""Radius of a topic, as a share of the distance to the nearest other topic."""


def project_texts(
    vectors: NDArray[np.float32], topics: NDArray[np.int64], former: NDArray[np.float64], *, seed: int = 0
) -> NDArray[np.float64]:
    """Project texts to two dimensions. The same rows in the same order give the same coordinates.

    Args:
        vectors: float32 (n, d), unit rows.
        topics: int64 (n,), topic of each text, 0 to k - 1, each of which has a text; `NO_TOPIC` for none.
        former: float64 (k, 2), last coordinates of each topic; NaN for a new one.
        seed: seed of the directions in which the texts of a topic are spread.

    Returns:
        float64 (n, 2). The topics' coordinates have mean 0 and a mean square distance of 1 from it. A text without a
        topic lies between the topics it is similar to. Without any topic all are NaN.

    Raises:
        CorpusError: the arrays do not fit together.
    """
    n_topics = len(former)
    if len(vectors) != len(topics) or set(np.unique(topics)) - {NO_TOPIC} != set(range(n_topics)):
        message = f"{len(vectors)} vectors, {len(topics)} topics and {n_topics} former coordinates do not fit together."
        raise CorpusError(message)
    if n_topics == 0:
        return np.full((len(vectors), 2), np.nan)
    centres = _unit(np.stack([vectors[topics == topic].mean(axis=0) for topic in range(n_topics)]).astype(np.float64))
    coordinates = _project_topics(centres, former, seed)
    pulled = _pull(_unit(vectors.astype(np.float64)) @ centres.T, coordinates)
    found = pulled.copy()
    has_topic = topics != NO_TOPIC
    own = coordinates[topics[has_topic]]
    found[has_topic] = own + _PULL_WEIGHT * (pulled[has_topic] - own)
    return found + _spread(vectors, topics, _radii(coordinates), seed)


def _project_topics(centres: NDArray[np.float64], former: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Project the topic centres, starting from their last coordinates, and align the result with these."""
    centred = _unit(centres - centres.mean(axis=0))
    distances = np.sqrt(np.maximum(2 - 2 * centred @ centred.T, 0))
    is_known = np.isfinite(former[:, 0])
    is_warm = bool(is_known.sum() >= min(2, len(centres)))
    initial = _initial_coordinates(former, is_known, distances) if is_warm else _principal_axes(centred)
    lay_out = _tsne if len(centres) >= MIN_TOPICS_FOR_TSNE else _smacof
    coordinates = _standardize(lay_out(distances, _standardize(initial), seed, is_warm=is_warm))
    return _align(coordinates, former, is_known) if is_warm else coordinates


def _tsne(
    distances: NDArray[np.float64], initial: NDArray[np.float64], seed: int, *, is_warm: bool
) -> NDArray[np.float64]:
    from sklearn.manifold import TSNE  # noqa: PLC0415  # half a second to import

    model = TSNE(
        perplexity=PERPLEXITY,
        init=initial * (_WARM_SCALE if is_warm else _COLD_SCALE),
        metric="precomputed",
        method="exact" if len(distances) <= MAX_TOPICS_FOR_EXACT else "barnes_hut",
        early_exaggeration=1.0 if is_warm else 12.0,
        max_iter=_WARM_ITERATIONS if is_warm else _COLD_ITERATIONS,
        random_state=seed,
    )
    # It squares the distances in place.
    found: NDArray[np.float64] = model.fit_transform(distances.copy()).astype(np.float64)
    return found


def _smacof(
    distances: NDArray[np.float64], initial: NDArray[np.float64], _seed: int, *, is_warm: bool
) -> NDArray[np.float64]:
    """Minimise the stress between given and projected distances by majorization (SMACOF, de Leeuw 1977)."""
    coordinates = initial
    for _ in range(_WARM_ITERATIONS if is_warm else _COLD_ITERATIONS):
        between = np.linalg.norm(coordinates[:, np.newaxis] - coordinates, axis=2)
        ratio = np.divide(distances, between, out=np.zeros_like(distances), where=between > 0)
        coordinates = (ratio.sum(axis=1)[:, np.newaxis] * coordinates - ratio @ coordinates) / len(coordinates)
    return coordinates


def _initial_coordinates(
    former: NDArray[np.float64], is_known: NDArray[np.bool_], distances: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Start existing topics at their last coordinates, and a new one at the mean of its three nearest, slightly off."""
    initial = former.copy()
    known = np.flatnonzero(is_known)
    for topic in np.flatnonzero(~is_known):
        nearest = known[np.argsort(distances[topic, known], kind="stable")[:3]]
        initial[topic] = former[nearest].mean(axis=0) + 1e-3 * np.array([np.cos(topic), np.sin(topic)])
    return initial


def _principal_axes(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project rows onto their first two principal components, signed so that the largest loading is positive."""
    left, sizes, axes = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])
    found = np.zeros((len(rows), 2))
    n_axes = min(2, len(sizes))
    found[:, :n_axes] = (left * sizes * signs)[:, :n_axes]
    return found


def _standardize(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    centred: NDArray[np.float64] = coordinates - coordinates.mean(axis=0)
    size = np.sqrt((centred**2).sum(axis=1).mean())
    return centred / size if size > 0 else centred


def _align(
    coordinates: NDArray[np.float64], former: NDArray[np.float64], is_known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Rotate and mirror the coordinates onto the former ones (orthogonal Procrustes)."""
    before, now = former[is_known], coordinates[is_known]
    rotation, _ = orthogonal_procrustes(now - now.mean(axis=0), before - before.mean(axis=0))
    turned: NDArray[np.float64] = coordinates @ rotation
    return turned


def _pull(similarities: NDArray[np.float64], coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weighted mean of the coordinates of the few topics that each text is most similar to."""
    pull = np.exp(_PULL_SHARPNESS * (similarities - similarities.max(axis=1, keepdims=True)))
    if similarities.shape[1] > _N_PULLING:
        least = np.partition(pull, -_N_PULLING, axis=1)[:, [-_N_PULLING]]
        pull[pull < least] = 0.0
    pulled: NDArray[np.float64] = (pull / pull.sum(axis=1, keepdims=True)) @ coordinates
    return pulled


def _radii(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the radius of each topic."""
    if len(coordinates) == 1:
        return np.ones(1)
    between = np.linalg.norm(coordinates[:, np.newaxis] - coordinates, axis=2)
    np.fill_diagonal(between, np.inf)
    radii: NDArray[np.float64] = _RADIUS_SHARE * between.min(axis=1)
    return radii


def _spread(
    vectors: NDArray[np.float32], topics: NDArray[np.int64], radii: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    """Spread each topic's texts evenly over a disc: similar texts lie in the same direction, unusual ones far out.

    The directions depend on the seed alone, so that new texts do not rotate a topic.
    """
    random_axes = np.random.default_rng(seed).normal(size=(vectors.shape[1], 2))
    offsets = np.zeros((len(vectors), 2))
    for topic, radius in enumerate(radii):
        rows = np.flatnonzero(topics == topic)
        projected = (vectors[rows] - vectors[rows].mean(axis=0)) @ random_axes
        lengths = np.linalg.norm(projected, axis=1)
        ranks = np.empty(len(rows))
        ranks[np.argsort(lengths, kind="stable")] = np.arange(len(rows))
        out = radius * np.sqrt((ranks + 0.5) / len(rows)) if len(rows) > 1 else np.zeros(1)
        directions = projected / np.where(lengths > 0, lengths, 1.0)[:, np.newaxis]
        offsets[rows] = out[:, np.newaxis] * directions
    return offsets


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float64] = rows / np.where(lengths > 0, lengths, 1.0)
    return unit
