"""How well later messages of a retired topic are kept out of the topics around it, by threshold.

    python bench/retired_topics.py DATA --cache FOLDER

For each set of the panel (`bench/topics.py`), four fifths of the texts are fitted, and the rest arrives later. Each
topic most of whose texts share an intent is retired in turn. Each later text that falls into it is placed as a run does
(`orchestration/topics/choices/retired.py`): by a vote among the topics that are still shown, unless it would be more
marginal there than a share of that topic's own texts, the threshold.

* kept out: of the texts whose intent no other topic stands for, those that count for no topic, as they should.
* lost: of the texts whose intent another topic stands for, those that count for no topic all the same.
* right: the mean of the share kept out, and of the share of the others that count for a topic of their intent.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from topics import SETS, embed_set

from ml.assignment import ReferenceTexts
from ml.clustering.neighbours import N_VOTERS, NeighbourIndex, nearest_neighbours
from ml.embedding.embedders import MultilingualEmbedder
from ml.messages.courtesy import CourtesyClassifier
from ml.topic_definitions import MIN_TYPICALITY, place_examples
from ml.topic_model import fit_topics

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from topics import LabelledSet

FITTED_SHARE = 0.8
MIN_MAJORITY = 0.5
"""Share of a topic's texts with one intent from which the topic stands for it."""
THRESHOLDS = (0.0, 0.02, 0.05, MIN_TYPICALITY, 0.2, 0.3, 0.5)


def main() -> None:
    """Print a line for each set and, at the end, the mean and the worst set, by threshold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of labelled texts")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    embedder = MultilingualEmbedder()
    seeds = CourtesyClassifier(embedder)
    print("| kept out, lost, right | texts | " + " | ".join(f"{each:.0%}" for each in THRESHOLDS) + " |")
    print("| --- | ---: |" + " ---: |" * len(THRESHOLDS))
    tables = []
    for name, read in SETS.items():
        trial = SetTrial(embed_set(name, list(read(options.data)), embedder, options.cache), seeds)
        table = trial.judge()
        tables.append(table)
        _print(f"{name}", f"{trial.n_unwanted} + {trial.n_wanted}", table)
    _print("mean", "", np.mean(tables, axis=0))
    stacked = np.array(tables)
    _print("worst set", "", np.stack([stacked[:, :, 0].min(0), stacked[:, :, 1].max(0), stacked[:, :, 2].min(0)], 1))


def _print(name: str, counts: str, table: NDArray[np.float64]) -> None:
    cells = [", ".join(f"{share:.0%}" for share in row) for row in table]
    print(f"| {name} | {counts} | " + " | ".join(cells) + " |", flush=True)


class SetTrial:
    """One labelled set: its topics, and the texts that arrive after the fit."""

    def __init__(self, labelled: LabelledSet, seeds: CourtesyClassifier) -> None:
        counts: dict[int, Counter[str]] = defaultdict(Counter)
        for row, intent in zip(labelled.row.tolist(), labelled.intents, strict=True):
            counts[row][intent] += 1
        intents = np.array([counts[row].most_common(1)[0][0] for row in range(len(labelled.corpus))])
        order = np.random.default_rng(0).permutation(len(intents))
        fitted, later = np.split(order, [int(FITTED_SHARE * len(order))])
        corpus = labelled.corpus.take(fitted)
        model = fit_topics(corpus, {}, seeds=seeds)
        self._vectors, self._later = corpus.vectors, labelled.corpus.vectors[later]
        self._intents, self._later_intents = intents[fitted], intents[later]
        self._topics = np.array([topic_id or "" for topic_id in model.topic_ids])
        self._statuses = np.array(model.statuses)
        self._threshold = model.outlier_threshold
        self._majority = {
            topic_id: self._stands_for(topic_id) for topic_id in np.unique(self._topics[self._topics != ""])
        }
        self._own: dict[str, NDArray[np.float32]] = {}
        self.n_wanted = self.n_unwanted = 0

    def judge(self) -> NDArray[np.float64]:
        """Retire each topic in turn: (threshold, kept out | lost | right), shares in 0 to 1."""
        fell = np.array(self._place(self._later, None), dtype=object)
        n_kept_out, n_lost, n_found = np.zeros((3, len(THRESHOLDS)))
        for retired, intent in self._majority.items():
            rows = np.flatnonzero(fell == retired)
            if intent is None or not len(rows):
                continue
            homes = {other for topic_id, other in self._majority.items() if topic_id != retired}
            placed = self._place(self._later[rows], retired)
            typicality = np.array([self._typicality(row, topic) for row, topic in zip(rows, placed, strict=True)])
            is_wanted = np.array([self._later_intents[row] in homes for row in rows])
            is_home = np.array(
                [
                    self._majority.get(topic or "") == self._later_intents[row]
                    for row, topic in zip(rows, placed, strict=True)
                ]
            )
            for place, threshold in enumerate(THRESHOLDS):
                is_out = typicality < threshold
                n_kept_out[place] += (is_out & ~is_wanted).sum()
                n_lost[place] += (is_out & is_wanted).sum()
                n_found[place] += (~is_out & is_wanted & is_home).sum()
            self.n_wanted += int(is_wanted.sum())
            self.n_unwanted += int((~is_wanted).sum())
        kept_out, found = n_kept_out / self.n_unwanted, n_found / max(1, self.n_wanted)
        return np.stack([kept_out, n_lost / max(1, self.n_wanted), (kept_out + found) / 2], axis=1)

    def _stands_for(self, topic_id: str) -> str | None:
        intents = self._intents[self._topics == topic_id]
        intent, n_texts = Counter(intents.tolist()).most_common(1)[0]
        return intent if n_texts >= MIN_MAJORITY * len(intents) else None

    def _place(self, texts: NDArray[np.float32], without: str | None) -> list[str | None]:
        """Return the topic that each text falls into, among all topics or without one."""
        is_filler = self._statuses == "filler"
        rows = np.flatnonzero(((self._topics != "") | is_filler) & (self._topics != without))
        ids = sorted(set(self._topics[rows]) - {""})
        labels = [ids.index(topic_id) if topic_id else len(ids) for topic_id in self._topics[rows]]
        reference = ReferenceTexts(np.array(labels, dtype=np.int64), ids, self._threshold)
        return place_examples(NeighbourIndex(self._vectors[rows]).search(texts, N_VOTERS), reference)

    def _typicality(self, row: int, topic_id: str | None) -> float:
        """Return the share of the topic's texts that are further from their nearest one than a text; -1 without topic.

        So a text that no vote places counts for no topic, whatever the threshold.
        """
        if topic_id is None:
            return -1.0
        theirs = self._vectors[self._topics == topic_id]
        if len(theirs) == 1:
            return 1.0
        if topic_id not in self._own:
            self._own[topic_id] = np.sort(nearest_neighbours(theirs, 1).similarities[:, 0])
        nearest = (self._later[row] @ theirs.T).max()
        return float(np.searchsorted(self._own[topic_id], nearest) / len(theirs))


if __name__ == "__main__":
    main()
