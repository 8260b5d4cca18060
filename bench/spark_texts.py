"""Embedding and assigning many texts on the driver, and on one and two workers of Spark: seconds, and equal results.

    python bench/spark_texts.py --folder NEW --json bench/results/spark_texts.json

The demo's simulated messages are embedded. Then new texts are compared with known ones and assigned to their topics;
vectors are real ones mixed and perturbed (`harness/mixed_vectors.py`), and the topic of a known text is the nearest of
150. Each worker is a process of this machine with one core; the driver uses all cores. CPU seconds are those of this
process and the cluster. Starting the session is measured by itself, and so is a first small job, which starts the
workers' processes; the second cluster finds Spark's driver running.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from harness.mixed_vectors import Mixer
from harness.run_trial import NOW
from spark_cluster import CONFIGURATION, cluster, cpu_seconds

from contracts.settings import load_settings
from demo.simulation import Scenario, simulate
from ml.assignment import Assignment, ReferenceTexts, assign_texts
from ml.clustering.neighbours import N_VOTERS, Neighbours, merge_neighbours, nearest_in_chunks, nearest_neighbours
from ml.corpus import Corpus
from ml.embedding.embedders import make_embedder
from orchestration.embedding.spark_embedder import MIN_TEXTS, SparkEmbedder
from orchestration.embedding.vectors import VECTORS_PER_CHUNK
from orchestration.spark.session import SparkRun
from orchestration.topics.spark_neighbours import find_on_spark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

Result = TypeVar("Result")
N_TOPICS = 150


@dataclass
class Cost:
    """Seconds by the clock, and CPU seconds of all processes."""

    wall_s: float
    cpu_s: float


def measured(work: Callable[[], Result]) -> tuple[Result, Cost]:
    """Do some work and measure it."""
    before, began = cpu_seconds([os.getpid()], {}), time.perf_counter()
    result = work()
    wall_s = time.perf_counter() - began
    after = cpu_seconds([os.getpid()], dict(before))
    return result, Cost(round(wall_s, 1), round(sum(after.values()) - sum(before.values()), 1))


def simulated_texts(n: int) -> list[str]:
    """Return distinct messages of simulated users."""
    texts: dict[str, None] = {}
    users = n // 8
    while len(texts) < n:
        events = simulate(Scenario(users=users), NOW).events
        texts = dict.fromkeys(text for event in events if isinstance(text := event["metadata"].get("prompt"), str))
        users *= 2
    return list(texts)[:n]


def chunks_of(known: NDArray[np.float32]) -> Iterator[tuple[NDArray[np.int32], NDArray[np.float32]]]:
    """Yield the known vectors as the warehouse does."""
    for start in range(0, len(known), VECTORS_PER_CHUNK):
        vectors = known[start : start + VECTORS_PER_CHUNK]
        yield np.arange(start, start + len(vectors), dtype=np.int32), vectors


@dataclass(frozen=True)
class Texts:
    """Known texts with their topics, and new ones with their neighbours among one another."""

    known: NDArray[np.float32]
    reference: ReferenceTexts
    new: Corpus
    among_new: Neighbours

    @classmethod
    def make(cls, real: NDArray[np.float32], n_known: int, n_new: int) -> Texts:
        """Make texts like `real` ones."""
        mixer = Mixer.of(real)
        known, new = mixer.make(n_known, seed=0), mixer.make(n_new, seed=1)
        centres = real[np.random.default_rng(0).choice(len(real), N_TOPICS, replace=False)]
        labels = np.concatenate([(vectors @ centres.T).argmax(axis=1) for _, vectors in chunks_of(known)])
        reference = ReferenceTexts(labels.astype(np.int64), [f"topic {n}" for n in range(N_TOPICS)], 0.3)
        hashes = [f"{row:032x}" for row in range(n_new)]
        corpus = Corpus(["a text"] * n_new, hashes, new, np.ones(n_new, dtype=np.int64))
        near = nearest_neighbours(new, N_VOTERS)
        return cls(known, reference, corpus, Neighbours(near.rows + n_known, near.similarities))

    def assign(self, nearest: Neighbours) -> Assignment:
        """Assign the new texts, given their neighbours among the known ones."""
        merged = merge_neighbours(self.among_new, nearest, N_VOTERS)
        return assign_texts(self.new, merged, self.reference, seed=0, namespace="")


def share_equal(one: Assignment, two: Assignment) -> float:
    """Return the share of texts with the same topic, status and reason."""
    first, second = (list(zip(each.topic_ids, each.statuses, each.reasons, strict=True)) for each in (one, two))
    return float(np.mean([left == right for left, right in zip(first, second, strict=True)]))


def main() -> None:
    """Measure the driver and both clusters, compare, print and store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=6_000, help="texts to embed")
    parser.add_argument("--known", type=int, default=200_000, help="texts with a topic")
    parser.add_argument("--new", type=int, default=8_000, help="texts to assign")
    parser.add_argument("--folder", type=Path, required=True, help="a new folder")
    parser.add_argument("--json", type=Path, help="where the figures are written")
    chosen = parser.parse_args()
    folder = chosen.folder.resolve()
    settings = load_settings(home=folder / "home", engine="spark", embedder="english")
    embedder, texts = make_embedder(settings), simulated_texts(chosen.texts)
    vectors, cost = measured(lambda: embedder.embed(texts))
    found: dict[str, Any] = {"load": os.getloadavg()[0], "driver": {"embed": asdict(cost)}}
    made = Texts.make(vectors, chosen.known, chosen.new)
    nearest, cost = measured(lambda: nearest_in_chunks(made.new.vectors, chunks_of(made.known), N_VOTERS))
    (assigned, rest) = measured(lambda: made.assign(nearest))
    found["driver"] |= {"compare": asdict(cost), "vote": asdict(rest)}
    print(found, flush=True)
    for n_workers in (1, 2):
        place = folder / f"cluster-{n_workers}"
        with cluster(place, n_workers, CONFIGURATION) as running:
            os.environ |= {"SPARK_CONF_DIR": str(place), "SPARK_LOCAL_IP": "127.0.0.1"}
            spark = SparkRun(settings.model_copy(update={"spark_master": running.address}))
            _, start = measured(spark.session)
            spread = SparkEmbedder(embedder, spark, settings)
            _, first = measured(lambda spread=spread: spread.embed(texts[:MIN_TEXTS]))
            again, embed = measured(lambda spread=spread: spread.embed(texts))
            near, compare = measured(
                lambda spark=spark: find_on_spark(spark, made.new.vectors, chunks_of(made.known), chosen.known)
            )
            costs = {"session": start, "first job": first, "embed": embed, "compare": compare}
            found[f"{n_workers} workers"] = {
                **{name: asdict(each) for name, each in costs.items()},
                "equal_vectors": float(np.mean((again == vectors).all(axis=1))),
                "equal_neighbours": float(np.mean((near.rows == nearest.rows).all(axis=1))),
                "equal_assignments": share_equal(made.assign(near), assigned),
            }
            spark.stop()
        print(found[f"{n_workers} workers"], flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
