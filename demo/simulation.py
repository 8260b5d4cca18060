"""Simulate users of an AI assistant in the invented team workspace Fernspace, as bodies of `POST /track` and as truth.

The same scenario always gives the same events with the same ids; only their timestamps follow the clock. So sending
them again changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from demo.clock import activity_window, starts_of_sessions
from demo.conversation import MODELS, Conversation, Draft
from demo.evaluation.findings import OF_ONE_PLAN, PLANS_THAT_ASK, quantile
from demo.journeys import load_matrix
from demo.personas import invent_persona, pick
from demo.phrasebook import load_phrasebook
from demo.truth import TrueEvent, Truth
from demo.wording import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from demo.journeys import TransitionMatrix
    from demo.personas import Persona

SHARE_WITHOUT_SESSION_ID = 0.12
SHARE_ANONYMOUS = 0.02
"""Visits of anonymous people, per session of a user. They send one message and no id."""


@dataclass(frozen=True)
class Scenario:
    """What to simulate; equal scenarios give equal events."""

    users: int = 500
    seed: int = 7
    days: int = 14


@dataclass(frozen=True)
class Session:
    """A session before its time is known, and which ids the app sends."""

    session_id: str
    conversation: Conversation
    is_session_id_sent: bool = True
    is_user_id_sent: bool = True


@dataclass(frozen=True)
class Simulation:
    """The events to send, the oldest first, and their truth."""

    events: tuple[dict[str, Any], ...]
    truth: Truth


def simulate(scenario: Scenario, now: datetime) -> Simulation:
    """Simulate the scenario's users in the days before `now` (with offset)."""
    phrasebook = load_phrasebook()
    matrix = load_matrix(phrasebook.intents)
    rng = random.Random(scenario.seed)  # noqa: S311 - invented people, nothing secret
    sessions = list(_invented_sessions(scenario, Writer(phrasebook), matrix, rng))
    fingerprint = _fingerprint(sessions)
    starts = _starts(sessions, scenario, now)
    events: list[dict[str, Any]] = []
    truths: list[TrueEvent] = []
    for session in sessions:
        for draft in session.conversation.drafts:
            event_id = f"demo-{fingerprint}-{len(events):06d}"
            events.append(_body(event_id, session, draft, starts[session.session_id] + draft.offset))
            truths.append(TrueEvent(event_id, session.session_id, draft.kind, draft.intent))
    events.sort(key=lambda event: (event["timestamp"], event["event_id"]))
    truth = Truth(fingerprint, scenario.seed, scenario.users, scenario.days, matrix.rows, tuple(truths))
    return Simulation(tuple(events), truth)


def _invented_sessions(
    scenario: Scenario, writer: Writer, matrix: TransitionMatrix, rng: random.Random
) -> Iterator[Session]:
    """Return all sessions of all users, then the anonymous visits, from one stream of random numbers."""
    answers_rng = random.Random(scenario.seed)  # noqa: S311 - invented people, nothing secret
    n_sessions = 0
    for _ in range(scenario.users):
        persona = invent_persona(scenario.days, rng)
        paths = [matrix.walk(rng) for _ in range(persona.n_sessions)]
        if any(OF_ONE_PLAN in path for path in paths):
            persona = replace(persona, plan=pick(PLANS_THAT_ASK, rng))
        for path in paths:
            conversation = _conversation(persona, writer, rng, answers_rng)
            conversation.run(path)
            yield Session(_session_id(rng), conversation, rng.random() >= SHARE_WITHOUT_SESSION_ID)
            n_sessions += 1
    for _ in range(round(n_sessions * SHARE_ANONYMOUS)):
        stranger = replace(invent_persona(scenario.days, rng), plan="free")
        conversation = _conversation(stranger, writer, rng, answers_rng)
        conversation.ask(matrix.first(rng))
        yield Session(_session_id(rng), conversation, is_session_id_sent=False, is_user_id_sent=False)


def _conversation(persona: Persona, writer: Writer, rng: random.Random, answers_rng: random.Random) -> Conversation:
    return Conversation(persona, persona.platform_of_session(rng), pick(MODELS, rng), writer, rng, answers_rng)


def _session_id(rng: random.Random) -> str:
    return f"sess_{rng.getrandbits(56):014x}"


def _starts(sessions: list[Session], scenario: Scenario, now: datetime) -> dict[str, datetime]:
    """Return when each session begins, by its id; a random stream of its own keeps the texts the same."""
    window = activity_window(now, scenario.days)
    rng = random.Random(scenario.seed)  # noqa: S311 - invented times, nothing secret
    by_person: dict[str, list[Session]] = {}
    for session in sessions:
        by_person.setdefault(session.conversation.persona.user_id, []).append(session)
    starts: dict[str, datetime] = {}
    for own in by_person.values():
        quantiles = {session.session_id: quantile(session.conversation.intents, rng) for session in own}
        ordered = sorted(own, key=lambda session: quantiles[session.session_id])
        durations = [session.conversation.duration for session in ordered]
        moments = starts_of_sessions(window, durations, sorted(quantiles.values()))
        starts.update(zip((session.session_id for session in ordered), moments, strict=True))
    return starts


def _fingerprint(sessions: list[Session]) -> str:
    """Return eight hexadecimal digits that change with any text, number or order of the simulation."""
    content = [
        [session.session_id, session.is_session_id_sent, [[d.name, d.metadata] for d in session.conversation.drafts]]
        for session in sessions
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]


def _body(event_id: str, session: Session, draft: Draft, occurred_at: datetime) -> dict[str, Any]:
    """Return the body that the app posts."""
    body = {
        "name": draft.name,
        "event_id": event_id,
        "timestamp": occurred_at.isoformat(timespec="milliseconds"),
        "metadata": draft.metadata,
    }
    if session.is_user_id_sent:
        body["user_id"] = session.conversation.persona.user_id
    if session.is_session_id_sent:
        body["session_id"] = session.session_id
    return body
