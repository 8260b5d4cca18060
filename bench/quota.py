"""Quotas: more requests than a plan allows, with several workers and a kill in the middle: is exactly the limit kept?

One project is sent 12,000 events against a limit of 10,000, while two smaller ones with limits of their own and one
without a limit take part. What counts is what the pipeline's loader finds in `raw.events` in the end.

    python bench/quota.py
    python bench/quota.py --workers 2 --kill
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from harness.installation import Installation
from harness.ledger import Ledger
from harness.sender import Sender

LIMIT, REQUESTS = 10_000, 12_000
SMALLER = {"small": (500, 800), "tiny": (7, 60), "unlimited": (None, 400)}
"""Limit and requests of the other projects."""

CONNECTIONS, FEW_CONNECTIONS = 24, 2
STRIDE = 1_000_000
POLL_S = 0.02


@dataclass
class Quota:
    """A project, its limit, and the client that sends more than that."""

    name: str
    project_id: str
    limit: int | None
    n_requests: int
    connections: int
    sender: Sender
    n_rows: int = field(default=-1)

    @property
    def is_exact(self) -> bool:
        """Whether the rows are the limit, or all that was sent where that is less; none acknowledged is missing."""
        expected = self.n_requests if self.limit is None else min(self.limit, self.n_requests)
        # Without a limit, requests that were cut off by the kill may or may not have been kept.
        is_right = self.n_rows == expected if self.limit is not None else self.n_rows <= expected
        return is_right and self.sender.n_acknowledged <= self.n_rows

    def row(self, workers: int, *, is_killed: bool) -> str:
        """Format a row of the table."""
        cells = [
            str(workers),
            "yes" if is_killed else "no",
            self.name,
            f"{self.limit:,}" if self.limit else "-",
            f"{self.sender.n_sent:,}",
            f"{self.sender.n_acknowledged:,}",
            f"{self.sender.statuses[429]:,}",
            f"{self.n_rows:,}",
            "exact" if self.is_exact else "WRONG",
        ]
        return f"| {' | '.join(cells)} |"


def main() -> None:
    """Run the trials; exit with 1 if any project has another number of rows than it should."""
    options = _parse_arguments()
    kills = [False, True] if options.kill is None else [options.kill]
    print(
        "| workers | kill -9 half-way | project | limit | sent | answered 200 | answered 429 | rows in raw.events | |"
    )
    print("| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | --- |")
    is_exact = True
    for workers in options.workers or [1, 2, 4]:
        for is_killed in kills:
            with tempfile.TemporaryDirectory(dir=options.folder) as folder:
                quotas = fill_quotas(Path(folder), workers, is_killed=is_killed)
            for quota in quotas:
                print(quota.row(workers, is_killed=is_killed), flush=True)
                is_exact &= quota.is_exact
    sys.exit(0 if is_exact else 1)


def fill_quotas(
    folder: Path, workers: int, *, is_killed: bool, limit: int = LIMIT, n_requests: int = REQUESTS
) -> list[Quota]:
    """Send more than the limits allow, count what is kept."""
    installation = Installation.create(folder / "home", event_limit=limit)
    ledger = Ledger(installation.home, folder / "quota.duckdb")
    quotas = [
        Quota("large", installation.project_id, limit, n_requests, CONNECTIONS, _sender(installation, n_requests))
    ]
    for place, (name, (small_limit, few)) in enumerate(SMALLER.items(), start=1):
        project_id, key = installation.add_project(name, small_limit)
        sender = _sender(installation, few, key, place * STRIDE)
        quotas.append(Quota(name, project_id, small_limit, few, FEW_CONNECTIONS, sender))
    asyncio.run(_send_all(installation, quotas, workers, is_killed=is_killed))
    ledger.load()
    for quota in quotas:
        quota.n_rows = ledger.count_rows(quota.project_id)
    return quotas


def _sender(installation: Installation, n_requests: int, key: str = "", first: int = 0) -> Sender:
    return Sender(installation.port, [key or installation.key], numbers=iter(range(first, first + n_requests)))


async def _send_all(installation: Installation, quotas: list[Quota], workers: int, *, is_killed: bool) -> None:
    """Send everything, killing the collector with its workers once half of the large project's requests are out."""
    server = installation.start(workers=workers, collector_segment_max_age_s=0.5)
    try:
        await asyncio.to_thread(server.wait_until_answering)
        sending = [asyncio.create_task(quota.sender.send_until_stopped(quota.connections)) for quota in quotas]
        if is_killed:
            await _until_half_sent(quotas[0])
            await asyncio.to_thread(server.kill)
            server = installation.start(workers=workers, collector_segment_max_age_s=0.5)
        await asyncio.gather(*sending)
        await asyncio.to_thread(server.wait_until_answering)
    finally:
        await asyncio.to_thread(server.stop)


async def _until_half_sent(quota: Quota) -> None:
    while quota.sender.n_sent < quota.n_requests / 2:  # noqa: ASYNC110  # the sender need not know of kills
        await asyncio.sleep(POLL_S)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, action="append", metavar="N", help="only with so many processes")
    parser.add_argument("--kill", action=argparse.BooleanOptionalAction, help="only with, or only without, the kill")
    parser.add_argument("--folder", type=Path, help="where temporary homes are made; they belong on a real disk")
    return parser.parse_args()


if __name__ == "__main__":
    main()
