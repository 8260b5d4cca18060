"""How good the topics are: real labelled texts, without the true number, compared with k-means, which is given it.

Run `python bench/topics.py --help`. The data (banking77.csv, sgd_dev.jsonl, multidogo_fastfood.jsonl) is not part of
this repository; its folder is the first argument.

`--peers PYTHON` compares with BERTopic, EVoC and fast-hdbscan with their defaults on the same vectors: the Python of a
venv that has them (`python -m venv /tmp/peers && /tmp/peers/bin/pip install bertopic evoc fast-hdbscan`). All use
one thread, one after another. Peers classify much as noise, so each has a second row with noise assigned to the
nearest centre.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score
from threadpoolctl import threadpool_limits

from ml.clustering.graph import leiden_groups
from ml.clustering.neighbours import nearest_neighbours
from ml.clustering.partition import choose_n_neighbours
from ml.corpus import Corpus
from ml.embedding.embedders import Embedder, MultilingualEmbedder
from ml.messages.courtesy import CourtesyClassifier
from ml.topic_model import fit_topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

FILLER_INTENTS = frozenset(
    {"contentonly", "confirmation", "rejection", "thankyou", "openinggreeting", "closinggreeting", "outofdomain"}
)
"""Labels of MultiDoGO turns without an intent of their own, as in the data's description."""

N_THIN = 30
_PEERS = Path(__file__).parent / "harness" / "topic_peers.py"
_NOISE = -1

Result = TypeVar("Result")


class Message(NamedTuple):
    """One message and the intent people gave it."""

    text: str
    intent: str


@dataclass(frozen=True)
class LabelledSet:
    """Messages with intents, and each distinct text embedded once.

    Attributes:
        corpus: the distinct texts.
        row: int64 (messages,), row of each message's text in the corpus.
        intents: intent of each message.
        embed_cpu_s: CPU seconds that embedding took, or NaN where vectors came from the cache.
    """

    name: str
    corpus: Corpus
    row: NDArray[np.int64]
    intents: list[str]
    embed_cpu_s: float


def main() -> None:
    """Print one row per set and method."""
    options = _parse_arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    embedder = MultilingualEmbedder()
    seeds = CourtesyClassifier(embedder)
    print("| set | method | topics | AMI | ARI | largest | noise | filler | CPU s embed | CPU s cluster |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, read in SETS.items():
        labelled = embed_set(name, list(read(options.data)), embedder, options.cache)
        with threadpool_limits(1):
            _print_ours(labelled, seeds)
            _print_k_means(labelled)
            _print_leiden(labelled)
        if options.peers:
            _print_peers(labelled, options.peers)
    print()
    _print_filler(embed_set("MultiDoGO", list(read_multidogo(options.data)), embedder, options.cache), seeds)


def read_banking(folder: Path) -> Iterable[Message]:
    """Yield all 13,083 messages of banking77."""
    return read_csv("banking77.csv", folder)


def read_thin_banking(folder: Path) -> Iterable[Message]:
    """Yield many small, even topics: 30 messages of each intent of banking77."""
    return thin_out(list(read_banking(folder)), N_THIN)


def thin_out(messages: Sequence[Message], n_each: int) -> list[Message]:
    """Return a random but stable sample of messages of each intent."""
    random = np.random.default_rng(0)
    by_intent: dict[str, list[Message]] = {}
    for message in messages:
        by_intent.setdefault(message.intent, []).append(message)
    return [group[row] for group in by_intent.values() for row in random.permutation(len(group))[:n_each]]


def read_sgd(folder: Path) -> Iterable[Message]:
    """Yield the turns of SGD dev whose words say the intent."""
    for conversation in _read_lines(folder / "sgd_dev.jsonl"):
        for turn in conversation["turns"]:
            if turn["informs"]:
                yield Message(turn["text"], turn["intent"])


def read_multidogo(folder: Path) -> Iterable[Message]:
    """Yield all turns; several intents of one turn are joined in the data by `<div>`."""
    for conversation in _read_lines(folder / "multidogo_fastfood.jsonl"):
        for turn in conversation["turns"]:
            yield Message(turn["text"], turn["intent"])


def read_multidogo_intents(folder: Path) -> Iterable[Message]:
    """Yield the turns of MultiDoGO fastfood with exactly one intent of their own."""
    for message in read_multidogo(folder):
        if message.intent not in FILLER_INTENTS and "<div>" not in message.intent:
            yield message


def read_csv(name: str, folder: Path) -> Iterable[Message]:
    """Yield the rows of a CSV file with the columns text and intent."""
    with (folder / name).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield Message(row["text"], row["intent"])


SETS: dict[str, Callable[[Path], Iterable[Message]]] = {
    "banking77": read_banking,
    "SGD dev, informing turns": read_sgd,
    "MultiDoGO fastfood": read_multidogo_intents,
    "MultiDoGO finance": partial(read_csv, "multidogo_finance.csv"),
    "MultiDoGO airline": partial(read_csv, "multidogo_airline.csv"),
    "MultiDoGO insurance": partial(read_csv, "multidogo_insurance.csv"),
    "StackOverflow titles": partial(read_csv, "stackoverflow_titles.csv"),
    "Snips": partial(read_csv, "snips.csv"),
    "banking77, 30 an intent": read_thin_banking,
}
"""The panel of different sets, with their readers."""


def embed_set(name: str, messages: list[Message], embedder: Embedder, cache: Path) -> LabelledSet:
    """Embed each distinct text once, or take the vectors of an earlier run from the cache."""
    texts = sorted({message.text for message in messages})
    place = {text: row for row, text in enumerate(texts)}
    rows = np.array([place[message.text] for message in messages], dtype=np.int64)
    key = hashlib.sha256("\n".join([embedder.model_id, *texts]).encode()).hexdigest()[:16]
    file = cache / f"{key}.npy"
    seconds = float("nan")
    if not file.exists():
        vectors, seconds = _timed(lambda: embedder.embed(texts))
        np.save(file, vectors)
    hashes = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
    counts = np.bincount(rows, minlength=len(texts))
    corpus = Corpus(texts, hashes, np.load(file), counts)
    return LabelledSet(name, corpus, rows, [message.intent for message in messages], seconds)


def _print_ours(labelled: LabelledSet, seeds: CourtesyClassifier) -> None:
    model, seconds = _timed(lambda: fit_topics(labelled.corpus, {}, seeds=seeds))
    # Noise and filler count as one group each.
    found = [topic or status for topic, status in zip(model.topic_ids, model.statuses, strict=True)]
    statuses = np.array(model.statuses)[labelled.row]
    shares = f"{np.mean(statuses == 'noise'):.2%} | {np.mean(statuses == 'filler'):.2%}"
    embedding = "cached" if np.isnan(labelled.embed_cpu_s) else f"{labelled.embed_cpu_s:.1f}"
    n_topics = len(set(model.topic_ids) - {None})
    _print_row(
        labelled, "Turret", [found[row] for row in labelled.row], n_topics, f"{shares} | {embedding} | {seconds:.1f}"
    )


def _print_k_means(labelled: LabelledSet) -> None:
    true_k = len(set(labelled.intents))
    k_means = KMeans(true_k, n_init=3, random_state=0)
    found, seconds = _timed(lambda: k_means.fit_predict(labelled.corpus.vectors))
    _print_row(labelled, "k-means with the true k", found[labelled.row], true_k, f"- | - | - | {seconds:.1f}")


def _print_leiden(labelled: LabelledSet) -> None:
    """Print the scores of Leiden alone at fixed resolutions, on the same graph."""
    corpus, order = labelled.corpus.sorted_by_hash()
    back = np.argsort(order, kind="stable")
    neighbours = nearest_neighbours(corpus.vectors, choose_n_neighbours(len(corpus)))
    for resolution in (1.0, 2.0):
        groups, seconds = _timed(partial(leiden_groups, neighbours, seed=0, resolution=resolution))
        _print_row(
            labelled,
            f"Leiden at {resolution:.0f}",
            groups[back][labelled.row],
            int(groups.max()) + 1,
            f"- | - | - | {seconds:.1f}",
        )


def _print_peers(labelled: LabelledSet, python: str) -> None:
    """Print two rows for each peer: with its defaults, and with every text in a group."""
    vectors = labelled.corpus.vectors
    for name, (groups, seconds) in _ask_peers(python, vectors).items():
        share = np.mean(groups[labelled.row] == _NOISE)
        n_topics = len(set(groups.tolist()) - {_NOISE})
        _print_row(labelled, name, groups[labelled.row], n_topics, f"{share:.1%} | - | - | {seconds:.1f}")
        placed = _place_noise(vectors, groups)[labelled.row]
        _print_row(labelled, f"{name}, noise placed", placed, n_topics, "0% | - | - | - ")


def _ask_peers(python: str, vectors: NDArray[np.float32]) -> dict[str, tuple[NDArray[np.int64], float]]:
    """Return groups and CPU seconds of every peer, computed in another environment."""
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    with TemporaryDirectory() as folder:
        np.save(Path(folder) / "vectors.npy", vectors)
        command = [python, str(_PEERS), f"{folder}/vectors.npy", folder]
        subprocess.run(command, check=True, env={**os.environ, **one_thread, "HF_HUB_OFFLINE": "1"})
        seconds = json.loads((Path(folder) / "seconds.json").read_text(encoding="utf-8"))
        return {name: (np.load(Path(folder) / f"{name}.npy"), cpu_s) for name, cpu_s in seconds.items()}


def _place_noise(vectors: NDArray[np.float32], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Assign each text without a group to the group with the nearest centre."""
    kept = np.unique(groups[groups != _NOISE])
    centres = np.stack([vectors[groups == group].mean(axis=0) for group in kept])
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    return np.where(groups == _NOISE, kept[np.argmax(vectors @ centres.T, axis=1)], groups)


def _print_row(labelled: LabelledSet, method: str, found: Iterable[object], n_topics: int, rest: str) -> None:
    groups = [str(group) for group in found]
    ami = adjusted_mutual_info_score(labelled.intents, groups)
    ari = adjusted_rand_score(labelled.intents, groups)
    largest = np.unique(groups, return_counts=True)[1].max() / len(groups)
    print(f"| {labelled.name} | {method} | {n_topics} | {ami:.3f} | {ari:.3f} | {largest:.0%} | {rest} |", flush=True)


def _print_filler(labelled: LabelledSet, seeds: CourtesyClassifier) -> None:
    model = fit_topics(labelled.corpus, {}, seeds=seeds)
    found = np.array([status == "filler" for status in model.statuses])[labelled.row]
    true = np.array([FILLER_INTENTS.issuperset(intent.split("<div>")) for intent in labelled.intents])
    precision, recall = (found & true).sum() / max(1, found.sum()), (found & true).sum() / true.sum()
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    print("| set | filler by label | filler found | precision | recall | F1 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    print(f"| {labelled.name} | {true.mean():.1%} | {found.mean():.1%} | {precision:.3f} | {recall:.3f} | {f1:.3f} |")


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Do some work and say how many CPU seconds of this process, all threads together, it took."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def _read_lines(file: Path) -> Iterable[dict[str, list[dict[str, str]]]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("data", type=Path, nargs="?", default=default, help="folder of the labelled sets")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    parser.add_argument("--peers", help="Python of a venv that has bertopic, evoc and fast-hdbscan")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"The data folder {options.data} does not exist; name it as the first argument.")
    return options


if __name__ == "__main__":
    main()
