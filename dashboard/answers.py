"""Answers of queries that were asked before, for as long as the file they come from is the published one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashboard.lens import Lens

MOST_ANSWERS_KEPT = 1_000
MOST_ROWS_KEPT = 5_000


class Answers:
    """Rows of queries asked before, the newest used ones; long answers are not kept, so that memory stays small."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, Lens, str], list[dict[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, Lens, str]) -> list[dict[str, Any]] | None:
        """The rows kept for a question; None where there are none."""
        with self._lock:
            if key in self._rows:
                self._rows.move_to_end(key)
            return self._rows.get(key)

    def keep(self, key: tuple[str, Lens, str], rows: list[dict[str, Any]]) -> None:
        """Keep the rows of a question."""
        if len(rows) > MOST_ROWS_KEPT:
            return
        with self._lock:
            self._rows[key] = rows
            while len(self._rows) > MOST_ANSWERS_KEPT:
                self._rows.popitem(last=False)

    def forget(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._rows.clear()
