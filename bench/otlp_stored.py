"""Stored spans per second: the collector and arize-phoenix with the same exports in one run.

    python -m venv /tmp/phoenix && /tmp/phoenix/bin/pip install arize-phoenix
    python bench/otlp_stored.py --phoenix /tmp/phoenix/bin/python --rounds 3

Each round sends the same requests in protobuf over the same number of connections, first to one and then to the other,
and waits until all is stored: for Turret the answer, which is sent once its events are on disk, and then a count of the
events that `/usage` tells; for Phoenix until its own API counts every span. A request that is refused because a queue
is full is sent again, as exporters do. CPU is that of the server and its children, from /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

from harness.installation import Installation
from harness.phoenix import start_phoenix
from otlp_cost import N_SPANS, spans

from collector.http.exchange import PROTOBUF_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.server_process import ServerProcess

LEAST = 20.0
CONNECTIONS = 4
PATIENCE_S = 900.0
LOOK_S = 0.25
PAUSE_S = 0.5
OURS, PEER = "Turret", "arize-phoenix"


@dataclass
class Store:
    """A server that receives spans, and how to count what it stores; one value per round."""

    name: str
    server: ServerProcess
    key: str
    count: Callable[[], int]
    spans_per_s: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    n_stored: int = 0
    n_again: int = 0

    def measure(self, bodies: Sequence[bytes]) -> None:
        """Send everything, wait until it is stored, and keep what that took.

        Raises:
            SystemExit: a request was refused for good, or not all was stored in time.
        """
        n_before, n_sent, cpu_before = self.count(), len(bodies) * N_SPANS, self.server.cpu_s()
        began = time.monotonic()
        with ThreadPoolExecutor(CONNECTIONS) as senders:
            list(senders.map(self._send, bodies))
        while (n_stored := self.count() - n_before) < n_sent:
            if time.monotonic() - began > PATIENCE_S:
                raise SystemExit(f"{self.name} stored {n_stored} of {n_sent} spans.")
            time.sleep(LOOK_S)
        self.spans_per_s.append(n_stored / (time.monotonic() - began))
        self.cpu_us.append((self.server.cpu_s() - cpu_before) / n_stored * 1e6)
        self.n_stored += n_stored

    def _send(self, body: bytes) -> None:
        while True:
            connection = HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_S)
            headers = {"Content-Type": PROTOBUF_TYPE.decode(), "X-API-Key": self.key}
            connection.request("POST", "/v1/traces", body, headers)
            status = connection.getresponse().status
            connection.close()
            if status == 200:  # noqa: PLR2004  # OK
                return
            if status not in {429, 503}:
                raise SystemExit(f"{self.name} answered {status}.")
            self.n_again += 1
            time.sleep(PAUSE_S)

    def row(self) -> str:
        """Format a row of the table: medians, and the range of the rate."""
        spread = f"{min(self.spans_per_s):,.0f}-{max(self.spans_per_s):,.0f}"
        rate, cpu = statistics.median(self.spans_per_s), statistics.median(self.cpu_us)
        return f"| {self.name} | {self.n_stored:,} | {self.n_again} | {rate:,.0f} ({spread}) | {cpu:,.0f} |"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phoenix", type=Path, metavar="PYTHON", required=True, help="of a venv with arize-phoenix")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=8, help=f"requests a round, of {N_SPANS} spans each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, start_phoenix(options.phoenix, Path(name)) as phoenix:
        installation = Installation.create(Path(name) / "home")
        server = installation.start()
        try:
            server.wait_until_answering()
            ours = Store(OURS, server, installation.key, lambda: _used(server, installation.key))
            peer = Store(PEER, phoenix.server, "", phoenix.n_told)
            for number in range(options.rounds):
                bodies = [_body() for _ in range(options.requests)]
                for store in (ours, peer) if number % 2 else (peer, ours):
                    store.measure(bodies)
        finally:
            server.kill()
    print("| server | spans stored | requests sent again | stored spans/s: median (range) | CPU µs a stored span |")
    print(f"| --- | ---: | ---: | ---: | ---: |\n{ours.row()}\n{peer.row()}")
    ratios = [one / other for one, other in zip(ours.spans_per_s, peer.spans_per_s, strict=True)]
    ratio = statistics.median(ratios)
    print(f"\nratio {ratio:.0f} ({min(ratios):.0f}-{max(ratios):.0f}), at least {LEAST:g}: ", end="")
    print("met" if ratio >= LEAST else "MISSED")
    print(f"load average {os.getloadavg()[0]:.1f}")


def _body() -> bytes:
    """Make a request whose spans have ids that no other has."""
    return bytes(spans().SerializeToString())


def _used(server: ServerProcess, key: str) -> int:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/usage", headers={"X-API-Key": key})
    used = json.loads(connection.getresponse().read())["used"]
    connection.close()
    return int(used)


if __name__ == "__main__":
    main()
