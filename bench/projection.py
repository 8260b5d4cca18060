"""How faithful the map is to the vectors of real texts, its cost, and how far topics move when texts arrive.

The map that ships is compared with the first two principal components of the vectors (PCA) and with t-SNE of the texts
themselves. Trust is scikit-learn's trustworthiness of the 10 nearest on the map; purity the share of these that are of
the same topic. The last columns say how far topics move, as a share of the map's radius, when a fifth more texts and a
tenth more topics arrive, with and without the last map to start from.

    python bench/projection.py DATA --cache FOLDER
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.manifold import TSNE, trustworthiness
from topics import embed_set, read_banking, read_sgd

from ml.clustering.projection import NO_TOPIC, project_texts
from ml.embedding.embedders import MiniLMEmbedder
from ml.topic_model import fit_topics

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Places = NDArray[np.float64]

N_JUDGED = 3000
N_NEAREST = 10
SEED = 0


def main() -> None:
    """Print a table for each set."""
    options = _parse_arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    embedder = MiniLMEmbedder()
    print("| set | map | trust | purity | CPU s | moved | moved, without the last map |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for name, read in (("banking77", read_banking), ("SGD dev", read_sgd)):
        corpus = embed_set(name, list(read(options.data)), embedder, options.cache).corpus
        ids = fit_topics(corpus, {}, seed=SEED).topic_ids
        names = sorted({topic_id for topic_id in ids if topic_id})
        topics = np.array([names.index(topic_id) if topic_id else NO_TOPIC for topic_id in ids])
        _print_set(name, corpus.vectors, topics)


def _print_set(name: str, vectors: NDArray[np.float32], topics: NDArray[np.int64]) -> None:
    n_topics = topics.max() + 1
    chosen = np.random.default_rng(SEED).permutation(np.flatnonzero(topics != NO_TOPIC))[:N_JUDGED]
    unknown = np.full((n_topics, 2), np.nan)
    warm, cold = _movements(vectors, topics)
    ways: dict[str, tuple[Callable[[], Places], str]] = {
        f"ours, {len(vectors):,} texts of {n_topics} topics": (
            lambda: project_texts(vectors, topics, unknown, seed=SEED)[chosen],
            f"{warm:.2f} | {cold:.2f}",
        ),
        "PCA of the texts": (lambda: _principal_axes(vectors)[chosen], "|"),
        f"t-SNE of {len(chosen):,} of the texts": (
            lambda: TSNE(init="pca", metric="cosine", random_state=SEED).fit_transform(vectors[chosen]),
            "|",
        ),
    }
    for way, (draw, moved) in ways.items():
        began = time.process_time()
        places = draw()
        spent = time.process_time() - began
        trust = trustworthiness(vectors[chosen], places, n_neighbors=N_NEAREST, metric="cosine")
        purity = _purity(places, topics[chosen])
        print(f"| {name} | {way} | {trust:.3f} | {purity:.3f} | {spent:.1f} | {moved} |")


def _purity(places: Places, topics: NDArray[np.int64]) -> float:
    between = np.linalg.norm(places[:, np.newaxis] - places, axis=2)
    nearest = np.argsort(between, axis=1)[:, 1 : N_NEAREST + 1]
    return float((topics[nearest] == topics[:, np.newaxis]).mean())


def _movements(vectors: NDArray[np.float32], topics: NDArray[np.int64]) -> tuple[float, float]:
    """Return how far topics move on average: starting from their last coordinates, and from scratch."""
    n_topics = topics.max() + 1
    is_known = np.arange(n_topics) % 10 > 0
    is_old = np.random.default_rng(SEED).random(len(vectors)) < 5 / 6
    is_old &= (topics == NO_TOPIC) | is_known[topics]
    renamed = np.where(topics == NO_TOPIC, NO_TOPIC, (np.cumsum(is_known) - 1)[topics])[is_old]
    unknown = np.full((n_topics, 2), np.nan)
    former = unknown.copy()
    former[is_known] = _means(project_texts(vectors[is_old], renamed, unknown[is_known], seed=SEED), renamed)
    now = [_means(project_texts(vectors, topics, known, seed=SEED), topics) for known in (former, unknown)]
    warm, cold = (float(np.linalg.norm(found - former, axis=1)[is_known].mean()) for found in now)
    return warm, cold


def _means(places: Places, topics: NDArray[np.int64]) -> Places:
    return np.stack([places[topics == topic].mean(axis=0) for topic in range(topics.max() + 1)])


def _principal_axes(vectors: NDArray[np.float32]) -> Places:
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    return centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with banking77.csv and sgd_dev.jsonl")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    return parser.parse_args()


if __name__ == "__main__":
    main()
