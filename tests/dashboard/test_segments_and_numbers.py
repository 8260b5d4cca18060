"""Segments and numbers, against plain Python over the rows they sum up."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.data.query_files import read_query
from dashboard.data.significance import Contrast
from dashboard.formatting import MINUS, measure
from dashboard.numbers import page as numbers
from dashboard.numbers.trend import draw_number_trend
from dashboard.pages import render_page
from dashboard.segments import page as segments
from dashboard.topics.treemap import NO_AREA, draw_topic_treemap
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT, FIELD, PLANS, TEXTLESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.view import View
    from tests.dashboard.conftest import Marts

CHOSEN = "period=dates&from=2026-04-20&to=2026-05-10"
IN_DAYS = "occurred_at::DATE BETWEEN '2026-04-20' AND '2026-05-10'"


@pytest.mark.parametrize("top_n", [1, 2, 10])
def test_segment_sizes_sum_to_all_events_and_are_those_of_the_metadata(
    look: Callable[..., View], marts: Marts, top_n: int
):
    rows = look(f"/segments?{CHOSEN}").rows("segment_sizes", by="plan", top_n=top_n)
    plans = Counter(
        plan
        for (plan,) in marts.all(
            f"SELECT (metadata ->> 'plan') FROM marts.fct_events WHERE project_id = $p AND {IN_DAYS}",
            p=ASSISTANT,
        )
    )
    assert sum(row["n_events"] for row in rows) == plans.total()
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    shown = {row["segment"]: row["n_events"] for row in rows if row["kind"] == "VALUE"}
    assert shown == {plan: plans[plan] for plan in shown}
    assert len(shown) == min(top_n, len(PLANS))


def test_segment_of_a_field_that_no_event_has_is_without_it(look: Callable[..., View]):
    [row] = look("/segments").rows("segment_sizes", by="nowhere", top_n=3)
    assert (row["kind"], row["segment"], row["share"]) == ("NONE", None, 1)


def test_segment_topics_sum_to_the_messages_of_each_value(look: Callable[..., View], marts: Marts):
    rows = look(f"/segments?{CHOSEN}").rows("segment_topics", by="plan", field=FIELD, segments=list(PLANS[:2]))
    shares: dict[tuple[str, str | None], float] = defaultdict(float)
    for row in rows:
        shares[row["kind"], row["segment"]] += row["share"]
    assert list(shares.values()) == [pytest.approx(1)] * 3  # two values and the others
    n_messages = marts.one(
        f"SELECT count(*) FROM marts.fct_messages WHERE project_id = $p AND {IN_DAYS}",
        p=ASSISTANT,
    )
    assert sum(row["n_messages"] for row in rows) == n_messages


def test_number_summary_and_days_are_those_of_the_values(look: Callable[..., View], marts: Marts):
    view = look(f"/numbers?{CHOSEN}&is.plan=pro")
    values = [
        float(value)
        for (value,) in marts.all(
            f"SELECT (metadata ->> 'latency_ms') FROM marts.fct_events WHERE project_id = $p AND {IN_DAYS} "
            "AND (metadata ->> 'plan') = 'pro'",
            p=ASSISTANT,
        )
    ]
    row = view.row("number_summary", number="latency_ms")
    assert row["n_values"] == len(values)
    assert row["mean"] == pytest.approx(statistics.mean(values))
    assert row["median"] == pytest.approx(statistics.median(values))
    assert row["p95"] == pytest.approx(np.quantile(values, 0.95))
    assert sum(day["n_values"] for day in view.rows("number_by_day", number="latency_ms")) == len(values)


@pytest.mark.parametrize(
    ("values", "total", "mean"),
    [
        ([1.7e308] * 3 + [-1.7e308] * 4, -1.7e308, -1.7e308 / 7),
        ([-1.7e308] * 2, -float("inf"), -1.7e308),
        ([0.1, 0.2, -0.05], 0.25, 0.25 / 3),
    ],
)
def test_number_sums_of_large_values_have_their_sign(values: list[float], total: float, mean: float):
    with duckdb.connect() as connection:
        connection.execute(
            "create temp table shown_numbers as select unnest($values) as number_value", {"values": values}
        )
        row = connection.execute(read_query("number_summary")).fetchone()
    assert row is not None
    assert row[:3] == (len(values), pytest.approx(total), pytest.approx(mean))


def test_number_by_topic_and_segment_hold_every_value_once(look: Callable[..., View]):
    view = look(f"/numbers?{CHOSEN}")
    total = view.row("number_summary", number="latency_ms")["n_values"]
    by_topic = view.rows("number_by_topic", number="latency_ms", middle=600, field=FIELD)
    by_segment = view.rows("number_by_segment", number="latency_ms", middle=600, by="plan")
    assert sum(row["n_values"] for row in by_topic) == sum(row["n_values"] for row in by_segment) == total
    assert {row["segment"] for row in by_segment} == set(PLANS)


def test_topic_numbers_are_those_of_the_page_by_topic(look: Callable[..., View]):
    view = look(f"/numbers?{CHOSEN}")
    for row in view.rows("number_by_topic", number="latency_ms", middle=600, field=FIELD)[:3]:
        if row["topic_id"] is not None:
            [own] = view.rows("topic_numbers", topic_id=row["topic_id"])
            assert (own["n_values"], own["median"]) == (row["n_values"], row["median"])


@pytest.mark.parametrize("page", ["/segments", "/numbers"])
@pytest.mark.parametrize("search", ["", CHOSEN, "by=plan&number=latency_ms", "by=nothing&number=%3Cb%3E"])
def test_pages_are_made(look: Callable[..., View], page: str, search: str):
    words = words_of(render_page(look(f"{page}?{search}")))
    assert "latency_ms" in words or "most frequent" in words


def test_pages_without_filters_left_say_so(look: Callable[..., View]):
    assert "No value matches the filters" in words_of(render_page(look("/numbers?event=nothing")))
    assert words_of(render_page(look("/segments", project=TEXTLESS)))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "-none-"),
        (0, "0"),
        (7, "7"),
        (1234.5, "1,234"),
        (0.01234, "0.0123"),
        (-5.25, f"{MINUS}5.25"),
        (99.96, "100"),
    ],
)
def test_measure_in_words(value: float | None, words: str):
    assert measure(value) == words.replace("-none-", "\N{EN DASH}")


def test_treemap_boxes_sum_to_their_area_and_labels_are_text():
    topics = [
        {"topic_id": "t1", "label": "<b>x</b>", "n_messages": 5, "area_id": "a1", "area": "A & B"},
        {"topic_id": "t2", "label": "y", "n_messages": 3, "area_id": "a1", "area": "A & B"},
        {"topic_id": "t3", "label": "z", "n_messages": 2, "area_id": None, "area": None},
    ]
    [box] = go.Figure(draw_topic_treemap(topics, {})).data
    sizes = dict(zip(box.ids, box.values, strict=True))
    assert sizes == {"area a1": 8, NO_AREA: 2, "t1": 5, "t2": 3, "t3": 2}
    assert all("<" not in label for label in box.labels)
    assert dict(zip(box.ids, box.parents, strict=True))["t3"] == NO_AREA


def test_treemap_without_areas_has_topics_alone():
    topics = [{"topic_id": "t1", "label": "x", "n_messages": 5, "area_id": None, "area": None}]
    [box] = go.Figure(draw_topic_treemap(topics, {})).data
    assert (list(box.ids), list(box.parents)) == (["t1"], [""])


def test_segment_contrasts_count_each_message_once(look: Callable[..., View], marts: Marts):
    view = look(f"/segments?{CHOSEN}")
    topic = view.topics[0]["topic_id"]
    expected = marts.all(
        "SELECT 'VALUE:' || (metadata ->> 'plan'), count(*) FILTER (topic_id = $t), count(*) FROM marts.fct_messages "
        f"JOIN (SELECT event_id, metadata FROM marts.fct_events) USING (event_id) WHERE project_id = $p AND {IN_DAYS} "
        "GROUP BY 1",
        p=ASSISTANT,
        t=topic,
    )
    rows = view.rows("segment_contrasts", by="plan", field=FIELD, segments=list(PLANS), topics=[topic])
    assert {(row["side"], row["n_hits"], row["n_side"]) for row in rows} == set(expected)


def test_segments_page_marks_what_stands_out(look: Callable[..., View]):
    view = look("/segments")
    _, clear = segments.find_differences(view, "plan")
    page = words_of(segments.topics_by_segment(view))
    assert page.count("▲") == 1 + sum(one.z > 0 for one in clear.values())  # the note explains it once
    assert page.count("▼") == 1 + sum(one.z < 0 for one in clear.values())


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({("VALUE", "free"): (16, 12), ("VALUE", "pro"): (12, 14)}, "under  “free” : +4.0 points, 12.0% → 16.0%"),
        ({("VALUE", "free"): (12, 16)}, f"under  “free” : {MINUS}4.0 points, 16.0% → 12.0%, more than chance"),
        ({("VALUE", "pro"): (13, 12), ("NONE", None): (40, 12)}, "under  “pro” : +1.0 points"),
        ({("NONE", None): (12, 40)}, "under  “not set” "),
        ({}, "None of the 20 largest topics is more or less frequent by  plan  than chance explains"),
    ],
)
def test_lift_title_says_the_size_of_the_strongest_mark(
    look: Callable[..., View], cells: dict[tuple[str, str | None], tuple[int, int]], sentence: str
):
    view = look("/segments?by=plan")
    topic = view.topics[0]
    clear = {(column, topic["topic_id"]): Contrast(n, 100, other, 100) for column, (n, other) in cells.items()}
    title = words_of(segments.lift_title(view, "plan", clear))
    assert sentence in title
    assert (topic["label"] in title) == bool(cells)


def test_numbers_say_what_they_were_in_the_days_before(look: Callable[..., View], marts: Marts):
    before = marts.one(
        "SELECT median((metadata ->> 'latency_ms')::double) FROM marts.fct_events WHERE project_id = $p "
        "AND occurred_at::date BETWEEN '2026-05-04' AND '2026-05-10'",
        p=ASSISTANT,
    )
    words = words_of(
        render_page(look("/numbers?number=latency_ms&period=dates&from=2026-05-11&to=2026-05-17&compare=before"))
    )
    assert f"was {measure(before)} in the previous period" in words
    first = "/numbers?number=latency_ms&period=dates&from=2026-04-06&to=2026-04-12&compare=before"
    assert "no values in the previous period" in words_of(render_page(look(first)))


def test_segments_topics_that_stand_out_come_first(look: Callable[..., View]):
    [table] = find_all(segments.topics_by_segment(look("/segments?by=plan")), "Table")
    lines = find_all(find_all(table, "Tbody")[0], "Tr")
    marked = ["▲" in words_of(line) or "▼" in words_of(line) for line in lines]
    assert marked == sorted(marked, reverse=True)
    cells = [cell for line in lines for cell in find_all(line, "Td") if "lift" in (cell.className or "")]
    assert all(0 <= float(cell.style["--lift"]) <= segments.MAX_TINT for cell in cells)


@pytest.mark.parametrize(("query", "key"), [("number_by_topic", "topic_id"), ("number_by_segment", "segment")])
def test_numbers_mark_what_lies_apart_from_the_rest(look: Callable[..., View], marts: Marts, query: str, key: str):
    view = look("/numbers?number=latency_ms&by=plan")
    middle = view.row("number_summary", number="latency_ms")["median"]
    column = {"topic_id": "topic_id", "segment": "(metadata ->> 'plan')"}[key]
    expected = marts.all(
        f"SELECT {column}, count(*) FILTER ((metadata ->> 'latency_ms')::double > $middle), count(*) "
        "FROM marts.fct_messages JOIN (SELECT event_id, metadata FROM marts.fct_events) USING (event_id) "
        "WHERE project_id = $p GROUP BY 1",
        p=ASSISTANT,
        middle=middle,
    )
    more = {"field": FIELD} if key == "topic_id" else {"by": "plan"}
    rows = view.rows(query, number="latency_ms", middle=middle, **more)
    assert {(row[key], row["n_above"], row["n_values"]) for row in rows} == set(expected)
    contrasts = {"topic_id": "number_topic", "segment": "number_segment"}[key]
    tested = view.rows(f"{contrasts}_contrasts", number="latency_ms", middle=middle, **more)
    assert {(row["n_hits"], row["n_side"]) for row in tested} == {(n, total) for _, n, total in expected}
    apart = numbers.find_apart(view, contrasts, number="latency_ms", middle=middle, **more)
    card = {"topic_id": numbers.by_topic, "segment": numbers.by_segment}[key]
    [table] = find_all(card(view), "Table")
    assert words_of(table).count("▲") + words_of(table).count("▼") == len(apart)


def test_number_trend_begins_at_zero_and_says_numbers_as_the_page_does():
    rows = [{"value_date": date(2026, 5, 1), "median": 1234.5, "p95": 17442.0}]
    figure = go.Figure(draw_number_trend(rows))
    assert figure.layout.yaxis.rangemode == "tozero"
    assert [list(line.text) for line in figure.data] == [["17,442"], ["1,234"]]
