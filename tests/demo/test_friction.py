"""The friction of topics is compared with what was simulated."""

from __future__ import annotations

import pytest

from demo.evaluation.friction import IntentFriction, TopicFriction, compare_friction
from demo.truth import TrueEvent, Truth

FAILED = {"chart": 9, "login": 6, "pay": 3, "price": 0}
"""Of ten sessions with each intent, those with an answer that did not help."""
STANDS_FOR = {"t1": "chart", "t2": "chart", "t3": "login", "t4": "pay", "t5": "price", "t6": "rare"}


def truth() -> Truth:
    events = [
        TrueEvent(f"{intent}{place}", f"{intent}{place}", "intent", intent, place >= n_failed)
        for intent, n_failed in FAILED.items()
        for place in range(10)
    ]
    rare = TrueEvent("rare", "rare", "intent", "rare", is_answered=False)
    return Truth("0123abcd", 7, 1, 1, {}, (*events, rare))


def topics(*shares: float) -> list[TopicFriction]:
    """Topics of 100 sessions each, with these shares of friction."""
    return [
        TopicFriction(f"t{number}", 100, round(100 * share), 100 * share - 30) for number, share in enumerate(shares, 1)
    ]


def test_compare_friction_same_order_of_intents_correlates_perfectly():
    found = compare_friction(truth(), topics(0.3, 0.5, 0.3, 0.2, 0.1, 0.9), STANDS_FOR)
    assert found.correlation == pytest.approx(1)
    assert [one.intent for one in found.intents] == ["chart", "login", "pay", "price"]
    assert found.intents[0] == IntentFriction("chart", 0.9, 0.4, "t2")


def test_compare_friction_opposite_order_correlates_negatively():
    assert compare_friction(truth(), topics(0.1, 0.1, 0.2, 0.3, 0.4), STANDS_FOR).correlation == pytest.approx(-1)


def test_compare_friction_intents_without_a_topic_are_left_out():
    found = compare_friction(truth(), topics(0.4), {"t1": "chart"})
    assert [one.intent for one in found.intents] == ["chart"]
    assert found.correlation is None
