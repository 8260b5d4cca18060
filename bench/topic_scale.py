"""The cost of many texts: CPU, wall time and peak memory of a whole fit, and of assigning 1,000 more without a fit.

Vectors are given: real ones of the labelled sets, embedded once, then mixed and perturbed (`harness/mixed_vectors.py`).
Each size runs in its own process, so that peak memory is measured separately.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from harness.mixed_vectors import Mixer
from topics import embed_set, read_banking, read_multidogo, read_sgd

from ml.assignment import Assignment, ReferenceTexts, assign_texts
from ml.clustering import partition
from ml.clustering.neighbours import N_VOTERS, NO_GROUP, NeighbourIndex, Neighbours, nearest_neighbours
from ml.corpus import Corpus
from ml.embedding.embedders import MiniLMEmbedder
from ml.topic_model import TopicModel, fit_topics

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

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
    print(" 1,000 more: CPU s | wall s | load |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for n in options.sizes:
        command = [sys.executable, __file__, "--cache", str(options.cache), "--measure", str(n)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
        row = json.loads(answer.stdout)
        print(f"| {n:,} | " + " | ".join(f"{value:,}" for value in row.values()) + " |", flush=True)


def measure(n: int, cache: Path) -> dict[str, float]:
    """Measure one size in this process."""
    mixer = Mixer(np.load(cache / "real.npy"), np.load(cache / "near.npy"))
    corpus = _corpus(mixer.make(n, seed=0), first=0)
    steps = _watch_steps()
    model, fit_cpu, fit_wall = _timed(lambda: fit_topics(corpus, {}))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    found: Neighbours = steps["neighbours"].result  # Rows are in the order of the hashes, as the corpus is.
    recall = _recall(corpus.vectors, found.rows)
    more = _corpus(mixer.make(N_MORE, seed=1), first=n)
    _, more_cpu, more_wall = _timed(lambda: _judge(more, corpus.vectors, model))
    return {
        "neighbours_cpu_s": round(steps["neighbours"].cpu_s, 1),
        "recall": round(recall, 4),
        "partition_cpu_s": round(steps["partition"].cpu_s, 1),
        "fit_cpu_s": round(fit_cpu, 1),
        "fit_wall_s": round(fit_wall, 1),
        "peak_gb": round(peak, 2),
        "topics": len(set(model.topic_ids) - {None}),
        "more_cpu_s": round(more_cpu, 2),
        "more_wall_s": round(more_wall, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def _corpus(vectors: np.ndarray, first: int) -> Corpus:
    """Return the distinct texts in the order of their hashes."""
    n = len(vectors)
    hashes = [f"{row:032x}" for row in range(first, first + n)]
    return Corpus(["a text"] * n, hashes, vectors, np.ones(n, dtype=np.int64))


@dataclass
class Step:
    """What a step of the fit gave when it was last done, and what it cost."""

    result: Any = None
    cpu_s: float = 0.0


def _watch_steps() -> dict[str, Step]:
    """Measure neighbours and partition where the fit does them: at a million texts nothing is done twice."""
    steps = {"neighbours": Step(), "partition": Step()}
    for name, function in (("neighbours", "nearest_neighbours"), ("partition", "partition")):
        setattr(partition, function, _watched(getattr(partition, function), steps[name]))
    return steps


def _watched(work: Callable[..., Result], step: Step) -> Callable[..., Result]:
    def watched(*arguments: Any, **named: Any) -> Result:
        result, step.cpu_s, _ = _timed(lambda: work(*arguments, **named))
        step.result = result
        return result

    return watched


def _timed(work: Callable[[], Result]) -> tuple[Result, float, float]:
    """Do some work: what it gives, CPU seconds of all threads, and wall seconds."""
    began, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, time.process_time() - began, time.perf_counter() - wall


def _judge(more: Corpus, known: np.ndarray, model: TopicModel) -> Assignment:
    """Assign some texts like a run without a refit: every old vector is read once, in chunks."""
    ids = sorted({topic for topic in model.topic_ids if topic})
    place = {topic: number for number, topic in enumerate(ids)}
    labels = [
        len(ids) if status == "filler" else place.get(topic or "", NO_GROUP)
        for topic, status in zip(model.topic_ids, model.statuses, strict=True)
    ]
    nearest = nearest_neighbours(more.vectors, N_VOTERS)
    rows, similarities = nearest.rows + len(known), nearest.similarities
    for start in range(0, len(known), _CHUNK):
        chunk = NeighbourIndex(known[start : start + _CHUNK]).search(more.vectors, N_VOTERS)
        rows = np.concatenate([rows, chunk.rows + start], axis=1)
        similarities = np.concatenate([similarities, chunk.similarities], axis=1)
        order = np.argsort(-similarities, axis=1, kind="stable")[:, :N_VOTERS]
        rows, similarities = (np.take_along_axis(array, order, axis=1) for array in (rows, similarities))
    texts = ReferenceTexts(np.array(labels, dtype=np.int64), ids, model.outlier_threshold)
    return assign_texts(more, Neighbours(rows, similarities), texts, seed=0, namespace="")


def _recall(vectors: np.ndarray, rows: np.ndarray) -> float:
    """Return the share of true neighbours found, over a sample of texts."""
    checked = np.random.default_rng(0).choice(len(vectors), min(_N_CHECKED, len(vectors)), replace=False)
    similarities = vectors[checked] @ vectors.T
    similarities[np.arange(len(checked)), checked] = -np.inf
    k = rows.shape[1]
    true = np.argpartition(similarities, len(vectors) - k, axis=1)[:, -k:]
    return float(np.mean([len(set(found) & set(best)) / k for found, best in zip(rows[checked], true, strict=True)]))


def _embed_real(data: Path, cache: Path) -> None:
    """Cache the vectors of the real texts and their nearest neighbours."""
    if (cache / "near.npy").exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    embedder = MiniLMEmbedder()
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
