"""Whether this worker can make events durable now, and if not, why."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from collector.wal.group_commit import MAX_QUEUED_BYTES
from projects.errors import DatabaseError

if TYPE_CHECKING:
    from collector.http.worker import Worker

STUCK_S = 10.0
"""A write that takes so long will not come back soon."""

FULL_SHARE = 0.9
DATABASE_PATIENCE_S = 2.0
NO_KEY = ""


async def find_problems(worker: Worker) -> list[str]:
    """Return a sentence for everything that keeps events from being taken; a worker without traffic has none."""
    commits = worker.commits
    found = [
        (not commits.is_healthy, "The last write to disk failed."),
        (commits.writing_s > STUCK_S, f"A write to disk has been going on for {commits.writing_s:.0f} s."),
        (commits.queued_bytes > FULL_SHARE * MAX_QUEUED_BYTES, "The queue for the disk is full."),
        (worker.space.is_low, f"Only {worker.space.free_bytes:,} bytes are free on the disk."),
        (not await _answers(worker), "The projects database does not answer."),
    ]
    return [sentence for is_so, sentence in found if is_so]


async def _answers(worker: Worker) -> bool:
    try:
        # As an event does that comes with a new key; a query without a table would not touch the file of SQLite.
        await asyncio.wait_for(asyncio.to_thread(worker.projects.find_key, NO_KEY), DATABASE_PATIENCE_S)
    except (DatabaseError, TimeoutError):
        return False
    return True
