"""Plain tables: each column is declared once, with its head and how its cells look.

On a phone each row becomes a block, so each cell has to say by itself which column it is of: it carries the words of
its head, and `assets/turret.css` shows them where the head has no room.
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
        head: what stands above it, nothing if empty; a `Td` stands as it is.
        style: classes of its cells; those of a NUMBER are right-aligned, and so is the head.
        label: the head in plain words, where it is a component.
        head_style: classes of the head, where they are others than the style tells.
        is_row_head: whether its cells head their rows.
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
        """Make a cell; what is a cell already keeps its own classes."""
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
    """Make a table that scrolls sideways where it is too wide.

    Args:
        columns: from left to right.
        rows: the contents of each row's cells, one for each column; a `Td` stands as it is.
        class_name: classes of the table.
        small: for each row whether its numbers rest on few, which are shown faintly.
        is_stacked: whether rows become blocks on a phone, which tables do not that are read across and down at once.

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
    """Make the cells of a row; the first of a block needs no label, for it is its title."""
    return [
        column.make_cell(content, is_labelled=is_stacked and place > 0)
        for place, (column, content) in enumerate(zip(columns, row, strict=True))
    ]
