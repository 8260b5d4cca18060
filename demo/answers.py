"""How well the simulated assistant answers, by intent, and how users rate answers.

Half of the users never rate one, the others some, a few of them days later. Answers that do not help get bad ratings
more often.
"""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from demo.errors import GrammarError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


SHARE_RATING = 0.5
"""Share of the users who ever rate an answer; people without an id never do."""
SHARE_RATED = 0.2
SHARE_BAD_IF_HELPED, SHARE_BAD_ELSE = 0.1, 0.8
SHARE_LATE = 0.15
MEDIAN_DELAY_S = 40.0
MEDIAN_DAYS_LATE = 2.0
SHARE_COMMENTED = 0.3
REASONS = {
    True: ("helpful", "accurate", "fast"),
    False: ("wrong", "did not understand me", "too slow", "incomplete"),
}
COMMENTS = {
    "helpful": (
        ("exactly what I needed", "this helped me a lot", "it solved my problem", "saved me an hour"),
        ("thanks", "today", "at the first try", "with my report"),
    ),
    "accurate": (
        ("clear and correct", "a good explanation", "the explanation was precise", "the numbers are right"),
        ("and short", "with the sources", "I checked it", "down to the last detail"),
    ),
    "fast": (
        ("quick answer", "that was fast", "the reply came at once", "no waiting at all"),
        ("great", "even at night", "faster than the support", "before I had finished my coffee"),
    ),
    "wrong": (
        (
            "it made up a menu that we do not have",
            "the answer is wrong",
            "it invented a setting",
            "this button does not exist",
        ),
        ("in my version", "and I lost time", "once more", "as a colleague told me"),
    ),
    "did not understand me": (
        (
            "I had to ask three times",
            "it did not answer my question",
            "the answer is about something else",
            "I asked again and again",
        ),
        ("in other words", "and gave up", "which is annoying", "then I wrote to support"),
    ),
    "too slow": (
        ("took forever", "much too slow", "I waited for minutes", "the answer came too late"),
        ("this morning", "every time", "on my phone", "for such a short question"),
    ),
    "incomplete": (
        (
            "half of the numbers are missing",
            "the table ends in the middle",
            "only a part of the list",
            "the export lacks columns",
        ),
        ("for last month", "again", "without a word about it", "since the update"),
    ),
}
"""Beginnings and ends of comments, by reason."""


@dataclass(frozen=True)
class Quality:
    """Shares, 0 to 1: of answers that do not help, and of good answers after which users make another request."""

    fails: float
    used_again: float


def load_qualities(intents: Collection[str]) -> dict[str, Quality]:
    """Load the table of this package; it must cover exactly the given intents.

    Raises:
        GrammarError: an intent is missing or unknown.
    """
    rows = tomllib.loads(files("demo").joinpath("answers.toml").read_text(encoding="utf-8"))
    odd = set(intents) ^ set(rows)
    if odd:
        raise GrammarError(f"The table of answers and the phrase files disagree about {', '.join(sorted(odd))}.")
    return {intent: Quality(**row) for intent, row in rows.items()}


@dataclass(frozen=True)
class Answer:
    """An answer that may be rated: that to one event."""

    event_id: str
    user_id: str
    asked_at: datetime
    is_helpful: bool


def rate(answers: Iterable[Answer], prefix: str, seed: int, now: datetime) -> list[dict[str, Any]]:
    """Return bodies of `POST /feedback`, the oldest first; equal answers get equal ratings, whatever the time.

    Args:
        answers: the answers, in a fixed order.
        prefix: begins the ids.
        seed: of a random stream of its own, so that feedback changes nothing else.
        now: no feedback is given later.
    """
    rng = random.Random(seed)  # noqa: S311 - invented people, nothing secret
    raters: dict[str, bool] = {}
    bodies: list[dict[str, Any]] = []
    for answer in answers:
        is_rater = raters.setdefault(answer.user_id, rng.random() < SHARE_RATING)
        if not is_rater or rng.random() >= SHARE_RATED:
            continue
        is_good = rng.random() >= (SHARE_BAD_IF_HELPED if answer.is_helpful else SHARE_BAD_ELSE)
        is_late = rng.random() < SHARE_LATE
        delay_s = rng.lognormvariate(0, 0.8) * (MEDIAN_DAYS_LATE * 86_400 if is_late else MEDIAN_DELAY_S)
        reason = rng.choice(REASONS[is_good])
        body = {
            "feedback_id": f"{prefix}-f{len(bodies):05d}",
            "event_id": answer.event_id,
            "user_id": answer.user_id,
            "score": 1 if is_good else -1,
            "label": reason,
            "timestamp": min(answer.asked_at + timedelta(seconds=delay_s), now).isoformat(timespec="milliseconds"),
        }
        comment = " ".join(rng.choice(part) for part in COMMENTS[reason])
        if rng.random() < SHARE_COMMENTED:
            body["comment"] = comment
        bodies.append(body)
    return sorted(bodies, key=lambda body: (str(body["timestamp"]), str(body["feedback_id"])))
