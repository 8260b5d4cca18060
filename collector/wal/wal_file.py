"""Write-ahead files: their lines, their locks, and the writers whose ids are in their names.

A line is `<crc32, 8 hexadecimal digits> <JSON>` and a newline; zeros may follow the last one. The zeros are
preallocated space: overwriting them needs no change to the file system's metadata, so a sync only writes the data. No
line contains a NUL, so zeros at the end are never part of one.

A file belongs to the process that holds its lock (flock). The lock ends with the process, however it ends, so a file
that can be locked has no owner and may be recovered. The same holds for the file of a writer in `workers/`.
"""

from __future__ import annotations

import os
import re
import secrets
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, Self

from contracts.durable_files import make_folder, sync_path
from contracts.file_locks import try_lock
from contracts.home import WAL_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contracts.home import Home

CRC_CHARACTERS = 8
NEW_SUFFIX = ".new"
"""A file is created and locked with this suffix first, so no write-ahead file is ever visible without its lock."""

MIN_PREALLOCATED_BYTES = 1 << 16
MAX_PREALLOCATED_BYTES = 1 << 20
"""A file preallocates as many zeros as it has bytes of lines, within these bounds, so small files stay small."""

ID_BYTES = 8
WRITER_PATTERN = "[0-9a-f]" * 2 * ID_BYTES

_STEM = re.compile(r"[0-9]{8}T[0-9]{12}Z-(?P<writer_id>[0-9a-f]{16})-(?P<number>[0-9]{6,})")
_ZEROS = memoryview(bytes(MAX_PREALLOCATED_BYTES))


def create_locked(path: Path) -> int:
    """Create a file whose lock is held before it is visible; return its descriptor.

    Raises:
        OSError: the disk failed.
    """
    make_folder(path.parent)
    new = path.with_suffix(NEW_SUFFIX)
    descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        if not try_lock(descriptor):
            raise BlockingIOError(f"Another process has locked {new.name}.")
        new.rename(path)
        sync_path(path.parent)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def encode_line(document: bytes) -> bytes:
    """Return the line of a JSON document (without newlines), checksum first."""
    return b"%08x %b\n" % (zlib.crc32(document), document)


class Damage(NamedTuple):
    """A piece of a write-ahead file that is not a valid line: its offset in bytes, and its content."""

    offset: int
    data: bytes


def scan_lines(data: bytes, damage: list[Damage]) -> Iterator[bytes]:
    """Yield the JSON documents of a write-ahead file's valid lines, without the zeros at its end.

    Damaged lines are added to `damage`. They do not end the scan: after a short write on a full disk, acknowledged
    lines can follow.
    """
    offset, used = 0, len(data.rstrip(b"\0"))
    while offset < used:
        end = data.find(b"\n", offset, used)
        document = data[offset + CRC_CHARACTERS + 1 : end] if end > offset + CRC_CHARACTERS + 1 else b""
        if document and data.startswith(b"%08x " % zlib.crc32(document), offset):
            yield document
        else:
            damage.append(Damage(offset, data[offset : end + 1 or used]))
        offset = end + 1 or used


class WalFile:
    """A write-ahead file of this process, open and locked.

    `size` counts the bytes that are known to be on disk. Once `is_broken`, nothing may be appended: the content
    up to `size` is safe, and the rest is unknown.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = 0
        self.is_broken = False
        self.descriptor = descriptor
        self._filled = 0  # end of the lines and zeros

    @classmethod
    def create(cls, folder: Path, stem: str) -> Self:
        """Create a file; `stem` is its name without suffix, which no file ever had before.

        Raises:
            OSError: the disk failed.
        """
        path = folder / f"{stem}{WAL_SUFFIX}"
        return cls(path, create_locked(path))

    def append(self, data: bytes) -> None:
        """Write whole lines and sync them; on return they are on disk.

        Raises:
            OSError: they are not, and none of them may be acknowledged. After a failed write the file is truncated
                to `size`, so that no partial line precedes later ones. After a failed sync the kernel may have
                dropped the pages and would report success next time, so the file is given up (`is_broken`).
        """
        end = self.size + len(data)
        try:
            self._write(data, self.size)
        except OSError:
            self._cut_back()
            raise
        if end > self._filled:
            self._fill_ahead(end)
        try:
            os.fdatasync(self.descriptor)
        except OSError:
            self.is_broken = True
            self._cut_back()
            raise
        self.size = end

    def close(self) -> None:
        """Close the file and release its lock."""
        os.close(self.descriptor)

    def _write(self, data: bytes | memoryview, offset: int) -> None:
        rest = memoryview(data)
        while rest:
            n_written = os.pwrite(self.descriptor, rest, offset)
            offset += n_written
            rest = rest[n_written:]

    def _fill_ahead(self, offset: int) -> None:
        """Preallocate space behind the lines; the sync that follows makes it durable too.

        Zeros are written, because the first write into space from `fallocate` changes metadata as well.
        """
        n_bytes = min(max(offset, MIN_PREALLOCATED_BYTES), MAX_PREALLOCATED_BYTES)
        self._filled = offset + n_bytes
        with suppress(
            OSError
        ):  # the lines themselves are written; if the disk is full, writing the next ones will fail
            self._write(_ZEROS[:n_bytes], offset)

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self.descriptor, self.size)
        except OSError:
            self.is_broken = True
        self._filled = self.size


def adopt(path: Path) -> int | None:
    """Lock a file that may have lost its owner; return its descriptor, or None if it has an owner or is gone."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    if _lock(descriptor, path):
        return descriptor
    os.close(descriptor)
    return None


def _lock(descriptor: int, path: Path) -> bool:
    try:
        # The owner may have sealed and removed it between opening and locking.
        return try_lock(descriptor) and os.fstat(descriptor).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False


class Writer:
    """The identity of this process as a writer, locked on disk."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.id = path.name
        self._path = path
        self.descriptor = descriptor
        self._n_files = 0

    @classmethod
    def create(cls, home: Home) -> Self:
        """Create an identity.

        Raises:
            OSError: the disk failed.
        """
        path = home.workers / secrets.token_hex(ID_BYTES)
        return cls(path, create_locked(path))

    def next_stem(self) -> str:
        """Return the name, without suffix, of its next write-ahead file."""
        self._n_files += 1
        return f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{self.id}-{self._n_files:06d}"

    def retire(self) -> None:
        """End after everything is written and settled."""
        self._path.unlink(missing_ok=True)
        os.close(self.descriptor)

    def abandon(self) -> None:
        """End with unsettled files, which `recovery` will find."""
        os.close(self.descriptor)


def written_by(path: Path) -> tuple[str, int] | None:
    """Return the writer's id and the file's number of a write-ahead file; None for other names."""
    match = _STEM.fullmatch(path.stem)
    return (match["writer_id"], int(match["number"])) if match else None
