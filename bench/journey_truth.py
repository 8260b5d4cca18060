"""Compare the steps of journeys with annotated intents.

Each topic is mapped to the most frequent intent among the messages that open its steps. Two sequences are compared,
without neighbouring repeats: the intents of a conversation's turns, and its steps. Similarity is 1 minus the edit
distance as a share of the longer. Three rules are compared: one step per message, as before; only how often a topic
opens conversations; and the rule of `ml.messages.message_roles`.

The data is that of bench/topics.py, and the simulated conversations of `turret demo`. Run
`python bench/journey_truth.py --help`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score
from topics import FILLER_INTENTS, Message, embed_set, read_banking

from demo.conversation import TEXT_FIELD
from demo.evaluation.scores import similarity
from demo.simulation import Scenario, simulate
from ml.embedding.embedders import Embedder, MultilingualEmbedder
from ml.messages.courtesy import CourtesyClassifier
from ml.messages.message_roles import RequestClassifier, TopicUsage, find_continuing, measure_usage, role_of_messages
from ml.topic_model import fit_topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

N_DAYS = 10
N_PATHS = 15
RATIO_ALONE = 0.2
LATE = frozenset({"talk_to_human", "wrong_answer", "cancel_subscription"})
"""Intents of the demo that come up late in a conversation, and are requests nevertheless."""


class Turn(NamedTuple):
    """A message, and its own intent, if any."""

    text: str
    intent: str | None


@dataclass(frozen=True)
class Conversations:
    """Labelled conversations with the topic found for each turn, None where it has none.

    Attributes:
        use: of the topics, in the order of `topic_ids`.
    """

    name: str
    intents: list[list[str | None]]
    topics: list[list[str | None]]
    topic_ids: list[str]
    want: NDArray[np.float64]

    @property
    def use(self) -> TopicUsage:
        """How topics are used in all conversations."""
        return self.use_of(range(len(self.topics)))

    def use_of(self, rows: Iterable[int]) -> TopicUsage:
        """Count how topics are used in some of the conversations."""
        said = ([topic for topic in self.topics[row] if topic] for row in rows)
        return measure_usage(said, self.topic_ids, self.want)

    def among(self, chosen: NDArray[np.bool_]) -> frozenset[str]:
        """Return the ids of chosen topics."""
        return frozenset(np.array(self.topic_ids)[chosen].tolist())


def main() -> None:
    """Print a row per set and rule, and then the invariants of every rule."""
    options = _parse_arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    embedder = MultilingualEmbedder()
    sets = [
        find_topics(name, list(read(options.data)), embedder, options.cache)
        for name, read in (("SGD dev", read_sgd), ("MultiDoGO fastfood", read_fastfood), ("demo", read_demo))
    ]
    print("| set | a step is | intents | steps | similarity | exact | AMI | own intent, continues | 15 paths cover |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for conversations in sets:
        use = conversations.use
        nothing = np.zeros(len(use.request_probability), dtype=np.bool_)
        rules = {
            "every message": nothing,
            f"a topic with opening ratio over {RATIO_ALONE}": use.opening_ratio <= RATIO_ALONE,
            "Turret's": find_continuing(use, nothing),
        }
        for rule, continuing in rules.items():
            print_row(conversations, rule, conversations.among(continuing))
    print()
    print("| set | roles that stay from day to day | least |")
    print("| --- | ---: | ---: |")
    for conversations in sets:
        shares = share_of_stable_roles(conversations)
        print(f"| {conversations.name} | {np.mean(shares):.2%} | {min(shares):.2%} |")
    print()
    print_openers(sets[-1])
    singles = [[Turn(message.text, message.intent)] for message in read_banking(options.data)]
    print_single_messages(find_topics("banking77, one message a session", singles, embedder, options.cache))


def read_sgd(folder: Path) -> Iterable[list[Turn]]:
    """Yield all turns of SGD dev with the active intent."""
    for conversation in _read_lines(folder / "sgd_dev.jsonl"):
        yield [Turn(turn["text"], turn["intent"]) for turn in conversation["turns"] if turn["text"].strip()]


def read_fastfood(folder: Path) -> Iterable[list[Turn]]:
    """Yield all turns of MultiDoGO fastfood; those that only answer, and those with two intents, have no intent."""
    for conversation in _read_lines(folder / "multidogo_fastfood.jsonl"):
        yield [
            Turn(turn["text"], _own_intent(turn["intent"])) for turn in conversation["turns"] if turn["text"].strip()
        ]


def read_demo(_folder: Path) -> Iterable[list[Turn]]:
    """Yield the simulated conversations; every message is known to be a request, filler, or off topic."""
    simulation = simulate(Scenario(), datetime.now(UTC))
    text_of = {event["event_id"]: event["metadata"].get(TEXT_FIELD) for event in simulation.events}
    for _, events in groupby(simulation.truth.events, key=lambda event: event.session):
        yield [Turn(text, event.intent) for event in events if (text := text_of[event.event_id])]


def find_topics(name: str, conversations: list[list[Turn]], embedder: Embedder, cache: Path) -> Conversations:
    """Fit topics to all turns, as the pipeline does."""
    messages = [Message(turn.text.strip(), turn.intent or "") for turns in conversations for turn in turns]
    labelled = embed_set(name, messages, embedder, cache)
    topic_of_text = fit_topics(labelled.corpus, {}, seeds=CourtesyClassifier(embedder)).topic_ids
    topics = [topic_of_text[row] for row in labelled.row]
    topic_ids = sorted({topic for topic in topics if topic})
    place = {topic: number for number, topic in enumerate(topic_ids)}
    group = np.array([place.get(topic or "", len(place)) for topic in topics])
    want = RequestClassifier(embedder).probability(labelled.corpus.vectors)[labelled.row]
    sums, counts = (np.bincount(group, weights, len(place) + 1)[:-1] for weights in (want, np.ones(len(want))))
    remaining = iter(topics)
    return Conversations(
        name,
        [[turn.intent for turn in turns] for turns in conversations],
        [[next(remaining) for _ in turns] for turns in conversations],
        topic_ids,
        sums / counts,
    )


def print_row(conversations: Conversations, rule: str, continuing: frozenset[str]) -> None:
    """Print one set under one rule; conversations without an intent are left out."""
    roles = [role_of_messages(topics, continuing) for topics in conversations.topics]
    steps = [steps_of(topics, given) for topics, given in zip(conversations.topics, roles, strict=True)]
    turns = [
        (intent, step, role)
        for row in zip(conversations.intents, steps, roles, strict=True)
        for intent, step, role in zip(*row, strict=True)
        if intent
    ]
    votes: dict[str, Counter[str]] = {}
    for intent, step, role in turns:
        if step and role == "opens":
            votes.setdefault(step, Counter())[intent] += 1
    stands_for = {topic: intents.most_common(1)[0][0] for topic, intents in votes.items()}
    similarities, n_intents, n_steps = [], [], []
    for intents, said in zip(conversations.intents, steps, strict=True):
        wanted = without_repeats(intent for intent in intents if intent)
        if wanted:
            path = without_repeats(step for step in said if step)
            similarities.append(similarity(wanted, without_repeats(stands_for.get(topic, topic) for topic in path)))
            n_intents.append(len(wanted))
            n_steps.append(len(path))
    agreement = adjusted_mutual_info_score([intent for intent, *_ in turns], [str(step) for _, step, _ in turns])
    continued = np.mean([role == "continues" for *_, role in turns])
    print(
        f"| {conversations.name} | {rule} | {np.mean(n_intents):.2f} | {np.mean(n_steps):.2f} "
        f"| {np.mean(similarities):.3f} | {np.mean(np.array(similarities) == 1):.1%} | {agreement:.3f} "
        f"| {continued:.1%} | {share_of_common_paths(steps):.1%} |",
        flush=True,
    )


def steps_of(topics: Sequence[str | None], roles: Sequence[str | None]) -> list[str | None]:
    """Return the step that each message belongs to, as the topic that opened it; None for a message without a topic."""
    current: str | None = None
    steps = []
    for topic, role in zip(topics, roles, strict=True):
        current = topic if role == "opens" else current
        steps.append(current if role else None)
    return steps


def share_of_common_paths(steps: Iterable[Sequence[str | None]]) -> float:
    """Return the share of the conversations with steps that the most frequent paths cover."""
    paths = Counter(path for said in steps if (path := tuple(without_repeats(step for step in said if step))))
    return sum(count for _, count in paths.most_common(N_PATHS)) / paths.total()


def without_repeats(items: Iterable[str]) -> list[str]:
    """Return the items with repeats next to each other once."""
    return [item for item, _ in groupby(items)]


def share_of_stable_roles(conversations: Conversations) -> list[float]:
    """Split conversations into days at random; return for each day after the first the share of roles that stay."""
    day_of = np.random.default_rng(0).integers(N_DAYS, size=len(conversations.topics))
    shares = []
    continued = np.zeros(len(conversations.topic_ids), dtype=np.bool_)
    for day in range(N_DAYS):
        rows = np.flatnonzero(day_of <= day)
        before, continued = continued, find_continuing(conversations.use_of(rows), continued)
        if day:
            earlier = [conversations.topics[row] for row in np.flatnonzero(day_of < day)]
            pairs = [
                (was, now)
                for topics in earlier
                for was, now in zip(
                    role_of_messages(topics, conversations.among(before)),
                    role_of_messages(topics, conversations.among(continued)),
                    strict=True,
                )
                if was
            ]
            shares.append(float(np.mean([was == now for was, now in pairs])))
    return shares


def print_openers(conversations: Conversations) -> None:
    """Say which messages of the demo that open an intent open a step."""
    use = conversations.use
    continuing = conversations.among(find_continuing(use, np.zeros(len(use.request_probability), dtype=np.bool_)))
    opens: list[tuple[str, bool]] = []
    for intents, topics in zip(conversations.intents, conversations.topics, strict=True):
        last = None
        for intent, role in zip(intents, role_of_messages(topics, continuing), strict=True):
            if intent and intent != last and role:
                opens.append((intent, role == "opens"))
            last = intent or last
    print("| demo: messages that open an intent | messages | open a step |")
    print("| --- | ---: | ---: |")
    _print_share("all", [opened for _, opened in opens])
    _print_share("late ones", [opened for intent, opened in opens if intent in LATE])


def print_single_messages(conversations: Conversations) -> None:
    """Say how many messages continue where every session has one."""
    use = conversations.use
    n_continuing = int(find_continuing(use, np.zeros(len(use.request_probability), dtype=np.bool_)).sum())
    print(f"\n{conversations.name}: {n_continuing} of {len(use.request_probability)} topics continue.")


def _print_share(name: str, held: Sequence[bool]) -> None:
    print(f"| {name} | {len(held)} | {np.mean(held):.1%} |")


def _own_intent(intent: str | None) -> str | None:
    return None if intent is None or "<div>" in intent or intent in FILLER_INTENTS else intent


def _read_lines(file: Path) -> Iterable[dict[str, list[dict[str, str]]]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("data", type=Path, nargs="?", default=default, help="folder of the labelled sets")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"The data folder {options.data} does not exist; name it as the first argument.")
    return options


if __name__ == "__main__":
    main()
