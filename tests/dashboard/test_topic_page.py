"""A topic's page: what it says of one topic equals SQL of the test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.pages import render_page
from dashboard.wording import short_day
from tests.dashboard.page_words import words_of
from tests.factories.published_factory import ASSISTANT, SAMPLE, topic_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.view import View
    from tests.dashboard.conftest import Marts

TOPIC = topic_id(SAMPLE[0], 0)
P = {"p": ASSISTANT, "t": TOPIC}
DAYS = "period=dates&from=2026-05-11&to=2026-05-17"


def test_topic_page_of_few_days_says_when_the_topic_was_seen_first_and_last_of_all(
    look: Callable[..., View], marts: Marts
):
    [(first, last)] = marts.all(
        "SELECT min(occurred_at), max(occurred_at) FROM marts.fct_messages WHERE project_id = $p AND topic_id = $t", **P
    )
    words = words_of(render_page(look(f"/topics/{TOPIC}?{DAYS}")))
    assert f"First seen {short_day(first)} {first:%H:%M} UTC (of all its messages)" in words
    assert f"Last seen {short_day(last)} {last:%H:%M} UTC (of all its messages)" in words
