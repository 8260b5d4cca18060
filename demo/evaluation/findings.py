"""Effects that the simulation plants for an analyst to find, besides topics and journeys.

Each changes who says something, when, or how it goes. None changes which intent follows another. How often each intent
is answered badly is in `answers.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import datetime

RISING: Final = "slow_app"
"""Its share grows: few of its sessions are in the first half of the time."""
NEW: Final = "mobile_sync"
"""It appears only in the last days, because a release broke it."""
OF_ONE_PLAN: Final = "api_howto"
"""Asked about mostly by users on `PLAN`."""
PLAN: Final = "enterprise"
FAILING: Final = "make_chart"
"""Answered worst: low ratings and thumbs down, whatever the answer."""

PLANS_THAT_ASK: Final = {"free": 6, "team": 10, "business": 14, "enterprise": 70}
"""Plans, in percent, of users who ask about `OF_ONE_PLAN`."""
STARS_OF_FAILING: Final = (58, 24, 12, 4, 2)
SHARE_UP_OF_FAILING: Final = 0.1

NEW_SINCE: Final = 0.7
"""Share of all activity before `NEW` first appears."""
_RISE: Final = 0.3
"""Exponent below 1 that moves sessions towards the end: one in ten stays in the first half."""


def quantile(intents: Collection[str], rng: random.Random) -> float:
    """Return when a session happens, as the share of all activity before it (0 to 1), depending on its intents."""
    share = rng.random()
    if NEW in intents:
        return NEW_SINCE + (1 - NEW_SINCE) * share
    return float(share**_RISE) if RISING in intents else share


@dataclass(frozen=True)
class MessageFacts:
    """The facts of a published message that the findings need; `satisfaction` is 1 to 5 if it was rated."""

    topic_id: str | None
    occurred_at: datetime
    plan: str
    satisfaction: float | None


@dataclass(frozen=True)
class Finding:
    """A planted effect, and how the topics of its intent differ from all other messages.

    Attributes:
        planted: the effect, in words.
        topic_ids: topics of the intent; none if it was not found.
        seen: what the marts show, in words.
    """

    planted: str
    topic_ids: tuple[str, ...]
    seen: str


def describe_findings(messages: Sequence[MessageFacts], topics_of: Callable[[str], Iterable[str]]) -> list[Finding]:
    """Compare the messages of each planted intent's topics with all others.

    Args:
        messages: the messages of the demo's text field.
        topics_of: returns the topics of an intent.
    """
    planted: list[tuple[str, str, Callable[[list[MessageFacts], list[MessageFacts]], str]]] = [
        (RISING, "grows over time", _rise),
        (NEW, "is new in the last days", _first_seen),
        (OF_ONE_PLAN, f"comes from the {PLAN} plan", _plan_shares),
        (FAILING, "is answered badly", _satisfaction),
    ]
    findings = []
    for intent, words, compare in planted:
        topic_ids = tuple(sorted(topics_of(intent)))
        inside = [message for message in messages if message.topic_id in topic_ids]
        outside = [message for message in messages if message.topic_id not in topic_ids]
        seen = compare(inside, outside) if inside and outside else "no topic found"
        findings.append(Finding(f"{intent} {words}", topic_ids, seen))
    return findings


def _rise(inside: list[MessageFacts], outside: list[MessageFacts]) -> str:
    times = sorted(message.occurred_at for message in [*inside, *outside])
    middle = times[0] + (times[-1] - times[0]) / 2
    early, late = (
        [message for message in inside if (message.occurred_at >= middle) == is_late] for is_late in (False, True)
    )
    n_late = sum(time >= middle for time in times)
    return (
        f"{len(early) / (len(times) - n_late):.1%} of messages in the first half, {len(late) / n_late:.1%} in "
        f"the second"
    )


def _first_seen(inside: list[MessageFacts], outside: list[MessageFacts]) -> str:
    times, others = (sorted(message.occurred_at for message in group) for group in (inside, outside))
    since = times[len(times) // 20].date()
    share = fmean(time.date() >= since for time in others)
    return f"19 in 20 of its {len(times)} messages came since {since:%d %B}, {share:.0%} of all others"


def _plan_shares(inside: list[MessageFacts], outside: list[MessageFacts]) -> str:
    own, others = (fmean(message.plan == PLAN for message in group) for group in (inside, outside))
    return f"{own:.0%} of its messages are of {PLAN}, {others:.0%} of all others"


def _satisfaction(inside: list[MessageFacts], outside: list[MessageFacts]) -> str:
    own, others = ([m.satisfaction for m in group if m.satisfaction is not None] for group in (inside, outside))
    return f"rated {fmean(own):.1f} of 5 on average, all others {fmean(others):.1f}" if own and others else "not rated"
