"""How good topics of small projects are: samples of 60 to 500 texts of labelled sets, and how many topics they get.

    python bench/small_topics.py --data ../shared/data --cache FOLDER
    python bench/small_topics.py --data ../shared/data --cache FOLDER --samples 6 --names

Each sample has 4 to 15 intents of one set, in even numbers or as 1/rank, and up to 30% of single messages about
anything else, which do not count for the AMI. The constants of `ml.clustering.small_corpora` were chosen on the sets of
the first half. The second half, and the domains of `harness/domains`, are checks: sentences as a newcomer sends them,
written for this comparison, with a line `# intent` before those of each intent. `large` is the rule for larger corpora,
applied from single texts on.

*Collapsed*: samples with fewer topics than half of their intents. *Split*: more than twice as many. Groups of fewer
than three texts are no topics. *Off by*: mean factor between the number of topics and that of intents, either way.
"""

from __future__ import annotations

import argparse
import json
import zlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.cluster.hierarchy import cut_tree, linkage
from sklearn.cluster import HDBSCAN, KMeans
from sklearn.metrics import adjusted_mutual_info_score
from threadpoolctl import threadpool_limits
from topics import SETS, Message, embed_set

from ml.clustering import partition as rule
from ml.clustering.dendrogram import cosine_cost, cut, merge_order, ward_cost
from ml.clustering.graph import leiden_groups, neighbour_graph
from ml.clustering.neighbours import N_VOTERS, Neighbours, nearest_neighbours
from ml.embedding.embedders import MultilingualEmbedder
from ml.naming.labellers import MessageLabeller, TopicTexts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray
    from topics import LabelledSet

FIRST_HALF = ("banking77", "MultiDoGO finance", "MultiDoGO fastfood", "Snips", "MTOP English", "MTOP Thai")
SECOND_HALF = (
    "SGD dev, informing turns",
    "MultiDoGO airline",
    "MultiDoGO insurance",
    "StackOverflow titles",
    "MTOP German",
    "MTOP Spanish",
)
_LANGUAGES = {"English": "en", "Thai": "th", "German": "de", "Spanish": "es"}
_DOMAINS = Path(__file__).parent / "harness" / "domains"
_SIZES = (60, 100, 150, 200, 300, 400, 500)
_OTHER_SHARES = (0.0, 0.0, 0.1, 0.2, 0.3)
_OTHER = "other"
_MIN_INTENT = 5
_MIN_TOPIC = 3
_MIN_JUDGED = 8
_MIXED, _COMPARABLE, _PURE = 0.6, 0.25, 0.8
"""A topic is mixed if its largest intent has less than the first share of it, and the next one the second or more."""
_COUNTS = (*range(2, 17), 18, 20, 24, 30, 40)


class Sample(NamedTuple):
    """A small corpus in random order: the vector, intent and text of each message."""

    vectors: NDArray[np.float32]
    intents: NDArray[np.str_]
    texts: NDArray[np.str_]


class Result(NamedTuple):
    """How one method divided one sample."""

    ami: float
    ratio: float
    """Topics for each intent."""


def main() -> None:
    """Print how the methods compare over all samples, then set by set."""
    options = _parse_arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    embedder = MultilingualEmbedder()
    readers = {**SETS, **{f"MTOP {name}": partial(_read_mtop, language=code) for name, code in _LANGUAGES.items()}}
    domains = {file.stem.replace("_", " "): partial(_read_domain, file) for file in sorted(_DOMAINS.glob("*.txt"))}
    sets = {
        name: _embed(name, list(read(options.data)), embedder, options.cache)
        for name, read in {**{name: readers[name] for name in FIRST_HALF + SECOND_HALF}, **domains}.items()
    }
    families = {"first half": FIRST_HALF, "second half": SECOND_HALF, "new domains": tuple(domains)}
    if options.names:
        _print_mixed(sets, families, options.samples, embedder)
        return
    found: dict[str, dict[str, list[Result]]] = {method: {} for method in METHODS}
    with threadpool_limits(1):
        for name in sets:
            samples = list(draw_samples(name, sets, options.samples))
            for method, group in METHODS.items():
                found[method][name] = [_judge(sample, group(sample)) for sample in samples]
    _print_methods(found, families)
    _print_sets(found)


def draw_samples(name: str, sets: dict[str, Sample], n_samples: int) -> Iterator[Sample]:
    """Yield samples of a set, the same at each call; the first of a small set is the whole set."""
    whole = sets[name]
    if len(whole.vectors) <= min(rule.small_corpora.MAX_TEXTS, 2 * _SIZES[3]):
        yield whole
        n_samples -= 1
    labels = np.unique(whole.intents)
    others = [other for other in sets if other.startswith("MTOP") == name.startswith("MTOP")]
    for number in range(n_samples):
        random = np.random.default_rng([zlib.crc32(name.encode()), number])
        n, other_share = _SIZES[number % len(_SIZES)], _OTHER_SHARES[number % len(_OTHER_SHARES)]
        n_intents = min(int(random.integers(4, 16)), len(labels), n // 8)
        weights = 1 / np.arange(1, n_intents + 1) if number // len(_SIZES) % 2 else np.ones(n_intents)
        chosen = random.permutation(labels)[:n_intents]
        sizes = np.maximum(_MIN_INTENT, np.round((1 - other_share) * n * weights / weights.sum())).astype(int)
        rows = [
            random.permutation(np.flatnonzero(whole.intents == label))[:size]
            for label, size in zip(chosen, sizes, strict=True)
        ]
        parts = [Sample(*(column[np.sort(few)] for column in whole)) for few in rows]
        for _ in range(round(other_share * n)):
            other = sets[others[int(random.integers(len(others)))]]
            row = int(random.integers(len(other.vectors)))
            if other is not whole or whole.intents[row] not in chosen:
                parts.append(Sample(other.vectors[[row]], np.array([_OTHER]), other.texts[[row]]))
        vectors, intents, texts = (np.concatenate(few) for few in zip(*parts, strict=True))
        _, first = np.unique(vectors, axis=0, return_index=True)
        order = random.permutation(first)
        yield Sample(np.ascontiguousarray(vectors[order]), intents[order], texts[order])


def _by_turret(sample: Sample) -> NDArray[np.int64]:
    return rule.partition(sample.vectors, _neighbours(sample, N_VOTERS), seed=0)


def _by_large_rule(sample: Sample) -> NDArray[np.int64]:
    """Group as larger corpora are grouped, but from single texts, as Turret did before small corpora had a rule."""
    n = len(sample.vectors)
    neighbours = _neighbours(sample, rule.choose_n_neighbours(n))
    data = rule.ClusteringInput(sample.vectors, neighbours, neighbour_graph(neighbours))
    vectors, ones = sample.vectors.astype(np.float64), np.ones(n)
    dendrograms = (merge_order(vectors, ones, linkage_cost) for linkage_cost in (ward_cost, cosine_cost))
    cuts = [groups for merges in dendrograms for groups in cut(merges, [count for count in _COUNTS if count <= n])]
    best = rule.select_best(data, ((np.arange(n), groups) for groups in cuts), 8)
    return rule.select_best(data, ((np.arange(n), groups) for groups in rule.refine(data, best)), 1)[0]


def _by_leiden(sample: Sample) -> NDArray[np.int64]:
    return leiden_groups(_neighbours(sample, N_VOTERS), seed=0, resolution=1.0)


def _by_average_linkage(sample: Sample) -> NDArray[np.int64]:
    """Cut average linkage where the mean silhouette is best."""
    tree = cut_tree(linkage(sample.vectors, method="average", metric="cosine"), _COUNTS)
    neighbours = _neighbours(sample, N_VOTERS)
    data = rule.ClusteringInput(sample.vectors, neighbours, neighbour_graph(neighbours))

    def silhouette(groups: NDArray[np.int64]) -> float:
        measured = rule.measure_partition(data, groups)
        return -1.0 if measured is None else measured[0]

    return max((groups.astype(np.int64) for groups in tree.T), key=silhouette)


def _by_hdbscan(sample: Sample) -> NDArray[np.int64]:
    """Assign what HDBSCAN calls noise to the nearest centre."""
    groups = HDBSCAN(min_cluster_size=_MIN_INTENT, copy=True).fit_predict(sample.vectors)
    kept = np.unique(groups[groups >= 0])
    if not len(kept):
        return np.zeros(len(groups), dtype=np.int64)
    centres = np.stack([sample.vectors[groups == group].mean(axis=0) for group in kept])
    return np.where(groups >= 0, groups, kept[np.argmax(sample.vectors @ centres.T, axis=1)])


def _by_k_means(sample: Sample) -> NDArray[np.int64]:
    n_intents = len(np.unique(sample.intents[sample.intents != _OTHER]))
    return KMeans(n_intents, n_init=3, random_state=0).fit_predict(sample.vectors).astype(np.int64)


METHODS: dict[str, Callable[[Sample], NDArray[np.int64]]] = {
    "**Turret**": _by_turret,
    "large": _by_large_rule,
    "Leiden at 1, ten neighbours": _by_leiden,
    "average linkage, best silhouette": _by_average_linkage,
    "HDBSCAN, noise placed": _by_hdbscan,
    "k-means with the true k": _by_k_means,
}


def _neighbours(sample: Sample, k: int) -> Neighbours:
    return nearest_neighbours(sample.vectors, min(k, len(sample.vectors) - 1))


def _judge(sample: Sample, groups: NDArray[np.int64]) -> Result:
    counts = sample.intents != _OTHER
    ami = adjusted_mutual_info_score(sample.intents[counts], groups[counts])
    n_topics = int((np.bincount(groups) >= _MIN_TOPIC).sum())
    return Result(float(ami), n_topics / len(np.unique(sample.intents[counts])))


def _print_methods(found: dict[str, dict[str, list[Result]]], families: dict[str, tuple[str, ...]]) -> None:
    print("| sets | method | AMI | worst set | worst sample | collapsed | split | off by |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for family, names in families.items():
        for method, by_set in found.items():
            means = [float(np.mean([result.ami for result in by_set[name]])) for name in names]
            results = [result for name in names for result in by_set[name]]
            ratios = np.array([result.ratio for result in results])
            worst = min(result.ami for result in results)
            off = np.exp(np.abs(np.log(np.maximum(ratios, 0.1))).mean())
            print(
                f"| {family} | {method} | {np.mean(means):.3f} | {min(means):.3f} | {worst:.3f} | "
                f"{np.mean(ratios < 0.5):.1%} | {np.mean(ratios > 2):.1%} | {off:.2f} |"  # noqa: PLR2004  # half, twice
            )
    print()


def _print_sets(found: dict[str, dict[str, list[Result]]]) -> None:
    methods = ("**Turret**", "large")
    print("| set | samples | AMI | AMI, large | topics for each intent | the same, large |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in found[methods[0]]:
        cells = [[np.mean([result.ami for result in found[method][name]]) for method in methods]]
        cells += [[np.mean([result.ratio for result in found[method][name]]) for method in methods]]
        (ours, large), (ratio, large_ratio) = cells
        n_samples = len(found[methods[0]][name])
        print(f"| {name} | {n_samples} | {ours:.3f} | {large:.3f} | {ratio:.2f} | {large_ratio:.2f} |")


def _print_mixed(
    sets: dict[str, Sample], families: dict[str, tuple[str, ...]], n_samples: int, embedder: MultilingualEmbedder
) -> None:
    """Print which topics of eight texts or more are called mixed, and which are."""
    print("| sets | topics | mixed | called mixed | of these mixed | of these not of one intent |", end="")
    print(" of mixed ones, called so | of those of one intent, called mixed |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    labeller = MessageLabeller(embedder)
    for family, names in families.items():
        samples = [sample for name in names for sample in draw_samples(name, sets, n_samples)]
        rows = np.array([row for sample in samples for row in _name(sample, labeller)])
        is_called, largest, second = rows[:, 0] > 0, rows[:, 1], rows[:, 2]
        is_mixed = (largest < _MIXED) & (second >= _COMPARABLE)
        print(
            f"| {family} | {len(rows)} | {is_mixed.mean():.0%} | {is_called.mean():.0%} | "
            f"{is_mixed[is_called].mean():.0%} | {(largest[is_called] < _PURE).mean():.0%} | "
            f"{is_called[is_mixed].mean():.0%} | {is_called[largest >= _PURE].mean():.0%} |",
            flush=True,
        )


def _name(sample: Sample, labeller: MessageLabeller) -> Iterator[tuple[float, float, float]]:
    """Yield for each topic whether it is called mixed, and the shares of its two most frequent intents."""
    groups = _by_turret(sample)
    topics = [np.flatnonzero(groups == group) for group in range(int(groups.max()) + 1)]
    topics = [rows for rows in topics if len(rows) >= _MIN_TOPIC]
    shown = [
        TopicTexts(
            topic_id=str(rows[0]),
            texts=[],
            all_texts=sample.texts[rows].tolist(),
            n_messages=[1] * len(rows),
            centre=sample.vectors[rows].mean(axis=0),
            vectors=sample.vectors[rows],
        )
        for rows in topics
    ]
    for rows, label in zip(topics, labeller.label(shown), strict=True):
        shares = np.sort(np.unique(sample.intents[rows], return_counts=True)[1] / len(rows))[::-1]
        if len(rows) >= _MIN_JUDGED:
            yield float(label.is_mixed), float(shares[0]), float(shares[1]) if len(shares) > 1 else 0.0


def _embed(name: str, messages: list[Message], embedder: MultilingualEmbedder, cache: Path) -> Sample:
    """Return the vectors of the distinct texts of a set, each with its first intent."""
    labelled: LabelledSet = embed_set(name, messages, embedder, cache)
    _, first = np.unique(labelled.row, return_index=True)
    intents = np.array([labelled.intents[row] for row in first])
    return Sample(labelled.corpus.vectors, intents, np.array(labelled.corpus.texts))


def _read_mtop(folder: Path, *, language: str) -> Iterable[Message]:
    with (folder / "mtop_six_languages.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            sentence = json.loads(line)
            yield Message(sentence[language], sentence["intent"])


def _read_domain(file: Path, _: Path) -> Iterable[Message]:
    intent = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            intent = line[2:]
        else:
            yield Message(line, intent)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder of the labelled sets")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    parser.add_argument("--names", action="store_true", help="print which topics are called mixed instead")
    parser.add_argument("--samples", type=int, default=20, help="samples of each set")
    return parser.parse_args()


if __name__ == "__main__":
    main()
