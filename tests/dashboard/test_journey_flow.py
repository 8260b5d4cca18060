"""The flow from rows to boxes and bands with places, and from there to what people see."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import pytest

from dashboard.charts.theme import OTHER, SERIES
from dashboard.data.address import Address
from dashboard.journeys.flow.graph import MORE, OTHER_TOPICS, Flow, make_flow
from dashboard.journeys.flow.layout import ALL_JOURNEYS, HEADING, PAD, WORDS, Box, FlowLayout, lay_out
from dashboard.journeys.flow.picture import FlowPicture
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT, NASTY

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.view import View
    from dashboard.journeys.flow.graph import Link

ROWS: list[dict[str, Any]] = [
    {"step": 1, "source": "START", "target": "a", "n_sessions": 6},
    {"step": 1, "source": "START", "target": "b", "n_sessions": 4},
    {"step": 2, "source": "a", "target": "OTHER", "n_sessions": 5},
    {"step": 2, "source": "a", "target": "END", "n_sessions": 1},
    {"step": 2, "source": "b", "target": "END", "n_sessions": 4},
    {"step": 3, "source": "OTHER", "target": "MORE", "n_sessions": 3},
    {"step": 3, "source": "OTHER", "target": "END", "n_sessions": 2},
]
WHOLE = {"from_topic": None, "to_topic": None, "min_share": 0}
SHAPES = [(2, 3), (4, 5), (6, 12)]


@pytest.fixture(params=SHAPES, ids=str)
def flow(request: pytest.FixtureRequest, look: Callable[..., View]) -> Flow:
    depth, breadth = request.param
    return make_flow(look("/journeys", ASSISTANT).rows("journey_flow", **WHOLE, depth=depth, breadth=breadth))


@pytest.fixture
def layout(flow: Flow) -> FlowLayout:
    return lay_out(flow)


def picture(labels: dict[str, str], colours: dict[str, str]) -> Any:
    return FlowPicture(make_flow(ROWS), labels, colours, Address("/journeys", project="prj_1")).render()


def drawn_bands(page: Any) -> list[dict[str, Any]]:
    [bands] = find_all(page, "Bands")
    return list(bands.bands)


def columns_of(flow: Flow, layout: FlowLayout) -> list[list[Box]]:
    by_column: dict[int, list[Box]] = defaultdict(list)
    for node, box in zip(flow.nodes, layout.boxes, strict=True):
        by_column[node.column].append(box)
    return [by_column[number] for number in sorted(by_column)]


def test_make_flow_puts_largest_on_top_and_end_at_the_bottom():
    assert [[(node.key, node.n_sessions) for node in column] for column in make_flow(ROWS).columns] == [
        [("START", 10)],
        [("a", 6), ("b", 4)],
        [(OTHER_TOPICS, 5), ("END", 5)],
        [(MORE, 3), ("END", 2)],
    ]


def test_lay_out_makes_every_height_its_share_of_all_journeys(flow: Flow, layout: FlowLayout):
    for part, drawn in [*zip(flow.nodes, layout.boxes, strict=True), *zip(flow.links, layout.bands, strict=True)]:
        assert drawn.height == pytest.approx(ALL_JOURNEYS * part.n_sessions / flow.n_sessions)


def test_lay_out_fills_both_sides_of_each_box_without_gap_or_overlap(flow: Flow, layout: FlowLayout):
    leaving, entering = defaultdict(list), defaultdict(list)
    for link, band in zip(flow.links, layout.bands, strict=True):
        leaving[link.source].append((band.left_top, band.left_top + band.height))
        entering[link.target].append((band.right_top, band.right_top + band.height))
    for place, node in enumerate(flow.nodes):
        sides = [entering[place]] if node.key in {"END", MORE} else [leaving[place]]
        sides += [entering[place]] if node.is_topic or node.key == OTHER_TOPICS else []
        box = layout.boxes[place]
        for side in map(sorted, sides):
            assert (side[0][0], side[-1][1]) == (pytest.approx(box.top), pytest.approx(box.top + box.height))
            assert all(above[1] == pytest.approx(below[0]) for above, below in pairwise(side))


def test_lay_out_crosses_no_two_bands_that_share_a_box(flow: Flow, layout: FlowLayout):
    for one, two in combinations(range(len(flow.links)), 2):
        if flow.links[one].source == flow.links[two].source or flow.links[one].target == flow.links[two].target:
            first, second = layout.bands[one], layout.bands[two]
            assert (first.left_top < second.left_top) == (first.right_top < second.right_top)


def test_lay_out_crosses_bands_only_where_their_boxes_are_in_turned_order(flow: Flow, layout: FlowLayout):
    def crossed(one: Link, two: Link) -> bool:
        return (one.source - two.source) * (one.target - two.target) < 0

    for one, two in combinations(range(len(flow.links)), 2):
        if flow.nodes[flow.links[one].source].column == flow.nodes[flow.links[two].source].column:
            first, second = layout.bands[one], layout.bands[two]
            is_crossed = (first.left_top - second.left_top) * (first.right_top - second.right_top) < 0
            assert is_crossed == crossed(flow.links[one], flow.links[two])


def test_lay_out_leaves_room_for_words_above_every_box(flow: Flow, layout: FlowLayout):
    for column in columns_of(flow, layout):
        assert column[0].top == HEADING + WORDS
        for above, below in pairwise(column):
            assert below.top - WORDS >= above.top + above.height + PAD - 0.001
        assert column[-1].top + column[-1].height <= layout.height


def test_lay_out_keeps_columns_apart_and_inside_the_picture(flow: Flow, layout: FlowLayout):
    lanes = [(column[0].left, column[0].right) for column in columns_of(flow, layout)]
    assert lanes[0][0] == 0
    assert lanes[-1][1] == pytest.approx(1)
    gaps = [right[0] - left[1] for left, right in pairwise(lanes)]
    assert min(gaps) == pytest.approx(max(gaps))
    assert min(gaps) > 0


def test_lay_out_of_journeys_that_all_end_at_once_has_three_columns():
    flow = make_flow(
        [
            {"step": 1, "source": "START", "target": "a", "n_sessions": 3},
            {"step": 2, "source": "a", "target": "END", "n_sessions": 3},
        ]
    )
    assert [box.height for box in lay_out(flow).boxes] == [ALL_JOURNEYS] * 3


def test_picture_shows_each_box_with_name_share_and_number():
    words = words_of(picture({"a": "Refunds", "b": "Login"}, {}))
    assert "Start 10" in words
    assert "Refunds 60.0%  6" in words
    assert "Other topics 50.0%  5" in words
    assert "More steps 30.0%  3" in words


def test_picture_links_names_of_topics_to_their_pages_and_numbers_to_sessions():
    hrefs = [link.href for link in find_all(picture({"a": "Refunds", "b": "Login"}, {}), "Link")]
    pages = [href for href in hrefs if href.startswith("/topics/")]
    assert pages == ["/topics/a?project=prj_1", "/topics/b?project=prj_1"]
    assert len(hrefs) - len(pages) == len(make_flow(ROWS).nodes)
    assert "/sessions?project=prj_1&source=START&step=1" in hrefs
    assert "/sessions?project=prj_1&target=OTHER&step=2" in hrefs


def test_picture_says_where_a_band_leads_and_its_share_of_those_there():
    tips = [band["tip"].translate({0x2068: None, 0x2069: None}) for band in drawn_bands(picture({"a": "Refunds"}, {}))]
    assert "Start → Refunds\n6 journeys, 60.0% of all" in tips
    assert "Refunds → End\n1 journey, 16.7% of those there at step 1" in tips
    assert len(tips) == len(ROWS)


def test_picture_gives_bands_the_colour_of_their_source_and_draws_those_of_other_below():
    bands = drawn_bands(picture({}, {"a": SERIES[0]}))
    assert [(*band["ends"], band["colour"]) for band in bands] == [
        (3, 5, ""),
        (3, 6, ""),
        (0, 1, SERIES[0]),
        (0, 2, OTHER),
        (1, 3, SERIES[0]),
        (1, 4, SERIES[0]),
        (2, 4, OTHER),
    ]


def test_picture_of_nasty_labels_is_cut_off_text_in_every_place(look: Callable[..., View]):
    view = look("/journeys", NASTY)
    labels = {row["topic_id"]: row["label"] for row in view.rows("topic_labels")}
    flow = make_flow(view.rows("journey_flow", **WHOLE, depth=6, breadth=12))
    page = FlowPicture(flow, labels, view.colours, view.address).render()
    names = [words_of(name) for name in find_all(page, "Bdi")]
    assert "<script>window.turretWasHacked=1</script>" in names
    assert max(map(len, names)) == 120
    assert max(len(band["tip"]) for band in drawn_bands(page)) < 200
    assert Counter(type(name).__name__ for name in find_all(page, "Bdi")) == {"Bdi": len(flow.nodes)}
