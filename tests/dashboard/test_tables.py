"""Tables whose rows become blocks on a phone: every cell says which column it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dash import html

from dashboard.pages import render_page
from dashboard.ui.tables.table import NUMBER, Column, table
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import NASTY

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.view import View


@pytest.mark.parametrize("path", ["/journeys", "/journeys/drop-off", "/journeys/friction", "/sessions", "/segments"])
def test_cells_of_every_table_are_named_like_their_column(look: Callable[..., View], path: str):
    tables = find_all(render_page(look(path, NASTY)), "Table")
    stacked = [made for made in tables if "is-stacked" in made.className.split()]
    assert stacked
    for made in stacked:
        heads, *rows = find_all(made, "Tr")
        names = [words_of(head) for head in heads.children]
        assert rows
        for row in rows:
            for cell, name in list(zip(row.children, names, strict=True))[1:]:
                assert getattr(cell, "data-label", None) in ({None, name} if not name or not words_of(cell) else {name})


def test_table_to_be_read_across_and_down_is_left_alone(look: Callable[..., View]):
    [matrix] = [made for made in find_all(render_page(look("/journeys/moves")), "Table") if "matrix" in made.className]
    assert "is-stacked" not in matrix.className
    assert not [cell for cell in find_all(matrix, "Td") if hasattr(cell, "data-label")]


def test_column_aligns_its_head_and_its_cells_alike():
    made = table([Column("Topic"), Column("Share", f"{NUMBER} quiet")], [["Refund", "3%"]])
    [_, head], [_, cell] = find_all(made, "Th"), find_all(made, "Td")
    assert (head.className, cell.className) == (NUMBER, f"{NUMBER} quiet")


def test_column_whose_head_is_a_component_is_named_by_its_label():
    made = table([Column(), Column(html.Bdi("free"), label="free plan")], [["Steps", "2.1"]])
    assert getattr(find_all(made, "Td")[-1], "data-label") == "free plan"


def test_row_with_a_cell_too_few_is_refused():
    with pytest.raises(ValueError, match="shorter"):
        table([Column("Topic"), Column("Share")], [["Refund"]])
