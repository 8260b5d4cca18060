"""A full write-ahead file becomes compressed segments in `landing/`, one for each project and hour it holds.

A segment's name and bytes follow from the write-ahead file alone. So whatever crashes on the way, sealing the file
again writes the same segments once more over themselves, and nothing lands twice.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import zstandard

from collector.disk import make_folder, sync_folder, write_file
from collector.quarantine import keep_damage
from collector.wal import scan_lines
from collector.writer import written_by
from contracts.home import SEGMENT_SUFFIX
from projects.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from collector.wal import ScannedLine, WalFile
    from contracts.home import Home
    from projects.quota_ledger import QuotaLedger

COMPRESSION_LEVEL = 1
"""Takes 1.2 µs an event and 88% of the space; higher levels cost the collector more than they save."""

FIRST_RETRY_S = 1.0
LAST_RETRY_S = 30.0

# Every string of a landed line before its metadata is escaped JSON, so these marks cannot be part of a user's value:
# there, each quote has a backslash before it. Looking for them costs a tenth of decoding the line.
_BEFORE_PROJECT = b'","project_id":"'
_BEFORE_RECEIVED = b'","received_at":"'
_PROJECT_CHARACTERS = len("prj_0123456789abcdef")
_HOUR_CHARACTERS = len("2026-01-31T12")
_MONTH_CHARACTERS = len("2026-01")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sealed:
    """What became of one write-ahead file."""

    n_events: int
    n_segments: int
    n_damaged_bytes: int


def seal(path: Path, home: Home, n_bytes: int | None = None, ledger: QuotaLedger | None = None) -> Sealed:
    """Seal a write-ahead file that nobody writes any more, then remove it.

    Args:
        path: The file.
        home: Where segments and damaged pieces go.
        n_bytes: Take only so many bytes from its start; the rest was never acknowledged.
        ledger: Where its events are booked; None where nobody counts.

    Raises:
        OSError: the disk failed; the file is still there, and sealing it again later is right.
        DatabaseError: the same of the projects database.
    """
    partitions: dict[tuple[bytes, bytes], list[bytes]] = defaultdict(list)
    damage: list[ScannedLine] = []
    for line in scan_lines(path.read_bytes()[:n_bytes]):
        if line.is_whole:
            partitions[_place(line.data)].append(line.data)
        else:
            damage.append(line)
    for (project_id, hour), documents in partitions.items():
        folder = home.segment_folder(project_id.decode(), datetime.fromisoformat(hour.decode()))
        make_folder(folder)
        write_file(folder / f"{path.stem}{SEGMENT_SUFFIX}", _compress(documents))
    n_damaged_bytes = keep_damage(home, path.name, damage) if damage else 0
    if ledger is not None:
        _settle(path, partitions, ledger)
    path.unlink()
    sync_folder(path.parent)
    return Sealed(sum(map(len, partitions.values())), len(partitions), n_damaged_bytes)


def _settle(path: Path, partitions: Mapping[tuple[bytes, bytes], list[bytes]], ledger: QuotaLedger) -> None:
    """Book the events of a file: after they landed, before the file is gone. A crash in between books them once."""
    writer = written_by(path)
    if writer is None:
        return  # written before there were quotas
    n_events: Counter[tuple[str, str]] = Counter()
    for (project_id, hour), documents in partitions.items():
        n_events[project_id.decode(), hour[:_MONTH_CHARACTERS].decode()] += len(documents)
    ledger.settle(*writer, n_events)


def _place(document: bytes) -> tuple[bytes, bytes]:
    """Return the project and the hour (`2026-01-31T12`) a landed line belongs to."""
    project = document.index(_BEFORE_PROJECT) + len(_BEFORE_PROJECT)
    received = document.index(_BEFORE_RECEIVED, project) + len(_BEFORE_RECEIVED)
    return document[project : project + _PROJECT_CHARACTERS], document[received : received + _HOUR_CHARACTERS]


def _compress(documents: list[bytes]) -> bytes:
    lines = b"\n".join(documents) + b"\n"
    return zstandard.ZstdCompressor(level=COMPRESSION_LEVEL, write_checksum=True).compress(lines)


class Sealer:
    """A thread that seals the files handed to it, in order; what is refused is tried again until closing."""

    def __init__(self, home: Home, ledger: QuotaLedger | None) -> None:
        self._home = home
        self._ledger = ledger
        self._is_all_sealed = True
        self._files: queue.SimpleQueue[WalFile | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sealer")
        self._is_closing = threading.Event()
        self._thread.start()

    def submit(self, file: WalFile) -> None:
        """Hand over a file that will not be appended to any more; its lock is kept until it is sealed."""
        self._files.put(file)

    def close(self) -> bool:
        """Seal what was handed over and end; return whether all was. What was not stays for `recovery`."""
        self._is_closing.set()
        self._files.put(None)
        self._thread.join()
        return self._is_all_sealed

    def _run(self) -> None:
        while (file := self._files.get()) is not None:
            try:
                # After one that stays behind none is sealed any more: files are settled in order, or not at all.
                self._is_all_sealed = self._is_all_sealed and self._seal_patiently(file)
            finally:
                file.close()

    def _seal_patiently(self, file: WalFile) -> bool:
        wait_s = FIRST_RETRY_S
        while True:
            try:
                sealed = seal(file.path, self._home, file.size, self._ledger)
            except (OSError, DatabaseError) as error:
                _log.error("Sealing failed; it is tried again.", extra={"wal": file.path.name, "reason": str(error)})
            else:
                _log.debug("Sealed.", extra={"wal": file.path.name, "n_events": sealed.n_events})
                return True
            if self._is_closing.wait(wait_s):
                return False
            wait_s = min(wait_s * 2, LAST_RETRY_S)
