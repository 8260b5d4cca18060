"""Numbers of this worker for Prometheus, and how those of all workers become one page.

Each worker counts in memory and writes its numbers to a file of its own, about once a second. Whichever worker is
asked for `/metrics` adds up the files: so the page is of all workers, those that died since the start included.
"""

from __future__ import annotations

import logging
import os
import time
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

BATCH_BOUNDS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
SYNC_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
STALE_S = 5.0
"""A file that was not written for so long belongs to a worker that is gone: its gauges no longer hold."""

SUFFIX = ".metrics.json"

_log = logging.getLogger(__name__)


@dataclass
class Histogram:
    """Counts by upper bound, the last one for what lies above all of them."""

    bounds: Sequence[float]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = self.counts or [0] * (len(self.bounds) + 1)

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def add(self, other: dict[str, Any]) -> None:
        """Add what another worker counted."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other["counts"], strict=True)]
        self.total += other["total"]


class Metrics:
    """The numbers of one worker. Each is changed by one thread only: the event loop's, or the writer's."""

    def __init__(self) -> None:
        self.n_accepted = 0
        self.n_rejected: Counter[str] = Counter()
        self.batch_events = Histogram(BATCH_BOUNDS)
        self.sync_seconds = Histogram(SYNC_BOUNDS)
        self.n_write_failures = 0
        self.n_torn_bytes = 0
        self.n_torn_files = 0
        self.queued_bytes = 0
        self.synced_at = 0.0  # of time.time(); 0 before the first
        self._path: Path | None = None

    def synced(self, n_events: int, seconds: float) -> None:
        """Count one write with its sync."""
        self.batch_events.observe(n_events)
        self.sync_seconds.observe(seconds)
        self.synced_at = time.time()

    def save(self, folder: Path) -> None:
        """Write the numbers where the other workers find them.

        Raises:
            OSError: the disk does not take them.
        """
        path = folder / f"{os.getpid()}{SUFFIX}"
        temporary = path.with_suffix(".tmp")
        temporary.write_bytes(orjson.dumps(self._snapshot()))
        temporary.replace(path)

    def _snapshot(self) -> dict[str, Any]:
        return {
            "at": time.time(),
            "n_accepted": self.n_accepted,
            "n_rejected": dict(self.n_rejected),
            "batch_events": {"counts": self.batch_events.counts, "total": self.batch_events.total},
            "sync_seconds": {"counts": self.sync_seconds.counts, "total": self.sync_seconds.total},
            "n_write_failures": self.n_write_failures,
            "n_torn_bytes": self.n_torn_bytes,
            "n_torn_files": self.n_torn_files,
            "queued_bytes": self.queued_bytes,
            "synced_at": self.synced_at,
        }


def merge(folder: Path) -> tuple[Metrics, int]:
    """Add up the numbers of all workers; return them and how many workers are alive."""
    merged, n_alive = Metrics(), 0
    now = time.time()
    for path in folder.glob(f"*{SUFFIX}"):
        numbers = orjson.loads(path.read_bytes())
        merged.n_accepted += numbers["n_accepted"]
        merged.n_rejected.update(numbers["n_rejected"])
        merged.batch_events.add(numbers["batch_events"])
        merged.sync_seconds.add(numbers["sync_seconds"])
        merged.n_write_failures += numbers["n_write_failures"]
        merged.n_torn_bytes += numbers["n_torn_bytes"]
        merged.n_torn_files += numbers["n_torn_files"]
        merged.synced_at = max(merged.synced_at, numbers["synced_at"])
        if now - numbers["at"] < STALE_S:
            merged.queued_bytes += numbers["queued_bytes"]
            n_alive += 1
    return merged, n_alive


def render(metrics: Metrics, n_workers: int, wal: Path, free_bytes: int) -> str:
    """Return the page in Prometheus' text format."""
    sizes = [size for path in wal.glob("*.wal") if (size := _size(path)) is not None]
    lines = [
        *_simple("turret_collector_workers", "gauge", "Worker processes that are alive.", n_workers),
        *_simple("turret_collector_events_accepted_total", "counter", "Events on disk.", metrics.n_accepted),
        *_labelled(metrics.n_rejected),
        *_histogram("turret_collector_batch_events", "Events made durable by one write.", metrics.batch_events),
        *_histogram("turret_collector_fsync_seconds", "Seconds of one write and its sync.", metrics.sync_seconds),
        *_simple(
            "turret_collector_write_failures_total", "counter", "Writes the disk refused.", metrics.n_write_failures
        ),
        *_simple(
            "turret_collector_torn_tails_total",
            "counter",
            "Write-ahead files found damaged; the pieces are in quarantine.",
            metrics.n_torn_files,
        ),
        *_simple(
            "turret_collector_torn_bytes_total", "counter", "Bytes of damaged pieces found.", metrics.n_torn_bytes
        ),
        *_simple(
            "turret_collector_queue_bytes", "gauge", "Bytes of events that wait for the disk.", metrics.queued_bytes
        ),
        *_simple("turret_collector_unsealed_files", "gauge", "Write-ahead files not sealed yet.", len(sizes)),
        *_simple("turret_collector_unsealed_bytes", "gauge", "Bytes of these files.", sum(sizes)),
        *_simple("turret_collector_free_bytes", "gauge", "Bytes free on the disk of TURRET_HOME.", free_bytes),
    ]
    if metrics.synced_at:
        age_s = max(0.0, time.time() - metrics.synced_at)
        lines += _simple(
            "turret_collector_last_fsync_age_seconds", "gauge", "Seconds since events were last synced.", age_s
        )
    return "\n".join(lines) + "\n"


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # sealed while we looked
        return None


def _head(name: str, kind: str, meaning: str) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]


def _simple(name: str, kind: str, meaning: str, value: float) -> list[str]:
    return [*_head(name, kind, meaning), f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"]


def _labelled(n_rejected: Counter[str]) -> Iterable[str]:
    name = "turret_collector_events_rejected_total"
    yield from _head(name, "counter", "Events and requests refused, by code.")
    yield from (f'{name}{{code="{code}"}} {n}' for code, n in sorted(n_rejected.items()))


def _histogram(name: str, meaning: str, histogram: Histogram) -> Iterator[str]:
    yield from _head(name, "histogram", meaning)
    so_far = 0
    for bound, count in zip([*histogram.bounds, float("inf")], histogram.counts, strict=True):
        so_far += count
        yield f'{name}_bucket{{le="{"+Inf" if bound == float("inf") else f"{bound:g}"}"}} {so_far}'
    yield f"{name}_sum {histogram.total:g}"
    yield f"{name}_count {so_far}"
