"""How well few short texts are grouped, as comments of feedback are: from how many on there are topics, and which.

Run `python bench/comment_topics.py --cache FOLDER`. Stand-ins for comments are the short texts of labelled sets, of
six intents that a seed draws, as many of each as chance gives. The data is that of `bench/topics.py`. Every row is the
mean of its draws; the true number of intents is not told. Noise and filler count as one group each.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score
from threadpoolctl import threadpool_limits
from topics import LabelledSet, Message, embed_set, read_banking, read_csv, thin_out

from ml.corpus import Corpus
from ml.embedding.embedders import MultilingualEmbedder
from ml.messages.courtesy import CourtesyClassifier
from ml.naming.labellers import MessageLabeller, TopicTexts
from ml.topic_model import fit_topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

MAX_CHARACTERS: Final = 60
"""Longer texts are left out: comments are short."""
SIZES: Final = (6, 12, 20, 30, 60, 120, 300)
N_INTENTS: Final = 6
N_COMMON: Final = 20
"""The most frequent intents of a set, among which a draw chooses."""
N_EACH: Final = 80
SETS: dict[str, Callable[[Path], Iterable[Message]]] = {
    "banking77": read_banking,
    "Snips": partial(read_csv, "snips.csv"),
    "MultiDoGO finance": partial(read_csv, "multidogo_finance.csv"),
}


@dataclass(frozen=True)
class Found:
    """What one draw gave.

    Attributes:
        ami: adjusted mutual information with the intents.
        n_topics: number of topics.
        placed: share of the texts that are in a topic.
        pure: share of those that are of the most frequent intent of their topic; NaN without a topic.
        n_one_word: number of topics whose name is a single word.
    """

    ami: float
    n_topics: int
    placed: float
    pure: float
    n_one_word: int


def main() -> None:
    """Print one row per set and size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("data", type=Path, nargs="?", default=default, help="folder of the labelled sets")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    parser.add_argument("--draws", type=int, default=10, help="draws per row")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    embedder = MultilingualEmbedder()
    seeds = CourtesyClassifier(embedder)
    print(
        "| set | texts | topics | draws without one | AMI | texts in a topic | of their topic's intent | of one word |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, read in SETS.items():
        short = [message for message in read(options.data) if len(message.text) <= MAX_CHARACTERS]
        labelled = embed_set(name, _common(short), embedder, options.cache)
        for size in SIZES:
            with threadpool_limits(1):
                found = [_draw(labelled, size, seed, seeds, embedder) for seed in range(options.draws)]
            _print(f"| {name} | {size} |", found)


def _common(messages: Iterable[Message]) -> list[Message]:
    """Return distinct texts of the most frequent intents, so many of each."""
    distinct = list({message.text: message for message in messages}.values())
    common = {intent for intent, _ in Counter(message.intent for message in distinct).most_common(N_COMMON)}
    return thin_out([message for message in distinct if message.intent in common], N_EACH)


def _draw(
    labelled: LabelledSet, size: int, seed: int, seeds: CourtesyClassifier, embedder: MultilingualEmbedder
) -> Found:
    """Fit a sample of `size` distinct texts of some intents, and name its topics."""
    random = np.random.default_rng(seed)
    chosen = random.choice(sorted(set(labelled.intents)), N_INTENTS, replace=False)
    rows = random.permutation(np.flatnonzero(np.isin(labelled.intents, chosen)))[:size]
    intents = [labelled.intents[row] for row in rows]
    corpus = _part(labelled.corpus, labelled.row[rows])
    model = fit_topics(corpus, {}, seeds=seeds)
    groups = [topic or status for topic, status in zip(model.topic_ids, model.statuses, strict=True)]
    placed = [(topic, intent) for topic, intent in zip(model.topic_ids, intents, strict=True) if topic]
    largest = {topic: Counter(of for each, of in placed if each == topic).most_common(1)[0] for topic, _ in placed}
    return Found(
        ami=adjusted_mutual_info_score(intents, groups),
        n_topics=len(largest),
        placed=len(placed) / len(rows),
        pure=sum(n for _, n in largest.values()) / len(placed) if placed else float("nan"),
        n_one_word=sum(len(name.split()) == 1 for name in _name_topics(corpus, model.topic_ids, embedder)),
    )


def _name_topics(corpus: Corpus, topic_ids: Sequence[str | None], embedder: MultilingualEmbedder) -> list[str]:
    """Name the topics of a sample as Turret does; each text counts as a user's."""
    topics = []
    for topic_id in sorted({topic_id for topic_id in topic_ids if topic_id}):
        rows = [row for row, other in enumerate(topic_ids) if other == topic_id]
        texts, vectors = [corpus.texts[row] for row in rows], corpus.vectors[rows]
        topics.append(TopicTexts(topic_id, texts, texts, [1] * len(rows), vectors.mean(axis=0), vectors=vectors))
    return [label.label for label in MessageLabeller(embedder).label(topics)]


def _part(corpus: Corpus, rows: NDArray[np.int64]) -> Corpus:
    return Corpus(
        [corpus.texts[row] for row in rows],
        [corpus.text_hashes[row] for row in rows],
        corpus.vectors[rows],
        np.ones(len(rows), dtype=np.int64),
    )


def _print(place: str, found: list[Found]) -> None:
    n_topics = [each.n_topics for each in found]
    pure = [each.pure for each in found if each.n_topics]
    print(
        f"{place} {np.mean(n_topics):.1f} | {np.mean([n == 0 for n in n_topics]):.0%} "
        f"| {np.mean([each.ami for each in found]):.2f} | {np.mean([each.placed for each in found]):.0%} "
        f"| {np.mean(pure) if pure else float('nan'):.0%} "
        f"| {sum(each.n_one_word for each in found)} of {sum(n_topics)} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
