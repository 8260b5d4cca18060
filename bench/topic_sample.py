"""What a fit over a sample of the texts would cost in quality: AMI of the panel, the other texts assigned by the vote.

    python bench/topic_sample.py [DATA] --cache FOLDER

The sample is the first texts by their hashes, as one would sample a field that has too many texts for the memory. Each
other text gets the topic of its nearest sampled texts by the same vote as a new text; one that suits no topic waits.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score
from topics import SETS, LabelledSet, embed_set

from ml.assignment import ReferenceTexts, assign_texts
from ml.clustering.neighbours import N_VOTERS, NO_GROUP, NeighbourIndex
from ml.embedding.embedders import MiniLMEmbedder
from ml.messages.courtesy import CourtesyClassifier
from ml.topic_model import fit_topics

SHARES = (1.0, 0.5, 0.25)


def score(labelled: LabelledSet, share: float, seeds: CourtesyClassifier) -> float:
    """Return the AMI of the messages' topics with their intents; noise and filler count as one group each."""
    corpus, order = labelled.corpus.sorted_by_hash()
    n_fitted = int(share * len(corpus))
    sample, rest = (corpus.take(rows) for rows in np.split(np.arange(len(corpus)), [n_fitted]))
    model = fit_topics(sample, {}, seeds=seeds)
    found = [topic or status for topic, status in zip(model.topic_ids, model.statuses, strict=True)]
    if len(rest):
        ids = sorted({topic for topic in model.topic_ids if topic})
        place = {topic: number for number, topic in enumerate(ids)} | {"filler": len(ids)}
        labels = np.array([place.get(topic, NO_GROUP) for topic in found], dtype=np.int64)
        neighbours = NeighbourIndex(sample.vectors).search(rest.vectors, N_VOTERS)
        reference = ReferenceTexts(labels, ids, model.outlier_threshold)
        assigned = assign_texts(rest, neighbours, reference, seed=0, namespace="", seeds=seeds)
        found += [topic or status for topic, status in zip(assigned.topic_ids, assigned.statuses, strict=True)]
    by_row = np.empty(len(corpus), dtype=object)
    by_row[order] = found
    return float(adjusted_mutual_info_score(labelled.intents, by_row[labelled.row].tolist()))


def main() -> None:
    """Print a row per set, and the mean of the eight different ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("data", type=Path, nargs="?", default=default, help="folder of the labelled sets")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    chosen = parser.parse_args()
    chosen.cache.mkdir(parents=True, exist_ok=True)
    embedder = MiniLMEmbedder()
    seeds = CourtesyClassifier(embedder)
    print(f"| set | {' | '.join(f'{share:.0%} of the texts fitted' for share in SHARES)} |")
    print("| --- | ---: | ---: | ---: |")
    scores = []
    for name, read in SETS.items():
        labelled = embed_set(name, list(read(chosen.data)), embedder, chosen.cache)
        scores.append([score(labelled, share, seeds) for share in SHARES])
        print(f"| {name} | {' | '.join(f'{each:.3f}' for each in scores[-1])} |", flush=True)
    means = np.mean(scores[:8], axis=0)
    print(f"| mean of the first eight | {' | '.join(f'{each:.3f}' for each in means)} |")


if __name__ == "__main__":
    main()
