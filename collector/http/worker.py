"""The state of one worker process: keys, clock, quota, group commit, metrics; and its health."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from collector.clock import follow_database
from collector.errors import RejectedError
from collector.event_masking import ProjectMaskers
from collector.http.authentication import ApiKeyCache, Transport
from collector.metrics import Metrics, render
from collector.otlp.instrumentations import Instrumentations
from collector.quota import Quota
from collector.validation import Clock
from collector.wal.journal import MAX_QUEUED_BYTES, Journal
from collector.wal.recovery import recover
from collector.wal.sealing_process import SealingProcess
from collector.wal.uploads import Uploader
from contracts.home import Home
from contracts.run_progress import is_run_awaited
from contracts.settings import home_of
from projects.database import open_projects
from projects.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from collector.validation import Validated
    from collector.wal.journal import GroupCommit
    from collector.wal.recovery import Recovery
    from contracts.settings import Settings
    from projects.repository import Projects

LOOK_EVERY_S = 1.0
RECOVER_EVERY_S = 30.0
"""Interval of recovery: the sealing process of a killed worker may hold files for longer than the next start takes."""

STUCK_S = 10.0
"""Seconds after which a write counts as stuck."""

FULL_SHARE = 0.9
DATABASE_PATIENCE_S = 2.0
NO_KEY = ""

_log = logging.getLogger(__name__)


class Worker:
    """State shared by the routes for events: keys, transport, clock, quota, group commit, and metrics.

    Args:
        settings: the collector's settings.
        projects: the open projects database.
        make_commits: Makes events durable; see `app.create_app`.
        metrics_folder: Where the workers of this server share their metrics.
        clock: the time at which events are received.
    """

    def __init__(
        self,
        settings: Settings,
        projects: Projects,
        make_commits: type[GroupCommit],
        metrics_folder: Path,
        clock: Clock,
    ) -> None:
        self.settings = settings
        self.projects = projects
        self.metrics = Metrics()
        self.transport = Transport(settings)
        self.space = DiskSpace(settings.home, settings.collector_min_free_bytes)
        self.maskers = ProjectMaskers(self.metrics.masked)
        self.keys = ApiKeyCache(projects, self.maskers, memory_s=settings.collector_key_cache_s)
        journal = Journal(
            home_of(settings),
            max_bytes=settings.collector_segment_max_bytes,
            max_age_s=settings.collector_segment_max_age_s,
            ledger=projects.ledger,
            process=SealingProcess(),
            is_awaited=partial(is_run_awaited, Home(settings.home)),
        )
        self._uploader = Uploader(home_of(settings), settings.landing_url) if settings.landing_url else None
        self.quota = Quota(projects.ledger, journal.enroll)
        self.commits = make_commits(
            journal, max_queued_bytes=MAX_QUEUED_BYTES, on_lost=self.quota.refund, metrics=self.metrics
        )
        self.instrumentations = Instrumentations(Home(settings.home))
        self.clock = clock
        self._metrics_folder = metrics_folder
        self._closing = asyncio.Event()
        self._tasks = [asyncio.create_task(self.quota.run()), asyncio.create_task(self._watch())]

    @classmethod
    async def start(cls, settings: Settings, make_commits: type[GroupCommit], metrics_folder: Path) -> Worker:
        """Open the database, seal what killed workers left behind, and start the threads.

        Raises:
            DatabaseError: the projects database cannot be opened.
            LandingStoreError: `TURRET_LANDING_URL` cannot be used.
        """
        home = home_of(settings)
        home.make()
        projects = await asyncio.to_thread(open_projects, settings)
        recovery = await asyncio.to_thread(recover, home, projects.ledger)
        clock = Clock()
        await asyncio.to_thread(follow_database, clock, projects)
        worker = cls(settings, projects, make_commits, metrics_folder, clock)
        worker.note_recovery(recovery)
        return worker

    async def stop(self) -> None:
        """Make durable, seal and upload all accepted events, then close everything."""
        self._closing.set()
        await self.quota.close()
        await asyncio.gather(*self._tasks)
        await self.commits.close()
        self._save_metrics()
        self.instrumentations.save()
        self.projects.close()
        if self._uploader is not None:  # last, because it takes longest if the landing store hangs
            await asyncio.to_thread(self._uploader.close)

    def note_recovery(self, recovery: Recovery) -> None:
        """Count the damage that recovery found."""
        self.metrics.torn_tails.inc(recovery.n_damaged_files)
        self.metrics.torn_bytes.inc(recovery.n_damaged_bytes)

    def count_refused(self, validated: Sequence[Validated]) -> None:
        """Count the events of a request that were not accepted."""
        for code, n_refused in Counter(item.code for item in validated if isinstance(item, RejectedError)).items():
            self.metrics.rejected.labels(code).inc(n_refused)

    def metrics_page(self) -> bytes:
        """Return the metrics of all workers for Prometheus. Reads files: call it from outside the event loop."""
        self._save_metrics()
        return render(self._metrics_folder, Home(self.settings.home), self.space.free_bytes)

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
                    self.note_recovery(await asyncio.to_thread(recover, home_of(self.settings), self.projects.ledger))
                    await asyncio.to_thread(follow_database, self.clock, self.projects)
            except DatabaseError as error:
                _log.error("The database's clock cannot be read.", extra={"reason": str(error)})
            except OSError as error:
                _log.error("The disk cannot be looked at.", extra={"reason": str(error)})

    def _save_metrics(self) -> None:
        self.metrics.queue_bytes.set(self.commits.queued_bytes)
        self.metrics.save(self._metrics_folder)


async def find_problems(worker: Worker) -> list[str]:
    """Return a sentence for each problem that prevents events from being accepted."""
    commits = worker.commits
    found = [
        (not commits.is_healthy, "The last write to disk failed."),
        (commits.writing_s > STUCK_S, f"A write to disk has been running for {commits.writing_s:.0f} s."),
        (commits.queued_bytes > FULL_SHARE * MAX_QUEUED_BYTES, "The queue for the disk is full."),
        (worker.space.is_low, f"Only {worker.space.free_bytes:,} bytes are free on the disk."),
        (not await _answers(worker), "The projects database does not respond."),
    ]
    return [sentence for is_so, sentence in found if is_so]


async def _answers(worker: Worker) -> bool:
    try:
        # Like an event with a new key; a query without a table would not touch SQLite's file.
        await asyncio.wait_for(asyncio.to_thread(worker.projects.find_key, NO_KEY), DATABASE_PATIENCE_S)
    except (DatabaseError, TimeoutError):
        return False
    return True


class DiskSpace:
    """The free disk space for events, and whether it is too low to accept more.

    Args:
        folder: a folder on that disk.
        min_free_bytes: with less, no event is accepted, because sealing accepted events needs space.
    """

    def __init__(self, folder: Path, min_free_bytes: int) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        self.free_bytes = 0
        self.is_low = False
        self.look()

    def look(self) -> None:
        """Measure the free space again.

        Raises:
            OSError: the folder does not exist.
        """
        self.free_bytes = shutil.disk_usage(self._folder).free
        was_low, self.is_low = self.is_low, self.free_bytes < self._min_free_bytes
        if self.is_low and not was_low:
            _log.error("The disk is nearly full; answering 503.", extra={"free_bytes": self.free_bytes})
        elif was_low and not self.is_low:
            _log.warning("There is enough disk space again.", extra={"free_bytes": self.free_bytes})
