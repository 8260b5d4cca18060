"""LRU caches of query results and of relations, one of each for a published version."""

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
    """An LRU cache of query results; long results are not cached, so that memory stays small."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, Filters, str], list[dict[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, Filters, str]) -> list[dict[str, Any]] | None:
        """Return the cached rows; None without any."""
        with self._lock:
            if key in self._rows:
                self._rows.move_to_end(key)
            return self._rows.get(key)

    def put(self, key: tuple[str, Filters, str], rows: list[dict[str, Any]]) -> None:
        """Cache rows."""
        if len(rows) > MAX_CACHED_ROWS:
            return
        with self._lock:
            self._rows[key] = rows
            while len(self._rows) > MAX_CACHED_RESULTS:
                self._rows.popitem(last=False)

    def clear(self) -> None:
        """Clear the cache."""
        with self._lock:
            self._rows.clear()


class TableCache:
    """An LRU cache of relations, up to a total size in bytes."""

    def __init__(self, max_bytes: int = MAX_CACHED_BYTES) -> None:
        self._tables: OrderedDict[tuple[str, Filters, str], pa.Table] = OrderedDict()
        self._max_bytes = max_bytes
        self._n_bytes = 0
        self._lock = threading.Lock()

    def get(self, key: tuple[str, Filters, str]) -> pa.Table | None:
        """Return the cached table; None without one."""
        with self._lock:
            if key in self._tables:
                self._tables.move_to_end(key)
            return self._tables.get(key)

    def covering(self, key: tuple[str, Filters, str]) -> pa.Table | None:
        """Return the smallest table of the same relation and parameters for the filters on more days, or None."""
        name, filters, parameters = key
        with self._lock:
            wider = [
                table
                for (other, others_filters, others), table in self._tables.items()
                if (other, others) == (name, parameters) and others_filters.covers(filters)
            ]
        return min(wider, key=lambda table: table.num_rows, default=None)

    def put(self, key: tuple[str, Filters, str], table: pa.Table) -> None:
        """Cache a table, and evict the least recently used ones."""
        with self._lock:
            if key in self._tables:
                return
            self._tables[key] = table
            self._n_bytes += table.nbytes
            while self._n_bytes > self._max_bytes:
                self._n_bytes -= self._tables.popitem(last=False)[1].nbytes

    def clear(self) -> None:
        """Clear the cache."""
        with self._lock:
            self._tables.clear()
            self._n_bytes = 0
