"""Imports a file of events: the same judge and the same way to the disk as HTTP, row by row, never the whole file."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import orjson

from collector.clock import Clock
from collector.errors import ImportFileError, RateLimitedError, RejectedError
from collector.identity import EVENT_ID_START
from collector.journal import Journal
from collector.quarantine import RejectedRows
from collector.rate_limits import limit_reached
from collector.readers.opening import open_source
from collector.validation import judge
from collector.wal import encode_line
from contracts.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from collector.readers.source import Source, SourceRow
    from contracts.events import LandedEvent
    from contracts.settings import Settings
    from projects.quota_ledger import QuotaLedger
    from projects.records import Grant

COMMIT_BYTES = 1 << 20
COMMIT_ROWS = 1_000
ROLL_AFTER_S = 60.0
DIGEST_BYTES = 16
MAX_REASONS = 1_000
OTHER_REASONS = "other reasons; see quarantine"


@dataclass
class ImportReport:
    """What became of a file.

    Args:
        accepted: Events now on disk.
        duplicates: Rows whose event_id had stood in an earlier row of this file; they are left out.
        rejected: Rows that are no events; each is kept in `quarantine` with its line and reason.
        reasons: How many rows were rejected for which sentence.
        quarantine: Where the rejected rows are; None if there are none.
        ignored_columns: Columns of the file that mean nothing here.
        stopped: Why the file could not be read to its end; None if it was.
    """

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    quarantine: Path | None = None
    ignored_columns: tuple[str, ...] = ()
    stopped: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether the whole file was read, and not every row of it was bad."""
        return self.stopped is None and not (self.rejected and not self.accepted and not self.duplicates)


def import_file(
    path: Path,
    project_id: str,
    settings: Settings,
    ledger: QuotaLedger,
    on_progress: Callable[[int, int], None],
) -> ImportReport:
    """Import a file into a project.

    A row without event_id gets one that follows from the file's bytes, the project and the row's number. So importing
    the very same file again adds nothing, while two different files never share such an id.

    Args:
        path: JSON lines, CSV or Parquet; see `readers.opening`.
        project_id: An existing project.
        settings: Home and limits.
        ledger: Where the events count: imported ones use up the plan like all others. The import stops at the limit.
        on_progress: Called now and then with what was read and what there is, in the reader's own unit.

    Raises:
        ImportFileError: the file cannot be opened, or the disk failed; what was accepted before is safe.
        ProjectsError: there is no such project, or the projects database cannot be used.
    """
    digest = _digest(path)
    source = open_source(path, settings.max_body_bytes)
    home = Home(settings.home)
    rejected = RejectedRows(home, f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{digest[:8]}")
    try:
        journal = Journal(home, max_bytes=settings.segment_max_bytes, max_age_s=ROLL_AFTER_S, ledger=ledger)
        with journal:
            return _Import(project_id, digest, source, journal, ledger, rejected, on_progress).run()
    except OSError as error:
        raise ImportFileError(f"The disk failed while importing {path.name!r}: {error}. Import it again.") from error
    finally:
        source.close()


class _Import:
    def __init__(  # noqa: PLR0913, PLR0917  # the parts of one import, put together in one place above
        self,
        project_id: str,
        digest: str,
        source: Source,
        journal: Journal,
        ledger: QuotaLedger,
        rejected: RejectedRows,
        on_progress: Callable[[int, int], None],
    ) -> None:
        self._project_id = project_id
        self._digest = digest
        self._source = source
        self._journal = journal
        self._ledger = ledger
        self._rejected = rejected
        self._on_progress = on_progress
        self._clock = Clock()
        self._seen: set[bytes] = set()  # 16 bytes a given event_id, some 100 MB for a million of them
        self._lines: list[bytes] = []
        self._n_bytes = 0
        self._report = ImportReport(ignored_columns=source.ignored_columns)

    def run(self) -> ImportReport:
        try:
            try:
                for row in self._source.rows():
                    self._take(row)
            finally:
                self._commit()
        except (ImportFileError, RateLimitedError) as stop:
            self._report.stopped = str(stop)
        if self._report.rejected:
            self._report.quarantine = self._rejected.path
        return self._report

    def _take(self, row: SourceRow) -> None:
        try:
            event = self._judge(row)
        except RejectedError as problem:
            self._reject(row, problem)
            return
        if row.payload.get("event_id") and self._is_repeated(event["event_id"]):
            self._report.duplicates += 1
            return
        line = encode_line(orjson.dumps(event))
        self._lines.append(line)
        self._n_bytes += len(line)
        if self._n_bytes >= COMMIT_BYTES or len(self._lines) >= COMMIT_ROWS:
            self._commit()

    def _judge(self, row: SourceRow) -> LandedEvent:
        if row.problem is not None:
            raise row.problem
        return judge(
            row.payload,
            project_id=self._project_id,
            received_at=self._clock.now(),
            reread=row.reread,
            make_event_id=partial(self._row_id, row.number),
        )

    def _row_id(self, number: int) -> str:
        source = f"{self._digest} {self._project_id} {number}"
        return EVENT_ID_START + hashlib.blake2b(source.encode(), digest_size=DIGEST_BYTES).hexdigest()

    def _is_repeated(self, event_id: str) -> bool:
        digest = hashlib.blake2b(event_id.encode(), digest_size=DIGEST_BYTES).digest()
        is_repeated = digest in self._seen
        self._seen.add(digest)
        return is_repeated

    def _reject(self, row: SourceRow, problem: RejectedError) -> None:
        reason = str(problem)
        self._report.rejected += 1
        is_known = reason in self._report.reasons or len(self._report.reasons) < MAX_REASONS
        self._report.reasons[reason if is_known else OTHER_REASONS] += 1
        self._rejected.keep(row.number, problem.code, reason, row.raw)

    def _commit(self) -> None:
        self._rejected.flush()
        lines, self._lines, self._n_bytes = self._lines, [], 0
        if lines:
            grant = self._spend(len(lines))
            self._journal.commit(b"".join(lines[: grant.granted]))
            self._report.accepted += grant.granted
            if grant.granted < len(lines):
                raise limit_reached(grant.allowance)
        self._journal.roll_if_due()
        self._on_progress(self._source.position(), self._source.size)

    def _spend(self, n_events: int) -> Grant:
        """Take events from the plan, as many as it has."""
        return self._ledger.take(
            self._journal.enroll(),
            self._project_id,
            datetime.now(UTC),
            need=n_events,
            want=0,
            unspent=0,
            ask_others=False,
        )


def _digest(path: Path) -> str:
    """Return the SHA-256 of the file's bytes."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ImportFileError(f"{str(path)!r} cannot be read: {error.strerror or error}.") from error
