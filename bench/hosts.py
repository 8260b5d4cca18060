"""Collectors of three hosts, one PostgreSQL, one bucket: is the quota exact, and is each event loaded once?

Each host has a home and a clock of its own; two clocks are minutes off. 12,000 events are sent against a limit of
10,000, most of them to the first host. The third is killed halfway and never comes back, and its disk is lost. Its
lease is then made as old as one that has expired. A tenth of the requests to the bucket fail.

    PYTHONPATH=. python bench/hosts.py
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import httpx
import orjson
import zstandard
from harness.installation import PRODUCT, Installation
from harness.ledger import Ledger
from harness.object_store import serve_object_store
from harness.sender import Sender, event_id
from sqlalchemy import create_engine, text

from contracts.home import SEGMENT_SUFFIX, WAL_SUFFIX, Home
from contracts.settings import PREFIX, load_settings
from projects import open_projects
from projects.quota_ledger import LEASE_TIMEOUT_S
from tests.factories.postgres_server import find_postgres, run_postgres

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.server_process import ServerProcess

    from projects import Projects

LIMIT, REQUESTS = 10_000, 12_000
HOSTS = {PRODUCT: 0.6, "fast-clock": 0.2, "slow-clock": 0.2}
"""Variants of the collector, one a host, and the share of the requests that each gets. The last host is lost."""

CONNECTIONS = 8
STRIDE = 1_000_000
FAULT_SHARE = 0.1
POLL_S = 0.02
MAX_CLOCK_S = 2.0
MAX_REVOKED_S = 10.0


@dataclass
class Outcome:
    """What came of a trial.

    Attributes:
        limit: events that the plan allows.
        n_acknowledged: events answered with 200, by all hosts.
        n_unsealed: events in write-ahead files on the lost disk.
        n_not_uploaded: events in its outbox, which were booked.
        n_rows: rows of `raw.events`.
        n_lost: events that were acknowledged, are not in `raw.events`, and were not on the lost disk.
        n_booked: events that count as used in the end.
        clock_s: by how much the time at which an event was received is off, at most.
        revoked_s: seconds after which every host refuses a revoked key.
    """

    limit: int
    n_acknowledged: int = 0
    n_unsealed: int = 0
    n_not_uploaded: int = 0
    n_rows: int = 0
    n_lost: int = 0
    n_booked: int = 0
    clock_s: float = 0.0
    revoked_s: float = 0.0

    @property
    def is_right(self) -> bool:
        """Whether the quota was kept exactly, nothing else was lost, and times and keys are right."""
        is_exact = self.n_booked == self.limit == self.n_rows + self.n_not_uploaded
        return is_exact and not self.n_lost and self.clock_s < MAX_CLOCK_S and self.revoked_s < MAX_REVOKED_S

    def __str__(self) -> str:
        return (
            f"{self.n_acknowledged:,} acknowledged; {self.n_unsealed:,} unsealed and {self.n_not_uploaded:,} sealed "
            f"events were on the lost disk; {self.n_booked:,} booked of {self.limit:,}, {self.n_rows:,} rows in "
            f"raw.events, {self.n_lost} lost; times are off by {self.clock_s:.2f} s at most; a revoked key is refused "
            f"everywhere after {self.revoked_s:.1f} s: {'as it should be' if self.is_right else 'WRONG'}"
        )


def main() -> None:
    """Print what came of it; exit with 1 if anything is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where temporary homes are made; they belong on a real disk")
    with tempfile.TemporaryDirectory(dir=parser.parse_args().folder) as folder:
        outcome = fill_quota(Path(folder))
    print(outcome)
    sys.exit(0 if outcome.is_right else 1)


def fill_quota(folder: Path, limit: int = LIMIT, n_requests: int = REQUESTS) -> Outcome:
    """Send more than the limit allows to three hosts, lose one of them, and compare what is kept.

    Raises:
        RuntimeError: PostgreSQL is not installed.
    """
    programs = find_postgres()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed; on Debian: apt-get install postgresql.")
    with ExitStack() as stack:
        database_url = stack.enter_context(run_postgres(programs))
        store = stack.enter_context(serve_object_store())
        stack.enter_context(store.as_environment())
        store.fault_share = FAULT_SHARE
        settings = load_settings(home=folder / "pipeline", database_url=database_url)
        projects = stack.enter_context(open_projects(settings))
        project_id = projects.create_project("shop", "enterprise", limit).project_id
        key = projects.create_key(project_id).secret
        addresses = {f"{PREFIX}DATABASE_URL": database_url, f"{PREFIX}LANDING_URL": store.url, **store.environment}
        hosts = [Host.create(folder, place, project_id, key, n_requests) for place in range(len(HOSTS))]
        trial = Trial(hosts, addresses, projects, Outcome(limit))
        began = datetime.now(UTC)
        asyncio.run(trial.run())
        store.fault_share = 0
        ledger = Ledger(Home(folder / "pipeline"), folder / "hosts.duckdb", store.url)
        ledger.load()
        trial.compare(folder / "hosts.duckdb", began)
        trial.outcome.n_booked = projects.ledger.usage(project_id, datetime.now(UTC)).used
    return trial.outcome


@dataclass
class Host:
    """A host: its collector, and the client that sends to it."""

    variant: str
    installation: Installation
    sender: Sender
    n_requests: int

    @classmethod
    def create(cls, folder: Path, place: int, project_id: str, key: str, n_requests: int) -> Host:
        """Make the home of a host."""
        variant, share = list(HOSTS.items())[place]
        home = Home(folder / f"host{place}")
        home.root.mkdir()
        installation = Installation(home, project_id, key)
        n_mine, first = round(n_requests * share), place * STRIDE
        sender = Sender(installation.port, [key], numbers=iter(range(first, first + n_mine)))
        return cls(variant, installation, sender, n_mine)

    def start(self, addresses: Mapping[str, str]) -> ServerProcess:
        """Start its collector."""
        return self.installation.start(self.variant, environment=addresses, collector_segment_max_age_s=0.5)

    def lose_disk(self) -> tuple[set[str], set[str]]:
        """Remove the home; return the ids of the events in its write-ahead files, and of those in its outbox."""
        home = self.installation.home
        lines = [line for path in home.wal.glob(f"*{WAL_SUFFIX}") for line in path.read_bytes().split(b"\n")]
        unsealed = {orjson.loads(line[9:])["event_id"] for line in lines if b'{"' in line}
        sealed = set()
        for path in home.outbox.glob(f"*/*/*/*{SEGMENT_SUFFIX}"):
            with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
                sealed |= {orjson.loads(line)["event_id"] for line in reader.read().splitlines()}
        shutil.rmtree(home.root)
        return unsealed - sealed, sealed


@dataclass
class Trial:
    """Three hosts that share a database and a bucket."""

    hosts: list[Host]
    addresses: Mapping[str, str]
    projects: Projects
    outcome: Outcome

    def __post_init__(self) -> None:
        self._lost: set[str] = set()

    async def run(self) -> None:
        """Send to the first and the last host, lose the last, let its lease expire, send to the second, end the key."""
        servers = [host.start(self.addresses) for host in self.hosts]
        first, second, last = self.hosts
        try:
            for server in servers:
                await asyncio.to_thread(server.wait_until_answering)
            sending = [asyncio.create_task(host.sender.send_until_stopped(CONNECTIONS)) for host in (first, last)]
            while last.sender.n_sent < last.n_requests / 2:  # noqa: ASYNC110  # the sender need not know of it
                await asyncio.sleep(POLL_S)
            await asyncio.to_thread(servers[-1].kill)
            last.sender.is_stopped = True
            await asyncio.gather(*sending)
            unsealed, sealed = last.lose_disk()
            self._lost = unsealed | sealed
            self.outcome.n_unsealed, self.outcome.n_not_uploaded = len(unsealed), len(sealed)
            self._expire_leases()
            await second.sender.send_until_stopped(CONNECTIONS)
            self.outcome.revoked_s = await self._revoke_key()
        finally:
            for server in servers:
                await asyncio.to_thread(server.stop)

    def _expire_leases(self) -> None:
        """Make all leases so old that they have expired; running hosts renew theirs as they take more."""
        engine = create_engine(self.addresses[f"{PREFIX}DATABASE_URL"])
        with engine.begin() as connection:
            connection.execute(text(f"update quota_leases set renewed_at = renewed_at - {LEASE_TIMEOUT_S + 1}"))  # noqa: S608  # a number of ours
        engine.dispose()

    async def _revoke_key(self) -> float:
        """Revoke the key; return the seconds until both hosts that run refuse it."""
        (key,) = self.projects.list_keys(self.hosts[0].installation.project_id)
        self.projects.revoke_key(key.project_id, key.key_id)
        began = time.monotonic()
        headers = {"X-API-Key": self.hosts[0].installation.key}
        async with httpx.AsyncClient(headers=headers) as client:
            for host in self.hosts[:2]:
                url = f"http://127.0.0.1:{host.installation.port}/usage"
                while (await client.get(url)).status_code != httpx.codes.UNAUTHORIZED:  # noqa: ASYNC110  # the same
                    await asyncio.sleep(POLL_S)
        return time.monotonic() - began

    def compare(self, warehouse: Path, began: datetime) -> None:
        """Compare `raw.events` with what the hosts acknowledged."""
        with duckdb.connect(warehouse, read_only=True) as connection:
            rows = connection.execute("select event_id, received_at from raw.events").fetchall()
        acknowledged = {event_id(n) for host in self.hosts for ns in host.sender.acknowledged.values() for n in ns}
        ids = {id_ for id_, _ in rows}
        received = [at.replace(tzinfo=UTC) for _, at in rows]
        ended = datetime.now(UTC)
        self.outcome.n_acknowledged = len(acknowledged)
        self.outcome.n_rows = len(rows)
        self.outcome.n_lost = len(acknowledged - ids - self._lost)
        self.outcome.clock_s = max(
            0.0, (began - min(received)).total_seconds(), (max(received) - ended).total_seconds()
        )


if __name__ == "__main__":
    main()
