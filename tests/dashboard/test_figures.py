"""Charts as pure functions of rows; Plotly's own classes, which refuse unknown attributes, read them."""

from __future__ import annotations

from datetime import date, timedelta

import plotly.graph_objects as go
import pytest

from dashboard.charts.calendar import bucket_starts, count_by_bucket, only_whole, weekly_average, whole_buckets
from dashboard.charts.theme import OTHER, SERIES
from dashboard.charts.time_axis import time_axis
from dashboard.overview.messages_over_time import MAX_BANDS, choose_bands, draw_messages_over_time, make_bands
from dashboard.topic.trend import draw_topic_trend

DAY = date(2026, 4, 6)


def test_bucket_starts_of_a_short_period_are_its_days():
    assert bucket_starts(DAY, DAY + timedelta(days=2)) == [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]


def test_bucket_starts_of_a_long_period_are_mondays():
    starts = bucket_starts(date(2026, 1, 1), date(2026, 6, 30))
    assert starts[0] == date(2025, 12, 29)
    assert {start.weekday() for start in starts} == {0}


@pytest.mark.parametrize("years", [1, 5, 20, 60, 2026])
def test_bucket_starts_of_any_period_are_few_and_hold_every_day(years: int):
    last = date(2027, 1, 1)
    first = last - timedelta(days=min(years * 365, (last - date.min).days - 7))
    starts = bucket_starts(first, last)
    assert len(starts) <= 212
    assert sum(count_by_bucket([(first, 1), (last, 1)], starts)) == 2


@pytest.mark.parametrize("length", [1, 5, 99, 100, 101, 400])
def test_count_by_bucket_loses_nothing(length: int):
    days = [(DAY + timedelta(days=number), number + 1) for number in range(length)]
    starts = bucket_starts(DAY, days[-1][0])
    assert sum(count_by_bucket(days, starts)) == sum(number for _, number in days)


def test_weekly_average_is_flat_for_a_steady_week():
    assert weekly_average([7, 0, 0, 0, 0, 0, 0] * 3) == [1.0] * 15
    assert weekly_average([2, 4, 6]) == [2, 3, 4]


def test_make_bands_orders_topics_by_size_then_other_then_none():
    topics = [{"topic_id": f"t{rank}", "label": f"Topic {rank}"} for rank in range(8)]
    colours = {topic["topic_id"]: f"#00000{rank}" for rank, topic in enumerate(topics)}
    rows = [{"message_date": DAY, "band": band, "n_messages": 1} for band in ("NONE", "OTHER", "t1", "t0")]
    bands = make_bands(rows, choose_bands(topics, colours), colours, [DAY])
    assert [(band.key, band.total) for band in bands] == [("t0", 1), ("t1", 1), ("OTHER", 1), ("NONE", 1)]
    assert [band.colour for band in bands[:2]] == ["#000000", "#000001"]


def test_choose_bands_leaves_out_topics_that_share_a_colour():
    topics = [{"topic_id": f"t{rank}", "label": f"Topic {rank}"} for rank in range(9)]
    colours = {f"t{rank}": OTHER if rank == 1 else SERIES[0] for rank in range(9)}
    assert [topic["topic_id"] for topic in choose_bands(topics, colours)] == ["t0", *(f"t{n}" for n in range(2, 7))]
    assert len(choose_bands(topics, colours)) == MAX_BANDS


def test_draw_messages_over_time_shows_every_message():
    rows = [{"message_date": DAY + timedelta(days=2 * day), "band": "t0", "n_messages": day} for day in range(4)]
    starts = bucket_starts(DAY, DAY + timedelta(days=6))
    bands = make_bands(rows, [{"topic_id": "t0", "label": "<b>x"}], {"t0": SERIES[0]}, starts)
    bars, totals = go.Figure(draw_messages_over_time(bands, starts, [True] * len(starts))).data
    assert list(bars.y) == list(totals.y) == [0, 0, 1, 0, 2, 0, 3]
    assert "<" not in bars.name


def test_draw_messages_over_time_names_bands_under_the_pointer_as_they_are_stacked_below_their_sum():
    starts = bucket_starts(DAY, DAY + timedelta(days=1))
    rows = [{"message_date": day, "band": band, "n_messages": 3} for day in starts for band in ("t0", "NONE")]
    bands = make_bands(rows, [{"topic_id": "t0", "label": "x"}], {"t0": SERIES[0]}, starts)
    figure = go.Figure(draw_messages_over_time(bands, starts, [True] * len(starts)))
    assert [trace.name for trace in figure.data][-1] == "All messages"
    assert list(figure.data[-1].y) == [6, 6]
    assert figure.layout.legend.traceorder == "reversed"
    assert not any(trace.showlegend for trace in figure.data)
    assert figure.layout.xaxis.showspikes is False


@pytest.mark.parametrize(("n_days", "labels"), [(40, "%-d %b\n%Y"), (800, "%b %Y")])
def test_time_axis_says_the_year_and_keeps_dates_clear_of_the_zero(n_days: int, labels: str):
    axis = time_axis(bucket_starts(DAY, DAY + timedelta(days=n_days)))
    assert axis["tickformat"] == labels
    assert axis["ticklabelstandoff"] > 0


def test_draw_topic_trend_of_three_days_has_no_average():
    starts = bucket_starts(DAY, DAY + timedelta(days=2))
    assert len(draw_topic_trend(starts, [1, 2, 3], SERIES[0], [True] * 3)["data"]) == 1


def test_draw_topic_trend_of_a_month_has_one():
    starts = bucket_starts(DAY, DAY + timedelta(days=29))
    bars, line = go.Figure(draw_topic_trend(starts, list(range(30)), SERIES[0], [True] * 30)).data
    assert list(bars.y) == list(range(30))
    assert line.y[-1] == 26


def test_draw_topic_trend_with_an_unfinished_day_draws_it_lighter_and_averages_without_it():
    starts = bucket_starts(DAY, DAY + timedelta(days=29))
    bars, line = go.Figure(draw_topic_trend(starts, [7] * 29 + [1], SERIES[0], [True] * 29 + [False])).data
    assert list(bars.y) == [7] * 29 + [1]
    assert bars.marker.opacity[-1] < bars.marker.opacity[-2] == 1
    assert list(line.y) == [7.0] * 23
    assert list(line.x) == starts[6:29]


def test_whole_buckets_are_those_with_all_days_between_both():
    weeks = bucket_starts(DAY + timedelta(days=2), DAY + timedelta(days=150))
    whole = whole_buckets(weeks, DAY + timedelta(days=2), DAY + timedelta(days=150))
    assert (whole[0], all(whole[1:-1]), whole[-1]) == (False, True, False)
    assert whole_buckets([DAY], DAY, DAY) == [True]
    assert whole_buckets([DAY], DAY, DAY - timedelta(days=1)) == [False]
    assert only_whole([5, 6, 7], [False, True, True]) == [6, 7]
    assert only_whole([5], [False]) == [5]
