"""Parquet: a table whose values keep their types if JSON has them."""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from decimal import Decimal
from math import isnan
from operator import methodcaller
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from collector.errors import ImportFileError
from collector.imports.readers.source import SourceRow, Unreadable, object_words
from collector.validation import MAX_INTEGER, MIN_INTEGER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BATCH_ROWS = 1_000
BUFFER_BYTES = 1 << 20
"""Without a buffer, each column of a row group is read completely, and some programs write only one group."""


class ParquetRows:
    """A Parquet file, read a thousand rows at a time. Empty values are omitted from their row.

    Raises:
        ImportFileError: it cannot be read as Parquet.
    """

    unit = "row"

    def __init__(self, path: Path) -> None:
        self._name = path.name
        try:
            # Spark's INT96 times exceed the range of nanoseconds.
            self._file = pq.ParquetFile(
                path, buffer_size=BUFFER_BYTES, pre_buffer=False, coerce_int96_timestamp_unit="us"
            )
        except (pa.ArrowException, OSError) as error:
            raise ImportFileError(f"{str(path)!r} cannot be read as Parquet: {_first_line(error)}.") from error
        self.size = self._file.metadata.num_rows
        self.columns = self._file.schema_arrow.names
        self.types = {field.name: _type_words(field.type) for field in self._file.schema_arrow}
        self._n_read = 0

    def position(self) -> int:
        """Return the number of rows read."""
        return self._n_read

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def rows(self) -> Iterator[SourceRow]:
        """Yield the rows; raises `ImportFileError` if the file is damaged."""
        try:
            for batch in self._file.iter_batches(BATCH_ROWS):
                for cells in zip(*(_cells(column) for column in batch.columns), strict=True):
                    self._n_read += 1
                    yield self._row(self._n_read, dict(zip(self.columns, cells, strict=True)))
        except (pa.ArrowException, OSError) as error:
            raise ImportFileError(
                f"{self._name!r} cannot be read beyond row {self._n_read}: {_first_line(error)}."
            ) from error

    def _row(self, number: int, cells: dict[str, Any]) -> SourceRow:
        values: dict[str, Any] = {}
        for name, cell in cells.items():
            try:
                value = _plain(cell)
            except TypeError:
                value = Unreadable(
                    f"{name} has a value that JSON cannot represent; leave the column out with --skip {name}.", cell
                )
            if value is not None and value != "":
                values[name] = value
        return SourceRow(number, json.dumps(values, ensure_ascii=False, default=repr).encode(), values)


def _type_words(kind: pa.DataType) -> str:
    """Return a type in words: string, int64, list of {role, content}."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return f"list of {_type_words(kind.value_type)}"
    if pa.types.is_struct(kind):
        return object_words(field.name for field in kind)
    return "object" if pa.types.is_map(kind) else str(kind)


def _cells(column: pa.Array) -> list[Any]:
    try:
        return list(column.to_pylist(maps_as_pydicts="strict"))
    except (pa.ArrowException, ValueError, KeyError, OverflowError):
        return [_cell(scalar) for scalar in column]


def _cell(scalar: pa.Scalar) -> Any:
    """Return one value; a value that Python cannot hold, such as a time in the year 20,000, is a `pyarrow.Scalar`."""
    try:
        return scalar.as_py(maps_as_pydicts="strict")
    except (pa.ArrowException, ValueError, KeyError, OverflowError):
        return scalar


def _plain(value: Any) -> Any:
    """Convert a Parquet value to JSON: times as ISO 8601, durations in seconds, maps as objects.

    Missing parts of structs are omitted. Binary text and numbers beyond JSON's precision become text.

    Raises:
        TypeError: JSON has no equivalent.
    """
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, str | int):
        return value
    convert = next((convert for kind, convert in PLAIN.items() if isinstance(value, kind)), None)
    if convert is None:
        raise TypeError
    return convert(value)


def _plain_decimal(value: Decimal) -> float | str:
    if value == value.to_integral_value():
        return int(value) if MIN_INTEGER <= value <= MAX_INTEGER else str(int(value))
    number = float(value)
    return number if Decimal(repr(number)) == value else str(value)


def _text(value: bytes) -> str:
    """Return the text in a binary column, as Hive and Impala write it."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise TypeError from None
    if "\0" in text:
        raise TypeError
    return text


PLAIN: dict[type, Callable[[Any], Any]] = {
    float: lambda value: None if isnan(value) else value,  # pandas writes missing values so
    Decimal: _plain_decimal,
    timedelta: timedelta.total_seconds,
    date: methodcaller("isoformat"),  # also of datetime
    time: methodcaller("isoformat"),
    UUID: str,
    bytes: _text,
}


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0].rstrip(".")
