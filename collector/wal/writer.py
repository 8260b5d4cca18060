"""A writer: one process that writes events to disk, known by an id that the names of its files carry.

While it lives it holds the lock (flock) of a file in `workers/`. The lock goes with the process, however it ends, so a
file there that can be locked belongs to a dead writer: its write-ahead files may be sealed, and what it held of
quotas goes back.
"""

from __future__ import annotations

import os
import re
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from collector.wal.wal_file import create_locked

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.home import Home

ID_BYTES = 8
WRITER_PATTERN = "[0-9a-f]" * 2 * ID_BYTES
_STEM = re.compile(r"[0-9]{8}T[0-9]{12}Z-(?P<writer_id>[0-9a-f]{16})-(?P<number>[0-9]{6,})")


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
