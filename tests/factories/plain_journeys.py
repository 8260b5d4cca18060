"""Sessions and journeys by the rules of the contract, in plain Python: what the marts are held against."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from contracts.tables import END, START
from tests.factories.warehouse_factory import Event, made_session_id

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from datetime import datetime

SESSION_GAP_S = 30 * 60


@dataclass
class PlainSession:
    """A session and its events in order."""

    project_id: str
    session_id: str
    source: str
    events: list[Event] = field(default_factory=list)

    @property
    def user_id(self) -> str | None:
        """The first user that the app named."""
        return next((event.user_id for event in self.events if event.user_id), None)

    @property
    def started_at(self) -> datetime:
        """When its first event happened."""
        return self.events[0].occurred_at

    @property
    def ended_at(self) -> datetime:
        """When its last event happened."""
        return self.events[-1].occurred_at


def in_order(events: Iterable[Event]) -> list[Event]:
    """The events by time, then by time of receiving, then by id."""
    return sorted(events, key=lambda event: (event.occurred_at, event.received_at or event.occurred_at, event.event_id))


def plain_sessions(events: Iterable[Event]) -> dict[tuple[str, str], PlainSession]:
    """The sessions of events by (project_id, session_id)."""
    ordered = in_order(events)
    given = {(event.project_id, event.session_id) for event in ordered if event.session_id}
    sessions: dict[tuple[str, str], PlainSession] = {}
    newest: dict[tuple[str, str], PlainSession] = {}
    for event in ordered:
        session_id = event.session_id or made_session_id(event.event_id)
        if (event.project_id, session_id) in given:
            source = "given"
        elif event.user_id:
            source = "stitched"
            before = newest.get((event.project_id, event.user_id))
            if before and (event.occurred_at - before.ended_at).total_seconds() < SESSION_GAP_S:
                session_id = before.session_id
        else:
            source = "single"
        key = (event.project_id, session_id)
        session = sessions.setdefault(key, PlainSession(*key, source))
        session.events.append(event)
        if source == "stitched" and event.user_id:
            newest[event.project_id, event.user_id] = session
    return sessions


def plain_step_topics(topics: Iterable[str | None], continuing: Container[str]) -> list[str | None]:
    """The topic of the step that each message of a session belongs to; None for a message without a topic.

    A message of a topic that continues belongs to the step before it, where there is one.
    """
    found: list[str | None] = []
    step: str | None = None
    for topic in topics:
        step = topic if topic and (step is None or topic not in continuing) else step
        found.append(step if topic else None)
    return found


def plain_steps(topics: Iterable[str | None], continuing: Container[str] = ()) -> list[str]:
    """The steps that a session's messages make: None is no step, and neighbours of one topic are one."""
    return [topic for topic, _ in groupby(filter(None, plain_step_topics(topics, continuing)))]


def plain_moves(steps: list[str]) -> list[tuple[str, str]]:
    """The moves between steps, START and END included; no steps make none."""
    return list(pairwise([START, *steps, END])) if steps else []


def plain_user_moves(sessions: Iterable[tuple[PlainSession, list[str]]]) -> list[tuple[str, str, str, str, str, str]]:
    """(project, user, session left, session entered, last topic of the one, first topic of the other)."""
    by_user: dict[tuple[str, str], list[tuple[PlainSession, list[str]]]] = defaultdict(list)
    for session, steps in sessions:
        if session.user_id and steps:
            by_user[session.project_id, session.user_id].append((session, steps))
    moves = []
    for (project_id, user_id), own in by_user.items():
        own.sort(key=lambda pair: (pair[0].started_at, pair[0].ended_at, pair[0].session_id))
        for (left, left_steps), (entered, entered_steps) in pairwise(own):
            ids = (project_id, user_id, left.session_id, entered.session_id)
            moves.append((*ids, left_steps[-1], entered_steps[0]))
    return moves
