"""Other ways to cluster vectors, with the settings they ship with: run by `topics.py` in a venv of its own.

Arguments: a file of vectors, and a folder that gets `<peer>.npy` (int, group of each vector, -1 for noise) and
`seconds.json` (CPU seconds of each peer's clustering alone). What is compiled at the first call is compiled before.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from bertopic import BERTopic
from evoc import EVoC
from fast_hdbscan import HDBSCAN

_WARM_UP = 5_000
"""Beyond 4,096 vectors UMAP takes another way, which has to be compiled too."""


def main() -> None:
    """Cluster the vectors by every peer."""
    vectors, folder = np.load(sys.argv[1]), Path(sys.argv[2])
    seconds = {}
    for name, cluster in PEERS.items():
        cluster(vectors[:_WARM_UP])
        start = time.process_time()
        groups = cluster(vectors)
        seconds[name] = time.process_time() - start
        np.save(folder / f"{name}.npy", groups)
    (folder / "seconds.json").write_text(json.dumps(seconds), encoding="utf-8")


def _cluster_like_bertopic(vectors: np.ndarray) -> np.ndarray:
    """Cluster as BERTopic does by default: UMAP to five dimensions, then HDBSCAN; its c-TF-IDF is not counted."""
    model = BERTopic()
    reduced = np.nan_to_num(model.umap_model.fit_transform(vectors))
    return model.hdbscan_model.fit(reduced).labels_


PEERS = {
    "BERTopic": _cluster_like_bertopic,
    "EVoC": lambda vectors: EVoC().fit_predict(vectors),
    "fast-hdbscan": lambda vectors: HDBSCAN().fit_predict(vectors),
}


if __name__ == "__main__":
    main()
