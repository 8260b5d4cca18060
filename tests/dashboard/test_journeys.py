"""The pages about journeys: every number equals SQL of the test's own, and leads to as many sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.pages import journeys
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.view import View
    from tests.dashboard.conftest import Marts

P = {"p": ASSISTANT}


def _tables(page: Any, name: str) -> list[Any]:
    return [table for table in find_all(page, "Table") if table.className == name]


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
    assert f"Left out: {single:,} sessions ({single / len(sizes):.1%}) of one step only" in words
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


def test_journeys_tables_hold_every_move(look: Callable[..., View], marts: Marts):
    inside, between = find_all(journeys.render_part(look("/journeys/moves?moves=all"), "moves"), "AgGrid")
    for grid, table in ((inside, "fct_transitions"), (between, "fct_user_transitions")):
        listed = sum(row["n_transitions"] for row in grid.rowData)
        assert listed == marts.one(f"SELECT count(*) FROM marts.{table} WHERE project_id = $p", **P)


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
