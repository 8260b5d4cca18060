"""Answers of queries and tables asked for before, for as long as the file they come from is the published one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from dashboard.data.filters import Filters

MAX_CACHED_RESULTS = 1_000
MAX_CACHED_ROWS = 5_000
MAX_CACHED_BYTES = 128 << 20


class ResultCache:
    """Rows of queries asked before, the newest used ones; long answers are not kept, so that memory stays small."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, Filters, str], list[dict[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, Filters, str]) -> list[dict[str, Any]] | None:
        """The rows kept for a question; None where there are none."""
        with self._lock:
            if key in self._rows:
                self._rows.move_to_end(key)
            return self._rows.get(key)

    def put(self, key: tuple[str, Filters, str], rows: list[dict[str, Any]]) -> None:
        """Keep the rows of a question."""
        if len(rows) > MAX_CACHED_ROWS:
            return
        with self._lock:
            self._rows[key] = rows
            while len(self._rows) > MAX_CACHED_RESULTS:
                self._rows.popitem(last=False)

    def forget(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._rows.clear()


class TableCache:
    """Tables that queries are made of, the newest used ones, up to so many bytes together."""

    def __init__(self, max_bytes: int = MAX_CACHED_BYTES) -> None:
        self._tables: OrderedDict[tuple[str, Filters, str], pa.Table] = OrderedDict()
        self._max_bytes = max_bytes
        self._n_bytes = 0
        self._lock = threading.Lock()

    def get(self, key: tuple[str, Filters, str]) -> pa.Table | None:
        """The table kept for a choice; None where there is none."""
        with self._lock:
            if key in self._tables:
                self._tables.move_to_end(key)
            return self._tables.get(key)

    def put(self, key: tuple[str, Filters, str], table: pa.Table) -> None:
        """Keep a table, and let go of those not used for the longest time."""
        with self._lock:
            if key in self._tables:
                return
            self._tables[key] = table
            self._n_bytes += table.nbytes
            while self._n_bytes > self._max_bytes:
                self._n_bytes -= self._tables.popitem(last=False)[1].nbytes

    def forget(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._tables.clear()
            self._n_bytes = 0
