"""Print sentences, tables and JSON. Names that users chose are data, never markup."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDEST = 1_000_000
"""Columns of an unlimited terminal."""

Row = dict[str, str | int | None]


def counted(number: int, noun: str) -> str:
    """Format a number with its noun: `1 event`, `2,000 events`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def say(sentence: str) -> None:
    """Print a sentence on one line, however long."""
    Console().print(Text(sentence), soft_wrap=True)


def print_json(value: object) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def print_rows(rows: Sequence[Mapping[str, str | int | None]], none: str, *, as_json: bool) -> None:
    """Print rows as JSON or as a table; the sentence `none` if there are no rows."""
    if as_json:
        print_json(rows)
    elif rows:
        print_table(rows)
    else:
        say(none)


def print_table(rows: Sequence[Mapping[str, str | int | None]]) -> None:
    """Print rows with the same keys, at least one, under the keys as titles; null is a dash, a boolean yes or no.

    Numbers are right-aligned. On a terminal, words wrap to its width; ids, times and keys stay whole, because people
    copy them. Piped, nothing wraps.
    """
    cells = [[_cell(value) for value in row.values()] for row in rows]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, column in zip(rows[0], zip(*cells, strict=True), strict=True):
        no_wrap = not any(" " in cell for cell in column)
        table.add_column(title, justify=_justify([row[title] for row in rows]), no_wrap=no_wrap, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    console = Console(highlight=False)
    needed = Measurement.get(console, console.options.update(width=WIDEST), table)
    console.width = max(console.width, needed.minimum) if console.is_terminal else needed.maximum
    with console.capture() as captured:
        console.print(table)
    console.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def _justify(column: Sequence[str | int | None]) -> Literal["left", "right"]:
    """Align a column of numbers to the right."""
    values = [value for value in column if value is not None]
    is_number = bool(values) and all(isinstance(value, int) and not isinstance(value, bool) for value in values)
    return "right" if is_number else "left"


def _cell(value: str | int | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)
