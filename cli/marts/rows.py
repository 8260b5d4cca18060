"""Print rows of any DuckDB type as a table, as JSON or as CSV, as they arrive."""

from __future__ import annotations

import csv
import json
import math
import shutil
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any, TextIO

from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Column = tuple[str, str]
"""Name and DuckDB type."""

Page = list[tuple[object, ...]]

MAX_SAFE_INTEGER = 2**53
MIN_COLUMN_WIDTH = 8
GAP = "  "
RIGHT_ALIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
                 "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "NUMBER")  # fmt: skip


def write_json(columns: Sequence[Column], pages: Iterable[Page], out: TextIO) -> None:
    """Write an array of objects. JSON columns stay JSON; NaN and infinities are null; times are ISO 8601."""
    names = unique_names([name for name, _ in columns])
    is_json = [type_ == "JSON" for _, type_ in columns]
    out.write("[")
    separator = "\n"
    for page in pages:
        for row in page:
            values = (
                parsed(value) if json_there else plain(value) for value, json_there in zip(row, is_json, strict=True)
            )
            document = dict(zip(names, values, strict=True))
            out.write(separator + json.dumps(document, ensure_ascii=False, allow_nan=False))
            separator = ",\n"
    out.write("\n]\n" if separator != "\n" else "]\n")


def write_csv(columns: Sequence[Column], pages: Iterable[Page], out: TextIO) -> None:
    """Write CSV with a header and Unix line ends; null is empty, lists and structs are JSON."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([name for name, _ in columns])
    for page in pages:
        writer.writerows([text(value, null="") for value in row] for row in page)


def write_table(columns: Sequence[Column], pages: Iterable[Page], out: TextIO) -> None:
    """Write aligned columns. A terminal's width cuts long values except ids; files and pipes get all of them.

    Widths follow the first page of rows.
    """
    if not columns:
        return
    pages = iter(pages)
    first = [_cells(row) for row in next(pages, [])]
    rest = (_cells(row) for page in pages for row in page)
    headings = [printable(name) for name, _ in columns]
    widths = [max(cell_len(cell) for cell in column) for column in zip(headings, *first, strict=True)]
    if out.isatty():
        is_id = [name.endswith("_id") for name, _ in columns]
        widths = fitted(widths, shutil.get_terminal_size().columns, is_id)
    is_right = [type_.split("(")[0] in RIGHT_ALIGNED for _, type_ in columns]
    out.write(_line(headings, widths, is_right, is_cut=out.isatty()))
    out.write(_line(["─" * width for width in widths], widths, is_right, is_cut=False))
    n_rows = 0
    for cells in chain(first, rest):
        out.write(_line(cells, widths, is_right, is_cut=out.isatty()))
        n_rows += 1
    out.write(f"({n_rows:,} {'row' if n_rows == 1 else 'rows'})\n")


def fitted(widths: Sequence[int], room: int, is_kept: Sequence[bool] = ()) -> list[int]:
    """Return widths that fit into `room` columns, gaps included; the widest shrink first, none below a minimum.

    Columns of ids do not shrink: the line is then longer than the room.
    """
    fitting = list(widths)
    yielding = [place for place in range(len(widths)) if not any(is_kept[place : place + 1])]
    while sum(fitting) + len(GAP) * (len(fitting) - 1) > room:
        widest = max(yielding, key=fitting.__getitem__, default=None)
        if widest is None or fitting[widest] <= MIN_COLUMN_WIDTH:
            break
        fitting[widest] -= 1
    return fitting


def unique_names(names: Sequence[str]) -> list[str]:
    """Number repeated names, because the keys of a JSON object are unique."""
    unique: list[str] = []
    for name in names:
        number, candidate = 0, name
        while candidate in unique:
            number += 1
            candidate = f"{name}_{number}"
        unique.append(candidate)
    return unique


def plain(value: object) -> Any:
    """Convert the value to a JSON type."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, dict):
        return {key if isinstance(key, str) else text(key, null="null"): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    return text(value, null="")


def parsed(value: object) -> Any:
    """Parse the value of a JSON column; invalid JSON stays a string."""
    if not isinstance(value, str):
        return plain(value)
    try:
        return plain(json.loads(value))
    except (ValueError, RecursionError):
        return value


def text(value: object, null: str) -> str:
    """Write the value for people; `null` stands for null."""
    match value:
        case None:
            written = null
        case bool():
            written = str(value).lower()
        case datetime():
            written = value.isoformat(" ")
        case date() | time():
            written = value.isoformat()
        case bytes() | bytearray() | memoryview():
            written = "0x" + bytes(value).hex()
        case dict() | list() | tuple() | set():
            written = json.dumps(plain(value), ensure_ascii=False)
        case _:
            written = str(value)
    return written


def printable(words: str) -> str:
    """Return the text on one line without control characters: texts come from strangers."""
    return "".join(_printable_letter(letter) for letter in words)


def _printable_letter(letter: str) -> str:
    if letter in "\n\r\t\v\f\u2028\u2029":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(letter) in {"Cc", "Cs", "Cf"} else letter


def _number(value: float | Decimal) -> int | float | str | None:
    """Convert to a finite number; a decimal that a double cannot hold stays a string, so that no digit is lost."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not value.is_finite():
        return None
    if value == value.to_integral_value() and abs(value) < MAX_SAFE_INTEGER:
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else str(value)


def _cells(row: Sequence[object]) -> list[str]:
    return [printable(text(value, null="∅")) for value in row]


def _line(cells: Sequence[str], widths: Sequence[int], is_right: Sequence[bool], *, is_cut: bool) -> str:
    """Format one line of the table, without trailing blanks."""
    shown = []
    for cell, width, right in zip(cells, widths, is_right, strict=True):
        free = width - cell_len(cell)
        if free < 0:
            shown.append(set_cell_size(cell, width - 1) + "…" if is_cut else cell)
        else:
            shown.append(" " * free + cell if right else cell + " " * free)
    return GAP.join(shown).rstrip() + "\n"
