"""Topics that rise and fall."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from dashboard.formatting import MINUS, change, points
from dashboard.overview.topic_changes import MAX_UNCLEAR, find_topic_changes, largest_changes
from tests.factories.published_factory import FIELD

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.view import View


def test_moves_have_the_counts_of_both_looks(look: Callable[..., View]):
    view = look("/?period=dates&from=2026-05-10&to=2026-05-31&compare=before")
    assert view.previous is not None
    moves = find_topic_changes(view, view.previous)
    assert {move.topic_id for move in moves} >= {topic["topic_id"] for topic in view.topics}
    for move in moves:
        assert move.n == sum(topic["n_messages"] for topic in view.topics if topic["topic_id"] == move.topic_id)
        assert move.share == move.n / view.row("message_statuses", field=FIELD)["n_messages"]


def test_newest_week_adjoins_the_week_before(look: Callable[..., View]):
    pair = look("/?period=30d").newest_week
    assert pair is not None
    now, before = pair
    assert now.filters.last == now.days[1] - timedelta(days=1)  # the last run was on the last day, not over then
    assert (now.filters.first - before.filters.last).days == 1
    assert (before.filters.last - before.filters.first).days == 6


def test_largest_moves_are_rises_then_falls_however_unclear(look: Callable[..., View]):
    view = look("/?period=dates&from=2026-05-10&to=2026-05-31&compare=before")
    assert view.previous is not None
    moves = find_topic_changes(view, view.previous)
    changes = [move.delta for move in largest_changes(moves)]
    rises = sorted((move.delta for move in moves if move.delta > 0), reverse=True)[:MAX_UNCLEAR]
    falls = sorted(move.delta for move in moves if move.delta < 0)[:MAX_UNCLEAR]
    assert changes == rises + falls


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [(110, 100, "+10%"), (101.5, 100, "+1.5%"),
     (90, 100, f"{MINUS}10%"), (5, 0, "new"), (0, 0, "no change"), (100, 100, "no change"),
     (5_000, 10, "500 times"), (0, 10, f"{MINUS}100%")],
)  # fmt: skip
def test_change_in_words(now: float, before: float, words: str):
    assert change(now, before) == words


def test_points_in_words():
    assert (points(0.031, 0.02), points(0.02, 0.031)) == ("+1.1 points", f"{MINUS}1.1 points")
