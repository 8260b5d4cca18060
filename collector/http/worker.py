"""What one worker process needs to take events, put together: keys, clock, quota, and the way to the disk."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from collector.clock import Clock
from collector.errors import RejectedError, UnavailableError
from collector.http.api_key_cache import ApiKeyCache
from collector.http.https_only import Transport
from collector.metrics import Metrics, render
from collector.otlp.instrumentations import Instrumentations
from collector.quota.leases import Quota
from collector.validation import judge
from collector.wal.disk_space import DiskSpace
from collector.wal.group_commit import MAX_QUEUED_BYTES
from collector.wal.journal import Journal
from collector.wal.recovery import recover
from collector.wal.sealing_process import SealingProcess
from collector.wal.wal_file import encode_line
from contracts.durable_files import make_folder
from contracts.home import Home
from projects.database import open_projects

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from collector.quota.admission import Judged
    from collector.wal.group_commit import GroupCommit
    from collector.wal.recovery import Recovery
    from contracts.events import LandedEvent
    from contracts.settings import Settings
    from projects.repository import Projects

LOOK_EVERY_S = 1.0
RECOVER_EVERY_S = 30.0
"""A worker that was killed may leave files that its sealing process holds a little longer than the next start takes."""


_log = logging.getLogger(__name__)


class Worker:
    """Takes events: judges them and waits until they are on disk. Every route for events goes through here.

    Args:
        settings: Everything that can be chosen.
        projects: The projects database, open.
        make_commits: The way to the disk; see `app.create_app`.
        metrics_folder: Where the workers of this server leave their numbers for each other.
    """

    def __init__(
        self, settings: Settings, projects: Projects, make_commits: type[GroupCommit], metrics_folder: Path
    ) -> None:
        self.settings = settings
        self.projects = projects
        self.metrics = Metrics()
        self.transport = Transport(settings)
        self.space = DiskSpace(settings.home, settings.collector_min_free_bytes)
        self.keys = ApiKeyCache(projects, memory_s=settings.collector_key_cache_s)
        journal = Journal(
            Home(settings.home),
            max_bytes=settings.collector_segment_max_bytes,
            max_age_s=settings.collector_segment_max_age_s,
            ledger=projects.ledger,
            process=SealingProcess(),
        )
        self.quota = Quota(projects.ledger, journal.enroll)
        self.commits = make_commits(
            journal, max_queued_bytes=MAX_QUEUED_BYTES, on_lost=self.quota.refund, metrics=self.metrics
        )
        self.instrumentations = Instrumentations(Home(settings.home))
        self._clock = Clock()
        self._loop = asyncio.get_running_loop()  # asking for it is a system call in some versions of Python
        self._metrics_folder = metrics_folder
        self._closing = asyncio.Event()
        self._tasks = [asyncio.create_task(self.quota.run()), asyncio.create_task(self._watch())]

    @classmethod
    async def start(cls, settings: Settings, make_commits: type[GroupCommit], metrics_folder: Path) -> Worker:
        """Open the database, seal what killed workers left behind, and start the threads.

        Raises:
            DatabaseError: the projects database cannot be opened.
        """
        home = Home(settings.home)
        make_folder(home.root)
        projects = await asyncio.to_thread(open_projects, settings)
        recovery = await asyncio.to_thread(recover, home, projects.ledger)
        worker = cls(settings, projects, make_commits, metrics_folder)
        worker.note_recovery(recovery)
        return worker

    async def stop(self) -> None:
        """Make durable and seal what was taken, then close everything."""
        self._closing.set()
        await self.quota.close()
        await asyncio.gather(*self._tasks)
        await self.commits.close()
        self._save_metrics()
        self.instrumentations.save()
        self.projects.close()

    def note_recovery(self, recovery: Recovery) -> None:
        """Count what was found damaged."""
        self.metrics.torn_tails.inc(recovery.n_damaged_files)
        self.metrics.torn_bytes.inc(recovery.n_damaged_bytes)

    def judge(self, project_id: str, payload: object, reread: Callable[[], Any] | None) -> LandedEvent:
        """Judge one event at the server's time; see `validation.judge`."""
        return judge(payload, project_id=project_id, received_at=self._clock.now(), reread=reread)

    def count_refused(self, judged: Sequence[Judged]) -> None:
        """Count the events of a request that were not taken."""
        for code, n_refused in Counter(item.code for item in judged if isinstance(item, RejectedError)).items():
            self.metrics.rejected.labels(code).inc(n_refused)

    async def keep(self, events: Sequence[LandedEvent]) -> None:
        """Send events, for which quota was spent, to the disk; return once they are on it.

        Quota goes back if they do not get there.

        Args:
            events: What `judge` gave.

        Raises:
            UnavailableError: they are not on disk, and must not be acknowledged.
        """
        on_disk: asyncio.Future[UnavailableError | None] = self._loop.create_future()
        lines = b"".join([encode_line(orjson.dumps(event)) for event in events])
        try:
            self.commits.submit(lines, events, partial(_resolve, on_disk))
        except UnavailableError:
            self.quota.refund(events)
            raise
        failure = await on_disk
        if failure is not None:
            raise failure

    def metrics_page(self) -> bytes:
        """Return the metrics of all workers for Prometheus. Reads files: call it from outside the event loop."""
        self._save_metrics()
        return render(self._metrics_folder, Home(self.settings.home).wal, self.space.free_bytes)

    async def _watch(self) -> None:
        recover_at = time.monotonic() + RECOVER_EVERY_S
        while not self._closing.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), LOOK_EVERY_S)
            try:
                self.space.look()
                self._save_metrics()
                await asyncio.to_thread(self.instrumentations.save)
                if time.monotonic() >= recover_at:
                    recover_at = time.monotonic() + RECOVER_EVERY_S
                    self.note_recovery(await asyncio.to_thread(recover, Home(self.settings.home), self.projects.ledger))
            except OSError as error:
                _log.error("The disk cannot be looked at.", extra={"reason": str(error)})

    def _save_metrics(self) -> None:
        self.metrics.queue_bytes.set(self.commits.queued_bytes)
        self.metrics.save(self._metrics_folder)


def _resolve(on_disk: asyncio.Future[UnavailableError | None], failure: UnavailableError | None) -> None:
    if not on_disk.done():  # done: its client hung up
        on_disk.set_result(failure)
