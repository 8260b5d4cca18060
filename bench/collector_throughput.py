"""The cost of a durable event in CPU and latency: the collector and its peers, interleaved.

Each round measures every server once, in turn, so a busy machine affects all of them equally. CPU is user and
system time of the server and its children. The load comes from wrk, whose CPU is not counted, nor is that of
kernel threads, which write to the disk.

    python bench/collector_throughput.py --rounds 5
    python bench/collector_throughput.py --phoenix FOLDER/bin/python     # a venv with arize-phoenix in it
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from harness.http_load import Load, Request, is_available, run_load
from harness.installation import PRODUCT, Installation
from harness.nginx import start_nginx
from harness.phoenix import Phoenix, start_phoenix

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.server_process import ServerProcess

BATCH_EVENTS = 100
PROMPT = (
    "I ordered the blue running shoes a week ago and the tracking page still says that they are being packed. When?"
)
EVENT = {
    "name": "message",
    "session_id": "chat-5f2a90c1",
    "user_id": "user-000731",
    "metadata": {
        "prompt": PROMPT,
        "plan": "pro",
        "country": "DE",
        "model": "assistant-2",
        "latency_ms": 820,
        "ok": True,
    },
}

RAW, OURS, NOT_DURABLE, ORDINARY = "raw ASGI, parses", "Turret /track", "Turret, not durable", "FastAPI + fsync each"
BATCH, NGINX, PHOENIX = f"Turret /batch of {BATCH_EVENTS}", "nginx, answers 200", "arize-phoenix, spans"


@dataclass
class Contender:
    """A running server and its measurements, one value per round. An event is a request, or 1/100 of a batch."""

    name: str
    server: ServerProcess
    request: Request
    events_per_request: int = 1
    cpu_us: list[float] = field(default_factory=list)
    events_per_s: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)

    def measure(self, connections: int, seconds: int) -> None:
        """Load it for a while and record the cost."""
        cpu_before = self.server.cpu_s()
        load = run_load(self.server.port, self.request, connections=connections, seconds=seconds)
        self._keep(load, self.server.cpu_s() - cpu_before)

    def _keep(self, load: Load, cpu_s: float) -> None:
        n_events = load.n_requests * self.events_per_request
        self.cpu_us.append(cpu_s / n_events * 1e6)
        self.events_per_s.append(n_events / load.seconds)
        self.p50_ms.append(load.p50_ms)
        self.p99_ms.append(load.p99_ms)

    def row(self) -> str:
        """Format a row of the table: medians, and the range of the CPU."""
        spread = f"{min(self.cpu_us):.1f}-{max(self.cpu_us):.1f}"
        rate, p50, p99 = (statistics.median(values) for values in (self.events_per_s, self.p50_ms, self.p99_ms))
        cpu = statistics.median(self.cpu_us)
        return f"| {self.name} | {cpu:.1f} ({spread}) | {rate:,.0f} | {p50:.1f} | {p99:.1f} |"


@dataclass(frozen=True)
class Goal:
    """A ratio of two contenders, computed round by round, and its target."""

    name: str
    over: list[float]
    under: list[float]
    most: float

    def row(self) -> str:
        """Format a row of the table: the median over the rounds, their range, and whether the median meets the goal."""
        ratios = [a / b for a, b in zip(self.over, self.under, strict=True)]
        median = statistics.median(ratios)
        verdict = "met" if median <= self.most else "MISSED"
        return f"| {self.name} | {median:.2f} ({min(ratios):.2f}-{max(ratios):.2f}) | {self.most:g} | {verdict} |"


def main() -> None:
    """Start all servers, measure them in turn, print the tables."""
    options = _parse_arguments()
    if not is_available():
        sys.exit("wrk is not installed; on Debian: apt-get install wrk.")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, ExitStack() as stack:
        contenders = _start_all(Path(folder), options, stack)
        for contender in contenders:
            run_load(contender.server.port, contender.request, connections=options.connections, seconds=1)
        load_before = os.getloadavg()[0]
        for round_number in range(options.rounds):
            for contender in contenders if round_number % 2 == 0 else reversed(contenders):
                contender.measure(options.connections, options.seconds)
        _print_tables(contenders, options, load_before)
        if options.phoenix:
            _print_phoenix(options.phoenix, Path(folder), options.seconds)


def _start_all(folder: Path, options: argparse.Namespace, stack: ExitStack) -> list[Contender]:
    """Start every contender; all of them are stopped with `stack`."""
    one = orjson.dumps(EVENT)
    contenders: list[Contender] = []

    def add(name: str, start: Callable[[], ServerProcess], request: Request, events: int = 1) -> None:
        server = start()
        stack.callback(server.kill)
        server.wait_until_answering()
        contenders.append(Contender(name, server, request, events))

    for name, variant in {RAW: "raw", OURS: PRODUCT, NOT_DURABLE: "not-durable", ORDINARY: "ordinary"}.items():
        installation = Installation.create(folder / variant)
        add(name, partial(installation.start, variant), Request(one, key=installation.key))
    if not options.no_batch:
        installation = Installation.create(folder / "batch")
        batch = Request(orjson.dumps({"events": [EVENT] * BATCH_EVENTS}), "/batch", installation.key)
        add(BATCH, installation.start, batch, BATCH_EVENTS)
    if shutil.which("nginx"):
        add(NGINX, lambda: start_nginx(folder), Request(one))
    else:
        print("nginx is not installed (apt-get install nginx-light): left out.\n")
    return contenders


def _print_tables(contenders: list[Contender], options: argparse.Namespace, load_before: float) -> None:
    print(
        f"{options.connections} connections, body of {len(orjson.dumps(EVENT))} bytes, {options.rounds} rounds of "
        f"{options.seconds} s each, {os.cpu_count()} cores, load average before {load_before:.1f}\n"
    )
    print("| server | CPU µs per event: median (range) | events/s | p50 ms | p99 ms |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for contender in contenders:
        print(contender.row())
    print("\n| ratio, round by round | median (range) | goal: at most | |\n| --- | ---: | ---: | --- |")
    for goal in _goals({contender.name: contender for contender in contenders}):
        print(goal.row())


def _goals(by_name: dict[str, Contender]) -> list[Goal]:
    ours, raw = by_name[OURS], by_name[RAW]
    goals = [
        Goal("CPU, Turret / raw ASGI", ours.cpu_us, raw.cpu_us, 2.5),
        Goal("CPU, Turret / not durable", ours.cpu_us, by_name[NOT_DURABLE].cpu_us, 1.35),
        Goal("p99, Turret / raw ASGI", ours.p99_ms, raw.p99_ms, 4.0),
        Goal("CPU, Turret / FastAPI + fsync each", ours.cpu_us, by_name[ORDINARY].cpu_us, 1.0),
        Goal("p99, Turret / FastAPI + fsync each", ours.p99_ms, by_name[ORDINARY].p99_ms, 1.0),
    ]
    if BATCH in by_name:
        goals.append(Goal("CPU an event, /batch / single", by_name[BATCH].cpu_us, ours.cpu_us, 0.25))
    return goals


def _print_phoenix(python: Path, folder: Path, seconds: int) -> None:
    """Phoenix answers before it stores, so both are counted: spans answered, and spans in its database in the end."""
    with start_phoenix(python, folder) as phoenix:
        stored = _load_phoenix(phoenix, seconds)
    print(f"\n{PHOENIX}: {stored}")


def _load_phoenix(phoenix: Phoenix, seconds: int) -> str:
    request = phoenix.span_request(PROMPT)
    run_load(phoenix.server.port, request, connections=1, seconds=1)
    phoenix.wait_until_stored()
    cpu_before, n_before = phoenix.server.cpu_s(), phoenix.n_stored()
    load = run_load(phoenix.server.port, request, connections=8, seconds=seconds)
    n_stored_then = phoenix.n_stored() - n_before
    waited_s = phoenix.wait_until_stored()
    n_stored = phoenix.n_stored() - n_before
    cpu_s = phoenix.server.cpu_s() - cpu_before
    return (
        f"{load.n_requests:,} spans answered in {load.seconds:.1f} s over 8 connections, of which {n_stored_then:,} "
        f"were stored by then and {n_stored:,} after {waited_s:.0f} s more; "
        f"{cpu_s / max(n_stored, 1) * 1e6:,.0f} CPU µs per stored span, "
        f"{n_stored / (load.seconds + waited_s):,.0f} stored spans/s."
    )


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each server is measured")
    parser.add_argument("--seconds", type=int, default=4, help="how long each measurement lasts")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--no-batch", action="store_true", help="leave /batch out")
    parser.add_argument("--phoenix", type=Path, metavar="PYTHON", help="of a venv with arize-phoenix: measure it too")
    parser.add_argument("--folder", type=Path, help="where temporary homes are made; they belong on a real disk")
    return parser.parse_args()


if __name__ == "__main__":
    main()
