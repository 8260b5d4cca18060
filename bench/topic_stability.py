"""The stability of topics as texts arrive: ten daily batches, and intents that first appear on day six.

Each set is split into ten days at random, several times. Each day does what the pipeline does:
new texts are assigned to known topics, and a refit follows if there is drift. Run
`python bench/topic_stability.py --help`; the data is that of bench/topics.py.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score
from topics import Message, embed_set, read_banking, read_sgd

from demo.conversation import TEXT_FIELD
from demo.simulation import Scenario, simulate
from ml.assignment import Assignment, ReferenceTexts, assign_texts
from ml.clustering.neighbours import N_VOTERS, NO_GROUP, NeighbourIndex, Neighbours
from ml.corpus import Corpus
from ml.embedding.embedders import MiniLMEmbedder
from ml.topic_model import fit_topics
from ml.tracking.drift import Drift

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

N_DAYS = 10
DAY_OF_THE_NEW = 6
MOST = 0.5
SETS = {"banking77": 10, "SGD dev": 4, "demo": 0}
"""Intents held back in the second trial."""


@dataclass(frozen=True)
class Texts:
    """Distinct texts, and the intent of each: that of its first message."""

    corpus: Corpus
    intents: NDArray[np.str_]

    def part(self, rows: Sequence[int]) -> Corpus:
        """Return some of the texts, in the order of their hashes."""
        ordered = sorted(rows, key=lambda row: self.corpus.text_hashes[row])
        return Corpus(
            [self.corpus.texts[row] for row in ordered],
            [self.corpus.text_hashes[row] for row in ordered],
            self.corpus.vectors[ordered],
            self.corpus.n_messages[ordered],
        )


@dataclass
class Field:
    """A project's text field over the days, updated like in orchestration/topics/fitting.py.

    Attributes:
        topic_of: topic, or None, of each judged text by its hash.
        status_of: its status.
        reason: why the last day ended in a refit, or None.
        born: topics that came up on the last day and have no parent.
    """

    texts: Texts
    rows: list[int] = field(default_factory=list)
    topic_of: dict[str, str | None] = field(default_factory=dict)
    status_of: dict[str, str] = field(default_factory=dict)
    reason: str | None = None
    born: set[str] = field(default_factory=set)
    n_fitted: int = 0
    fitted_confidence: float = 0.0
    outlier_threshold: float = 0.0
    confidences: list[float] = field(default_factory=list)

    def day(self, new_rows: Iterable[int]) -> None:
        """Classify a day's texts; their order does not matter."""
        old_rows, self.rows = self.rows, [*self.rows, *new_rows]
        if not old_rows:
            self._refit("first fit", {})
            return
        hashes = self.texts.corpus.text_hashes
        known = [row for row in old_rows if self.status_of[hashes[row]] != "pending"]
        waiting = set(self.rows).difference(known)
        pool = self.texts.part(sorted(waiting))
        found = self._assign(pool, self.texts.part(known))
        self.reason = self._drift(found).reason
        pairs = dict(zip(pool.text_hashes, found.topic_ids, strict=True))
        if self.reason:
            self._refit(self.reason, {name: topic for name, topic in pairs.items() if topic in found.born})
        else:
            self.born = set(found.born)
            self.topic_of.update(pairs)
            self.status_of.update(zip(pool.text_hashes, found.statuses, strict=True))

    def _assign(self, pool: Corpus, known: Corpus) -> Assignment:
        ids = sorted({topic for topic in self.topic_of.values() if topic})
        place: dict[str | None, int] = {topic: number for number, topic in enumerate(ids)}
        labels = [
            len(ids) if self.status_of[name] == "filler" else place.get(self.topic_of[name], NO_GROUP)
            for name in known.text_hashes
        ]
        texts = ReferenceTexts(np.array(labels, dtype=np.int64), ids, self.outlier_threshold)
        found = assign_texts(pool, _neighbours_of_pool(known.vectors, pool.vectors), texts, seed=0, namespace="")
        self.confidences += found.confidences[~np.isnan(found.confidences)].tolist()
        return found

    def _drift(self, found: Assignment) -> Drift:
        return Drift(
            n_fitted=self.n_fitted,
            n_since=len(self.rows) - self.n_fitted,
            n_waiting=found.statuses.count("pending"),
            fitted_confidence=self.fitted_confidence,
            confidence=float(np.mean(self.confidences)) if self.confidences else self.fitted_confidence,
        )

    def _refit(self, reason: str, provisional: dict[str, str | None]) -> None:
        corpus = self.texts.part(self.rows)
        previous = {name: topic for name, topic in self.topic_of.items() if topic}
        model = fit_topics(
            corpus,
            previous,
            provisional={name: topic for name, topic in provisional.items() if topic},
            previous_filler=frozenset(name for name, status in self.status_of.items() if status == "filler"),
        )
        self.reason, self.confidences = reason, []
        self.born = {link.to_topic_id for link in model.lineage if link.change == "born" and link.to_topic_id}
        self.topic_of = dict(zip(corpus.text_hashes, model.topic_ids, strict=True))
        self.status_of = dict(zip(corpus.text_hashes, model.statuses, strict=True))
        self.n_fitted, self.outlier_threshold = len(corpus), model.outlier_threshold
        self.fitted_confidence = float(np.nanmean(model.confidences))

    def ami(self) -> float:
        """Return the AMI with the intents over the texts so far; noise, filler and pending texts are a group each."""
        names = [self.texts.corpus.text_hashes[row] for row in self.rows]
        found = [self.topic_of[name] or self.status_of[name] for name in names]
        return float(adjusted_mutual_info_score(self.texts.intents[self.rows], found))


def main() -> None:
    """Print a row per day for the first shuffle, one per shuffle, and what became of the intents held back."""
    options = _parse_arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    for name, n_held in SETS.items():
        texts = _read_texts(name, options)
        full, full_s = _full_fit(texts)
        print(f"\n{name}: {len(texts.corpus)} texts; one full fit of all: AMI {full:.3f}, {full_s:.2f} CPU s")
        print(
            "| shuffle | least kept a day | mean kept | AMI at the end | topics | refits | CPU s, all days | "
            "CPU s, a full fit each day | the same again |"
        )
        print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
        days = [_ten_days(texts, shuffle) for shuffle in range(options.shuffles)]
        print("".join(days), flush=True)
        if n_held:
            print("| shuffle | held back | named by a birth | mostly in births | born | beyond those | false |")
            print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
            for shuffle in range(options.shuffles):
                print(_new_intents(texts, shuffle, n_held), flush=True)


def _ten_days(texts: Texts, shuffle: int) -> str:
    """Measure ten days of one shuffle; return a row."""
    order = np.random.default_rng(shuffle).permutation(len(texts.corpus)).tolist()
    now, kept, refits, seconds, full_seconds = Field(texts), [], 0, 0.0, 0.0
    for day in range(N_DAYS):
        before = dict(now.topic_of)
        start = time.process_time()
        now.day(order[_first(day, order) : _first(day + 1, order)])
        seconds += time.process_time() - start
        refits += now.reason is not None
        had = [name for name, topic in before.items() if topic]
        if had:
            kept.append(np.mean([now.topic_of[name] == before[name] for name in had]))
        start = time.process_time()
        fit_topics(texts.part(now.rows), {})
        full_seconds += time.process_time() - start
    n_topics = len({topic for topic in now.topic_of.values() if topic})
    return (
        f"| {shuffle} | {min(kept):.1%} | {np.mean(kept):.1%} | {now.ami():.3f} | {n_topics} | {refits} "
        f"| {seconds:.1f} | {full_seconds:.1f} | {_replay(texts, order) == now.topic_of} |\n"
    )


def _replay(texts: Texts, order: list[int]) -> dict[str, str | None]:
    """Return the same days again, with the texts of each day in another order."""
    again = Field(texts)
    for day in range(N_DAYS):
        again.day(reversed(order[_first(day, order) : _first(day + 1, order)]))
    return again.topic_of


def _new_intents(texts: Texts, shuffle: int, n_held: int) -> str:
    """Measure intents that nobody mentions before day six, when all their texts arrive at once; return a row."""
    rng = np.random.default_rng(shuffle)
    order = rng.permutation(len(texts.corpus)).tolist()
    held = set(rng.choice(np.unique(texts.intents), n_held, replace=False).tolist())
    usual = [row for row in order if texts.intents[row] not in held]
    now = Field(texts)
    for day in range(DAY_OF_THE_NEW):
        new = usual[_first(day, usual) : _first(day + 1, usual)]
        if day == DAY_OF_THE_NEW - 1:
            new = [*new, *(row for row in order if texts.intents[row] in held)]
        now.day(new)
    topics = np.array([now.topic_of[texts.corpus.text_hashes[row]] or "" for row in now.rows])
    intents = texts.intents[now.rows]
    named = [Counter(intents[topics == topic].tolist()).most_common(1)[0][0] for topic in now.born]
    in_births = [np.isin(topics[intents == intent], sorted(now.born)).mean() > MOST for intent in held]
    n_found, n_false = len(held.intersection(named)), sum(intent not in held for intent in named)
    return (
        f"| {shuffle} | {n_held} | {n_found} | {sum(in_births)} | {len(now.born)} | {len(now.born) - n_found} "
        f"| {n_false} |"
    )


def _full_fit(texts: Texts) -> tuple[float, float]:
    """Return AMI and CPU seconds of one full fit."""
    start = time.process_time()
    model = fit_topics(texts.corpus, {})
    seconds = time.process_time() - start
    found = [topic or status for topic, status in zip(model.topic_ids, model.statuses, strict=True)]
    return float(adjusted_mutual_info_score(texts.intents, found)), seconds


def _neighbours_of_pool(known: NDArray[np.float32], pool: NDArray[np.float32]) -> Neighbours:
    """Return the nearest of the pool's texts, among the known and one another, as reference_texts.py finds them."""
    index = NeighbourIndex(np.concatenate([known, pool]))
    found = index.search(pool, N_VOTERS + 1)
    own = np.arange(len(known), len(known) + len(pool))[:, np.newaxis]
    similarities = np.where(found.rows == own, -np.inf, found.similarities)
    order = np.lexsort((found.rows, -similarities), axis=1)[:, :N_VOTERS]
    return Neighbours(np.take_along_axis(found.rows, order, axis=1), np.take_along_axis(similarities, order, axis=1))


def _first(day: int, rows: Sequence[int]) -> int:
    return len(rows) * day // N_DAYS


def _read_texts(name: str, options: argparse.Namespace) -> Texts:
    messages = {"banking77": read_banking, "SGD dev": read_sgd, "demo": _read_demo}[name](options.data)
    labelled = embed_set(name, list(messages), MiniLMEmbedder(), options.cache)
    intents = np.empty(len(labelled.corpus), dtype=object)
    for row, intent in zip(labelled.row[::-1], labelled.intents[::-1], strict=True):
        intents[row] = intent
    return Texts(labelled.corpus, intents.astype(np.str_))


def _read_demo(_: Path) -> Iterable[Message]:
    """Yield the messages of the demo's users; those without an intent count as their kind."""
    simulation = simulate(Scenario(), datetime.now(UTC))
    truth = {event.event_id: event for event in simulation.truth.events}
    for event in simulation.events:
        text, true = event["metadata"].get(TEXT_FIELD), truth[event["event_id"]]
        if text is not None:
            yield Message(text, true.intent or true.kind)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("data", type=Path, nargs="?", default=default, help="folder of the labelled sets")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    parser.add_argument("--shuffles", type=int, default=3, help="how often each set is dealt into days")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"The data folder {options.data} does not exist; name it as the first argument.")
    return options


if __name__ == "__main__":
    main()
