"""Opens a file with the reader that its name asks for."""

from __future__ import annotations

import gzip
import io
import json
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
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
"""What a damaged piece costs: the rest of a file that breaks off is not decompressed."""
BOMS = {BOM_UTF8: "utf-8-sig", BOM_UTF16_LE: "utf-16", BOM_UTF16_BE: "utf-16"}
SNIFFED_BYTES = 1 << 12


def open_source(path: Path, options: ImportOptions, max_row_bytes: int) -> Source:
    """Open a file to import. Its name decides how it is read.

    Raises:
        ImportFileError: there is no such file, it cannot be opened, its name says none of the known kinds, or its head
            shows that it cannot hold events.
    """
    packing = path.suffix.lower() if path.suffix.lower() in {GZIP_SUFFIX, ZSTD_SUFFIX} else ""
    suffix = (path.with_suffix("") if packing else path).suffix.lower()
    if suffix == PARQUET_SUFFIX and not packing:
        return ParquetRows(path)
    if suffix not in JSON_SUFFIXES and suffix not in TABLE_DELIMITERS:
        raise ImportFileError(
            f"The name {path.name!r} does not say how to read the file; allowed are .jsonl, .ndjson, .json, .csv and "
            ".tsv, each also with .gz or .zst, and .parquet."
        )
    file = _open(path, packing)
    try:
        head = cast("io.BufferedReader", file.bytes).peek(SNIFFED_BYTES)[:SNIFFED_BYTES]
        file.encoding = options.encoding or _sniff_encoding(path, head)
        if suffix in TABLE_DELIMITERS:
            return CsvRows(file, options, options.delimiter or TABLE_DELIMITERS[suffix], max_row_bytes)
        return _json_source(file, head, is_lines=suffix != ".json", max_row_bytes=max_row_bytes)
    except READ_ERRORS as error:
        file.close()
        raise ImportFileError(f"{path.name!r} cannot be read: {error}.") from error
    except ImportFileError:
        file.close()
        raise


def _json_source(file: TextFile, head: bytes, *, is_lines: bool, max_row_bytes: int) -> Source:
    """Choose between an event a line and events in an array, or over several lines, by how the file begins."""
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


def _sniff_encoding(path: Path, head: bytes) -> str:
    found = next((encoding for bom, encoding in BOMS.items() if head.startswith(bom)), "utf-8")
    if len(head) > 1 and (not any(head[:16:2]) or not any(head[1:16:2])):
        raise ImportFileError(
            f"{path.name!r} looks like UTF-16 without a byte order mark; say --encoding utf-16-le or utf-16-be."
        )
    return found


def _open(path: Path, packing: str) -> TextFile:
    try:
        file = path.open("rb")
    except OSError as error:
        raise ImportFileError(f"{str(path)!r} cannot be opened: {error.strerror or error}.") from error
    unpacked: BinaryIO = file
    if packing == GZIP_SUFFIX:
        unpacked = cast("BinaryIO", gzip.GzipFile(fileobj=file))
    elif packing == ZSTD_SUFFIX:
        # Not zstandard's reader: it takes a file that breaks off for one that ends there.
        stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")
        unpacked = cast("BinaryIO", io.BufferedReader(stream, ZSTD_READ_BYTES))
    return TextFile(path.name, file, unpacked, path.stat().st_size)
