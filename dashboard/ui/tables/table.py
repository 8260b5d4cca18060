"""Plain tables: each column is declared once, with its head and the style of its cells.

On a phone each row becomes a block, and each cell needs its own label: it carries the text of its head, which
`assets/turret.css` shows where the header row has no room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NUMBER = "number"


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        head: the text above it, none if empty; a `Td` is used as it is.
        style: classes of its cells; those of a NUMBER are right-aligned, and so is the head.
        label: the head in plain words, where it is a component.
        head_style: classes of the head, if they differ from those of the style.
        is_row_head: whether its cells are row headers.
    """

    head: Any = ""
    style: str = ""
    label: str = ""
    head_style: str = ""
    is_row_head: bool = False

    def make_head(self) -> html.Td | html.Th:
        """Make the head's cell."""
        if not self.head or isinstance(self.head, html.Td):
            return self.head or html.Td()
        style = self.head_style or (NUMBER if NUMBER in self.style.split() else None)
        return html.Th(self.head, scope="col", className=style)

    def make_cell(self, content: Any, *, is_labelled: bool) -> html.Td | html.Th:
        """Make a cell; a finished cell keeps its own classes."""
        if self.is_row_head:
            return html.Th(content, scope="row")
        cell = content if isinstance(content, html.Td) else html.Td(content, className=self.style or None)
        label = self.label or (self.head if isinstance(self.head, str) else "")
        if is_labelled and label and getattr(cell, "children", None) not in (None, "", []):
            setattr(cell, "data-label", label)
        return cell


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    class_name: str = "table",
    *,
    small: Sequence[bool] = (),
    is_stacked: bool = True,
) -> html.Div:
    """Make a table that scrolls sideways if it is too wide.

    Args:
        columns: from left to right.
        rows: the contents of each row's cells, one for each column; a `Td` is used as it is.
        class_name: classes of the table.
        small: for each row whether its numbers rest on few cases, which makes them faint.
        is_stacked: whether rows become blocks on a phone; not for a matrix, which is read in both directions.

    Raises:
        ValueError: a row has more or fewer cells than there are columns.
    """
    cells = [_cells(columns, row, is_stacked=is_stacked) for row in rows]
    lines = [
        html.Tr(line, className="is-few" if is_small else None)
        for line, is_small in zip(cells, small or [False] * len(cells), strict=True)
    ]
    parts = [html.Thead(html.Tr([column.make_head() for column in columns])), html.Tbody(lines)]
    return html.Div(
        html.Table(parts, className=f"{class_name} is-stacked" if is_stacked else class_name), className="table-scroll"
    )


def _cells(columns: Sequence[Column], row: Sequence[Any], *, is_stacked: bool) -> list[Any]:
    """Make the cells of a row; the first one needs no label, because it is the title of the block."""
    return [
        column.make_cell(content, is_labelled=is_stacked and place > 0)
        for place, (column, content) in enumerate(zip(columns, row, strict=True))
    ]
