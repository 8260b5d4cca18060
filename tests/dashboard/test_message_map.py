"""The map of messages, against SQL of the test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import pytest

from dashboard.charts.theme import REST
from dashboard.topics import message_map
from dashboard.topics.message_map import MAX_POINTS, map_card
from dashboard.topics.message_map_figure import draw_message_map
from tests.dashboard.page_words import words_of
from tests.factories.published_factory import ASSISTANT, FIELD, NASTY, PENDING, TEXTLESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.view import View
    from tests.dashboard.conftest import Marts

PLACED = (
    "FROM marts.fct_messages JOIN marts.fct_message_places USING (project_id, event_id, field) WHERE project_id = $p"
)


def _points(view: View, **more: Any) -> list[dict[str, Any]]:
    return view.rows("message_map", field=FIELD, **({"most": MAX_POINTS} | more))


@pytest.mark.parametrize(
    ("search", "condition"),
    [
        ("", "TRUE"),
        ("period=dates&from=2026-04-20&to=2026-04-26", "occurred_at::DATE BETWEEN '2026-04-20' AND '2026-04-26'"),
    ],
)
def test_points_are_the_chosen_messages_at_their_places(
    look: Callable[..., View], marts: Marts, search: str, condition: str
):
    expected = marts.all(f"SELECT event_id, topic_id, x, y {PLACED} AND {condition} ORDER BY event_id", p=ASSISTANT)
    rows = _points(look(f"/topics?{search}"), most=1_000_000)
    assert [(row["event_id"], row["topic_id"], row["x"], row["y"]) for row in rows] == expected


def test_points_of_a_sample_are_the_same_every_time_and_among_all(look: Callable[..., View]):
    some, more = (_points(look("/topics"), most=most) for most in (50, 80))
    assert len(some) == 50
    assert {row["event_id"] for row in some} < {row["event_id"] for row in more}


def test_card_says_how_many_of_how_many_it_shows(
    look: Callable[..., View], marts: Marts, monkeypatch: pytest.MonkeyPatch
):
    n_messages = marts.one("SELECT count(*) FROM marts.fct_messages WHERE project_id = $p", p=NASTY)
    assert f"All {n_messages:,} messages." in words_of(map_card(look("/topics", NASTY)))
    monkeypatch.setattr(message_map, "MAX_POINTS", 100)
    assert f"A sample: 100 of {n_messages:,} messages." in words_of(map_card(look("/topics", NASTY)))


def test_card_tells_in_words_which_topics_lie_nearest(look: Callable[..., View], marts: Marts):
    middles = f"SELECT topic_id, avg(x) AS x, avg(y) AS y, count(*) AS n {PLACED} AND topic_id IS NOT NULL GROUP BY ALL"
    [largest, *nearest] = marts.all(
        f"""
        WITH middles AS ({middles}), first AS (SELECT * FROM middles ORDER BY n DESC, topic_id LIMIT 1)
        SELECT label FROM middles CROSS JOIN first JOIN marts.dim_topics ON dim_topics.topic_id = middles.topic_id
        ORDER BY (middles.x - first.x) ** 2 + (middles.y - first.y) ** 2 LIMIT 4
        """,
        p=ASSISTANT,
    )
    words = words_of(map_card(look("/topics")))
    told = words[words.index("The map in words") :]
    places = [told.index(label) for (label,) in (largest, *nearest)]
    assert places == sorted(places)


def test_card_without_places_says_what_to_do(look: Callable[..., View]):
    chosen, unplaced = look("/topics?event=nothing"), look("/topics", TEXTLESS)
    assert "None of the selected messages is on the map" in words_of(map_card(chosen))
    assert "The next pipeline run draws it" in words_of(map_card(unplaced))


@pytest.mark.parametrize("project", [ASSISTANT, NASTY, PENDING])
def test_figure_has_every_message_and_nobody_s_html(look: Callable[..., View], project: str):
    view = look("/topics", project)
    rows = _points(view)
    labels = {row["topic_id"]: row["label"] for row in view.rows("topic_labels")}
    figure = go.Figure(draw_message_map(rows, labels, view.colours))
    assert sum(len(trace.x) for trace in figure.data if trace.mode == "markers") == len(rows) > 0
    hovers = [text.replace("<br><b>", "", 1).replace("</b>", "", 1) for trace in figure.data for text in trace.text]
    assert not any("<" in text or ">" in text for text in hovers)


def test_figure_puts_messages_without_a_topic_below_and_makes_them_quiet():
    rows = [{"topic_id": topic, "text_start": "x", "x": 0.0, "y": 0.0} for topic in ("top_1", None, "top_2")]
    figure = go.Figure(draw_message_map(rows, {"top_1": "One"}, {"top_1": "#4477AA"}))
    assert figure.data[0].marker.color == REST
    points = [trace for trace in figure.data if trace.mode == "markers"]
    assert [list(trace.customdata) for trace in points] == [[None], ["top_2"], ["top_1"]]


def test_figure_fills_the_width_of_its_card():
    rows = [{"topic_id": None, "text_start": "x", "x": 0.0, "y": 0.0}]
    assert go.Figure(draw_message_map(rows, {}, {})).layout.yaxis.scaleanchor is None


def test_figure_names_the_largest_topics_where_they_lie_and_none_over_another():
    at = {"top_1": (0.0, 0.0), "top_2": (0.01, 0.0), "top_3": (1.0, 1.0)}
    rows = [
        {"topic_id": topic, "text_start": "x", "x": at[topic][0], "y": at[topic][1]}
        for topic in ("top_1", "top_1", "top_2", "top_3")
    ]
    figure = go.Figure(draw_message_map(rows, {"top_1": "<b>Refund</b>"}, dict.fromkeys(at, "#123456")))
    (names,) = [trace for trace in figure.data if trace.mode == "text"]
    assert list(zip(names.x, names.y, strict=True)) == [(0.0, 0.0), (1.0, 1.0)]
    assert "&lt;b&gt;Refund" in names.text[0]
    assert "top_3" in names.text[1]


def test_names_at_the_edges_of_the_map_are_written_inwards():
    ends = {"top_left": (0.0, 0.0), "top_middle": (50.0, 50.0), "top_right": (100.0, 100.0)}
    messages = [{"topic_id": name, "text_start": "…", "x": x, "y": y} for name, (x, y) in ends.items()]
    labels = dict.fromkeys(ends, "A name of some length")
    *_, names = go.Figure(draw_message_map(messages, labels, dict.fromkeys(ends, REST))).data
    assert dict(zip(names.x, names.textposition, strict=True)) == {
        0.0: "middle right",
        50.0: "middle center",
        100.0: "middle left",
    }
