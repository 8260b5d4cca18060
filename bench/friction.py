"""Compare definitions of "asked again": which pairs of requests are one request, said again in other words.

The demo's truth says after which request the user said the same again, and after which ones the next request was a new
one for good reasons, such as a second translation. Every pair of successive requests of a topic in a session is judged
by each definition. The rank correlation compares the friction of topics, with loops and returns, with the share of bad
answers by intent. In the labelled conversations, whose answers are good, intents take the place of topics: the fewer
sessions of an intent a definition calls asked again, the better.

Requests that are said again but fall into another topic are counted too, with what would change if they were signs of
friction of the topic of the first one.

Run `python bench/friction.py HOME... --data FOLDER`; each home is one in which `turret demo` has run.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import numpy as np
from topics import FILLER_INTENTS

from contracts.home import Home
from demo.evaluation.friction import TopicFriction, compare_friction
from demo.evaluation.scores import majority_intents
from demo.truth import Truth, load_truth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

REQUESTS = """
    select judged.event_id, judged.session_id, judged.topic_id, judged.text, epoch(judged.occurred_at), vector
    from intermediate.int_messages__judged as judged
    join intermediate.int_messages__extracted using (project_id, event_id, field)
    left join ml.embeddings using (text_hash)
    where judged.message_role = 'opens'
    order by judged.session_id, judged.event_index_in_session
"""
VISITS = """
    select visits.session_id, visits.topic_id, visits.is_loop or came_back.topic_id is not null
    from marts.fct_session_topics as visits
    left join marts.fct_topic_returns as came_back
        on came_back.from_session_id = visits.session_id and came_back.topic_id = visits.topic_id
    where not visits.is_overlong
"""


class Request(NamedTuple):
    """A request: when it was made in seconds, and its centred unit vector, if there is one."""

    event_id: str
    text: str
    at: float
    vector: np.ndarray | None


class Pair(NamedTuple):
    """Two successive requests of a topic in a session."""

    first: Request
    second: Request

    def shared_words(self) -> float:
        """Return the share of the shorter one's different words that the other one has."""
        one, other = (set(re.findall(r"[^\W_]+", each.text.lower())) for each in self)
        return len(one & other) / max(1, min(len(one), len(other)))

    def similarity(self) -> float:
        """Return the cosine of both vectors; 0 without them."""
        one, other = self.first.vector, self.second.vector
        return 0.0 if one is None or other is None else float(one @ other)

    def seconds(self) -> float:
        """Return the time between them."""
        return self.second.at - self.first.at


BY_TEXT: dict[str, Callable[[Pair], bool]] = {
    "other words": lambda pair: pair.first.text != pair.second.text,
    "40% of the words": lambda pair: pair.shared_words() >= 0.4,  # noqa: PLR2004 - the limits under test
    "50% of the words": lambda pair: pair.shared_words() >= 0.5,  # noqa: PLR2004
    "60% of the words": lambda pair: pair.shared_words() >= 0.6,  # noqa: PLR2004
    "70% of the words": lambda pair: pair.shared_words() >= 0.7,  # noqa: PLR2004
}
DEFINITIONS: dict[str, Callable[[Pair], bool]] = {
    **BY_TEXT,
    "other words, within 2 minutes": lambda pair: pair.seconds() <= 120,  # noqa: PLR2004
    "60% of the words, within 5 minutes": lambda pair: (
        pair.shared_words() >= 0.6 and pair.seconds() <= 300  # noqa: PLR2004
    ),
    "a cosine of at least 0.4": lambda pair: pair.similarity() >= 0.4,  # noqa: PLR2004
    "a cosine of at least 0.5": lambda pair: pair.similarity() >= 0.5,  # noqa: PLR2004
    "a cosine of at least 0.6": lambda pair: pair.similarity() >= 0.6,  # noqa: PLR2004
}


def successive(requests: Sequence[Request]) -> list[Pair]:
    """Return the pairs of successive requests whose texts differ."""
    return [Pair(*pair) for pair in pairwise(requests) if pair[0].text != pair[1].text]


class Demo(NamedTuple):
    """The simulated conversations of a home: pairs, visits with another sign of friction, and the truth.

    `across` has successive requests of different topics, by session and the topic of the first.
    """

    truth: Truth
    pairs: dict[tuple[str, str], list[Pair]]
    across: dict[tuple[str, str], list[Pair]]
    visits: list[tuple[str, str, bool]]
    stands_for: dict[str, str]

    @classmethod
    def read(cls, home: Path) -> Demo:
        """Read a home in which `turret demo` has run."""
        [file] = (home / "demo").glob("truth-*.json")
        truth = load_truth(file)
        with duckdb.connect(str(Home(home).warehouse), read_only=True) as connection:
            rows = connection.execute(REQUESTS).fetchall()
            visits = connection.execute(VISITS).fetchall()
        mean = np.mean([row[5] for row in rows if row[5] is not None], axis=0)
        by_visit: dict[tuple[str, str], list[Request]] = defaultdict(list)
        in_order: list[tuple[str, str, Request]] = []
        for event_id, session_id, topic_id, text, at, vector in rows:
            centred = None if vector is None else np.array(vector) - mean
            unit = None if centred is None else centred / np.linalg.norm(centred)
            request = Request(event_id, text, at, unit)
            by_visit[session_id, topic_id].append(request)
            in_order.append((session_id, topic_id, request))
        across: dict[tuple[str, str], list[Pair]] = defaultdict(list)
        for (session_id, topic_id, first), (next_session_id, next_topic_id, second) in pairwise(in_order):
            if session_id == next_session_id and topic_id != next_topic_id:
                across[session_id, topic_id] += successive([first, second])
        intents = {event.event_id: event.intent for event in truth.events}
        told = [(row[2], intent) for row in rows if (intent := intents.get(row[0])) is not None]
        pairs = {visit: successive(own) for visit, own in by_visit.items()}
        return cls(truth, pairs, dict(across), visits, majority_intents(told))

    def count_across(self, is_again: Callable[[Pair], bool]) -> tuple[int, int, int, int, float]:
        """Count what was said again in other topics.

        Returns:
            The number of repeats within a topic, and across topics; how many across topics a definition calls so, and
            how many of these are none; and the rank correlation of friction with those as signs of it.
        """
        events = {event.event_id: event for event in self.truth.events}

        def is_repeat(pair: Pair) -> bool:
            first, second = (events[request.event_id] for request in pair)
            return first.intent is not None and first.intent == second.intent and not first.is_answered

        within = sum(is_repeat(pair) for own in self.pairs.values() for pair in own)
        pairs = [pair for own in self.across.values() for pair in own]
        repeats = [is_repeat(pair) for pair in pairs]
        called = [is_again(pair) for pair in pairs]
        wrong = sum(is_called and not is_repeat for is_called, is_repeat in zip(called, repeats, strict=True))
        visits = {*self.pairs, *self.across}
        both = {visit: [*self.pairs.get(visit, ()), *self.across.get(visit, ())] for visit in visits}
        return within, sum(repeats), sum(called), wrong, self._replace(pairs=both).judge(is_again)[2]

    def judge(self, is_again: Callable[[Pair], bool]) -> tuple[float, float, float]:
        """Return precision and recall over pairs of one intent, and the rank correlation of friction."""
        events = {event.event_id: event for event in self.truth.events}
        counts = np.zeros((2, 2))
        for pair in (pair for own in self.pairs.values() for pair in own):
            first, second = (events[request.event_id] for request in pair)
            if first.intent is not None and first.intent == second.intent:
                counts[int(is_again(pair)), int(not first.is_answered)] += 1
        topics: dict[str, list[bool]] = defaultdict(list)
        for session_id, topic_id, has_sign in self.visits:
            topics[topic_id].append(has_sign or any(map(is_again, self.pairs.get((session_id, topic_id), ()))))
        friction = [TopicFriction(topic_id, len(signs), sum(signs), 0.0) for topic_id, signs in topics.items()]
        correlation = compare_friction(self.truth, friction, self.stands_for).correlation
        precision, recall = counts[1, 1] / counts[1].sum(), counts[1, 1] / counts[:, 1].sum()
        return float(precision), float(recall), float("nan") if correlation is None else correlation


def read_gold(file: Path) -> list[list[Pair]]:
    """Return the pairs of each session and intent of labelled conversations, by turns that say their intent."""
    visits = []
    for line in file.read_text(encoding="utf-8").splitlines():
        own: dict[str, list[Request]] = defaultdict(list)
        for turn in json.loads(line)["turns"]:
            intent = turn["intent"]
            if intent and turn.get("informs", True) and intent not in FILLER_INTENTS and "<div>" not in intent:
                own[intent].append(Request("", turn["text"], 0.0, None))
        visits += [successive(requests) for requests in own.values()]
    return visits


def main() -> None:
    """Print a table over the homes, and one over the labelled conversations."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("homes", nargs="+", type=Path, help="homes in which `turret demo` has run")
    parser.add_argument("--data", type=Path, default=None, help="folder of the labelled conversations")
    options = parser.parse_args()
    demos = [Demo.read(home) for home in options.homes]
    print("| successive requests with | precision | recall | rank correlation |\n| --- | ---: | ---: | ---: |")
    for name, is_again in DEFINITIONS.items():
        scores = np.array([demo.judge(is_again) for demo in demos])
        each = ", ".join(f"{score:.3f}" for score in scores[:, 2])
        print(f"| {name} | {scores[:, 0].mean():.1%} | {scores[:, 1].mean():.1%} | {each} |")
    print("\n| across topics | repeats within | repeats across | called so | wrongly | rank correlation, before |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in ("50% of the words", "60% of the words", "70% of the words"):
        for demo in demos:
            *counts, correlation = demo.count_across(BY_TEXT[name])
            before = demo.judge(BY_TEXT[name])[2]
            print(f"| {name} | {' | '.join(map(str, counts))} | {correlation:.3f}, {before:.3f} |")
    if options.data is None:
        return
    for file in ("sgd_dev.jsonl", "multidogo_fastfood.jsonl"):
        visits = read_gold(options.data / file)
        print(f"\n{file}: {len(visits):,} sessions of an intent\n\n| definition | asked again |\n| --- | ---: |")
        for name, is_again in BY_TEXT.items():
            print(f"| {name} | {np.mean([any(map(is_again, pairs)) for pairs in visits]):.1%} |")


if __name__ == "__main__":
    main()
