"""A map of texts in two dimensions: topics that are alike lie near one another, and each text lies in its topic.

The centres of the topics are laid out by t-SNE (van der Maaten and Hinton, 2008; scikit-learn's, exact), which keeps
who is near whom: they are some dozens or hundreds, so it costs little. Each text then stands around its topic's place,
drawn towards the other topics it is like. docs/topics.md has what else was tried, and what it would have cost.

A map begins where the one before ended: known topics start from their last places, and the new one is turned onto the
old, so that what people have learnt to find stays there.
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
"""How many neighbours a topic looks at: areas hold about as many."""
MIN_TOPICS_FOR_TSNE: Final = 16
"""Fewer topics have too few neighbours for it: they lie as far apart as they are unlike (SMACOF)."""
MAX_TOPICS_FOR_EXACT: Final = 400
_COLD_STEPS: Final = 1000
_WARM_STEPS: Final = 250
_COLD_SPREAD: Final = 1e-2
_WARM_SPREAD: Final = 100.0
"""How wide a map begins: from a point where nothing is known, else so wide that topics stay near their places."""
_LEANING: Final = 0.35
"""How far a text is drawn from its own topic's place towards the mean of the topics it is like."""
_SHARPNESS: Final = 20.0
"""How fast the pull of a topic falls with its cosine."""
_N_PULLING: Final = 5
_REACH: Final = 0.5
"""Radius of a topic, as a share of the way to the nearest other one."""


def place_texts(
    vectors: NDArray[np.float32], topics: NDArray[np.int64], former: NDArray[np.float64], *, seed: int = 0
) -> NDArray[np.float64]:
    """Give every text its place on the map; the same again for the same rows in the same order.

    Args:
        vectors: float32 (n, d), unit rows.
        topics: int64 (n,), topic of each text, 0 to k - 1, each of which has a text; `NO_TOPIC` for none.
        former: float64 (k, 2), where each topic stood before; NaN for a new one.
        seed: of the directions in which the texts of a topic are spread.

    Returns:
        float64 (n, 2). The topics' places have their mean at 0 and a mean square distance of 1 from it. A text without
        a topic lies between the topics it is like. Without any topic all are NaN.

    Raises:
        CorpusError: the arrays do not fit together.
    """
    n_topics = len(former)
    if len(vectors) != len(topics) or set(np.unique(topics)) - {NO_TOPIC} != set(range(n_topics)):
        message = f"{len(vectors)} vectors, {len(topics)} topics and {n_topics} former places do not fit together."
        raise CorpusError(message)
    if n_topics == 0:
        return np.full((len(vectors), 2), np.nan)
    centres = _unit(np.stack([vectors[topics == topic].mean(axis=0) for topic in range(n_topics)]).astype(np.float64))
    places = _place_topics(centres, former, seed)
    leaning = _lean(_unit(vectors.astype(np.float64)) @ centres.T, places)
    found = leaning.copy()
    has_topic = topics != NO_TOPIC
    own = places[topics[has_topic]]
    found[has_topic] = own + _LEANING * (leaning[has_topic] - own)
    return found + _spread(vectors, topics, _reach(places), seed)


def _place_topics(centres: NDArray[np.float64], former: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Lay the topics out, from where they were, and turn the map onto the last one."""
    apart = _unit(centres - centres.mean(axis=0))
    distances = np.sqrt(np.maximum(2 - 2 * apart @ apart.T, 0))
    is_known = np.isfinite(former[:, 0])
    is_warm = bool(is_known.sum() >= min(2, len(centres)))
    start = _start_from(former, is_known, distances) if is_warm else _principal_axes(apart)
    lay_out = _tsne if len(centres) >= MIN_TOPICS_FOR_TSNE else _smacof
    places = _normal(lay_out(distances, _normal(start), seed, is_warm=is_warm))
    return _turn(places, former, is_known) if is_warm else places


def _tsne(
    distances: NDArray[np.float64], start: NDArray[np.float64], seed: int, *, is_warm: bool
) -> NDArray[np.float64]:
    from sklearn.manifold import TSNE  # noqa: PLC0415  # half a second to import

    model = TSNE(
        perplexity=PERPLEXITY,
        init=start * (_WARM_SPREAD if is_warm else _COLD_SPREAD),
        metric="precomputed",
        method="exact" if len(distances) <= MAX_TOPICS_FOR_EXACT else "barnes_hut",
        early_exaggeration=1.0 if is_warm else 12.0,
        max_iter=_WARM_STEPS if is_warm else _COLD_STEPS,
        random_state=seed,
    )
    # It squares the distances in place.
    found: NDArray[np.float64] = model.fit_transform(distances.copy()).astype(np.float64)
    return found


def _smacof(
    distances: NDArray[np.float64], start: NDArray[np.float64], _seed: int, *, is_warm: bool
) -> NDArray[np.float64]:
    """Distances on the map as near to the given ones as they can be: scaling by majorising (de Leeuw, 1977)."""
    places = start
    for _ in range(_WARM_STEPS if is_warm else _COLD_STEPS):
        between = np.linalg.norm(places[:, np.newaxis] - places, axis=2)
        ratio = np.divide(distances, between, out=np.zeros_like(distances), where=between > 0)
        places = (ratio.sum(axis=1)[:, np.newaxis] * places - ratio @ places) / len(places)
    return places


def _start_from(
    former: NDArray[np.float64], is_known: NDArray[np.bool_], distances: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Known topics stand where they stood; a new one amid the three it is most like, aside by a hair."""
    start = former.copy()
    known = np.flatnonzero(is_known)
    for topic in np.flatnonzero(~is_known):
        nearest = known[np.argsort(distances[topic, known], kind="stable")[:3]]
        start[topic] = former[nearest].mean(axis=0) + 1e-3 * np.array([np.cos(topic), np.sin(topic)])
    return start


def _principal_axes(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rows along their two widest directions, whose signs are such that the largest weight is positive."""
    left, sizes, axes = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])
    found = np.zeros((len(rows), 2))
    n_axes = min(2, len(sizes))
    found[:, :n_axes] = (left * sizes * signs)[:, :n_axes]
    return found


def _normal(places: NDArray[np.float64]) -> NDArray[np.float64]:
    centred: NDArray[np.float64] = places - places.mean(axis=0)
    size = np.sqrt((centred**2).sum(axis=1).mean())
    return centred / size if size > 0 else centred


def _turn(places: NDArray[np.float64], former: NDArray[np.float64], is_known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Turn and mirror the map so that the topics of before come as near to their places as they can."""
    before, now = former[is_known], places[is_known]
    rotation, _ = orthogonal_procrustes(now - now.mean(axis=0), before - before.mean(axis=0))
    turned: NDArray[np.float64] = places @ rotation
    return turned


def _lean(similarities: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean place of the few topics that each text is most like, weighed by how much."""
    pull = np.exp(_SHARPNESS * (similarities - similarities.max(axis=1, keepdims=True)))
    if similarities.shape[1] > _N_PULLING:
        least = np.partition(pull, -_N_PULLING, axis=1)[:, [-_N_PULLING]]
        pull[pull < least] = 0.0
    weighed: NDArray[np.float64] = (pull / pull.sum(axis=1, keepdims=True)) @ places
    return weighed


def _reach(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each topic's texts may stand from its place."""
    if len(places) == 1:
        return np.ones(1)
    between = np.linalg.norm(places[:, np.newaxis] - places, axis=2)
    np.fill_diagonal(between, np.inf)
    reach: NDArray[np.float64] = _REACH * between.min(axis=1)
    return reach


def _spread(
    vectors: NDArray[np.float32], topics: NDArray[np.int64], reach: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    """Spread each topic's texts evenly over a disc: what is alike points the same way, what is unusual lies far out.

    The directions come from the seed alone, not from the texts: new texts turn no topic round.
    """
    compass = np.random.default_rng(seed).normal(size=(vectors.shape[1], 2))
    offsets = np.zeros((len(vectors), 2))
    for topic, radius in enumerate(reach):
        rows = np.flatnonzero(topics == topic)
        pointing = (vectors[rows] - vectors[rows].mean(axis=0)) @ compass
        lengths = np.linalg.norm(pointing, axis=1)
        ranks = np.empty(len(rows))
        ranks[np.argsort(lengths, kind="stable")] = np.arange(len(rows))
        out = radius * np.sqrt((ranks + 0.5) / len(rows)) if len(rows) > 1 else np.zeros(1)
        directions = pointing / np.where(lengths > 0, lengths, 1.0)[:, np.newaxis]
        offsets[rows] = out[:, np.newaxis] * directions
    return offsets


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float64] = rows / np.where(lengths > 0, lengths, 1.0)
    return unit
