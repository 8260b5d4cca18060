"""One write-ahead file: lines `<crc32, 8 hexadecimal digits> <JSON>`, each ended by a newline.

A file belongs to the process that holds its lock (flock). The lock goes with the process, however it ends, so a file
that can be locked has no owner and may be recovered.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from collector.disk import make_folder, sync_folder
from contracts.home import WAL_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CRC_CHARACTERS = 8
NEW_SUFFIX = ".new"
"""A file is made and locked under this suffix first, so that nobody finds a write-ahead file without its lock."""


def encode_line(document: bytes) -> bytes:
    """Return the line of a JSON document (which holds no newline), checksum first."""
    return b"%08x %b\n" % (zlib.crc32(document), document)


@dataclass(frozen=True)
class ScannedLine:
    """A piece of a write-ahead file: a whole line with the right checksum, or what is left between such lines.

    Args:
        offset: Where the piece begins, in bytes.
        data: The JSON document of a good line; the bytes as they stand of a damaged one.
        is_whole: Whether it is a good line.
    """

    offset: int
    data: bytes
    is_whole: bool


def scan_lines(data: bytes) -> Iterator[ScannedLine]:
    """Take a write-ahead file apart.

    A damaged line does not end the scan: after a short write on a full disk, acknowledged lines can follow.
    """
    offset = 0
    while offset < len(data):
        end = data.find(b"\n", offset)
        stop = len(data) if end < 0 else end + 1
        line = data[offset:stop]
        document = line[CRC_CHARACTERS + 1 : -1]
        if encode_line(document) == line:
            yield ScannedLine(offset, document, is_whole=True)
        else:
            yield ScannedLine(offset, line, is_whole=False)
        offset = stop


class WalFile:
    """A write-ahead file of this process, open and locked.

    `size` counts the bytes that are known to be on disk. Once `is_broken`, nothing more may be appended: what the
    file holds up to `size` is safe, what lies behind is unknown.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = 0
        self.is_broken = False
        self._descriptor = descriptor

    @classmethod
    def create(cls, folder: Path, stem: str) -> Self:
        """Make a new file; `stem` is its name without suffix, which no file ever had before.

        Raises:
            OSError: the disk does not let us.
        """
        make_folder(folder)
        path = folder / f"{stem}{WAL_SUFFIX}"
        new = path.with_suffix(NEW_SUFFIX)
        descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            new.rename(path)
            sync_folder(folder)
        except OSError:
            os.close(descriptor)
            raise
        return cls(path, descriptor)

    def append(self, data: bytes) -> None:
        """Write whole lines and sync them; on return they are on disk.

        Raises:
            OSError: they are not, and none of them may be acknowledged. After a failed write the file is cut back
                to `size`, so that no half line stands before later ones. After a failed sync the kernel may have
                dropped the pages and would report success next time, so the file is given up (`is_broken`).
        """
        try:
            self._write(data)
        except OSError:
            self._cut_back()
            raise
        try:
            os.fdatasync(self._descriptor)
        except OSError:
            self.is_broken = True
            self._cut_back()
            raise
        self.size += len(data)

    def close(self) -> None:
        """Let go of the file and its lock."""
        os.close(self._descriptor)

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        offset = self.size
        while rest:
            n_written = os.pwrite(self._descriptor, rest, offset)
            offset += n_written
            rest = rest[n_written:]

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self._descriptor, self.size)
        except OSError:
            self.is_broken = True


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
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The owner may have sealed and removed it between our opening and our locking.
        return os.fstat(descriptor).st_ino == path.stat().st_ino
    except (BlockingIOError, FileNotFoundError):
        return False
