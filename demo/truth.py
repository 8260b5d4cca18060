"""The simulator's truth about each event, kept in a file and never sent."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Literal, get_args

from contracts.durable_files import write_file
from demo.errors import TruthError

if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["intent", "detail", "filler", "off_topic", "signal"]
"""`detail` answers, adds or chooses and has no intent of its own; `signal` is an event without a text."""


@dataclass(frozen=True)
class TrueEvent:
    """The truth about one event.

    Attributes:
        event_id: id of the event.
        session: the simulator's own id of the session.
        kind: what it is.
        intent: set if the kind is `intent`.
        is_answered: whether the assistant's answer to an intent helped.
    """

    event_id: str
    session: str
    kind: Kind
    intent: str | None
    is_answered: bool = True


@dataclass(frozen=True)
class Truth:
    """All events in the order of each session's time, and the matrix from which they were drawn."""

    fingerprint: str
    seed: int
    users: int
    days: int
    matrix: dict[str, dict[str, float]]
    events: tuple[TrueEvent, ...]

    def paths(self) -> dict[str, tuple[str, ...]]:
        """Return the intents of each session in order, merging neighbouring repeats; omit sessions without any."""
        paths: dict[str, list[str]] = {}
        for event in self.events:
            if event.intent is None:
                continue
            path = paths.setdefault(event.session, [])
            if not path or path[-1] != event.intent:
                path.append(event.intent)
        return {session: tuple(path) for session, path in paths.items()}

    def friction(self) -> dict[str, tuple[int, int]]:
        """Return by intent the number of sessions with it, and of those in which an answer to it did not help."""
        helped: dict[tuple[str, str], bool] = {}
        for event in self.events:
            if event.intent is not None:
                visit = event.intent, event.session
                helped[visit] = helped.get(visit, True) and event.is_answered
        visits = Counter(intent for intent, _ in helped)
        failed = Counter(intent for (intent, _), is_helped in helped.items() if not is_helped)
        return {intent: (n_visits, failed[intent]) for intent, n_visits in visits.items()}


def truth_file(folder: Path, fingerprint: str) -> Path:
    """Return the path of a simulation's truth."""
    return folder / f"truth-{fingerprint}.json"


def save_truth(truth: Truth, folder: Path) -> Path:
    """Write the truth to `folder` atomically, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = truth_file(folder, truth.fingerprint)
    document = {
        **{name: getattr(truth, name) for name in ("fingerprint", "seed", "users", "days", "matrix")},
        "events": [list(astuple(event)) for event in truth.events],
    }
    write_file(path, json.dumps(document).encode())
    return path


def load_truth(path: Path) -> Truth:
    """Read what `save_truth` wrote.

    Raises:
        TruthError: there is no such file, or it is not valid.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        events = tuple(_event(*row) for row in document.pop("events"))
        return Truth(events=events, **document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TruthError(f"The truth in {path} cannot be read: {error}.") from None


def _event(event_id: str, session: str, kind: Kind, intent: str | None, is_answered: bool) -> TrueEvent:  # noqa: FBT001 - the columns of a row
    if kind not in get_args(Kind):
        raise ValueError(f"event {event_id!r} has the kind {kind!r}; allowed are {', '.join(get_args(Kind))}")
    return TrueEvent(event_id, session, kind, intent, is_answered)
