"""Opens a file with the reader that its name asks for."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, BinaryIO, cast

from collector.errors import ImportFileError
from collector.readers.csv_rows import CsvRows
from collector.readers.json_lines import JsonLines
from collector.readers.parquet_rows import ParquetRows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from collector.readers.source import Source

JSON_LINES_SUFFIXES = frozenset({".jsonl", ".ndjson"})
CSV_SUFFIX = ".csv"
PARQUET_SUFFIX = ".parquet"
GZIP_SUFFIX = ".gz"


def open_source(path: Path, max_row_bytes: int) -> Source:
    """Open a file to import. Its name decides how it is read: .jsonl, .ndjson and .csv, also with .gz; .parquet.

    Raises:
        ImportFileError: there is no such file, it cannot be opened, its name says none of these, or its head shows that
            it cannot hold events.
    """
    is_zipped = path.suffix.lower() == GZIP_SUFFIX
    suffix = (path.with_suffix("") if is_zipped else path).suffix.lower()
    if suffix == PARQUET_SUFFIX and not is_zipped:
        parquet = ParquetRows(path)
        return _closed_on_error(parquet, parquet.read_header)
    if suffix not in JSON_LINES_SUFFIXES and suffix != CSV_SUFFIX:
        raise ImportFileError(
            f"The name {path.name!r} does not say how to read the file; "
            "allowed are .jsonl, .ndjson and .csv, each also with .gz, and .parquet."
        )
    file = _open(path)
    text = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if is_zipped else file
    size = path.stat().st_size
    if suffix == CSV_SUFFIX:
        rows = CsvRows(path.name, text, file, size, max_row_bytes)
        return _closed_on_error(rows, rows.read_header)
    return JsonLines(path.name, text, file, size, max_row_bytes)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ImportFileError(f"{str(path)!r} cannot be opened: {error.strerror or error}.") from error


def _closed_on_error(source: Source, read_header: Callable[[], None]) -> Source:
    try:
        read_header()
    except ImportFileError:
        source.close()
        raise
    return source
