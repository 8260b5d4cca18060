"""Tables whose rows become blocks on a phone: every cell says which column it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from dash import html

from dashboard.pages import render_page
from dashboard.ui.tables.responsive_tables import STACKED, stack_tables
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import NASTY

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.view import View


@pytest.mark.parametrize("path", ["/journeys", "/journeys/drop-off", "/sessions", "/segments"])
def test_cells_of_every_table_are_named_like_their_column(look: Callable[..., View], path: str):
    tables = find_all(stack_tables(render_page(look(path, NASTY))), "Table")
    stacked = [table for table in tables if STACKED in table.className.split()]
    assert stacked
    for table in stacked:
        heads, *rows = find_all(table, "Tr")
        names = [words_of(head) for head in heads.children]
        assert rows
        for row in rows:
            for cell, name in list(zip(row.children, names, strict=True))[1:]:
                assert getattr(cell, "data-label", None) in ({None, name} if not name or not words_of(cell) else {name})


def test_table_to_be_read_across_and_down_is_left_alone(look: Callable[..., View]):
    [matrix] = [
        table
        for table in find_all(stack_tables(render_page(look("/journeys/moves"))), "Table")
        if "matrix" in table.className
    ]
    assert STACKED not in matrix.className


def _table(heads: list[Any], *rows: list[Any]) -> html.Table:
    body = [html.Tr([html.Td(cell) for cell in row]) for row in rows]
    return html.Table([html.Thead(html.Tr([html.Th(head) for head in heads])), html.Tbody(body)])


def test_name_of_a_column_is_all_that_its_head_says():
    table = stack_tables(_table(["Group", [html.Bdi("free"), " and ", html.Bdi("team")]], ["Steps", "2.1"]))
    assert getattr(find_all(table, "Td")[1], "data-label") == "free and team"


def test_table_whose_rows_are_uneven_stays_a_table():
    table = stack_tables(_table(["Topic", "Share"], ["Refund"], ["Price", "3%"]))
    assert not hasattr(table, "className")
