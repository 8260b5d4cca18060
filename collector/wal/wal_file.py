"""Write-ahead files: their lines, their locks, and the writers whose id their names carry.

A line is `<crc32, 8 hexadecimal digits> <JSON>` and a newline; perhaps zeros follow the last. The zeros are space that
was made ready: overwriting them needs no change to the file system's own books, so that a sync has only the data to
write. No line holds a NUL, so zeros at the end are never part of one.

A file belongs to the process that holds its lock (flock). The lock goes with the process, however it ends, so a file
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
"""A file is made and locked under this suffix first, so that nobody finds a write-ahead file without its lock."""

MIN_PREALLOCATED_BYTES = 1 << 16
MAX_PREALLOCATED_BYTES = 1 << 20
"""A file has as many zeros ahead as it has lines, within these bounds: one that stays small costs the disk little."""

ID_BYTES = 8
WRITER_PATTERN = "[0-9a-f]" * 2 * ID_BYTES

_STEM = re.compile(r"[0-9]{8}T[0-9]{12}Z-(?P<writer_id>[0-9a-f]{16})-(?P<number>[0-9]{6,})")
_ZEROS = memoryview(bytes(MAX_PREALLOCATED_BYTES))


def create_locked(path: Path) -> int:
    """Make a new file whose lock is held before anybody can find it; return its descriptor.

    Raises:
        OSError: the disk does not let us.
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
    """Return the line of a JSON document (which holds no newline), checksum first."""
    return b"%08x %b\n" % (zlib.crc32(document), document)


class Damage(NamedTuple):
    """A piece of a write-ahead file that is no whole line: where it begins, in bytes, and what stands there."""

    offset: int
    data: bytes


def scan_lines(data: bytes, damage: list[Damage]) -> Iterator[bytes]:
    """Take a write-ahead file apart, without the zeros at its end: give the JSON documents of its whole lines.

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

    `size` counts the bytes that are known to be on disk. Once `is_broken`, nothing more may be appended: what the
    file holds up to `size` is safe, what lies behind is unknown.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = 0
        self.is_broken = False
        self.descriptor = descriptor
        self._filled = 0  # up to here there are lines or zeros

    @classmethod
    def create(cls, folder: Path, stem: str) -> Self:
        """Make a new file; `stem` is its name without suffix, which no file ever had before.

        Raises:
            OSError: the disk does not let us.
        """
        path = folder / f"{stem}{WAL_SUFFIX}"
        return cls(path, create_locked(path))

    def append(self, data: bytes) -> None:
        """Write whole lines and sync them; on return they are on disk.

        Raises:
            OSError: they are not, and none of them may be acknowledged. After a failed write the file is cut back
                to `size`, so that no half line stands before later ones. After a failed sync the kernel may have
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
        """Let go of the file and its lock."""
        os.close(self.descriptor)

    def _write(self, data: bytes | memoryview, offset: int) -> None:
        rest = memoryview(data)
        while rest:
            n_written = os.pwrite(self.descriptor, rest, offset)
            offset += n_written
            rest = rest[n_written:]

    def _fill_ahead(self, offset: int) -> None:
        """Make space ready behind the lines; the sync that follows makes it durable too.

        Real zeros and not `fallocate`: the first write into space that was only reserved changes the books as well.
        """
        n_bytes = min(max(offset, MIN_PREALLOCATED_BYTES), MAX_PREALLOCATED_BYTES)
        self._filled = offset + n_bytes
        with suppress(
            OSError
        ):  # the lines themselves are written; without room ahead the next ones say if none is left
            self._write(_ZEROS[:n_bytes], offset)

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self.descriptor, self.size)
        except OSError:
            self.is_broken = True
        self._filled = self.size


def adopt(path: Path) -> int | None:
    """Lock a file that may have lost its owner; return its descriptor, or None where it has an owner or is gone."""
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
        # The owner may have sealed and removed it between our opening and our locking.
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
        """Make a new identity.

        Raises:
            OSError: the disk does not let us.
        """
        path = home.workers / secrets.token_hex(ID_BYTES)
        return cls(path, create_locked(path))

    def next_stem(self) -> str:
        """Return the name, without suffix, of its next write-ahead file."""
        self._n_files += 1
        return f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{self.id}-{self._n_files:06d}"

    def retire(self) -> None:
        """End, with everything written and settled."""
        self._path.unlink(missing_ok=True)
        os.close(self.descriptor)

    def abandon(self) -> None:
        """End with something left to do; `recovery` finds it."""
        os.close(self.descriptor)


def written_by(path: Path) -> tuple[str, int] | None:
    """Return the id of the writer of a write-ahead file and the file's number; None for a name of another kind."""
    match = _STEM.fullmatch(path.stem)
    return (match["writer_id"], int(match["number"])) if match else None
