"""Open a file with the reader for its name."""

from __future__ import annotations

import gzip
import io
import json
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO, cast

import pyarrow as pa

from collector.errors import ImportFileError
from collector.imports.readers.csv_rows import CsvRows
from collector.imports.readers.json_lines import JsonLines, Utf8Lines
from collector.imports.readers.json_values import JsonValues
from collector.imports.readers.parquet_rows import ParquetRows
from collector.imports.readers.source import READ_ERRORS, TextFile

if TYPE_CHECKING:
    from pathlib import Path

    from collector.imports.options import ImportOptions
    from collector.imports.readers.source import Source

JSON_SUFFIXES = frozenset({".jsonl", ".ndjson", ".json"})
TABLE_DELIMITERS = {".csv": None, ".tsv": "\t"}
PARQUET_SUFFIX = ".parquet"
GZIP_SUFFIX = ".gz"
ZSTD_SUFFIX = ".zst"
ZSTD_READ_BYTES = 1 << 14
"""Maximum loss at a damaged block: the rest of a truncated file is not decompressed."""
BOMS = {BOM_UTF8: "utf-8-sig", BOM_UTF16_LE: "utf-16", BOM_UTF16_BE: "utf-16"}
SNIFFED_BYTES = 1 << 12


def can_be_read(name: str) -> bool:
    """Say whether a file's name is of a known kind."""
    suffix, packing = _kind(name)
    return suffix in JSON_SUFFIXES or suffix in TABLE_DELIMITERS or (suffix == PARQUET_SUFFIX and not packing)


def open_source(path: Path, options: ImportOptions, max_row_bytes: int) -> Source:
    """Open a file to import. Its name decides how it is read.

    Raises:
        ImportFileError: there is no such file, it cannot be opened, its name is of no known kind, or its head
            shows that it cannot hold events.
    """
    if path.suffix.lower() == PARQUET_SUFFIX:
        return ParquetRows(path)
    _check_name(path.name)
    try:
        file = path.open("rb")
    except OSError as error:
        raise ImportFileError(f"{str(path)!r} cannot be opened: {error.strerror or error}.") from error
    return open_stream(path.name, file, path.stat().st_size, options, max_row_bytes)


def open_stream(name: str, file: BinaryIO, n_bytes: int, options: ImportOptions, max_row_bytes: int) -> Source:
    """Open a text file that is read from a stream, such as one within a zip; see `open_source`.

    Raises:
        ImportFileError: its name is of no known kind, or its head shows that it cannot hold events.
    """
    suffix, packing = _kind(name)
    _check_name(name)
    if suffix == PARQUET_SUFFIX:
        raise ImportFileError(f"{name!r} is a Parquet file in a zip, which cannot be read; unpack the zip first.")
    text = TextFile(name, file, _unpacked(file, packing), n_bytes)
    try:
        head = cast("io.BufferedReader", text.bytes).peek(SNIFFED_BYTES)[:SNIFFED_BYTES]
        text.encoding = options.encoding or _sniff_encoding(name, head)
        if suffix in TABLE_DELIMITERS:
            return CsvRows(text, options, options.delimiter or TABLE_DELIMITERS[suffix], max_row_bytes)
        return _json_source(text, head, is_lines=suffix != ".json", max_row_bytes=max_row_bytes)
    except READ_ERRORS as error:
        text.close()
        raise ImportFileError(f"{name!r} cannot be read: {error}.") from error
    except ImportFileError:
        text.close()
        raise


def _kind(name: str) -> tuple[str, str]:
    """Return the suffixes of a name: its kind of text, and its compression."""
    path = PurePath(name.lower())
    packing = path.suffix if path.suffix in {GZIP_SUFFIX, ZSTD_SUFFIX} else ""
    return (path.with_suffix("") if packing else path).suffix, packing


def _check_name(name: str) -> None:
    if not can_be_read(name):
        raise ImportFileError(
            f"The name {name!r} has no known file type; allowed are .jsonl, .ndjson, .json, .csv and "
            ".tsv, each also with .gz or .zst, and .parquet."
        )


def _json_source(file: TextFile, head: bytes, *, is_lines: bool, max_row_bytes: int) -> Source:
    """Choose between one event per line and events in an array or over several lines, by the beginning of the file."""
    start = head.decode(file.encoding, errors="ignore").lstrip("\ufeff \t\r\n")
    first_line = start.partition("\n")[0]
    if start.startswith("[") or not (is_lines or _is_json(first_line)):
        return JsonValues(file, max_row_bytes)
    is_plain = file.encoding in {"utf-8", "utf-8-sig"} and (b"\n" in head or b"\r" not in head)
    return JsonLines(file, file.bytes if is_plain else Utf8Lines(file.text(newline=None)), max_row_bytes)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _sniff_encoding(name: str, head: bytes) -> str:
    found = next((encoding for bom, encoding in BOMS.items() if head.startswith(bom)), "utf-8")
    if len(head) > 1 and (not any(head[:16:2]) or not any(head[1:16:2])):
        raise ImportFileError(
            f"{name!r} looks like UTF-16 without a byte order mark; add --encoding utf-16-le or utf-16-be."
        )
    return found


def _unpacked(file: BinaryIO, packing: str) -> BinaryIO:
    if packing == GZIP_SUFFIX:
        return cast("BinaryIO", gzip.GzipFile(fileobj=file))
    if packing == ZSTD_SUFFIX:
        # Not zstandard's reader, which takes a truncated file for a complete one.
        stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")
        return cast("BinaryIO", io.BufferedReader(stream, ZSTD_READ_BYTES))
    return file
