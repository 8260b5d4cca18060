"""How the score that chooses among candidate partitions was itself chosen: the first table of docs/decisions/0004.

Works on partitions alone: nothing is noise or filler, so that only the choice counts. Corpora are the panel of
`bench/topics.py`, thinner and Zipf-sized versions of its sets. AMI and adjusted Rand over distinct texts, means over
all corpora; *regret* is the loss against the best candidate; *too large* counts corpora whose largest group is
above 1.5 times the largest label's share plus 5 points; *family left out* chooses, for each set, the score that is best
on the others.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score
from topics import SETS, embed_set

from ml.clustering import partition
from ml.clustering.neighbours import nearest_neighbours
from ml.embedding.embedders import MultilingualEmbedder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from topics import LabelledSet

_THIN = (1_000,)
"""Smaller corpora have a rule of their own: `bench/small_topics.py`."""
_ZIPF_HEAD = 400
_N_REFINED = 40


class Candidate(NamedTuple):
    """One partition of a corpus: the inputs of a score, and its accuracy."""

    silhouette: float
    purity: float
    n_groups: int
    max_share: float
    ami: float
    rand: float


class Judged(NamedTuple):
    """A corpus with all its candidates."""

    family: str
    name: str
    largest_label: float
    candidates: list[Candidate]


SCORES: dict[str, Callable[[Candidate], float]] = {
    "silhouette": lambda c: c.silhouette,
    "silhouette, -0.1 ln k": lambda c: np.log(c.silhouette) - 0.1 * np.log(c.n_groups),
    "silhouette, -0.2 ln k": lambda c: np.log(c.silhouette) - 0.2 * np.log(c.n_groups),
    "silhouette · purity": lambda c: c.silhouette * c.purity,
    "silhouette · purity^1.5": lambda c: c.silhouette * c.purity**1.5,
    "silhouette · purity^2": lambda c: c.silhouette * c.purity**2,
    "silhouette · (1 - largest share)": lambda c: c.silhouette * (1 - c.max_share),
    "**silhouette · purity^1.5 · (1 - largest share)**": lambda c: c.silhouette * c.purity**1.5 * (1 - c.max_share),
    "silhouette · purity^1.5 · (1 - largest share)²": lambda c: c.silhouette * c.purity**1.5 * (1 - c.max_share) ** 2,
}


def main() -> None:
    """Print one row per score."""
    options = _parse_arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    embedder = MultilingualEmbedder()
    judged = [
        judge(name, corpus, vectors, labels)
        for name, read in SETS.items()
        for corpus, vectors, labels in versions(embed_set(name, list(read(options.data)), embedder, options.cache))
    ]
    print("| score | AMI | adjusted Rand | mean regret | worst regret | too large |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, score in SCORES.items():
        _print_row(name, judged, {each.family: score for each in judged})
    _print_row("family left out", judged, leave_one_out(judged))


def versions(labelled: LabelledSet) -> Iterator[tuple[str, NDArray[np.float32], NDArray[np.str_]]]:
    """Yield a set whole, thinned out, and with sizes of labels that fall as 1/rank; distinct texts, by hash."""
    corpus, order = labelled.corpus.sorted_by_hash()
    first = np.unique(labelled.row, return_index=True)[1]
    labels = np.array(labelled.intents)[first][order]
    random = np.random.default_rng(0)
    ranks = {label: rank for rank, label in enumerate(random.permutation(np.unique(labels)).tolist())}
    heads = [random.permutation(np.flatnonzero(labels == x))[: max(3, _ZIPF_HEAD // (r + 1))] for x, r in ranks.items()]
    chosen = {"": np.arange(len(labels)), " Zipf": np.concatenate(heads)}
    chosen |= {f" {n}": random.permutation(len(labels))[:n] for n in _THIN if n < len(labels)}
    for name, rows in chosen.items():
        yield labelled.name + name, corpus.vectors[np.sort(rows)], labels[np.sort(rows)]


def judge(family: str, name: str, vectors: NDArray[np.float32], labels: NDArray[np.str_]) -> Judged:
    """Compute all candidates of a corpus, and refine the best ones."""
    neighbours = nearest_neighbours(vectors, partition.choose_n_neighbours(len(vectors)))
    data = partition.clustering_input(vectors, neighbours)
    best = partition.select_best(data, partition.candidates(data, seed=0), _N_REFINED)
    refine = {groups.tobytes(): groups for groups in partition.refine(data, best)}
    candidates = []
    for groups in refine.values():
        found = partition.measure_partition(data, groups)
        if found is not None:
            ami, rand = adjusted_mutual_info_score(labels, groups), adjusted_rand_score(labels, groups)
            candidates.append(Candidate(*found, float(ami), float(rand)))
    return Judged(family, name, float(np.unique(labels, return_counts=True)[1].max() / len(labels)), candidates)


def leave_one_out(judged: list[Judged]) -> dict[str, Callable[[Candidate], float]]:
    """Return for each family the score with the best mean AMI on all others."""
    chosen = {}
    for family in {each.family for each in judged}:
        others = [each for each in judged if each.family != family]
        chosen[family] = max(
            SCORES.values(), key=lambda score: np.mean([max(each.candidates, key=score).ami for each in others])
        )
    return chosen


def _print_row(name: str, judged: list[Judged], scores: dict[str, Callable[[Candidate], float]]) -> None:
    picks = [max(each.candidates, key=scores[each.family]) for each in judged]
    regrets = [max(c.ami for c in each.candidates) - pick.ami for each, pick in zip(judged, picks, strict=True)]
    n_large = sum(pick.max_share > 1.5 * each.largest_label + 0.05 for each, pick in zip(judged, picks, strict=True))
    ami, rand = np.mean([pick.ami for pick in picks]), np.mean([pick.rand for pick in picks])
    regret = f"{np.mean(regrets):.3f} | {max(regrets):.3f}"
    print(f"| {name} | {ami:.3f} | {rand:.3f} | {regret} | {n_large} of {len(judged)} |", flush=True)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("data", type=Path, nargs="?", default=default, help="folder of the labelled sets")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    return parser.parse_args()


if __name__ == "__main__":
    main()
