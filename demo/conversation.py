"""Simulate one session: messages about its intents, and what users say and click around them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from demo.evaluation.findings import FAILING, SHARE_UP_OF_FAILING, STARS_OF_FAILING
from demo.personas import Persona, pick

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from demo.answers import Quality
    from demo.truth import Kind
    from demo.wording import Request, Writer

TEXT_FIELD = "prompt"
"""The metadata field that holds what the user said."""

MODELS = {"fern-mini": 58, "fern-large": 34, "fern-reason": 8}
MEDIAN_LATENCY_MS = {"fern-mini": 650, "fern-large": 1700, "fern-reason": 5200}
TOOLS = {"search": 40, "tables": 25, "files": 20, "calendar": 10, "web": 5}

TROUBLE = frozenset(
    {"billing_problem", "refund", "login_trouble", "api_errors", "slow_app", "mobile_sync", "wrong_answer"}
)
"""Intents of users who are already annoyed."""

STARS = (1, 2, 3, 4, 5)
STARS_IN_TROUBLE = (24, 22, 22, 20, 12)
STARS_ELSE = (3, 5, 14, 36, 42)

SHARE_GREETING = 0.10
SHARE_FILLER_AFTER = 0.15
SHARE_ANSWERED = 0.2
"""Share of messages, about an intent with answers, after which the user answers a question of the assistant."""
SHARE_OFF_TOPIC = 0.012
SHARE_RATED = 0.3
SHARE_STREAMED = 0.7
SHARE_TOOLS = 0.4
SHARE_CLICKED = 0.12
SHARE_UP_IN_TROUBLE = 0.35
SHARE_UP_ELSE = 0.8

REACTIONS = {"rephrase": 60, "circle": 15, "leave": 25}
"""What users do after an answer that did not help, in percent. Without another intent to turn to, they rephrase."""
MAX_ATTEMPTS = 3
MAX_USES = 3
MEDIAN_GAP_S = 45.0
MEDIAN_GAP_OF_ATTEMPTS_S = 30.0
MEDIAN_GAP_OF_USES_S = 90.0
"""Whoever got a good answer does something with it before using the feature again."""
MAX_GAP_S = 600.0
"""Well below the default gap after which Turret starts a new session."""


@dataclass(frozen=True)
class Draft:
    """An event before it has an id; `offset` counts from the start of its session."""

    name: str
    kind: Kind
    intent: str | None
    offset: timedelta
    metadata: dict[str, Any]
    is_answered: bool = True


@dataclass
class Conversation:
    """One user's session; every method appends drafts."""

    persona: Persona
    platform: str
    model: str
    writer: Writer
    qualities: dict[str, Quality]
    rng: random.Random
    answers_rng: random.Random
    """A random stream of its own, so that answers change nothing else."""
    drafts: list[Draft] = field(default_factory=list)
    given_up: list[Request] = field(default_factory=list)
    """Requests that no answer helped with."""

    @property
    def duration(self) -> timedelta:
        """The time from first to last event."""
        return self.drafts[-1].offset

    @property
    def intents(self) -> set[str]:
        """The intents of the session."""
        return {draft.intent for draft in self.drafts if draft.intent is not None}

    def run(self, path: Sequence[str]) -> None:
        """Simulate the intents of the path, in order."""
        if self.rng.random() < SHARE_GREETING:
            self.chat("filler")
        self._walk(deque(path))

    def come_back(self, request: Request, path: Sequence[str]) -> None:
        """Simulate a session that begins with a request that was given up, and goes on with the path."""
        rest = deque(path)
        self._pursue(self.writer.ask_again(request, self.persona.style, self.rng), rest, MEDIAN_GAP_S)
        self._walk(rest)

    def _walk(self, rest: deque[str]) -> None:
        while rest:
            self.step(rest.popleft(), rest)

    def step(self, intent: str, rest: deque[str]) -> None:
        """Add messages about an intent: one use of it, or several for good reasons, until one is given up.

        Args:
            intent: the intent.
            rest: the intents that follow; those that the user takes first are removed, all if the user leaves.
        """
        gap_s = MEDIAN_GAP_S
        for _ in range(MAX_USES):
            is_helped = self._pursue(self.writer.ask(intent, self.persona.style, self.rng), rest, gap_s)
            if not is_helped or self.rng.random() >= self.qualities[intent].used_again:
                break
            gap_s = MEDIAN_GAP_OF_USES_S
        if self.rng.random() < SHARE_OFF_TOPIC:
            self.chat("off_topic")

    def _pursue(self, request: Request, rest: deque[str], gap_s: float) -> bool:
        """Send a request, and say it in other words until it is answered or given up; return whether it is answered."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            if self.ask(request, gap_s):
                return True
            reaction = pick(REACTIONS, self.rng) if attempt < MAX_ATTEMPTS else "leave"
            if reaction == "leave":
                rest.clear()
                break
            if reaction == "circle" and rest:
                self.step(rest.popleft(), deque())
            request = self.writer.ask_again(request, self.persona.style, self.rng)
            gap_s = MEDIAN_GAP_OF_ATTEMPTS_S
        self.given_up.append(request)
        return False

    def ask(self, request: Request, gap_s: float = MEDIAN_GAP_S) -> bool:
        """Add a message that carries an intent, with a click and small talk after it; return whether it is answered."""
        intent = request.intent
        is_answered = self.rng.random() >= self.qualities[intent].fails
        metadata = self._message(request.text, median_answer_tokens=150)
        if self.rng.random() < SHARE_TOOLS:
            metadata["tools"] = sorted({pick(TOOLS, self.rng) for _ in range(self.rng.choice((1, 1, 2)))})
        if self.rng.random() < SHARE_RATED:
            weights = _star_weights(intent, is_answered=is_answered)
            metadata["satisfaction"] = self.rng.choices(STARS, weights=weights)[0]
        self.drafts.append(Draft("message", "intent", intent, self._offset(gap_s), metadata, is_answered))
        self.answer(intent)
        if self.rng.random() < SHARE_CLICKED:
            self.click(intent, is_answered=is_answered)
        if is_answered and self.rng.random() < SHARE_FILLER_AFTER:
            self.chat("filler")
        return is_answered

    def answer(self, intent: str) -> None:
        """Perhaps add a message that answers, adds or chooses, if the intent has any."""
        rng = self.rng
        self.rng = self.answers_rng
        text = self.writer.answer(intent, self.persona.style, self.rng)
        if text is not None and self.rng.random() < SHARE_ANSWERED:
            self._add("message", "detail", self._message(text, median_answer_tokens=150))
        self.rng = rng

    def chat(self, kind: Kind) -> None:
        """Add a message without an intent: filler or off topic."""
        say = self.writer.filler if kind == "filler" else self.writer.off_topic
        self._add("message", kind, self._message(say(self.persona.style, self.rng), median_answer_tokens=25))

    def click(self, intent: str, *, is_answered: bool) -> None:
        """Add a click on thumbs up or down: an event without a text."""
        share_up = _share_up(intent, is_answered=is_answered)
        name = "thumbs_up" if self.rng.random() < share_up else "thumbs_down"
        self._add(name, "signal", self._facts())

    def _add(self, name: str, kind: Kind, metadata: dict[str, Any]) -> None:
        self.drafts.append(Draft(name, kind, None, self._offset(MEDIAN_GAP_S), metadata))

    def _offset(self, median_gap_s: float) -> timedelta:
        """Return when the next event happens."""
        if not self.drafts:
            return timedelta()
        gap_s = 5 + self.rng.lognormvariate(0, 0.8) * median_gap_s
        return self.duration + timedelta(seconds=min(gap_s, MAX_GAP_S))

    def _facts(self) -> dict[str, Any]:
        return {"plan": self.persona.plan, "platform": self.platform, "model": self.model}

    def _message(self, text: str, median_answer_tokens: int) -> dict[str, Any]:
        """Return what an app would send along with a text: the user's properties and its own measurements."""
        answer_tokens = round(median_answer_tokens * self.rng.lognormvariate(0, 0.6))
        latency_ms = MEDIAN_LATENCY_MS[self.model] * self.rng.lognormvariate(0, 0.45) + answer_tokens
        return {
            TEXT_FIELD: text,
            **self._facts(),
            "country": self.persona.country,
            "locale": self.persona.locale,
            "latency_ms": round(latency_ms),
            "tokens": {"prompt": 40 + len(text) // 4, "answer": answer_tokens},
            "streamed": self.rng.random() < SHARE_STREAMED,
        }


def _star_weights(intent: str, *, is_answered: bool) -> tuple[int, ...]:
    if intent == FAILING or not is_answered:
        return STARS_OF_FAILING
    return STARS_IN_TROUBLE if intent in TROUBLE else STARS_ELSE


def _share_up(intent: str, *, is_answered: bool) -> float:
    if intent == FAILING or not is_answered:
        return SHARE_UP_OF_FAILING
    return SHARE_UP_IN_TROUBLE if intent in TROUBLE else SHARE_UP_ELSE
