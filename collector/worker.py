"""What one worker process needs to take events, put together: keys, clock, and the way to the disk."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson

from collector.clock import Clock
from collector.group_commit import GroupCommit
from collector.journal import Journal
from collector.key_ring import KeyRing
from collector.recovery import recover
from collector.validation import judge
from collector.wal import encode_line
from contracts.home import Home
from projects.database import open_projects

if TYPE_CHECKING:
    from collections.abc import Callable

    from contracts.events import LandedEvent
    from contracts.settings import Settings
    from projects.repository import Projects


class Worker:
    """Takes events: judges them and waits until they are on disk. Every route for events goes through here."""

    def __init__(self, settings: Settings, projects: Projects, commits: GroupCommit) -> None:
        self.settings = settings
        self.keys = KeyRing(projects, memory_s=settings.key_memory_s)
        self.commits = commits
        self._projects = projects
        self._clock = Clock()

    @classmethod
    async def start(cls, settings: Settings) -> Worker:
        """Open the database, seal what killed workers left behind, and start the threads.

        Raises:
            DatabaseError: the projects database cannot be opened.
        """
        home = Home(settings.home)
        projects = await asyncio.to_thread(open_projects, settings)
        await asyncio.to_thread(recover, home)
        journal = Journal(home, max_bytes=settings.segment_max_bytes, max_age_s=settings.segment_max_age_s)
        return cls(settings, projects, GroupCommit(journal, max_queued_bytes=settings.queue_max_bytes))

    async def stop(self) -> None:
        """Make durable and seal what was taken, then close everything."""
        await asyncio.to_thread(self.commits.close)
        self._projects.close()

    def judge(self, project_id: str, payload: object, reread: Callable[[], Any]) -> LandedEvent:
        """Judge one event at the server's time; see `validation.judge`."""
        return judge(payload, project_id=project_id, received_at=self._clock.now(), reread=reread)

    async def keep(self, *events: LandedEvent) -> None:
        """Return once the events are on disk.

        Raises:
            UnavailableError: they are not, and must not be acknowledged.
        """
        await self.commits.submit(b"".join([encode_line(orjson.dumps(event)) for event in events]), events)
