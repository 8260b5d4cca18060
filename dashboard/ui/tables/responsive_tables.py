"""Tables on a phone: each row becomes a block, so each cell has to say by itself which column it is of.

The words come from the table's own head; `assets/turret.css` shows them where the head has no room. It is done here
once for a whole page, so that no table can be forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

if TYPE_CHECKING:
    from collections.abc import Iterator

STACKED = "is-stacked"
PICTURES = frozenset({"matrix", "heat", "differences"})
"""Tables that are read across and down at once, or that have a layout of their own for narrow screens."""


def stack_tables(page: Any) -> Any:
    """Name the column of every cell of a page's tables; gives the page back."""
    for table in _find(page, html.Table):
        names = str(getattr(table, "className", "")).split()
        if not PICTURES.intersection(names) and STACKED not in names:
            _stack(table)
    return page


def _stack(table: Any) -> None:
    """Name the columns, where every row has one cell for each."""
    heads = [_words(head).strip() for row in _rows(table, html.Thead) for head in row.children]
    rows = [row.children for row in _rows(table, html.Tbody)]
    if any(len(cells) != len(heads) for cells in rows):
        return
    for cells in rows:
        for cell, head in zip(cells[1:], heads[1:], strict=True):
            if head and not _is_empty(cell):
                setattr(cell, "data-label", head)
    table.className = f"{getattr(table, 'className', '')} {STACKED}".strip()


def _rows(table: Any, part: type) -> list[Any]:
    return [row for found in _find(table, part) for row in _find(found, html.Tr)]


def _is_empty(cell: Any) -> bool:
    return getattr(cell, "children", None) in (None, "", [])


def _words(part: Any) -> str:
    """What is written in a component, without its marks."""
    if isinstance(part, str | int | float):
        return str(part)
    children = part if isinstance(part, list | tuple) else [getattr(part, "children", None)]
    return "".join(_words(child) for child in children if child is not None)


def _find(part: Any, kind: type) -> Iterator[Any]:
    """Components of a kind, in order; there are no tables within tables."""
    if isinstance(part, list | tuple):
        for child in part:
            yield from _find(child, kind)
    elif isinstance(part, kind):
        yield part
    elif part is not None:
        yield from _find(getattr(part, "children", None), kind)
