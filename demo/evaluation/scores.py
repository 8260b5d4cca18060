"""Compare the published marts with the simulated truth.

All functions are pure and take plain rows. Topics are mapped to intents by majority: each to the intent
of most of its messages. Paths are compared after that translation, so two topics of one intent count as one step.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score

from contracts.tables import END, START

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from demo.truth import Truth

Transition = tuple[str, str]
"""From one intent (or START) to another (or END)."""

Path = tuple[str, ...]
"""Intents or topics of a session, in order."""


@dataclass(frozen=True)
class Message:
    """The columns of fct_messages that the evaluation needs."""

    event_id: str
    session_id: str
    topic_id: str | None
    status: str


@dataclass(frozen=True)
class PathFound:
    """A path of intents, with the numbers of sessions that took it: simulated, and found."""

    path: Path
    n_simulated: int
    n_found: int


@dataclass(frozen=True)
class Evaluation:
    """The agreement with the truth; shares, correlations and distances are from 0 to 1 unless stated otherwise.

    Attributes:
        n_messages: messages that carry an intent and were found.
        n_intents: intents simulated.
        n_topics: topics found among these messages.
        agreement: adjusted mutual information of topics and intents; messages without a topic are one group.
        majority_share: share of the messages whose topic stands for their intent.
        filler_precision: share of detected filler that is filler; None if none was detected.
        filler_recall: share of simulated filler that was detected; None if none was simulated.
        n_intents_found: intents that at least one topic stands for.
        move_correlation: Pearson correlation of how often each move was simulated and found, -1 to 1.
        move_distance: total variation distance between the shares of the moves, simulated and found.
        matrix_distance: the same between the simulator's matrix and the moves found; sampling alone gives
            `sampling_distance`.
        sampling_distance: the same between the matrix and the moves simulated.
        similarity: of the simulated and the found intents of a session, 1 minus the edit distance as a share of the
            longer; mean over the sessions whose first message Turret knows.
        exact_share: share of these sessions whose found intents are exactly the simulated ones.
        paths: the most frequent simulated paths, most frequent first.
        stands_for: intent of each topic, by its id.
    """

    n_messages: int
    n_intents: int
    n_topics: int
    agreement: float
    majority_share: float
    filler_precision: float | None
    filler_recall: float | None
    n_intents_found: int
    transition_correlation: float
    transition_distance: float
    matrix_distance: float
    sampling_distance: float
    similarity: float
    exact_share: float
    paths: tuple[PathFound, ...]
    stands_for: dict[str, str]


def evaluate(
    truth: Truth, messages: Iterable[Message], paths: Mapping[str, Sequence[str]], n_paths: int = 10
) -> Evaluation:
    """Compare the marts with the truth.

    Args:
        truth: what was simulated.
        messages: rows of fct_messages; those of other events are ignored.
        paths: path of topic ids by session id, from fct_session_paths; sessions without simulated messages are ignored.
        n_paths: number of the most frequent simulated paths to compare.

    Raises:
        ValueError: none of the simulated messages is among `messages`.
    """
    kinds = {event.event_id: event for event in truth.events}
    own = [message for message in messages if message.event_id in kinds]
    spoken = [(message, intent) for message in own if (intent := kinds[message.event_id].intent) is not None]
    if not spoken:
        raise ValueError("none of the simulated messages is among the given ones")
    intents = [intent for _, intent in spoken]
    topics = [message.topic_id for message, _ in spoken]
    stands_for = majority_intents(zip(topics, intents, strict=True))
    true_by_session = truth.paths()
    true_paths = list(true_by_session.values())
    sessions = {message.session_id for message in own}
    found_paths = [translated(path, stands_for) for session, path in paths.items() if session in sessions]
    true_moves, found_moves = count_transitions(true_paths), count_transitions(found_paths)
    expected = expected_transitions(truth.matrix, true_moves)
    similarities = [
        similarity(true_by_session[session], translated(paths.get(named, ()), stands_for))
        for session, named in _session_names(truth, own).items()
        if session in true_by_session
    ]
    precision, recall = filler_scores((message.status, kinds[message.event_id].kind == "filler") for message in own)
    return Evaluation(
        n_messages=len(spoken),
        n_intents=len(set(intents)),
        n_topics=len(stands_for),
        agreement=float(adjusted_mutual_info_score(intents, [topic or "" for topic in topics])),
        majority_share=sum(stands_for.get(topic or "") == intent for topic, intent in zip(topics, intents, strict=True))
        / len(spoken),
        filler_precision=precision,
        filler_recall=recall,
        n_intents_found=len(set(stands_for.values())),
        transition_correlation=correlation(true_moves, found_moves),
        transition_distance=total_variation(true_moves, found_moves),
        matrix_distance=total_variation(expected, found_moves),
        sampling_distance=total_variation(expected, true_moves),
        similarity=sum(similarities) / len(similarities),
        exact_share=sum(each == 1 for each in similarities) / len(similarities),
        paths=find_paths(true_paths, found_paths, n_paths),
        stands_for=stands_for,
    )


def majority_intents(pairs: Iterable[tuple[str | None, str]]) -> dict[str, str]:
    """Return for each topic the intent of most of its messages; on a tie the first by name."""
    counts: dict[str, Counter[str]] = {}
    for topic, intent in pairs:
        if topic is not None:
            counts.setdefault(topic, Counter())[intent] += 1
    return {topic: min(intents, key=lambda intent: (-intents[intent], intent)) for topic, intents in counts.items()}


def translated(path: Sequence[str], stands_for: Mapping[str, str]) -> Path:
    """Return the path in intents, merging neighbouring repeats; a topic without an intent keeps its id."""
    steps: list[str] = []
    for topic in path:
        intent = stands_for.get(topic, topic)
        if not steps or steps[-1] != intent:
            steps.append(intent)
    return tuple(steps)


def similarity(first: Sequence[str], second: Sequence[str]) -> float:
    """Return 1 minus the edit distance (Levenshtein) as a share of the longer sequence."""
    costs = list(range(len(second) + 1))
    for row, one in enumerate(first, 1):
        new = [row]
        for column, two in enumerate(second, 1):
            new.append(min(costs[column] + 1, new[-1] + 1, costs[column - 1] + (one != two)))
        costs = new
    return 1.0 - costs[-1] / max(len(first), len(second), 1)


def _session_names(truth: Truth, messages: Iterable[Message]) -> dict[str, str]:
    """Return Turret's session id for each simulated session: the session of its first message."""
    named = {message.event_id: message.session_id for message in messages}
    names: dict[str, str] = {}
    for event in truth.events:
        if event.event_id in named:
            names.setdefault(event.session, named[event.event_id])
    return names


def count_transitions(paths: Iterable[Path]) -> Counter[Transition]:
    """Count each transition, from START and to END included; empty paths have none."""
    return Counter(move for path in paths if path for move in pairwise((START, *path, END)))


def expected_transitions(
    matrix: Mapping[str, Mapping[str, float]], moves: Counter[Transition]
) -> dict[Transition, float]:
    """Return expected counts: each state left as often as in `moves`, with the matrix's probabilities."""
    leavings: Counter[str] = Counter()
    for (state, _), number in moves.items():
        leavings[state] += number
    return {(state, after): leavings[state] * share for state, row in matrix.items() for after, share in row.items()}


def correlation(first: Mapping[Transition, float], second: Mapping[Transition, float]) -> float:
    """Return the Pearson correlation over all transitions of either side; 0 if one side does not vary."""
    ones, twos = _aligned(first, second)
    if len(ones) == 0 or np.ptp(ones) == 0 or np.ptp(twos) == 0:
        return 0.0
    return float(np.corrcoef(ones, twos)[0, 1])


def total_variation(first: Mapping[Transition, float], second: Mapping[Transition, float]) -> float:
    """Return half the summed difference of the transitions' shares: 0 for equal, 1 for disjoint."""
    ones, twos = _aligned(first, second)
    if ones.sum() == 0 or twos.sum() == 0:
        return 0.0 if ones.sum() == twos.sum() else 1.0
    return float(np.abs(ones / ones.sum() - twos / twos.sum()).sum() / 2)


def filler_scores(calls: Iterable[tuple[str, bool]]) -> tuple[float | None, float | None]:
    """Return precision and recall of the status `filler`, from pairs of the status and whether it is filler."""
    counts = Counter((status == "filler", is_filler) for status, is_filler in calls)
    right = counts[True, True]
    called, there = right + counts[True, False], right + counts[False, True]
    return (right / called if called else None, right / there if there else None)


def find_paths(true_paths: Iterable[Path], found_paths: Iterable[Path], n_paths: int) -> tuple[PathFound, ...]:
    """Return the most frequent simulated paths, with the number of times that each was found."""
    simulated, found = Counter(true_paths), Counter(found_paths)
    ranked = sorted(simulated, key=lambda path: (-simulated[path], path))
    return tuple(PathFound(path, simulated[path], found[path]) for path in ranked[:n_paths])


def _aligned(first: Mapping[Transition, float], second: Mapping[Transition, float]) -> tuple[np.ndarray, np.ndarray]:
    moves = sorted(set(first) | set(second))
    return (
        np.array([first.get(move, 0) for move in moves], dtype=np.float64),
        np.array([second.get(move, 0) for move in moves], dtype=np.float64),
    )
