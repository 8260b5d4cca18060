"""What many texts cost: CPU, wall and peak memory of neighbours, partition and the whole fit, and of 1,000 more texts.

Vectors are given: real ones of the labelled sets, embedded once, then mixed and perturbed (`harness/mixed_vectors.py`).
Each size runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from harness.mixed_vectors import Mixer
from topics import embed_set, read_banking, read_multidogo, read_sgd

from ml.corpus import Corpus
from ml.embedders import LocalEmbedder
from ml.model import fit_topics
from ml.neighbours import NeighbourIndex, nearest_neighbours
from ml.partition import choose_n_neighbours, partition

N_MORE = 1_000
_N_CHECKED = 500
_CHUNK = 16_384


def main() -> None:
    """Print one row per size; the child processes measure."""
    options = _parse_arguments()
    if options.measure:
        print(json.dumps(measure(options.measure, options.cache)))
        return
    _embed_real(options.data, options.cache)
    print("| texts | neighbours CPU s | recall | partition CPU s | fit CPU s | fit wall s | peak GB | topics |", end="")
    print(" 1,000 more: index CPU s | exact CPU s | load |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for n in options.sizes:
        command = [sys.executable, __file__, "--cache", str(options.cache), "--measure", str(n)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
        row = json.loads(answer.stdout)
        print(f"| {n:,} | " + " | ".join(f"{value:,}" for value in row.values()) + " |", flush=True)


def measure(n: int, cache: Path) -> dict[str, float]:
    """Measure one size in this process."""
    mixer = Mixer(np.load(cache / "real.npy"), np.load(cache / "near.npy"))
    vectors = mixer.make(n, seed=0)
    hashes = [f"{row:032x}" for row in range(n)]
    corpus = Corpus(["a text"] * n, hashes, vectors, np.ones(n, dtype=np.int64))
    began, wall = time.process_time(), time.perf_counter()
    model = fit_topics(corpus, {})
    fit_cpu, fit_wall = time.process_time() - began, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    k = choose_n_neighbours(n)
    began = time.process_time()
    neighbours = nearest_neighbours(vectors, k)
    neighbours_cpu = time.process_time() - began
    recall = _recall(vectors, neighbours.rows)
    began = time.process_time()
    partition(vectors, neighbours, seed=0)
    partition_cpu = time.process_time() - began
    by_index, exactly = _add(vectors, mixer.make(N_MORE, seed=1))
    return {
        "neighbours_cpu_s": round(neighbours_cpu, 1),
        "recall": round(recall, 4),
        "partition_cpu_s": round(partition_cpu, 1),
        "fit_cpu_s": round(fit_cpu, 1),
        "fit_wall_s": round(fit_wall, 1),
        "peak_gb": round(peak, 2),
        "topics": len(set(model.topic_ids) - {None}),
        "more_by_index_cpu_s": round(by_index, 2),
        "more_exactly_cpu_s": round(exactly, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def _recall(vectors: np.ndarray, rows: np.ndarray) -> float:
    """Share of the true neighbours found, over some texts."""
    checked = np.random.default_rng(0).choice(len(vectors), min(_N_CHECKED, len(vectors)), replace=False)
    similarities = vectors[checked] @ vectors.T
    similarities[np.arange(len(checked)), checked] = -np.inf
    k = rows.shape[1]
    true = np.argpartition(similarities, len(vectors) - k, axis=1)[:, -k:]
    return float(np.mean([len(set(found) & set(best)) / k for found, best in zip(rows[checked], true, strict=True)]))


def _add(vectors: np.ndarray, more: np.ndarray) -> tuple[float, float]:
    """CPU seconds of adding some texts to an index and asking for their neighbours, and of comparing them with all."""
    index = NeighbourIndex.build(vectors)
    began = time.process_time()
    index.add(more)
    index.search(more, 11)
    by_index = time.process_time() - began
    began = time.process_time()
    for start in range(0, len(vectors), _CHUNK):
        NeighbourIndex.build(vectors[start : start + _CHUNK]).search(more, 10)
    return by_index, time.process_time() - began


def _embed_real(data: Path, cache: Path) -> None:
    """Keep the vectors of the real texts and who is near whom."""
    if (cache / "near.npy").exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    embedder = LocalEmbedder()
    sets = (("banking77", read_banking), ("SGD", read_sgd), ("MultiDoGO", read_multidogo))
    vectors = [embed_set(name, list(read(data)), embedder, cache).corpus.vectors for name, read in sets]
    mixer = Mixer.of(np.concatenate(vectors))
    np.save(cache / "real.npy", mixer.real)
    np.save(cache / "near.npy", mixer.near)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("data", type=Path, nargs="?", default=default, help="folder of the labelled sets")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 30_000, 100_000, 300_000, 1_000_000])
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
