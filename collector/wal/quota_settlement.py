"""The end of a write-ahead file: its events are booked in the quota ledger, then it is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.wal.writer import written_by
from contracts.durable_files import sync_path

if TYPE_CHECKING:
    from pathlib import Path

    from collector.wal.segment_writer import Sealed
    from projects.quota_ledger import QuotaLedger


def finish(path: Path, sealed: Sealed, ledger: QuotaLedger | None) -> None:
    """Book a file whose events have landed, and remove it. A crash in between books them once all the same.

    Args:
        path: The file.
        sealed: What `segment_writer.seal` found in it.
        ledger: Where its events are booked; None where nobody counts.

    Raises:
        OSError: the disk failed; the file is still there, and sealing and finishing it again later is right.
        DatabaseError: the same of the projects database.
    """
    writer = written_by(path)
    if ledger is not None and writer is not None:  # without a writer it was written before there were quotas
        ledger.settle(*writer, sealed.n_events)
    path.unlink()
    sync_path(path.parent)
