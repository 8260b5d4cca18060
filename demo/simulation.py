"""Simulate users of an AI assistant in the invented team workspace Fernspace, as bodies of `POST /track` and as truth.

The same scenario always gives the same events with the same ids; only their timestamps follow the clock. So sending
them again changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from demo.answers import Answer, load_qualities, rate
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

    from demo.answers import Quality
    from demo.journeys import TransitionMatrix
    from demo.personas import Persona

SHARE_WITHOUT_SESSION_ID = 0.12
SHARE_ANONYMOUS = 0.02
"""Visits of anonymous people, per session of a user. They send one message and no id."""
SHARE_COMING_BACK = 0.5
"""Share of sessions that gave up on a request and are followed by another attempt, mostly on the same day."""
MEDIAN_HOURS_AWAY = 2.0
MIN_HOURS_AWAY, MAX_HOURS_AWAY = 0.9, 20.0
"""Longer than the gap that keeps sessions apart, and within a day."""


@dataclass(frozen=True)
class Scenario:
    """What to simulate; equal scenarios give equal events."""

    users: int = 500
    seed: int = 7
    days: int = 14


@dataclass(frozen=True)
class Session:
    """A session before its time is known, and which ids the app sends.

    `pause` is the time since the end of the session before, if the user comes back to what that one gave up.
    """

    session_id: str
    conversation: Conversation
    is_session_id_sent: bool = True
    is_user_id_sent: bool = True
    pause: timedelta | None = None


@dataclass(frozen=True)
class Simulation:
    """The events and the feedback to send, the oldest first, and the truth about the events."""

    events: tuple[dict[str, Any], ...]
    truth: Truth
    feedback: tuple[dict[str, Any], ...] = ()


def simulate(scenario: Scenario, now: datetime) -> Simulation:
    """Simulate the scenario's users in the days before `now` (with offset)."""
    phrasebook = load_phrasebook()
    matrix = load_matrix(phrasebook.intents)
    rng = random.Random(scenario.seed)  # noqa: S311 - invented people, nothing secret
    invention = _Invention(Writer(phrasebook), load_qualities(phrasebook.intents), matrix, rng, scenario)
    sessions = list(invention.sessions())
    fingerprint = _fingerprint(sessions)
    starts = _starts(sessions, scenario, now)
    events: list[dict[str, Any]] = []
    truths: list[TrueEvent] = []
    answers: list[Answer] = []
    for session in sessions:
        for draft in session.conversation.drafts:
            event_id = f"demo-{fingerprint}-{len(events):06d}"
            occurred_at = starts[session.session_id] + draft.offset
            events.append(_body(event_id, session, draft, occurred_at))
            if draft.intent is not None and session.is_user_id_sent:
                user_id = session.conversation.persona.user_id
                answers.append(Answer(event_id, user_id, occurred_at, draft.is_answered))
            truths.append(TrueEvent(event_id, session.session_id, draft.kind, draft.intent, draft.is_answered))
    events.sort(key=lambda event: (event["timestamp"], event["event_id"]))
    truth = Truth(fingerprint, scenario.seed, scenario.users, scenario.days, matrix.rows, tuple(truths))
    feedback = rate(answers, f"demo-{fingerprint}", scenario.seed, now)
    return Simulation(tuple(events), truth, tuple(feedback))


class _Invention:
    """Invents sessions from one stream of random numbers."""

    def __init__(
        self,
        writer: Writer,
        qualities: dict[str, Quality],
        matrix: TransitionMatrix,
        rng: random.Random,
        scenario: Scenario,
    ) -> None:
        self._writer, self._qualities, self._matrix, self._rng = writer, qualities, matrix, rng
        self._scenario = scenario
        self._answers_rng = random.Random(scenario.seed)  # noqa: S311 - invented people, nothing secret

    def sessions(self) -> Iterator[Session]:
        """Return all sessions of all users, then the anonymous visits."""
        n_sessions = 0
        for _ in range(self._scenario.users):
            persona = invent_persona(self._scenario.days, self._rng)
            paths = [self._matrix.walk(self._rng) for _ in range(persona.n_sessions)]
            if any(OF_ONE_PLAN in path for path in paths):
                persona = replace(persona, plan=pick(PLANS_THAT_ASK, self._rng))
            for path in paths:
                conversation = self._conversation(persona)
                conversation.run(path)
                yield self._session(conversation)
                n_sessions += 1
                yield from self._returns(conversation)
        for _ in range(round(n_sessions * SHARE_ANONYMOUS)):
            stranger = replace(invent_persona(self._scenario.days, self._rng), plan="free")
            conversation = self._conversation(stranger)
            conversation.ask(self._writer.ask(self._matrix.first(self._rng), stranger.style, self._rng))
            yield Session(_session_id(self._rng), conversation, is_session_id_sent=False, is_user_id_sent=False)

    def _returns(self, conversation: Conversation) -> Iterator[Session]:
        """Return the sessions with which the user comes back to what was given up."""
        while conversation.given_up and self._rng.random() < SHARE_COMING_BACK:
            request = conversation.given_up[-1]
            conversation = self._conversation(conversation.persona)
            conversation.come_back(request, self._matrix.walk(self._rng, request.intent))
            hours = self._rng.lognormvariate(0, 0.8) * MEDIAN_HOURS_AWAY
            pause = timedelta(hours=min(max(hours, MIN_HOURS_AWAY), MAX_HOURS_AWAY))
            yield replace(self._session(conversation), pause=pause)

    def _session(self, conversation: Conversation) -> Session:
        return Session(_session_id(self._rng), conversation, self._rng.random() >= SHARE_WITHOUT_SESSION_ID)

    def _conversation(self, persona: Persona) -> Conversation:
        platform, model = persona.platform_of_session(self._rng), pick(MODELS, self._rng)
        return Conversation(persona, platform, model, self._writer, self._qualities, self._rng, self._answers_rng)


def _session_id(rng: random.Random) -> str:
    return f"sess_{rng.getrandbits(56):014x}"


def _starts(sessions: list[Session], scenario: Scenario, now: datetime) -> dict[str, datetime]:
    """Return when each session begins, by its id; a random stream of its own keeps the texts the same."""
    window = activity_window(now, scenario.days)
    rng = random.Random(scenario.seed)  # noqa: S311 - invented times, nothing secret
    by_person: dict[str, list[_Visit]] = {}
    for session in sessions:
        own = by_person.setdefault(session.conversation.persona.user_id, [])
        if session.pause is None:
            own.append([session])
        else:
            own[-1].append(session)
    starts: dict[str, datetime] = {}
    for own in by_person.values():
        timed = [(quantile(_intents(visit), rng), place) for place, visit in enumerate(own)]
        ordered = [own[place] for _, place in sorted(timed)]
        moments = starts_of_sessions(
            window, [_duration(visit) for visit in ordered], sorted(share for share, _ in timed)
        )
        for visit, moment in zip(ordered, moments, strict=True):
            for session in visit:
                start = moment + (session.pause or timedelta())
                starts[session.session_id] = start
                moment = start + session.conversation.duration  # noqa: PLW2901 - the end so far
    return starts


_Visit = list[Session]
"""A session, and those in which the user comes back to what it gave up."""


def _intents(visit: _Visit) -> set[str]:
    return set().union(*(session.conversation.intents for session in visit))


def _duration(visit: _Visit) -> timedelta:
    return sum((session.conversation.duration + (session.pause or timedelta()) for session in visit), timedelta())


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
