"""Charts as pure functions of rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from dashboard.figures.calendar import bucket_starts, count_by_bucket, weekly_average
from dashboard.figures.journey_flow import MORE, OTHER_TOPICS, draw_flow, make_flow
from dashboard.figures.messages_over_time import draw_messages_over_time, make_bands
from dashboard.figures.topic_trend import draw_topic_trend
from dashboard.theme import OTHER, SERIES

DAY = date(2026, 4, 6)
FLOW_ROWS: list[dict[str, Any]] = [
    {"step": 1, "source": "START", "target": "a", "n_sessions": 6},
    {"step": 1, "source": "START", "target": "b", "n_sessions": 4},
    {"step": 2, "source": "a", "target": "OTHER", "n_sessions": 5},
    {"step": 2, "source": "a", "target": "END", "n_sessions": 1},
    {"step": 2, "source": "b", "target": "END", "n_sessions": 4},
    {"step": 3, "source": "OTHER", "target": "MORE", "n_sessions": 3},
    {"step": 3, "source": "OTHER", "target": "END", "n_sessions": 2},
]


def test_bucket_starts_of_a_short_period_are_its_days():
    assert bucket_starts(DAY, DAY + timedelta(days=2)) == [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]


def test_bucket_starts_of_a_long_period_are_mondays():
    starts = bucket_starts(date(2026, 1, 1), date(2026, 6, 30))
    assert starts[0] == date(2025, 12, 29)
    assert {start.weekday() for start in starts} == {0}


@pytest.mark.parametrize("length", [1, 5, 99, 100, 101, 400])
def test_count_by_bucket_loses_nothing(length: int):
    days = [(DAY + timedelta(days=number), number + 1) for number in range(length)]
    starts = bucket_starts(DAY, days[-1][0])
    assert sum(count_by_bucket(days, starts)) == sum(number for _, number in days)


def test_weekly_average_is_flat_for_a_steady_week():
    assert weekly_average([7, 0, 0, 0, 0, 0, 0] * 3)[6:] == [1.0] * 15


def test_make_bands_orders_topics_by_size_then_other_then_none():
    topics = [{"topic_id": f"t{rank}", "label": f"Topic {rank}"} for rank in range(8)]
    rows = [{"message_date": DAY, "band": band, "n_messages": 1} for band in ("NONE", "OTHER", "t1", "t0")]
    bands = make_bands(rows, topics, [DAY])
    assert [(band.key, band.total) for band in bands] == [("t0", 1), ("t1", 1), ("OTHER", 1), ("NONE", 1)]
    assert [band.colour for band in bands[:2]] == list(SERIES[:2])


def test_draw_messages_over_time_shows_every_message():
    rows = [{"message_date": DAY + timedelta(days=2 * day), "band": "t0", "n_messages": day} for day in range(4)]
    starts = bucket_starts(DAY, DAY + timedelta(days=6))
    bands = make_bands(rows, [{"topic_id": "t0", "label": "<b>x"}], starts)
    [bars] = draw_messages_over_time(bands, starts).data
    assert list(bars.y) == [0, 0, 1, 0, 2, 0, 3]
    assert "<" not in bars.name


def test_draw_topic_trend_of_three_days_has_no_average():
    starts = bucket_starts(DAY, DAY + timedelta(days=2))
    assert len(draw_topic_trend(starts, [1, 2, 3], SERIES[0]).data) == 1


def test_draw_topic_trend_of_a_month_has_one():
    starts = bucket_starts(DAY, DAY + timedelta(days=29))
    bars, line = draw_topic_trend(starts, list(range(30)), SERIES[0]).data
    assert list(bars.y) == list(range(30))
    assert line.y[-1] == 26


def test_make_flow_puts_largest_on_top_and_end_at_the_bottom():
    flow = make_flow(FLOW_ROWS)
    assert [[(node.key, node.n_sessions) for node in flow.column(number)] for number in range(4)] == [
        [("START", 10)],
        [("a", 6), ("b", 4)],
        [(OTHER_TOPICS, 5), ("END", 5)],
        [(MORE, 3), ("END", 2)],
    ]


def test_draw_flow_lays_no_box_on_another():
    figure = draw_flow(make_flow(FLOW_ROWS), {"a": "A", "b": "B"}, {"a": SERIES[0]})
    [sankey] = figure.data
    room = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    scale = (room - sankey.node.pad) / 10
    sizes = [10, 6, 4, 5, 5, 3, 2]
    spans = [
        (x, y * room - size * scale / 2, y * room + size * scale / 2)
        for x, y, size in zip(sankey.node.x, sankey.node.y, sizes, strict=True)
    ]
    for x, _, bottom in spans:
        below = [top for other, top, _ in spans if other == x and top > bottom - 1]
        assert all(top >= bottom + sankey.node.pad - 1 for top in below)
    assert all(top >= -1 and bottom <= room + 1 for _, top, bottom in spans)


def test_draw_flow_colours_known_topics_and_links_only_topics():
    [sankey] = draw_flow(make_flow(FLOW_ROWS), {"a": "A", "b": "B"}, {"a": SERIES[0]}).data
    assert sankey.node.color[1:3] == (SERIES[0], OTHER)
    assert list(sankey.node.customdata) == ["", "a", "b", "", "", "", ""]


def test_draw_flow_with_html_in_labels_escapes_it_everywhere():
    figure = draw_flow(make_flow(FLOW_ROWS), {"a": "<script>&lt;", "b": "<a href='x'>"}, {})
    text = figure.to_json().replace("\\u003c", "<").replace("\\u003e", ">")
    assert "<script" not in text
    assert "<a " not in text
    assert "&lt;script&gt;&amp;lt;" in text
