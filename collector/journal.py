"""The write-ahead file a worker has open, and when it is rolled: by size, age, hour, failure and at the end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from collector.sealing import Sealer
from collector.wal import WalFile

if TYPE_CHECKING:
    from contracts.home import Home

SECONDS_PER_HOUR = 3600


class Journal:
    """Takes lines and has them on disk when it returns. One thread uses it; sealing happens in another."""

    def __init__(self, home: Home, *, max_bytes: int, max_age_s: float) -> None:
        self._home = home
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._sealer = Sealer(home)
        self._file: WalFile | None = None
        self._due_at = 0.0  # of time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def commit(self, lines: bytes) -> None:
        """Make lines (of `wal.encode_line`) durable.

        Raises:
            OSError: the disk failed, and none of them may be acknowledged. The next call may succeed.
        """
        if self._file is None:
            self._file = WalFile.create(self._home.wal)
            self._due_at = time.monotonic() + min(self._max_age_s, _seconds_left_in_hour())
        try:
            self._file.append(lines)
        finally:
            if self._file.is_broken or self._file.size >= self._max_bytes:
                self.roll()

    def seconds_until_roll(self) -> float | None:
        """Return how long the open file may stay open, at least 0; None where none is open."""
        return None if self._file is None else max(0.0, self._due_at - time.monotonic())

    def roll_if_due(self) -> None:
        """Seal the open file once it is old enough, or its hour is over."""
        if self.seconds_until_roll() == 0.0:
            self.roll()

    def roll(self) -> None:
        """Seal the open file now; the next lines open another."""
        if self._file is not None:
            self._sealer.submit(self._file)
            self._file = None

    def close(self) -> None:
        """Seal everything and wait until that is done."""
        self.roll()
        self._sealer.close()


def _seconds_left_in_hour() -> float:
    return SECONDS_PER_HOUR - time.time() % SECONDS_PER_HOUR
