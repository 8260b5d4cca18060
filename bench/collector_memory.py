"""Memory of a worker under an hour's load, compressed into minutes: does it grow?

The events of an hour at the given rate are sent as fast as the worker accepts them, alternating between single calls
and batches. Resident memory is sampled with the number of events. A least-squares line through the samples, without the
first fifth, gives the growth per million events.

    python bench/collector_memory.py --rate 300
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson
from harness.http_load import Request, is_available, run_load
from harness.installation import Installation

if TYPE_CHECKING:
    from harness.server_process import ServerProcess

SECONDS_PER_HOUR = 3600
BATCH_EVENTS = 100
CONNECTIONS = 64
BURST_S = 10
SAMPLE_S = 0.5
WARM_SHARE = 0.2
MIB = 1 << 20
EVENT = {
    "name": "message",
    "session_id": "chat-5f2a90c1",
    "user_id": "user-000731",
    "metadata": {"prompt": "Where is my order? " * 8, "plan": "pro", "latency_ms": 820},
}


@dataclass
class MemorySamples:
    """Resident MiB beside the events that were taken by then. A thread samples while bursts run."""

    server: ServerProcess
    n_events: int = 0
    events: list[int] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Sample until `is_over`."""
        while not self.is_over.wait(SAMPLE_S):
            self.events.append(self.n_events)
            self.mib.append(self.server.rss_bytes() / MIB)

    def describe(self) -> str:
        """Say what the samples show."""
        warm = int(len(self.mib) * WARM_SHARE)
        millions, mib = np.array(self.events[warm:]) / 1e6, np.array(self.mib[warm:])
        (slope, at_zero), covariance = np.polyfit(millions, mib, 1, cov=True)
        error = 2 * float(np.sqrt(covariance[0, 0]))
        half = len(mib) // 2
        highest, later = mib[:half].max(), mib[half:].max()
        return (
            f"{self.n_events:,} events, {len(self.mib)} samples. {self.mib[0]:.0f} MiB at first, {mib.min():.0f} to "
            f"{mib.max():.0f} MiB after the first fifth; the highest of its first half is {highest:.0f} MiB, of its "
            f"second {later:.0f}. The line: {at_zero:.0f} MiB and {slope:+.2f} ± {error:.2f} MiB per million events."
        )


def main() -> None:
    """Load a worker with an hour's events and print what its memory did."""
    options = _parse_arguments()
    if not is_available():
        sys.exit("wrk is not installed; on Debian: apt-get install wrk.")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        installation = Installation.create(Path(folder) / "home")
        server = installation.start(collector_segment_max_bytes=options.segment_bytes)
        try:
            server.wait_until_answering()
            samples = MemorySamples(server)
            _load(samples, installation.key, options.rate * SECONDS_PER_HOUR)
        finally:
            server.stop()
    print(samples.describe())


def _load(samples: MemorySamples, key: str, n_events: int) -> None:
    """Send bursts of single calls and of batches in turn until so many events were taken."""
    single = Request(orjson.dumps(EVENT), key=key), 1
    batch = Request(orjson.dumps({"events": [EVENT] * BATCH_EVENTS}), "/batch", key), BATCH_EVENTS
    watching = threading.Thread(target=samples.watch)
    watching.start()
    try:
        while samples.n_events < n_events:
            for (request, n_each), seconds in ((single, BURST_S), (batch, BURST_S // 5)):
                load = run_load(samples.server.port, request, connections=CONNECTIONS, seconds=seconds)
                samples.n_events += load.n_requests * n_each
    finally:
        samples.is_over.set()
        watching.join()


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=300, help="events a second of the hour that is compressed")
    parser.add_argument("--segment-bytes", type=int, default=8_388_608, help="TURRET_COLLECTOR_SEGMENT_MAX_BYTES")
    parser.add_argument("--folder", type=Path, help="where the temporary home is made")
    return parser.parse_args()


if __name__ == "__main__":
    main()
