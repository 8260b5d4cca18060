"""The pages about journeys: every number equals SQL of the test's own, and leads to as many sessions."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import duckdb
import plotly.graph_objects as go
import pytest

from contracts.home import Home
from contracts.tables import END, START
from dashboard.data.address import Address
from dashboard.data.published import Published
from dashboard.data.query_parameters import flow_choice, session_choice
from dashboard.data.significance import wilson
from dashboard.data.view import View
from dashboard.formatting import points, shorten
from dashboard.journeys import page as journeys
from dashboard.journeys.cohorts import find_cohorts
from dashboard.journeys.compare import CompareCards, nothing_to_compare
from dashboard.journeys.flow.graph import MORE, OTHER_TOPICS
from dashboard.journeys.friction.figure import HEIGHT, MAX_NAMES, ROOM, WIDTH, draw_friction
from dashboard.journeys.goals import GoalCards, no_goal
from dashboard.journeys.matrix import MAX_TINT
from dashboard.pages import render_page
from dashboard.ui.tables.session_table import session_path
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT, NASTY, SAMPLE, TEXTLESS, publish, topic_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dashboard.data.published import Snapshot
    from tests.dashboard.conftest import Marts

P = {"p": ASSISTANT}
TOPIC = topic_id(SAMPLE[0], 2)
_PRO = (
    "project_id = 'prj_00000000000000a1' AND session_id IN "
    "(SELECT session_id FROM marts.fct_session_segments WHERE field = 'plan' AND enum_value = 'pro')"
)
PLANTED = {
    "fct_session_steps": f"UPDATE marts.fct_session_steps SET topic_id = $topic WHERE step = 1 AND {_PRO}",
    "fct_transitions": "UPDATE marts.fct_transitions SET to_topic_id = CASE WHEN step = 1 THEN $topic ELSE to_topic_id "
    f"END, from_topic_id = CASE WHEN step = 2 THEN $topic ELSE from_topic_id END WHERE {_PRO}",
    "fct_session_paths": "UPDATE marts.fct_session_paths SET path = [$topic] || path[2:], variant_id = "
    f"md5(([$topic] || path[2:])::VARCHAR) WHERE n_steps > 0 AND {_PRO}",
}


def _tables(page: Any, name: str) -> list[Any]:
    return [table for table in find_all(page, "Table") if name in table.className]


def test_journeys_of_all_sessions_shows_the_top_paths_with_running_share(look: Callable[..., View], marts: Marts):
    words = words_of(journeys.render(look("/journeys?listed=5&paths=all")))
    shares = marts.all(
        "SELECT session_share, running_share FROM marts.agg_journey_variants "
        "WHERE project_id = $p AND variant_rank <= 5 ORDER BY variant_rank",
        **P,
    )
    for own, running in shares:
        assert f"{own:.1%} {running:.1%}" in words
    n_paths = marts.one("SELECT count(*) FROM marts.agg_journey_variants WHERE project_id = $p", **P)
    assert f"The 5 most frequent of {n_paths:,} paths cover {shares[-1][1]:.1%} of sessions" in words


def test_journeys_lists_paths_of_two_steps_and_says_what_is_left_out(look: Callable[..., View], marts: Marts):
    words = words_of(journeys.render(look("/journeys")))
    sizes = [size for (size,) in marts.all("SELECT n_steps FROM marts.fct_session_paths WHERE project_id = $p", **P)]
    single, without = sizes.count(1), sizes.count(0)
    assert f"Left out: {single:,} sessions ({single / len(sizes):.1%}) with a single step" in words
    assert f"{without:,} ({without / len(sizes):.1%}) without a topic" in words
    [table] = _tables(journeys.render(look("/journeys")), "table paths")
    paths = find_all(find_all(table, "Tbody")[0], "Tr")
    assert len(paths) == 15
    assert all(len(find_all(path, "Link")) > 1 for path in paths)


def test_journeys_table_has_no_column_that_is_empty(look: Callable[..., View]):
    for address in ("/journeys", "/journeys?paths=all&listed=3"):
        [table] = _tables(journeys.render(look(address)), "table paths")
        columns = zip(*(map(words_of, row.children) for row in find_all(table, "Tr")), strict=True)
        assert all(set(column[1:]) - {"", "0"} for column in columns)


def test_moves_that_are_equally_frequent_are_said_to_be(look: Callable[..., View]):
    view = look("/journeys/moves?period=dates&from=2026-05-26&to=2026-05-26&is.plan=pro")
    rows = view.rows("transitions", with_ends=False, listed=4)
    assert [row["n_transitions"] for row in rows] == [2, 2, 2, 1]
    words = words_of(journeys.render_part(view, "moves"))
    assert "No move is more frequent than" in words
    assert "(2 times); 2 others are as frequent" in words


def test_journeys_tables_hold_every_move(look: Callable[..., View], marts: Marts):
    inside, between = find_all(journeys.render_part(look("/journeys/moves?moves=all"), "moves"), "AgGrid")
    for grid, table in ((inside, "fct_transitions"), (between, "fct_user_transitions")):
        listed = sum(row["n_transitions"] for row in grid.rowData)
        assert listed == marts.one(f"SELECT count(*) FROM marts.{table} WHERE project_id = $p", **P)


def test_journeys_of_many_pairs_list_the_most_frequent_and_count_all(
    look: Callable[..., View], marts: Marts, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dashboard.journeys.transitions.MAX_PAIRS", 3)
    page = journeys.render_part(look("/journeys/moves?moves=all"), "moves")
    for grid, table in zip(find_all(page, "AgGrid"), ("fct_transitions", "fct_user_transitions"), strict=True):
        pairs = marts.all(
            f"SELECT count(*) AS n FROM marts.{table} WHERE project_id = $p"
            " GROUP BY from_topic_id, to_topic_id ORDER BY n DESC",
            **P,
        )
        assert [row["n_transitions"] for row in grid.rowData] == [n for (n,) in pairs[:3]]
        assert f"The 3 most frequent of {len(pairs):,} pairs are listed" in words_of(page)
    assert f"{marts.one('SELECT count(*) FROM marts.fct_transitions WHERE project_id = $p', **P):,} moves" in words_of(
        page
    )


def test_journeys_moves_between_topics_leave_out_starts_and_ends(look: Callable[..., View], marts: Marts):
    page = journeys.render_part(look("/journeys/moves"), "moves")
    [inside, _] = find_all(page, "AgGrid")
    moves = marts.one(
        "SELECT count(*) FROM marts.fct_transitions "
        "WHERE project_id = $p AND from_topic_id != 'START' AND to_topic_id != 'END'",
        **P,
    )
    assert sum(row["n_transitions"] for row in inside.rowData) == moves
    assert f"{moves:,} moves between neighbouring steps" in words_of(page)


def _hrefs_with_numbers(page: Any) -> list[tuple[int, str]]:
    """Links to sessions whose words end in a number, with the number: what is counted there has to be as many."""
    found = []
    for link in find_all(page, "Link"):
        number = re.search(r"(?<![\d.,])([\d,]+)\)?$", words_of(link).strip())
        if link.href.startswith("/sessions?") and number:
            found.append((int(number[1].replace(",", "")), link.href))
    return found


def _n_sessions(look: Callable[..., View], href: str, project: str = ASSISTANT) -> int:
    view = look(href, project)
    rows = view.rows("sessions", **session_choice(view, None))
    return rows[0]["n_found"] if rows else 0


def _page(look: Callable[..., View], address: str) -> Any:
    return render_page(look(address))


FILTERS = ("", "is.plan=pro", "period=dates&from=2026-04-20&to=2026-05-10&event=follow_up")


@pytest.mark.parametrize("chosen", FILTERS)
@pytest.mark.parametrize(
    "address",
    ["/journeys?breadth=3", f"/journeys?depth=2&breadth=3&from_topic={TOPIC}",
     f"/journeys?breadth=3&least=5&to_topic={TOPIC}", "/journeys/drop-off?listed=6", "/journeys/goals?listed=5",
     "/journeys/friction?listed=6",
     "/journeys/goals?listed=3&goal=Stayed", "/journeys/compare?by=plan&a=free&b=team"],
)  # fmt: skip
def test_every_number_leads_to_as_many_sessions(look: Callable[..., View], address: str, chosen: str):
    links = _hrefs_with_numbers(_page(look, f"{address}{'&' if '?' in address else '?'}{chosen}"))
    assert links
    for number, href in links:
        assert _n_sessions(look, href) == number, href


def test_every_band_leads_to_as_many_sessions_as_it_stands_for(look: Callable[..., View]):
    page = _page(look, f"/journeys?depth=2&breadth=3&from_topic={TOPIC}")
    [bands] = find_all(page, "Bands")
    for band in bands.bands:
        number = re.search(r"\n([\d,]+) journeys?,", band["tip"])
        assert number
        assert _n_sessions(look, band["href"]) == int(number[1].replace(",", ""))


def test_every_cell_of_the_matrix_leads_to_the_sessions_it_names(look: Callable[..., View]):
    [matrix] = _tables(_page(look, "/journeys/moves?top=6&is.plan=pro"), "matrix")
    cells = [cell for cell in find_all(matrix, "Td") if find_all(cell, "Link")]
    assert len(cells) > 25
    for cell in cells:
        [link] = find_all(cell, "Link")
        number = re.search(r"([\d,]+) sessions?$", cell.title)
        assert number
        assert _n_sessions(look, link.href) == int(number[1].replace(",", ""))


def _walked(path: list[str], anchor: str | None, *, is_backward: bool) -> list[str] | None:
    """The topics of a path after (or, backward, before) its first visit to the anchor; None where it has none."""
    if anchor is None:
        return path or None
    if anchor not in path:
        return None
    place = path.index(anchor)
    return path[:place][::-1] if is_backward else path[place + 1 :]


@pytest.mark.parametrize("is_backward", [False, True])
@pytest.mark.parametrize(("depth", "breadth", "least"), [(2, 3, 0), (4, 5, 2), (6, 12, 10)])
def test_flow_of_a_topic_equals_what_the_paths_say(  # noqa: PLR0913, PLR0917
    look: Callable[..., View],
    marts: Marts,
    depth: int,
    breadth: int,
    least: int,
    is_backward: bool,  # noqa: FBT001
):
    key = "to_topic" if is_backward else "from_topic"
    view = look(f"/journeys?{key}={TOPIC}&depth={depth}&breadth={breadth}&least={least}")
    paths = [path for (path,) in marts.all("SELECT path FROM marts.fct_session_paths WHERE project_id = $p", **P)]
    walks = [walk for path in paths if (walk := _walked(path, TOPIC, is_backward=is_backward)) is not None]
    named = []
    for step in range(depth):
        sizes = Counter(walk[step] for walk in walks if len(walk) > step)
        ranked = sorted(sizes, key=lambda topic: (-sizes[topic], topic))[:breadth]
        named.append({topic for topic in ranked if sizes[topic] >= len(walks) * least / 100})
    far_end = START if is_backward else END
    expected: Counter[tuple[int, str, str]] = Counter()
    for walk in walks:
        boxes = [topic if topic in named[step] else OTHER_TOPICS for step, topic in enumerate(walk[:depth])]
        boxes.append(MORE if len(walk) > depth else far_end)
        expected.update((step, *ends) for step, ends in enumerate(pairwise([TOPIC, *boxes]), start=1))
    rows = view.rows("journey_flow", **flow_choice(view.address))
    assert {(row["step"], row["source"], row["target"]): row["n_sessions"] for row in rows} == dict(expected)


def test_flow_up_to_a_topic_ends_at_it_on_the_right(look: Callable[..., View]):
    page = _page(look, f"/journeys?to_topic={TOPIC}&depth=2")
    boxes = [box for box in find_all(page, "Div") if str(getattr(box, "className", "")).startswith("flow-box")]
    right = max(boxes, key=lambda box: float(box.style["left"].rstrip("%")))
    assert f"/topics/{TOPIC}" in find_all(right, "Link")[0].href
    assert "100%" in words_of(right)


def test_flow_of_a_topic_says_that_other_numbers_are_of_all_journeys(look: Callable[..., View]):
    words = words_of(_page(look, f"/journeys?from_topic={TOPIC}"))
    assert "All journeys 2," in words
    assert "All journeys: the 15 most frequent of" in words
    assert "All journeys" not in words_of(_page(look, "/journeys"))


def test_flow_of_a_topic_that_no_journey_passed_says_so(look: Callable[..., View]):
    assert "No journey passed  “nothing”" in words_of(_page(look, "/journeys?from_topic=nothing"))


def test_matrix_has_rows_that_sum_to_one_and_the_moves_of_the_marts(look: Callable[..., View], marts: Marts):
    rows = look().rows("transition_matrix", top_n=6)
    totals: Counter[str] = Counter()
    for row in rows:
        totals[row["source"]] += row["source_share"]
    assert totals == pytest.approx(dict.fromkeys(totals, 1))
    assert len(totals) == 8
    moves = marts.all("SELECT from_topic_id, to_topic_id FROM marts.fct_transitions WHERE project_id = $p", **P)
    visits = Counter(target for _, target in moves if target != END)
    largest = {topic for topic, _ in sorted(visits.items(), key=lambda item: (-item[1], item[0]))[:6]}
    kept = largest | {START, END}
    expected = Counter(tuple(end if end in kept else OTHER_TOPICS for end in move) for move in moves)
    assert {(row["source"], row["target"]): row["n_transitions"] for row in rows} == dict(expected)


def test_matrix_is_darkest_where_most_goes_to_a_topic_and_grey_where_it_ends(look: Callable[..., View]):
    [table] = _tables(_page(look, "/journeys/moves"), "matrix")
    cells = [cell for cell in find_all(table, "Td") if getattr(cell, "style", None)]
    heat: dict[str | None, list[float]] = {None: [], "is-plain": []}
    for cell in cells:
        heat[getattr(cell, "className", None)].append(float(cell.style["--heat"]))
    assert max(heat[None]) == MAX_TINT
    ends = [cell for cell in cells if cell.title.split(": ")[0].endswith(("→ End", "→ Other topics"))]
    assert ends
    assert {cell.className for cell in ends} == {"is-plain"}


def test_moves_made_are_those_of_the_marts(look: Callable[..., View], marts: Marts):
    own = marts.all(
        "SELECT from_topic_id, to_topic_id, n_transitions, n_sessions FROM marts.agg_transitions WHERE project_id = $p",
        **P,
    )
    assert {tuple(row.values()) for row in look().rows("moves_made")} == set(own)


def test_drop_off_without_filters_is_that_of_the_marts(look: Callable[..., View], marts: Marts):
    rows = look().rows("drop_off")
    own = marts.all(
        "SELECT topic_id, n_steps, n_exits, drop_off_share, is_small_cell FROM marts.agg_topic_flow "
        "WHERE project_id = $p",
        **P,
    )
    assert {tuple(row.values()) for row in rows} == set(own)
    assert [row["is_small_cell"] for row in rows] == sorted(row["is_small_cell"] for row in rows)


def test_drop_off_seen_through_filters_counts_ends_of_their_paths(look: Callable[..., View], marts: Marts):
    rows = look("/?is.plan=pro").rows("drop_off")
    paths = marts.all(
        "SELECT path FROM marts.fct_session_paths JOIN marts.fct_session_segments USING (project_id, session_id) "
        "WHERE project_id = $p AND field = 'plan' AND enum_value = 'pro' AND n_steps > 0",
        **P,
    )
    visits = Counter(topic for (path,) in paths for topic in path)
    exits = Counter(path[-1] for (path,) in paths)
    assert {row["topic_id"]: (row["n_visits"], row["n_exits"]) for row in rows} == {
        topic: (visits[topic], exits[topic]) for topic in visits
    }


def test_drop_off_has_the_change_since_the_days_before(look: Callable[..., View]):
    chosen = "/journeys/drop-off?period=dates&from=2026-05-11&to=2026-05-24"
    now, before = (
        look(address).rows("drop_off")
        for address in (chosen, "/journeys/drop-off?period=dates&from=2026-04-27&to=2026-05-10")
    )
    shares = {row["topic_id"]: row["drop_off_share"] for row in before}
    [table] = find_all(_page(look, f"{chosen}&compare=before"), "Table")
    lines = [words_of(line) for line in find_all(find_all(table, "Tbody")[0], "Tr")]
    for line, row in zip(lines, now, strict=False):
        assert points(row["drop_off_share"], shares[row["topic_id"]]) in line
    assert "Change" not in words_of(_page(look, chosen))


def test_friction_without_filters_is_that_of_the_marts(look: Callable[..., View], marts: Marts):
    rows = look().rows("friction")
    own = marts.all(f"SELECT {', '.join(rows[0])} FROM marts.agg_topic_friction WHERE project_id = $p", **P)
    assert {tuple(row.values()) for row in rows} == set(own)
    assert [row["excess_sessions"] for row in rows] == sorted((row["excess_sessions"] for row in rows), reverse=True)


def test_friction_share_leads_to_the_sessions_with_friction(look: Callable[..., View]):
    page = _page(look, "/journeys/friction?is.plan=pro")
    [table] = _tables(page, "friction")
    lines = find_all(find_all(table, "Tbody")[0], "Tr")
    rows = look("/?is.plan=pro").rows("friction")
    for line, row in zip(lines, rows, strict=False):
        [link] = [link for link in find_all(line, "Link") if "sign=friction" in link.href] or [None]
        assert (_n_sessions(look, link.href) if link else 0) == row["n_friction"]
    assert sum(row["n_friction"] for row in rows) > 0


@pytest.mark.parametrize(("order", "key"), [("share", "friction_share"), ("sessions", "n_sessions")])
def test_friction_is_sorted_as_chosen(look: Callable[..., View], order: str, key: str):
    [table] = _tables(_page(look, f"/journeys/friction?order={order}&listed=500"), "friction")
    names = [words_of(find_all(line, "Td")[0]) for line in find_all(find_all(table, "Tbody")[0], "Tr")]
    view = look()
    few_last = order == "share"
    rows = sorted(view.rows("friction"), key=lambda row: (row["is_small_cell"] and few_last, -row[key]))
    assert len(names) == len(rows)
    assert all(shorten(view.labels[row["topic_id"]], 20)[:15] in name for name, row in zip(names, rows, strict=True))


def test_friction_of_the_days_before_is_compared(look: Callable[..., View]):
    chosen = "/journeys/friction?period=dates&from=2026-05-11&to=2026-05-24"
    now, before = (
        look(address).rows("friction")
        for address in (chosen, "/journeys/friction?period=dates&from=2026-04-27&to=2026-05-10")
    )
    shares = {row["topic_id"]: row["friction_share"] for row in before}
    [table] = _tables(_page(look, f"{chosen}&compare=before"), "friction")
    lines = [words_of(line) for line in find_all(find_all(table, "Tbody")[0], "Tr")]
    for line, row in zip(lines, now, strict=False):
        assert points(row["friction_share"], shares[row["topic_id"]]) in line


def test_names_on_the_picture_of_friction_cover_neither_points_nor_one_another():
    rows = [
        {
            "topic_id": f"t{n}",
            "n_sessions": 30 + 7 * (n % 40),
            "friction_share": 0.2 + (n % 13) / 40,
            "excess_sessions": float(n % 17),
            "usual_friction_share": 0.2,
            "is_small_cell": n % 11 == 0,
        }
        for n in range(60)
    ]
    _, points_drawn = go.Figure(draw_friction(rows, {}, {}, {"t5"})).data
    x_scale = WIDTH / (ROOM * max(points_drawn.x))
    y_scale = HEIGHT / (ROOM * max(points_drawn.y))
    places = [(x * x_scale, y * y_scale) for x, y in zip(points_drawn.x, points_drawn.y, strict=True)]
    drawn = zip(places, points_drawn.text, points_drawn.textposition, strict=True)
    names = [_name_box(*place, text, position) for place, text, position in drawn if text]
    assert 2 < len(names) <= MAX_NAMES
    radius = 5
    points_as_boxes = [(x - radius, x + radius, y - radius, y + radius) for x, y in places]
    for number, name in enumerate(names):
        others = [*names[:number], *names[number + 1 :], *points_as_boxes]
        assert not [other for other in others if _do_overlap(name, other)]
    assert not any(row["is_small_cell"] for row, text in zip(rows, points_drawn.text, strict=True) if text)


def _name_box(x: float, y: float, text: str, position: str) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a name in pixels, at six pixels a character and fourteen a line."""
    width, vertical = 6 * len(text.strip("\u2068\u2069")), {"top": 15, "middle": 0, "bottom": -15}
    left = {"right": x + 6, "left": x - 6 - width, "center": x - width / 2}[position.split()[1]]
    middle = y + vertical[position.split(maxsplit=1)[0]]
    return left, left + width, middle - 7, middle + 7


def _do_overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


@pytest.mark.parametrize("part", ["moves", "goals"])
def test_pages_of_the_chosen_days_alone_say_so_where_days_are_compared(look: Callable[..., View], part: str):
    said = "This tab shows the selected days only"
    assert said in words_of(_page(look, f"/journeys/{part}?period=7d&compare=before"))
    assert said not in words_of(_page(look, f"/journeys/{part}?period=7d"))


def test_goals_without_filters_are_those_of_the_marts(look: Callable[..., View], marts: Marts):
    rows = look().rows("goal_conversions")
    own = marts.all(
        "SELECT goal, n_sessions, n_reached, reached_share FROM marts.agg_goals WHERE project_id = $p ORDER BY 1", **P
    )
    assert [(row["goal"], row["n_sessions"], row["n_reached"], row["reached_share"]) for row in rows] == own
    assert len(own) == 2
    for row in rows:
        interval = wilson(row["n_reached"], row["n_sessions"])
        assert (row["reached_low"], row["reached_high"]) == pytest.approx((interval.low, interval.high))


def test_goal_by_topic_and_path_counts_sessions_that_reach_it(look: Callable[..., View], marts: Marts):
    view = look("/journeys/goals")
    judged = marts.all(
        "SELECT path, variant_id, is_reached FROM marts.fct_goal_sessions "
        "JOIN marts.fct_session_paths USING (project_id, session_id) "
        "WHERE project_id = $p AND goal = 'Stayed' AND n_steps > 0",
        **P,
    )
    by_topic: dict[str, list[bool]] = {}
    by_path: dict[str, list[bool]] = {}
    for path, variant, is_reached in judged:
        by_path.setdefault(variant, []).append(is_reached)
        for topic in set(path):
            by_topic.setdefault(topic, []).append(is_reached)
    topics = view.rows("goal_topics", goal="Stayed")
    paths = view.rows("goal_variants", goal="Stayed", listed=10**9)
    for rows, key, expected in ((topics, "topic_id", by_topic), (paths, "variant_id", by_path)):
        assert {row[key]: (row["n_sessions"], row["n_reached"]) for row in rows} == {
            name: (len(reached), sum(reached)) for name, reached in expected.items()
        }
    after = marts.all(
        "WITH visits AS (SELECT session_id, topic_id, min(started_at) AS first_at FROM marts.fct_session_steps "
        "WHERE project_id = $p GROUP BY ALL) SELECT topic_id, count(*) FILTER (reached_at >= first_at) FROM visits "
        "JOIN marts.fct_goal_sessions USING (session_id) WHERE project_id = $p AND goal = 'Stayed' GROUP BY 1",
        **P,
    )
    assert {row["topic_id"]: row["n_reached_after"] for row in topics} == dict(after)
    journeys_row = view.row("goal_journeys", goal="Stayed")
    assert tuple(journeys_row.values()) == (
        sum(reached for _, _, reached in judged),
        sum(not reached for _, _, reached in judged),
    )


def test_goals_page_without_goals_says_how_to_set_one(look: Callable[..., View], snapshot: Snapshot):
    foreign = View(Address("/journeys/goals", project=TEXTLESS), snapshot, TEXTLESS)
    assert GoalCards.of(foreign, {}) is None
    assert "No goal yet" in words_of(no_goal(look("/journeys/goals")))


def test_compare_of_days_shows_both_periods_with_their_counts(look: Callable[..., View], marts: Marts):
    words = words_of(_page(look, "/journeys/compare?period=7d&compare=before"))
    counts = marts.all(
        "SELECT count(*) FILTER (started_at >= TIMESTAMP '2026-05-25'), count(*) FILTER (started_at < "
        "TIMESTAMP '2026-05-25') FROM marts.fct_session_paths WHERE project_id = $p AND n_steps > 0 "
        "AND started_at >= TIMESTAMP '2026-05-18' AND started_at < TIMESTAMP '2026-06-01'",
        **P,
    )
    assert "25 to 31 May 2026  against  18 to 24 May 2026" in words
    assert f"Journeys {counts[0][0]} {counts[0][1]}" in words


def test_compare_with_days_that_hold_nothing_says_so_instead_of_showing_zeros(look: Callable[..., View]):
    page = _page(look, "/journeys/compare?period=dates&from=2026-04-06&to=2026-04-12&compare=before")
    assert "“30 March to 5 April 2026”  has no journeys to compare" in words_of(page)
    assert find_all(page, "Table") == []


def test_compare_says_in_one_line_what_does_not_differ_and_how_much_was_tested(look: Callable[..., View]):
    cohorts = find_cohorts(look("/journeys/compare?by=plan"))
    assert cohorts is not None
    findings = {each.what: finding for each, finding in CompareCards(look(), {}, cohorts).find()}
    finding = findings["move"]
    assert not finding.differences
    titles = [words_of(title) for title in find_all(_page(look, "/journeys/compare?by=plan"), "H2")]
    assert titles[-1].startswith("No topic, no move and no path differs by more than chance (")
    assert f", {finding.n_tested} and " in titles[-1]
    assert len(titles) == 2


def test_compare_counts_each_group_by_itself(look: Callable[..., View], marts: Marts):
    cohorts = find_cohorts(look("/journeys/compare?by=plan"))
    assert cohorts is not None
    named = {group.name: view for group, view in zip(cohorts.groups, cohorts.views, strict=True)}
    for plan, view in named.items():
        own = marts.all(
            "SELECT topic_id, count(DISTINCT session_id) FROM marts.fct_session_steps "
            "JOIN marts.fct_session_segments USING (project_id, session_id) "
            "WHERE project_id = $p AND field = 'plan' AND enum_value = $plan GROUP BY 1",
            **P,
            plan=plan,
        )
        assert {row["topic_id"]: row["n_sessions"] for row in view.rows("topic_visits")} == dict(own)


@pytest.mark.parametrize(
    ("address", "sides"),
    [("?by=plan&a=team&b=pro", ("team", "pro")), ("?by=plan&a=team&b=team", ("team", None)),
     ("?by=nothing&a=x&b=y", (None, None)), ("?by=plan&b=free&is.plan=pro", (None, "free"))],
)  # fmt: skip
def test_compare_takes_two_different_values_whatever_the_address_says(
    look: Callable[..., View], address: str, sides: tuple[str | None, str | None]
):
    cohorts = find_cohorts(look(f"/journeys/compare{address}"))
    assert cohorts is not None
    names = [group.name for group in cohorts.groups]
    assert names[0] != names[1]
    assert all(expected in {None, name} for name, expected in zip(names, sides, strict=True))
    assert all(("plan", group.name) in group.address.values for group in cohorts.groups)


def test_compare_of_nothing_says_what_can_be_compared(look: Callable[..., View], snapshot: Snapshot):
    assert "Nothing to compare yet" in words_of(nothing_to_compare(look("/journeys/compare")))
    assert find_cohorts(View(Address(project="prj_0"), snapshot, "prj_0")) is None


@pytest.mark.parametrize("part", ["", "/moves", "/drop-off", "/friction", "/goals", "/compare"])
@pytest.mark.parametrize("chosen", ["?is.plan=nothing", "?period=7d&is.plan=free&event=follow_up", "?listed=500"])
def test_pages_are_made_whatever_is_chosen(look: Callable[..., View], part: str, chosen: str):
    page = render_page(look(f"/journeys{part}{chosen}", NASTY))
    assert words_of(find_all(page, "H1")[0])
    assert find_all(page, "Markdown") == find_all(page, "DangerouslySetInnerHTML") == []


def test_compare_names_planted_differences_and_leads_to_their_sessions(tmp_path: Path):
    """Sessions of one plan that all pass one topic first: the topic, the way in and the paths differ, and say so."""
    publish(tmp_path, (replace(SAMPLE[0], n_sessions=800),))
    with duckdb.connect(str(Home(tmp_path).published.resolve())) as connection:
        for table in ("fct_session_steps", "fct_transitions", "fct_session_paths"):
            connection.execute(PLANTED[table], {"topic": TOPIC})
        connection.execute("update marts.fct_sessions set user_id = session_id")  # else one user has half of them
    snapshot = Published(Home(tmp_path).published).snapshot()

    def planted(address: str, _project: str = ASSISTANT) -> View:
        path, _, search = address.partition("?")
        return View(Address.parse(path, search).but(project=ASSISTANT), snapshot, ASSISTANT)

    page = render_page(planted("/journeys/compare?by=plan&a=pro&b=free"))
    tables = [words_of(table) for table in find_all(page, "Table")]
    label = next(row["label"] for row in planted("/").rows("topic_labels") if row["topic_id"] == TOPIC)
    assert label in tables[1]
    assert f"Start → {label}" in tables[2]
    links = _hrefs_with_numbers(page)
    assert len(links) > 4
    for number, href in links:
        assert _n_sessions(planted, href) == number


def test_a_step_of_a_path_is_one_component_with_the_label_as_its_only_text(look: Callable[..., View]):
    """Each component costs the browser time, and paths are what pages have most of."""
    view = look("/journeys", NASTY)
    topics = [topic["topic_id"] for topic in view.topics]
    path = session_path(view, topics, view.labels)
    links, arrows = path.children[::2], path.children[1::2]
    assert [link.children for link in links] == [shorten(view.labels[topic], 40) for topic in topics]
    assert set(arrows) == {"→"}
    assert [link.style["--topic"] for link in links] == [view.colours[topic] for topic in topics]
