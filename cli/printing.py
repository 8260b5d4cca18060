"""How commands print: sentences, tables and JSON. What users named is data, never markup."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Row = dict[str, str | int | None]


def say(sentence: str) -> None:
    """Print a sentence as it is, in one line however long."""
    Console().print(Text(sentence), soft_wrap=True)


def print_json(value: object) -> None:
    """Print a value for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def print_table(rows: Sequence[Mapping[str, str | int | None]]) -> None:
    """Print rows of the same keys, at least one, under these as titles; null is a dash."""
    table = Table(*rows[0], box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text("-" if value is None else str(value)) for value in row.values()))
    Console().print(table)
