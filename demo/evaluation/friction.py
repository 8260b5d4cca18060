"""Compare the friction that the marts show with the simulated truth: which intents are answered badly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.stats import spearmanr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from demo.truth import Truth

MIN_VISITS = 10
"""Sessions that an intent needs to be ranked: the share of fewer says nothing."""


@dataclass(frozen=True)
class TopicFriction:
    """A row of agg_topic_friction: sessions with a topic, those with friction, and those beyond the usual share."""

    topic_id: str
    n_sessions: int
    n_friction: int
    excess_sessions: float


@dataclass(frozen=True)
class IntentFriction:
    """An intent: the share of its sessions in which an answer did not help, and the share with friction in its topics.

    Attributes:
        intent: name of the intent.
        true_share: of the simulated sessions, 0 to 1.
        found_share: of the sessions of all topics that stand for the intent, 0 to 1.
        topic_id: the one of these topics that needs attention most.
    """

    intent: str
    true_share: float
    found_share: float
    topic_id: str


@dataclass(frozen=True)
class FrictionFound:
    """Intents with a topic, the worst answered first, and the Spearman correlation of their shares, -1 to 1."""

    intents: tuple[IntentFriction, ...]
    correlation: float | None


def compare_friction(truth: Truth, topics: Iterable[TopicFriction], stands_for: Mapping[str, str]) -> FrictionFound:
    """Compare the friction of topics with the truth about the intents for which they stand.

    Args:
        truth: what was simulated.
        topics: friction by topic; topics that stand for no intent are ignored.
        stands_for: intent of each topic, by its id.

    Returns:
        The comparison; its correlation is None if fewer than three intents can be ranked, or none differs.
    """
    by_intent: dict[str, list[TopicFriction]] = {}
    for topic in topics:
        if topic.topic_id in stands_for:
            by_intent.setdefault(stands_for[topic.topic_id], []).append(topic)
    found = [
        IntentFriction(
            intent,
            n_failed / n_visits,
            sum(topic.n_friction for topic in own) / sum(topic.n_sessions for topic in own),
            max(own, key=lambda topic: (topic.excess_sessions, topic.topic_id)).topic_id,
        )
        for intent, (n_visits, n_failed) in truth.friction().items()
        if n_visits >= MIN_VISITS and (own := by_intent.get(intent))
    ]
    found.sort(key=lambda one: (-one.true_share, one.intent))
    return FrictionFound(tuple(found), _correlation(found))


def _correlation(found: list[IntentFriction]) -> float | None:
    shares = [one.true_share for one in found], [one.found_share for one in found]
    if any(len(set(side)) < 3 for side in shares):  # noqa: PLR2004 - two ranks are no order
        return None
    return float(spearmanr(*shares).statistic)
