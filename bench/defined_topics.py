"""How well a topic that a person defines by a few examples finds the messages of an intent.

    python bench/defined_topics.py DATA --cache FOLDER

For each set of the panel (`bench/topics.py`), a fifth of the intents and ten texts of every other intent are left out,
and the rest is fitted. Then each intent is defined by 1, 2, 3 or 5 of the texts left out, six times each:

* F1: of the texts that the definition takes, against those of its intent.
* taken in error: share of the definitions of intents that nobody has mentioned yet that take a topic all the same.

`whole topics` and `closest` are the two scopes. For comparison: a threshold on the similarity to the nearest example,
the best single one for this set, which nobody would know; and the examples' topics without judging whether they fit.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from topics import SETS, embed_set

from ml.assignment import ReferenceTexts
from ml.clustering.neighbours import N_VOTERS, NO_GROUP, NeighbourIndex
from ml.embedding.embedders import MultilingualEmbedder
from ml.messages.courtesy import CourtesyClassifier
from ml.topic_definitions import Definition, divide_texts, is_typical, place_examples, topics_of_examples
from ml.topic_model import fit_topics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from topics import LabelledSet

MIN_TEXTS = 20
N_LEFT_OUT = 10
N_EXAMPLES = (1, 2, 3, 5)
N_TRIALS = 6
METHODS = ("whole topics", "closest", "without judging", "best threshold")
THRESHOLDS = np.arange(0.4, 0.95, 0.05)


def main() -> None:
    """Print a table of F1, and one of topics taken in error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of labelled texts")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    embedder = MultilingualEmbedder()
    seeds = CourtesyClassifier(embedder)
    scores: dict[tuple[str, int], list[float]] = defaultdict(list)
    errors: dict[tuple[str, int], list[float]] = defaultdict(list)
    for name, read in SETS.items():
        trial = SetTrial(embed_set(name, list(read(options.data)), embedder, options.cache), seeds)
        for key, values in trial.scores().items():
            scores[key].append(values[0])
            errors[key].append(values[1])
    for title, table in (("F1, mean of the sets (worst set)", scores), ("taken in error", errors)):
        print(f"| {title} | " + " | ".join(f"{k} examples" for k in N_EXAMPLES) + " |")
        print("| --- |" + " ---: |" * len(N_EXAMPLES))
        worst = min if table is scores else max
        for method in METHODS:
            cells = [table[method, k] or [np.nan] for k in N_EXAMPLES]
            shown = [f"{np.mean(cell):.3f} ({worst(cell):.2f})" if not np.isnan(cell).all() else "-" for cell in cells]
            print(f"| {method} | " + " | ".join(shown) + " |")
        print()


class SetTrial:
    """One labelled set, fitted without some of its intents and texts."""

    def __init__(self, labelled: LabelledSet, seeds: CourtesyClassifier) -> None:
        self._random = np.random.default_rng(0)
        counts: dict[int, Counter[str]] = defaultdict(Counter)
        for row, intent in zip(labelled.row.tolist(), labelled.intents, strict=True):
            counts[row][intent] += 1
        intents = np.array([counts[row].most_common(1)[0][0] for row in range(len(labelled.corpus))])
        common = [intent for intent in np.unique(intents) if (intents == intent).sum() >= MIN_TEXTS]
        self._unsaid = set(self._random.permutation(common)[: max(1, len(common) // 5)])
        self._held = {
            intent: self._random.permutation(np.flatnonzero(intents == intent))[:N_LEFT_OUT] for intent in common
        }
        is_out = np.isin(intents, list(self._unsaid))
        is_out[np.concatenate(list(self._held.values()))] = True
        corpus = labelled.corpus.take(np.flatnonzero(~is_out))
        model = fit_topics(corpus, {}, seeds=seeds)
        ids = sorted({topic_id for topic_id in model.topic_ids if topic_id})
        labels = [
            ids.index(topic_id) if topic_id else len(ids) if status == "filler" else NO_GROUP
            for topic_id, status in zip(model.topic_ids, model.statuses, strict=True)
        ]
        self._all, self._vectors, self._intents = labelled.corpus.vectors, corpus.vectors, intents[~is_out]
        self._reference = ReferenceTexts(np.array(labels, dtype=np.int64), ids, model.outlier_threshold)
        self._topics = np.array([topic_id or "" for topic_id in model.topic_ids])
        self._index = NeighbourIndex(corpus.vectors)

    def scores(self) -> dict[tuple[str, int], tuple[float, float]]:
        """Return the mean F1 and the share of topics taken in error, by method and number of examples."""
        found: dict[tuple[str, int], list[float]] = defaultdict(list)
        errors: dict[tuple[str, int], list[bool]] = defaultdict(list)
        thresholds: dict[int, list[NDArray[np.float64]]] = defaultdict(list)
        for intent, held in self._held.items():
            for n_examples in N_EXAMPLES * N_TRIALS:
                examples = self._all[self._random.choice(held, n_examples, replace=False)]
                nearest = (self._vectors @ examples.T).max(axis=1)
                for method, taken in self._taken(examples):
                    if intent in self._unsaid:
                        errors[method, n_examples].append(bool(taken.any()))
                    else:
                        found[method, n_examples].append(self._f1(taken, intent))
                if intent not in self._unsaid:
                    thresholds[n_examples].append(
                        np.array([self._f1(nearest >= threshold, intent) for threshold in THRESHOLDS])
                    )
        for n_examples, values in thresholds.items():
            found["best threshold", n_examples] = [float(np.mean(values, axis=0).max())]
            errors["best threshold", n_examples] = [np.nan]
        return {key: (float(np.mean(found[key])), float(np.mean(errors[key]))) for key in found}

    def _taken(self, examples: NDArray[np.float32]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield which texts each method takes for a definition."""
        placed = place_examples(self._index.search(examples, N_VOTERS), self._reference)
        fits = {
            topic_id: is_typical(examples, self._vectors[self._topics == topic_id])
            for topic_id in set(placed)
            if topic_id is not None
        }
        judged = [
            topic_id if topic_id is not None and fits[topic_id][place] else None
            for place, topic_id in enumerate(placed)
        ]
        whole = np.isin(self._topics, list(topics_of_examples(judged)))
        yield "whole topics", whole
        yield "without judging", np.isin(self._topics, list(topics_of_examples(placed)))
        if len(examples) > 1:
            closest = whole.copy()
            closest[whole] = divide_texts(self._vectors[whole], [Definition(examples, is_narrow=True)]) != NO_GROUP
            yield "closest", closest

    def _f1(self, taken: NDArray[np.bool_], intent: str) -> float:
        wanted = self._intents == intent
        return float(2 * (taken & wanted).sum() / max(1, taken.sum() + wanted.sum()))


if __name__ == "__main__":
    main()
