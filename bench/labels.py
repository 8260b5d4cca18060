"""How well the keyphrase labels name their topics: can a stranger tell the intent from the label alone?

The stranger is wordllama, a static embedder that took no part in finding or naming the topics. It ranks the names of
all intents by their likeness to a topic's label; a hit is a topic whose commonest intent comes first, or among the
first three. Beside Turret stand BERTopic's default names, computed here by its formula.

wordllama is no dependency of Turret: install it into an environment of its own together with Turret. Run
`python bench/labels.py --help`; the data is that of bench/topics.py.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from topics import LabelledSet, embed_set, read_banking, read_sgd

from ml.embedders import LocalEmbedder
from ml.examples import central_texts
from ml.labels import KeyphraseLabeller, TopicTexts
from ml.model import fit_topics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

N_EXAMPLES = 20
N_BERTOPIC_WORDS = 4
HITS = (1, 3)


@dataclass(frozen=True)
class NamedSet:
    """Topics that were found in a labelled set.

    Attributes:
        name: what the set is called.
        topics: as a labeller sees them.
        truths: for each topic the intent that most of its messages have.
        intents: all intents of the set.
    """

    name: str
    topics: list[TopicTexts]
    truths: list[str]
    intents: list[str]


def main() -> None:
    """Print one row per set and method, and on demand every label."""
    options = _parse_arguments()
    judge = _load_judge()
    options.cache.mkdir(parents=True, exist_ok=True)
    embedder = LocalEmbedder()
    methods: dict[str, Callable[[Sequence[TopicTexts]], list[str]]] = {
        "BERTopic's default names": name_like_bertopic,
        "Turret, by counting alone": lambda topics: _names(KeyphraseLabeller(), topics),
        "Turret": lambda topics: _names(KeyphraseLabeller(embedder), topics),
    }
    print("| set | method | topics | top 1 | top 3 | said in one message | twice | words | CPU s |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, read in (("banking77", read_banking), ("SGD dev, informing turns", read_sgd)):
        found = find_topics(embed_set(name, list(read(options.data)), embedder, options.cache))
        for method, give_names in methods.items():
            start = time.process_time()
            labels = give_names(found.topics)
            _print_row(found, method, labels, rank_truths(found, labels, judge), time.process_time() - start)
        if options.show:
            _print_labels(found, labels, rank_truths(found, labels, judge))


def find_topics(labelled: LabelledSet) -> NamedSet:
    """Fit the topics of a set as Turret does; texts without a topic are left out."""
    corpus = labelled.corpus
    topic_ids = fit_topics(corpus, {}).topic_ids
    members: defaultdict[str, list[int]] = defaultdict(list)
    for row, topic_id in enumerate(topic_ids):
        if topic_id:
            members[topic_id].append(row)
    intents: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    for row, intent in zip(labelled.row, labelled.intents, strict=True):
        intents[topic_ids[row]][intent] += 1
    topics = []
    for topic_id, rows in sorted(members.items()):
        vectors, texts = corpus.vectors[rows], [corpus.texts[row] for row in rows]
        nearest = [texts[index] for index in central_texts(vectors, N_EXAMPLES)]
        counts = [int(count) for count in corpus.n_messages[rows]]
        topics.append(TopicTexts(topic_id, nearest, texts, counts, vectors.mean(axis=0)))
    truths = [intents[topic.topic_id].most_common(1)[0][0] for topic in topics]
    return NamedSet(labelled.name, topics, truths, sorted(set(labelled.intents)))


def name_like_bertopic(topics: Sequence[TopicTexts]) -> list[str]:
    """Name topics by their four heaviest words, weighed by BERTopic's class-based TF-IDF with its defaults."""
    vectorizer = CountVectorizer()
    counts = vectorizer.fit_transform([" ".join(topic.all_texts) for topic in topics]).toarray().astype(float)
    rarity = np.log(1 + counts.sum() / len(topics) / counts.sum(axis=0))
    weights = counts / counts.sum(axis=1, keepdims=True) * rarity
    words = vectorizer.get_feature_names_out()
    heaviest = np.argsort(-weights, axis=1, kind="stable")[:, :N_BERTOPIC_WORDS]
    return [" ".join(words[places]) for places in heaviest]


def rank_truths(found: NamedSet, labels: Sequence[str], judge: Callable[[list[str]], NDArray[Any]]) -> NDArray[Any]:
    """At which place, from 0 on, each topic's commonest intent comes among all when ranked by likeness to the label."""
    likeness = judge([label.lower() for label in labels]) @ judge([_as_words(name) for name in found.intents]).T
    order = np.argsort(-likeness, axis=1, kind="stable")
    return np.array(
        [list(places).index(found.intents.index(truth)) for places, truth in zip(order, found.truths, strict=True)]
    )


def _names(labeller: KeyphraseLabeller, topics: Sequence[TopicTexts]) -> list[str]:
    return [label.label for label in labeller.label(topics)]


def _as_words(intent: str) -> str:
    """`Events.FindEvents` and `card_arrival` as people would write them."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[._]", " ", intent).lower()


def _print_row(found: NamedSet, method: str, labels: list[str], ranks: NDArray[Any], seconds: float) -> None:
    said = np.mean([_is_said(label, topic) for label, topic in zip(labels, found.topics, strict=True)])
    hits = " | ".join(f"{np.mean(ranks < hit):.3f}" for hit in HITS)
    twice = len(labels) - len({label.casefold() for label in labels})
    words = np.mean([len(label.split()) for label in labels])
    print(
        f"| {found.name} | {method} | {len(labels)} | {hits} | {said:.2f} | {twice} | {words:.1f} | {seconds:.1f} |",
        flush=True,
    )


def _is_said(label: str, topic: TopicTexts) -> bool:
    """Whether one message of the topic holds all words of its label."""
    words = set(_words(label))
    return any(words.issubset(_words(text)) for text in topic.all_texts)


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower().replace("\u2019", "'"))


def _print_labels(found: NamedSet, labels: list[str], ranks: NDArray[Any]) -> None:
    print()
    for topic, label, truth, rank in sorted(
        zip(found.topics, labels, found.truths, ranks, strict=True), key=lambda row: -sum(row[0].n_messages)
    ):
        print(f"{sum(topic.n_messages):6d}  {label:40s}  {truth} ({rank + 1})")
    print()


def _load_judge() -> Callable[[list[str]], NDArray[Any]]:
    """Give wordllama as a function from texts to unit rows, loaded from its own package without any download."""
    try:
        import wordllama  # noqa: PLC0415  # no dependency of Turret
    except ImportError:
        sys.exit("The judge is missing: install wordllama into the environment that runs this script.")
    model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    return lambda texts: np.asarray(model.embed(texts, norm=True))


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("data", type=Path, nargs="?", default=default, help="folder of the labelled sets")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    parser.add_argument("--show", action="store_true", help="print every label of Turret beside its topic's intent")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"The data folder {options.data} does not exist; name it as the first argument.")
    return options


if __name__ == "__main__":
    main()
