"""Slow down password guessing: after a few wrong passwords each further try waits twice as long as the one before."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FREE_TRIES = 5
FREE_TRIES_OF_ADDRESS = 50
"""Free tries of an address, which many people may share behind a proxy or an office's router."""
MAX_WAIT_S = 300.0
FORGOTTEN_AFTER_S = 3600.0
MAX_TRACKED = 10_000


@dataclass
class _Record:
    n_wrong: int = 0
    wait_until: float = 0.0
    last_at: float = 0.0


class Throttle:
    """Counts wrong tries, by name or by address, in memory: a restart gives a guesser the free tries again.

    Args:
        free_tries: wrong tries before the waiting begins.
        clock: a monotonic clock in seconds.
    """

    def __init__(self, free_tries: int = FREE_TRIES, clock: Callable[[], float] = time.monotonic) -> None:
        self._free_tries = free_tries
        self._clock = clock
        self._records: dict[str, _Record] = {}
        self._lock = threading.Lock()

    def wait_s(self, *keys: str) -> float:
        """Return the seconds that the next try has to wait; 0 if it may proceed."""
        with self._lock:
            now = self._clock()
            waits = [record.wait_until - now for key in keys if (record := self._records.get(key))]
        return max(0.0, *waits) if waits else 0.0

    def record_failure(self, *keys: str) -> None:
        """Count a wrong try."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            for key in keys:
                record = self._records.setdefault(key, _Record())
                record.n_wrong += 1
                record.last_at = now
                if record.n_wrong >= self._free_tries:
                    record.wait_until = now + min(MAX_WAIT_S, 2.0 ** min(record.n_wrong - self._free_tries, 20))

    def record_success(self, *keys: str) -> None:
        """Forget the wrong tries that came before a successful one."""
        with self._lock:
            for key in keys:
                self._records.pop(key, None)

    def _forget(self, now: float) -> None:
        old = [key for key, record in self._records.items() if now - record.last_at > FORGOTTEN_AFTER_S]
        for key in old:
            del self._records[key]
        while len(self._records) >= MAX_TRACKED:  # drop the one that is longest idle
            del self._records[min(self._records, key=lambda key: self._records[key].last_at)]
