"""A trial: rounds of load on one installation, each ended by a fault, and a verdict in the end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Self

from contracts.home import Home
from contracts.settings import PREFIX
from harness.fault_shim import FaultShim
from harness.installation import PRODUCT, Installation
from harness.ledger import Ledger, Verdict
from harness.power_cut import cut_power
from harness.sender import Sender

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from harness.object_store import ObjectStore
    from harness.server_process import ServerProcess

CONNECTIONS = 24
EARLY_SHARE = 0.2
"""Share of the kills during the start of the collector, when it recovers what the last one left."""

MAX_START_S, MAX_LOAD_S = 1.5, 0.6


@dataclass
class Trial:
    """One home, one collector at a time, one client, and a seed that decides every random thing."""

    installation: Installation
    shim: FaultShim
    sender: Sender
    ledger: Ledger
    random: Random
    variant: str = PRODUCT
    workers: int = 1
    settings: dict[str, object] = field(default_factory=dict)
    n_changes: int = 0
    store: ObjectStore | None = None

    @classmethod
    def prepare(  # noqa: PLR0913  # all but one by name
        cls,
        folder: Path,
        *,
        seed: int = 0,
        home: Path | None = None,
        batch_events: int = 0,
        span_events: int = 0,
        store: ObjectStore | None = None,
        **options: Any,
    ) -> Self:
        """Make the home (in `folder`, unless given) with everything around it.

        With a `store`, the collector uploads to it, and the pipeline downloads into a home of its own.
        """
        folder.mkdir(parents=True, exist_ok=True)
        installation = Installation.create(home or folder / "home")
        return cls(
            installation,
            FaultShim.build(folder, installation.home.root),
            Sender(installation.port, [installation.key], batch_events, span_events),
            Ledger(
                Home(folder / "pipeline") if store else installation.home,
                folder / "trial.duckdb",
                store.url if store else "",
            ),
            Random(seed),  # noqa: S311  # chance, not secrecy
            store=store,
            **options,
        )

    def start(self) -> ServerProcess:
        """Start the collector under the shim, with files that are rolled early and often."""
        rolling = {
            "collector_segment_max_bytes": self.random.choice([4096, 65_536, 1_048_576]),
            "collector_segment_max_age_s": 0.2,
        }
        return self.installation.start(
            self.variant,
            workers=self.workers,
            environment={**self.shim.environment, **self._environment},
            **{**rolling, **self.settings},
        )

    @property
    def _environment(self) -> dict[str, str]:
        """What leads the collector to the landing store."""
        return {} if self.store is None else {**self.store.environment, f"{PREFIX}LANDING_URL": self.store.url}

    def kill_round(self) -> None:
        """Load the collector, kill it at a random moment, and load what has landed as the pipeline would."""
        is_early = self.random.random() < EARLY_SHARE
        max_s = MAX_START_S if is_early else MAX_LOAD_S
        self.load_for(self.random.uniform(0, max_s), is_started=not is_early)

    def power_cut_round(self) -> None:
        """Do a round in which the disk also loses what it has not synced."""
        self.kill_round()
        self.cut_power()

    def cut_power(self) -> None:
        """Revert everything that the disk does not guarantee; the collector is dead by now."""
        self.n_changes += cut_power(self.installation.home, self.shim, self.random)

    def load_for(self, seconds: float, *, is_started: bool = True) -> None:
        """Load the collector for a while, counted from when it answers (`is_started`) or is launched; kill it, load."""
        server = self.start()

        async def wait() -> None:
            if is_started:
                await asyncio.to_thread(server.wait_until_answering)
            await asyncio.sleep(seconds)
            await asyncio.to_thread(server.kill)

        try:
            self.load_until(wait)
        finally:
            server.kill()
        self.ledger.load()

    def load_until(self, harm: Callable[[], Awaitable[None]]) -> None:
        """Send events while `harm` runs."""

        async def run() -> None:
            sending = asyncio.create_task(self.sender.send_until_stopped(CONNECTIONS))
            harming = asyncio.ensure_future(harm())
            await asyncio.wait([sending, harming], return_when=asyncio.FIRST_COMPLETED)
            await harming
            self.sender.is_stopped = True
            await sending

        asyncio.run(run())

    def finish(self) -> Verdict:
        """Let an unharmed collector recover, seal and upload everything to a store that works, then compare."""
        if self.store is not None:
            self.store.fault_share = 0
        server = self.installation.start(environment=self._environment)
        try:
            server.wait_until_answering()
        finally:
            server.stop()
        left = sorted(path.name for path in self.installation.home.wal.glob("*"))
        if left:
            raise AssertionError(f"An unharmed collector has left these write-ahead files unsealed: {left}.")
        waiting = sorted(path.name for path in self.installation.home.outbox.glob("*/*/*/*"))
        if waiting:
            raise AssertionError(f"An unharmed collector has not uploaded these segments: {waiting}.")
        acknowledged = self.sender.acknowledged.get(self.installation.key, set())
        if not acknowledged:
            raise AssertionError("No event was acknowledged: nothing is proved.")
        return self.ledger.compare(acknowledged)
