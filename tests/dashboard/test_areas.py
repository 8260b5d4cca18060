"""The overview of a project whose topics have areas, against SQL of the test's own."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import duckdb
import plotly.graph_objects as go
import pytest

from contracts.home import Home
from dashboard.data.address import Address
from dashboard.data.areas import are_by_area, areas_of
from dashboard.data.published import Published
from dashboard.data.view import View
from dashboard.formatting import chart_label
from dashboard.overview import page as overview
from dashboard.overview.messages_over_time import MAX_AREAS
from dashboard.topics import page as topics
from dashboard.topics.treemap import draw_topic_treemap
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

N_AREAS = 10
BY_AREA = """
    SELECT coalesce(areas.topic_id, if(messages.topic_id IS NULL, 'NONE', 'OTHER')), count(*)
    FROM marts.fct_messages AS messages
    LEFT JOIN marts.dim_topics AS topics ON messages.topic_id = topics.topic_id
    LEFT JOIN marts.dim_topics AS areas ON topics.parent_topic_id = areas.topic_id
    WHERE messages.project_id = $p AND messages.occurred_at::DATE >= $first::DATE GROUP BY 1
"""
FILE_TOPICS = """
    UPDATE marts.dim_topics SET parent_topic_id = 'area_' || (hash(topic_id) % $n_areas)
    WHERE project_id = $p AND field = 'prompt' AND hash(topic_id) % 7 > 0
"""
ADD_AREAS = """
    INSERT INTO marts.dim_topics (project_id, topic_id, field, label, level, n_messages)
    SELECT project_id, parent_topic_id, field, '<b>' || parent_topic_id || '</b>', 1, sum(n_messages)
    FROM marts.dim_topics WHERE project_id = $p AND parent_topic_id IS NOT NULL GROUP BY ALL
"""


@pytest.fixture(scope="module")
def file(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with areas over most of its topics; by itself it has none."""
    copy = tmp_path_factory.mktemp("areas") / "areas.duckdb"
    shutil.copy(Home(sample_home).published.resolve(), copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute(FILE_TOPICS, {"p": ASSISTANT, "n_areas": N_AREAS})
        connection.execute(ADD_AREAS, {"p": ASSISTANT})
    return copy


@pytest.fixture(scope="module")
def look_by_area(file: Path) -> Callable[[str], View]:
    snapshot = Published(file).snapshot()
    return lambda search: View(Address.parse("/", search).but(project=ASSISTANT), snapshot, ASSISTANT)


@pytest.fixture(scope="module")
def bars(look_by_area: Callable[[str], View]) -> Callable[[str], dict[str, Any]]:
    """The bars of the overview's chart by their name."""

    def draw(search: str) -> dict[str, Any]:
        [graph] = find_all(overview.render(look_by_area(search)), "Graph")
        return {bar.name: bar for bar in go.Figure(graph.figure).data if bar.type == "bar"}

    return draw


@pytest.mark.parametrize(("search", "first"), [("", "2026-01-01"), ("period=7d", "2026-05-25")])
def test_overview_stacks_messages_by_area_and_loses_none(
    look_by_area: Callable[[str], View], bars: Callable[[str], dict[str, Any]], search: str, first: str
):
    view = look_by_area(search)
    sizes = dict(view.snapshot.connection.execute(BY_AREA, {"p": ASSISTANT, "first": first}).fetchall())
    drawn = {name: sum(bar.y) for name, bar in bars(search).items()}
    named = {area["label"]: area["topic_id"] for area in areas_of(view.topics)[:MAX_AREAS]}
    assert len(named) == MAX_AREAS
    assert {chart_label(label, 40): sizes[area_id] for label, area_id in named.items()}.items() <= drawn.items()
    assert drawn[chart_label("No topic", 40)] == sizes["NONE"]
    assert sum(drawn.values()) == sum(sizes.values())


def test_overview_gives_an_area_the_same_colour_whatever_days_are_chosen(bars: Callable[[str], dict[str, Any]]):
    always, lately = bars(""), bars("period=7d")
    both = always.keys() & lately.keys()
    assert len(both) > MAX_AREAS // 2
    assert {name: always[name].marker.color for name in both} == {name: lately[name].marker.color for name in both}


def test_overview_by_area_shows_labels_as_text_and_no_colours_of_topics_beside_it(
    look_by_area: Callable[[str], View],
):
    view = look_by_area("")
    page = overview.render(view)
    assert f"<b>{areas_of(view.topics)[0]['topic_id']}</b>" in words_of(page)
    movers = [listed for listed in find_all(overview.changes_cards(view), "Ul") if "movers" in str(listed.className)]
    dots = find_all(movers, "Span")
    assert dots
    assert not any(getattr(item, "className", None) == "dot" for item in dots)


def test_overview_draws_the_day_that_is_not_over_lighter(bars: Callable[[str], dict[str, Any]]):
    shades = {tuple(bar.marker.opacity) for bar in bars("period=7d").values()}
    assert shades == {(1.0,) * 6 + (0.45,)}


def test_topics_page_starts_with_its_table_and_names_the_largest_area_over_the_boxes(
    look_by_area: Callable[[str], View],
):
    view = look_by_area("")
    largest, total = areas_of(view.topics)[0], view.row("message_statuses", field=view.field)["n_messages"]
    words = words_of(topics.render(view))
    title = f"“{largest['label']}” , holds {largest['n_messages'] / total:.1%} of all messages"
    assert 0 < words.index(f"{len(view.topics)} topics in") < words.index(title)


def test_topics_table_that_finds_nothing_says_so_in_the_words_of_the_page(look_by_area: Callable[[str], View]):
    [grid] = find_all(topics.render(look_by_area("")), "AgGrid")
    assert "No topic or typical message" in grid.dashGridOptions["localeText"]["noMatchingRows"]


def test_boxes_have_names_of_a_size_that_can_be_read_or_none(look_by_area: Callable[[str], View]):
    view = look_by_area("")
    layout = go.Figure(draw_topic_treemap(view.topics, view.colours)).layout
    assert (layout.uniformtext.minsize, layout.uniformtext.mode, layout.margin.t) == (10, "hide", 0)


def test_topics_on_a_phone_list_the_areas_where_boxes_have_no_room_for_names(look_by_area: Callable[[str], View]):
    view = look_by_area("")
    [listed] = [
        part for part in find_all(topics.render(view), "Div") if getattr(part, "className", "") == "only-narrow"
    ]
    n_messages = view.row("message_statuses", field=view.field)["n_messages"]
    for area in areas_of(view.topics):
        assert f"{area['label']} {area['n_messages']:,} {area['n_messages'] / n_messages:.1%}" in words_of(listed)


def test_topics_of_which_few_have_an_area_are_not_shown_by_area(look_by_area: Callable[[str], View]):
    found = look_by_area("").topics
    assert are_by_area(found)
    assert not are_by_area([topic | {"area_id": None, "area": None} for topic in found])
    assert not are_by_area([])
