"""The files of an archive, which is a folder, a zip or a single file, and their records, one at a time."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from collector.conversations import decode_leniently
from collector.errors import ImportFileError, RejectedError
from collector.imports.readers.opening import can_be_read, open_source, open_stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from collector.imports.options import ImportOptions
    from collector.imports.readers.source import Source

ZIP_SUFFIX = ".zip"
MAX_RECORD_BYTES = 1 << 26
"""A longer conversation or span is a bad record; this limits the memory."""
PAGES = ("data", "runs", "results", "spans", "observations", "traces", "batch")
"""Keys under which a page of an API holds its records."""
FIRST = ("user.json", "users.json")
"""Files that name the owner of an account's export, read before its conversations."""


class Record(NamedTuple):
    """One record. `value` is None if there is a problem; `raw` is its text."""

    number: int
    raw: bytes
    value: dict[str, Any] | None
    problem: RejectedError | None = None


@dataclass(frozen=True)
class ArchiveFile:
    """A file of an archive; `archive` is the zip that contains it."""

    path: Path
    name: str
    n_bytes: int
    archive: zipfile.ZipFile | None = None

    def open(self, options: ImportOptions) -> Source:
        """Open it.

        Raises:
            ImportFileError: it cannot be opened.
        """
        if self.archive is None:
            return open_source(self.path, options, MAX_RECORD_BYTES)
        try:
            stream = cast("BinaryIO", self.archive.open(self.name))
        # zipfile raises RuntimeError for an encrypted file, NotImplementedError for an unknown compression.
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise ImportFileError(f"{self.name!r} in {self.path.name!r} cannot be read: {error}.") from error
        return open_stream(self.name, stream, self.n_bytes, options, MAX_RECORD_BYTES)

    def records(self, source: Source) -> Iterator[Record]:
        """Yield its records; raises `ImportFileError` when it cannot be read any further."""
        empty = dict.fromkeys(source.columns or ())  # rows of tables omit empty cells
        for row in source.rows():
            value, problem = row.values, row.problem
            if problem is not None:
                try:
                    value, problem = decode_leniently(row.raw), None
                except ValueError:
                    yield Record(row.number, row.raw, None, problem)
                    continue
            for record in _records(value):
                if isinstance(record, dict):
                    yield Record(row.number, row.raw, {**empty, **record} if empty else record)
                else:
                    no_object = RejectedError("INVALID_REQUEST", "A record must be a JSON object.")
                    yield Record(row.number, row.raw, None, no_object)


def find_files(path: Path) -> tuple[list[ArchiveFile], list[str]]:
    """Return the readable files in order of name, and the names of the others.

    Raises:
        ImportFileError: there is no such file, or it is named like a zip and is none.
    """
    if path.suffix.lower() == ZIP_SUFFIX:
        files = list(_zipped(path))
    elif path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file())
        files = [ArchiveFile(file, file.relative_to(path).as_posix(), file.stat().st_size) for file in found]
    else:
        return [ArchiveFile(path, path.name, path.stat().st_size if path.is_file() else 0)], []
    files.sort(key=lambda file: (PurePosixPath(file.name).name not in FIRST, file.name))
    readable = [file for file in files if can_be_read(file.name)]
    return readable, [file.name for file in files if file not in readable]


def _zipped(path: Path) -> Iterator[ArchiveFile]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise ImportFileError(f"{str(path)!r} cannot be read as a zip: {error}.") from error
    for info in archive.infolist():
        if not info.is_dir():
            yield ArchiveFile(path, info.filename, info.file_size, archive)


def _records(value: Any) -> list[Any]:
    if isinstance(value, dict):
        for key in PAGES:
            page = value.get(key)
            if isinstance(page, list) and page and all(isinstance(item, dict) for item in page):
                return page
    return [value]
