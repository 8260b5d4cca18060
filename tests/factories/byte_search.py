"""Search every file of a home for bytes, also inside what is compressed."""

from __future__ import annotations

import base64
import gzip
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

import duckdb
import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PARQUET = b"PAR1"
_DUCKDB = b"DUCK"


def files_with(home: Path, *canaries: str) -> dict[str, set[str]]:
    """Return the files below `home` that contain a canary, by canary; paths are relative."""
    found: dict[str, set[str]] = {canary: set() for canary in canaries}
    for path in sorted(home.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        contents = list(_contents(path))
        for canary in canaries:
            spellings = {spelling for text in _spellings(canary) for spelling in (text, base64.b64encode(text)[:-4])}
            if any(spelling in content for content in contents for spelling in spellings):
                found[canary].add(path.relative_to(home).as_posix())
    return found


def _spellings(canary: str) -> set[bytes]:
    return {canary.encode(), canary.casefold().encode(), canary.encode("utf-16-le")}


def _contents(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, what they decompress to, and the values of tables."""
    data = path.read_bytes()
    yield data
    if path.suffix == ".zst":
        yield zstandard.ZstdDecompressor().decompressobj().decompress(data)
    if data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    with suppress(zlib.error):
        yield zlib.decompress(data)
    if data[:4] == _PARQUET:
        yield repr(duckdb.read_parquet(str(path)).fetchall()).encode()
    if data[8:12] == _DUCKDB:
        yield from _tables(path)


def _tables(path: Path) -> Iterator[bytes]:
    """Yield the values of each table of a DuckDB file, whose blocks may be compressed."""
    with duckdb.connect(path, read_only=True) as connection:
        names = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        for schema, table in names:
            yield "\n".join(str(row) for row in connection.execute(f'from "{schema}"."{table}"').fetchall()).encode()
