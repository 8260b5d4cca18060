"""Files that were imported before: rows of a file that begins with another's bytes are not counted twice."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import orjson

from collector.errors import ImportFileError
from collector.wal.quarantine import append_lines

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.home import Home

READ_BYTES = 1 << 20


@dataclass(frozen=True)
class ImportedFile:
    """A file that was imported into a project.

    Args:
        project_id: The project.
        n_bytes: Size of the file; 0 for an archive, whose events have ids of their own.
        sha256: Of its bytes; empty for an archive.
        last_row: Number of the last row that gave an event.
    """

    project_id: str
    n_bytes: int
    sha256: str
    last_row: int


@dataclass(frozen=True)
class FileIdentity:
    """A file, and which imported files of a project it begins with.

    Args:
        n_bytes: Size of the file.
        sha256: Of its bytes.
        beginnings: The imported files whose bytes it begins with, the shortest first, each with more
            rows than those before it; it may be one of them itself.
    """

    n_bytes: int
    sha256: str
    beginnings: tuple[ImportedFile, ...]

    def rows_from(self, number: int) -> str:
        """Return the hash for the id of a row: that of the shortest beginning with the row, or the file's own."""
        place = bisect_left(self.beginnings, number, key=lambda one: one.last_row)
        return self.beginnings[place].sha256 if place < len(self.beginnings) else self.sha256


def imported_files(project_id: str, home: Home) -> list[ImportedFile]:
    """Return the files that were imported into a project."""
    try:
        lines = home.imported_files.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    return [one for one in (ImportedFile(**orjson.loads(line)) for line in lines) if one.project_id == project_id]


def identify(path: Path, imported: list[ImportedFile]) -> FileIdentity:
    """Read a file and find the imported files that it begins with.

    Raises:
        ImportFileError: it cannot be read.
    """
    digest, n_bytes = hashlib.sha256(), 0
    hashes: dict[int, str] = {}
    try:
        with path.open("rb") as file:
            for end in (*sorted({one.n_bytes for one in imported if one.n_bytes}), None):
                while data := file.read(READ_BYTES if end is None else min(READ_BYTES, end - n_bytes)):
                    digest.update(data)
                    n_bytes += len(data)
                hashes[n_bytes] = digest.hexdigest()
    except OSError as error:
        raise ImportFileError(f"{str(path)!r} cannot be read: {error.strerror or error}.") from error
    beginnings: list[ImportedFile] = []
    for one in sorted(imported, key=lambda one: (one.n_bytes, one.last_row)):
        is_longer = not beginnings or one.last_row > beginnings[-1].last_row
        if one.n_bytes and hashes.get(one.n_bytes) == one.sha256 and is_longer:
            beginnings.append(one)
    return FileIdentity(n_bytes, hashes[n_bytes], tuple(beginnings))


def remember(file: ImportedFile, home: Home) -> None:
    """Record a file that was imported.

    Raises:
        OSError: the disk failed.
    """
    append_lines(home.imported_files, [orjson.dumps(asdict(file)) + b"\n"])
