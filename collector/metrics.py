"""The collector's Prometheus metrics: one registry per worker, and one page for all workers.

Each worker writes its registry to its own file, about once a second. The worker that answers `/metrics` adds
up the files, including those of workers that died since the start. The multiprocess mode of prometheus-client maps its
files into memory instead, where a full disk kills the counting process.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import write_to_textfile
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from contracts.home import SEGMENT_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prometheus_client import Metric

    from contracts.home import Home

    Series = tuple[str, tuple[tuple[str, str], ...]]
    """The name of a sample and its labels."""

PREFIX = "turret_collector"
BATCH_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
SYNC_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
STALE_S = 5.0
"""A file that was not written for this long belongs to a dead worker, whose gauges are ignored."""

SUFFIX = ".prom"
LAST_FSYNC = f"{PREFIX}_last_fsync"
"""The Unix time of a worker's last sync, 0 before the first. The page gives its age instead."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # a `_created` series beside each counter tells nothing new


class Metrics:
    """The metrics of one worker."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.workers = self._gauge("workers", "Number of running worker processes.")
        self.workers.set(1)
        self.accepted = self._counter("events_accepted", "Events accepted, which are on disk.")
        self.rejected = self._counter("events_rejected", "Events and requests refused, by code.", "code")
        self.otlp_records = self._counter(
            "otlp_records",
            "Spans and log events received: message, history (a call that brings no new message), no_text (a call "
            "without content), other (no call of a model).",
            "outcome",
        )
        self.otlp_dropped_attributes = self._counter(
            "otlp_dropped_attributes", "Attributes that the sender's SDK had dropped from calls of models."
        )
        self.masked = self._counter(
            "masked", "Texts masked before they were written, by kind and project.", "kind", "project_id"
        )
        self.batch_events = self._histogram("batch_events", "Events made durable by one write.", BATCH_BUCKETS)
        self.fsync_seconds = self._histogram("fsync_seconds", "Seconds of one write and its sync.", SYNC_BUCKETS)
        self.write_failures = self._counter("write_failures", "Failed writes to disk.")
        self.torn_tails = self._counter("torn_tails", "Write-ahead files found damaged; the pieces are in quarantine.")
        self.torn_bytes = self._counter("torn_bytes", "Bytes of damaged pieces in these files.")
        self.queue_bytes = self._gauge("queue_bytes", "Bytes of events waiting to be written.")
        self.last_fsync = Gauge(LAST_FSYNC, "Unix time of the last sync.", registry=self.registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(f"{PREFIX}_{name}", meaning, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"{PREFIX}_{name}", meaning, registry=self.registry, buckets=buckets)

    def save(self, folder: Path) -> None:
        """Write the metrics where the other workers find them, atomically.

        Raises:
            OSError: the disk failed.
        """
        write_to_textfile(str(folder / f"{os.getpid()}{SUFFIX}"), self.registry)


def render(folder: Path, home: Home, free_bytes: int) -> bytes:
    """Return the page of all workers in Prometheus' text format.

    Args:
        folder: Where the workers save their metrics.
        home: Where write-ahead files and sealed files that wait for an upload lie.
        free_bytes: Bytes free on their disk.
    """
    sizes = [size for path in home.wal.glob("*.wal") if (size := _size(path)) is not None]
    page = CollectorRegistry()
    page.register(SavedMetrics(folder))
    for name, meaning, value in [
        ("unsealed_files", "Write-ahead files not sealed yet.", len(sizes)),
        ("unsealed_bytes", "Bytes of these files.", sum(sizes)),
        (
            "outbox_files",
            "Sealed files not uploaded to TURRET_LANDING_URL yet.",
            sum(1 for _ in home.outbox.glob(f"*/*/*/*{SEGMENT_SUFFIX}")),
        ),
        ("free_bytes", "Bytes free on the disk of TURRET_HOME.", free_bytes),
    ]:
        Gauge(f"{PREFIX}_{name}", meaning, registry=page).set(value)
    return generate_latest(page)


class SavedMetrics(Collector):
    """Adds up what the workers saved in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """Yield each metric: counters and histograms of all workers, gauges of those that are alive."""
        for metric, values in self._read().values():
            combine = max if metric.name == LAST_FSYNC else sum
            metric.samples = [Sample(name, dict(labels), combine(each)) for (name, labels), each in values.items()]
            if metric.name != LAST_FSYNC:
                yield metric
            elif synced_at := metric.samples[0].value:
                age_s = max(0.0, time.time() - synced_at)
                yield GaugeMetricFamily(f"{LAST_FSYNC}_age_seconds", "Seconds since events were last synced.", age_s)

    def _read(self) -> dict[str, tuple[Metric, defaultdict[Series, list[float]]]]:
        found: dict[str, tuple[Metric, defaultdict[Series, list[float]]]] = {}
        for path in self._folder.glob(f"*{SUFFIX}"):
            is_alive = time.time() - path.stat().st_mtime < STALE_S
            for metric in text_string_to_metric_families(path.read_text()):
                _, values = found.setdefault(metric.name, (metric, defaultdict(list)))
                for sample in metric.samples:
                    if is_alive or metric.type != "gauge" or metric.name == LAST_FSYNC:
                        # Bounds of buckets have no decimal point if they are integers: le="1".
                        labels = tuple((name, value.removesuffix(".0")) for name, value in sample.labels.items())
                        values[sample.name, labels].append(sample.value)
        return found


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # sealed in the meantime
        return None
