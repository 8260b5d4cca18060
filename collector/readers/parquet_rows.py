"""Parquet: columns as in CSV, or a column `metadata` that is a struct, a map or JSON text. Values keep their types."""

from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from collector.errors import ImportFileError, RejectedError
from collector.readers.columns import Columns, read_columns
from collector.readers.source import SourceRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BATCH_ROWS = 1_000


class ParquetRows:
    """A Parquet file, read a thousand rows at a time."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise ImportFileError(f"{str(path)!r} cannot be read as Parquet: {_first_line(error)}.") from error
        self.size = self._file.metadata.num_rows
        self._columns = Columns((), ())
        self.ignored_columns: tuple[str, ...] = ()
        self._n_read = 0

    def read_header(self) -> None:
        """Read the columns' names; raises `ImportFileError` where they cannot hold events."""
        self._columns = read_columns(self._name, self._file.schema_arrow.names)
        self.ignored_columns = self._columns.ignored

    def position(self) -> int:
        """Return the rows read."""
        return self._n_read

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def rows(self) -> Iterator[SourceRow]:
        """Give the rows; raises `ImportFileError` where the file is damaged."""
        try:
            for batch in self._file.iter_batches(BATCH_ROWS):
                for index in range(batch.num_rows):
                    self._n_read += 1
                    yield self._row(self._n_read, batch.slice(index, 1))
        except (pa.ArrowException, OSError) as error:
            raise ImportFileError(
                f"{self._name!r} cannot be read beyond row {self._n_read}: {_first_line(error)}."
            ) from error

    def _row(self, number: int, row: pa.RecordBatch) -> SourceRow:
        cells: list[Any] = []
        try:
            cells = list(row.to_pylist(maps_as_pydicts="strict")[0].values())
            payload = self._columns.payload([_plain(cell) for cell in cells])
        except RejectedError as problem:
            return SourceRow(number, self._as_json(cells), problem=problem)
        except (pa.ArrowException, ValueError, KeyError, OverflowError) as error:
            # A value that Python cannot hold, such as a date in the year 20,000.
            sentence = f"The row holds a value that cannot be read: {_first_line(error)}."
            return SourceRow(number, self._as_json(cells), problem=RejectedError("INVALID_REQUEST", sentence))
        return SourceRow(number, json.dumps(payload, ensure_ascii=False).encode(), payload)

    def _as_json(self, cells: list[Any]) -> bytes:
        named = dict(zip(self._columns.names, cells, strict=False))
        return json.dumps(named, ensure_ascii=False, default=repr).encode()


def _plain(value: Any) -> Any:
    """Return a value of Parquet as JSON has it: times as ISO 8601, maps as objects; missing parts of structs go.

    Raises:
        RejectedError: JSON has nothing like it.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return None if isnan(value) else value  # how pandas writes what is missing
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case date() | time():
            return value.isoformat()
        case dict():
            return {str(key): _plain(part) for key, part in value.items() if part is not None}
        case list():
            return [_plain(part) for part in value]
    raise RejectedError("INVALID_REQUEST", f"The row holds a value of type {type(value).__name__}, which JSON has not.")


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0].rstrip(".")
