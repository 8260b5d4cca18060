"""Simulate one session: messages about its intents, and what users say and click around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from demo.evaluation.findings import FAILING, SHARE_ASKED_AGAIN, SHARE_UP_OF_FAILING, STARS_OF_FAILING
from demo.personas import Persona, pick

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from demo.truth import Kind
    from demo.wording import Writer

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
SHARE_STAYING = 0.22
SHARE_RATED = 0.3
SHARE_STREAMED = 0.7
SHARE_TOOLS = 0.4
SHARE_CLICKED = 0.12
SHARE_UP_IN_TROUBLE = 0.35
SHARE_UP_ELSE = 0.8

MAX_MESSAGES_IN_STEP = 3
MEDIAN_GAP_S = 45.0
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


@dataclass
class Conversation:
    """One user's session; every method appends drafts."""

    persona: Persona
    platform: str
    model: str
    writer: Writer
    rng: random.Random
    answers_rng: random.Random
    """A random stream of its own, so that answers change nothing else."""
    drafts: list[Draft] = field(default_factory=list)

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
        for intent in path:
            self.step(intent)

    def step(self, intent: str) -> None:
        """Add one to three messages about an intent, with clicks and small talk around them."""
        n_messages = 1
        share_staying = SHARE_ASKED_AGAIN if intent == FAILING else SHARE_STAYING
        while n_messages < MAX_MESSAGES_IN_STEP and self.rng.random() < share_staying:
            n_messages += 1
        for _ in range(n_messages):
            self.ask(intent)
            self.answer(intent)
            if self.rng.random() < SHARE_CLICKED:
                self.click(intent)
            if self.rng.random() < SHARE_FILLER_AFTER:
                self.chat("filler")
        if self.rng.random() < SHARE_OFF_TOPIC:
            self.chat("off_topic")

    def ask(self, intent: str) -> None:
        """Add a message that carries the intent."""
        metadata = self._message(self.writer.ask(intent, self.persona.style, self.rng), median_answer_tokens=150)
        if self.rng.random() < SHARE_TOOLS:
            metadata["tools"] = sorted({pick(TOOLS, self.rng) for _ in range(self.rng.choice((1, 1, 2)))})
        if self.rng.random() < SHARE_RATED:
            metadata["satisfaction"] = self.rng.choices(STARS, weights=_star_weights(intent))[0]
        self._add("message", "intent", intent, metadata)

    def answer(self, intent: str) -> None:
        """Perhaps add a message that answers, adds or chooses, if the intent has any."""
        rng = self.rng
        self.rng = self.answers_rng
        text = self.writer.answer(intent, self.persona.style, self.rng)
        if text is not None and self.rng.random() < SHARE_ANSWERED:
            self._add("message", "detail", None, self._message(text, median_answer_tokens=150))
        self.rng = rng

    def chat(self, kind: Kind) -> None:
        """Add a message without an intent: filler or off topic."""
        say = self.writer.filler if kind == "filler" else self.writer.off_topic
        self._add("message", kind, None, self._message(say(self.persona.style, self.rng), median_answer_tokens=25))

    def click(self, intent: str) -> None:
        """Add a click on thumbs up or down: an event without a text."""
        name = "thumbs_up" if self.rng.random() < _share_up(intent) else "thumbs_down"
        self._add(name, "signal", None, self._facts())

    def _add(self, name: str, kind: Kind, intent: str | None, metadata: dict[str, Any]) -> None:
        offset = timedelta()
        if self.drafts:
            gap_s = 5 + self.rng.lognormvariate(0, 0.8) * MEDIAN_GAP_S
            offset = self.duration + timedelta(seconds=min(gap_s, MAX_GAP_S))
        self.drafts.append(Draft(name, kind, intent, offset, metadata))

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


def _star_weights(intent: str) -> tuple[int, ...]:
    if intent == FAILING:
        return STARS_OF_FAILING
    return STARS_IN_TROUBLE if intent in TROUBLE else STARS_ELSE


def _share_up(intent: str) -> float:
    if intent == FAILING:
        return SHARE_UP_OF_FAILING
    return SHARE_UP_IN_TROUBLE if intent in TROUBLE else SHARE_UP_ELSE
