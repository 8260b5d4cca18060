"""Import a file of events, row by row, with the same validation and durability as over HTTP."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from collector.errors import ImportFileError, RateLimitedError, RejectedError, RowError, UnknownFieldsError
from collector.event_masking import mask_event, mask_row
from collector.feedback import is_feedback, validate_feedback
from collector.imports.archives import open_archive
from collector.imports.column_mapping import RowMapper
from collector.imports.imported_files import ImportedFile, identify, imported_files, remember
from collector.imports.options import ImportOptions
from collector.imports.readers.opening import open_source
from collector.quota import limit_reached
from collector.validation import EVENT_ID_START, Clock, validate
from collector.wal.journal import Journal
from collector.wal.quarantine import RejectedRows
from collector.wal.wal_file import encode_line
from contracts.masking.masker import Masker, MaskingRule
from contracts.settings import home_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from collector.imports.archives import ArchiveRows
    from collector.imports.readers.source import Source, SourceRow
    from contracts.events import LandedEvent
    from contracts.settings import Settings
    from projects.quota_ledger import QuotaLedger
    from projects.records import Grant

COMMIT_BYTES = 1 << 20
COMMIT_ROWS = 1_000
ROLL_AFTER_S = 60.0
DIGEST_BYTES = 16
MAX_REASONS = 1_000
MAX_SEEN = 1_000_000
MAX_SAMPLES = 5
HEAD_ROWS = 100
RESUME = (
    "The rows before that are imported. Import the complete file when you have it; no row counts twice if it "
    "begins with the same bytes."
)
NO_ROWS = "The file has no rows."
OTHER_NAMES = "other names"
OTHER_REASONS = "other reasons; see the quarantine"


@dataclass
class ImportReport:
    """The outcome of an import.

    Args:
        accepted: Events now on disk.
        duplicates: Rows whose event_id occurred in one of the million rows before; they are skipped.
        rejected: Rows that are not events; each is kept in `quarantine` with its line and reason.
        reasons: Number of rejected rows by reason.
        quarantine: Where the rejected rows are; None if there are none.
        firsts: For each reason its first occurrence: `line 3`, with the value if it is short.
        ignored_columns: Columns that were skipped, as the options say.
        notes: Notes for the user.
        stopped: Why the file could not be read to its end; None if it was.
        may_repeat: Whether some of its rows may have been imported before.
        format: The archive's format; None for a file of events.
        skipped: Of an archive, the number of skipped records by reason.
        names: In a dry run, the number of events by name.
        samples: In a dry run, the first events as they would land, without generated sessions and users.
    """

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    quarantine: Path | None = None
    firsts: dict[str, str] = field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    stopped: str | None = None
    may_repeat: bool = False
    format: str | None = None
    skipped: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    samples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_success(self) -> bool:
        """Whether the whole file was read, and not all of its rows were bad."""
        return self.stopped is None and not (self.rejected and not self.accepted and not self.duplicates)


def import_file(  # noqa: PLR0913, PLR0917  # the import, and how to read the file
    path: Path,
    project_id: str,
    settings: Settings,
    ledger: QuotaLedger,
    on_progress: Callable[[int, int], None],
    options: ImportOptions = ImportOptions(),  # noqa: B008  # immutable
    *,
    is_dry_run: bool = False,
    clock: Clock | None = None,
    masking: MaskingRule = MaskingRule(),  # noqa: B008  # immutable
) -> ImportReport:
    """Import a file, or an archive of another program, into a project.

    A row without event_id gets one derived from the file's bytes, the project and the row's number. So importing
    the same file again adds nothing, while two different files never share such an id. If a file begins with
    all the bytes of one that was imported before, its rows up to there have the same ids as in that one. The ids
    of an archive's events are derived from the archive's own.

    Args:
        path: JSON lines, CSV or Parquet, see `readers.opening`; or a file, folder or zip that `archives` knows.
        project_id: An existing project.
        settings: Home and limits.
        ledger: Counts the events: imported ones use up the plan like all others. The import stops at the limit.
        on_progress: Called from time to time with the amount read and the total, in the reader's own unit.
        options: How to read it.
        is_dry_run: Read and validate everything, and write nothing.
        clock: The time at which events are received; that of this machine if left out.
        masking: What of the texts is masked, also in rejected rows.

    Raises:
        ImportFileError: the file cannot be opened, its first rows need an option, or the disk failed; events accepted
            before are safe.
        ProjectsError: there is no such project, or the projects database cannot be used.
    """
    home = home_of(settings)
    archive = open_archive(path, options)
    imported = imported_files(project_id, home)
    file = identify(path, imported) if archive is None else None
    source = archive or open_source(path, options, settings.collector_max_body_bytes)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{project_id}-{file.sha256[:8] if file else 'archive'}"
    rejected = RejectedRows(home, name)
    mapper = RowMapper(path.name, options, has_columns=archive is None)
    try:
        if source.columns is not None:
            mapper.check_columns(source.columns, source.types)
        journal = Journal(home, max_bytes=settings.collector_segment_max_bytes, max_age_s=ROLL_AFTER_S, ledger=ledger)
        with journal:
            rows_from = file.rows_from if file else lambda _number: ""
            keeps = _Keeps(None if is_dry_run else journal, ledger, rejected)
            door = _Door(clock or Clock(), None if masking.is_empty else Masker(masking), options.encoding)
            run = _Import(project_id, rows_from, source, mapper, keeps, on_progress, door)
            report = run.run()
        if archive is not None:
            _add_archive(report, archive)
        report.may_repeat = bool((file and file.beginnings) or ((run.has_own_ids or archive is not None) and imported))
        known = ImportedFile(project_id, *((file.n_bytes, file.sha256, run.last_row) if file else (0, "", 0)))
        if report.accepted and known not in imported and not is_dry_run:
            remember(known, home)
    except OSError as error:
        raise ImportFileError(f"The disk failed while importing {path.name!r}: {error}. Import it again.") from error
    finally:
        source.close()
    return report


def _add_archive(report: ImportReport, archive: ArchiveRows) -> None:
    """Add to a report what an archive says about itself.

    Raises:
        ImportFileError: it was read to its end, and no record has the format.
    """
    if report.stopped is None and not report.rejected:
        archive.check_format()
    report.format, report.skipped = archive.format, archive.skipped
    read = () if archive.skipped and report.notes == (NO_ROWS,) else report.notes
    report.notes = (*archive.notes(), *read)


class _Keeps(NamedTuple):
    """Writes events to the journal, except in a dry run, and bad rows to quarantine."""

    journal: Journal | None
    ledger: QuotaLedger
    rejected: RejectedRows


class _Door(NamedTuple):
    """What every row passes: the clock, the project's masker if it masks anything, and the encoding of the file."""

    clock: Clock
    masker: Masker | None
    encoding: str | None


class _MappedRow(NamedTuple):
    """A row with its payload, or with the reason for having none."""

    row: SourceRow
    payload: Any = None
    problem: RejectedError | None = None


class _Import:
    def __init__(  # noqa: PLR0913, PLR0917  # the parts of one import, all created above
        self,
        project_id: str,
        rows_from: Callable[[int], str],
        source: Source,
        mapper: RowMapper,
        keeps: _Keeps,
        on_progress: Callable[[int, int], None],
        door: _Door,
    ) -> None:
        self._project_id = project_id
        self._rows_from = rows_from
        self._source = source
        self._mapper = mapper
        self._journal, self._ledger, self._rejected = keeps
        self._on_progress = on_progress
        self._clock, self._masker, self._encoding = door
        self._seen: set[bytes] = set()  # hashes of given event_ids, 16 bytes each: some 100 MB for a million
        self._seen_before: set[bytes] = set()
        self._lines: list[bytes] = []
        self._n_bytes = 0
        self._report = ImportReport()
        self.has_own_ids = False
        """Whether a row had an event_id."""
        self.last_row = 0
        """Number of the last row that gave an event."""

    def run(self) -> ImportReport:
        rows = self._checked_rows()
        try:
            try:
                for mapped in rows:
                    self._take(mapped)
            finally:
                self._commit()
        except ImportFileError as stop:
            self._report.stopped = f"{stop} {RESUME}"
        except RateLimitedError as stop:
            self._report.stopped = str(stop)
        if self._report.rejected and self._journal is not None:
            self._report.quarantine = self._rejected.path
        self._report.ignored_columns = self._mapper.skipped
        self._report.notes = tuple(self._mapper.notes())
        if self._report == ImportReport():
            self._report.notes = (NO_ROWS,)
        return self._report

    def _checked_rows(self) -> Iterator[_MappedRow]:
        """Return all rows, after checking that the first ones need no other options.

        Raises:
            ImportFileError: they do; the message says which.
        """
        rows = self._mapped_rows()
        head: list[_MappedRow] = []
        stop = None
        try:
            head.extend(islice(rows, HEAD_ROWS))
        except ImportFileError as error:
            stop = error
        unknown = [one.problem for one in head if isinstance(one.problem, UnknownFieldsError)]
        if unknown:
            raise self._mapper.unknown_error(unknown, is_only_row=len(head) == 1)
        unfit = [one for one in head if isinstance(one.problem, RowError)]
        if unfit and not any(one.problem is None for one in head):
            raise ImportFileError(f"Nothing was imported. In {self._place(unfit[0])}: {unfit[0].problem}")
        return _go_on(head, stop, rows)

    def _mapped_rows(self) -> Iterator[_MappedRow]:
        for row in self._source.rows():
            if row.problem is not None:
                yield _MappedRow(row, problem=row.problem)
                continue
            try:
                yield _MappedRow(row, self._mapper.payload(row.values))
            except RejectedError as problem:
                yield _MappedRow(row, problem=problem)

    def _take(self, mapped: _MappedRow) -> None:
        try:
            event = self._judge(mapped)
        except RejectedError as problem:
            self._reject(mapped.row, problem)
            return
        self.last_row = mapped.row.number
        if mapped.payload.get("feedback_id" if is_feedback(mapped.payload) else "event_id"):
            self.has_own_ids = True
            if self._is_repeated(event["event_id"]):
                self._report.duplicates += 1
                return
        if self._journal is None:
            self._show(event)
        line = encode_line(orjson.dumps(event))
        self._lines.append(line)
        self._n_bytes += len(line)
        if self._n_bytes >= COMMIT_BYTES or len(self._lines) >= COMMIT_ROWS:
            self._commit()

    def _show(self, event: LandedEvent) -> None:
        is_known = event["name"] in self._report.names or len(self._report.names) < MAX_REASONS
        self._report.names[event["name"] if is_known else OTHER_NAMES] += 1
        if len(self._report.samples) < MAX_SAMPLES:
            made = [name for name in ("session_id", "user_id") if not event.get(f"{name}_given")]
            self._report.samples.append({name: value for name, value in event.items() if name not in made})

    def _judge(self, mapped: _MappedRow) -> LandedEvent:
        event = self._validate(mapped)
        return event if self._masker is None else mask_event(event, self._masker)

    def _validate(self, mapped: _MappedRow) -> LandedEvent:
        if mapped.problem is not None:
            raise mapped.problem
        row = mapped.row
        if is_feedback(mapped.payload):
            return validate_feedback(
                mapped.payload,
                project_id=self._project_id,
                received_at=self._clock.now(),
                make_id=partial(self._row_id, row.number),
            )
        return validate(
            mapped.payload,
            project_id=self._project_id,
            received_at=self._clock.now(),
            reread=None if row.reread is None else partial(self._reread, row.reread),
            make_event_id=partial(self._row_id, row.number),
        )

    def _reread(self, reread: Callable[[], Any]) -> Any:
        return self._mapper.payload(reread())

    def _place(self, mapped: _MappedRow) -> str:
        """Name the row, and the bad value if it may be shown."""
        value = f", {mapped.problem.value}" if isinstance(mapped.problem, RowError) and mapped.problem.value else ""
        shown = value if self._masker is None else self._masker.text(value)
        return f"{self._source.unit} {mapped.row.number}{shown}"

    def _row_id(self, number: int) -> str:
        source = f"{self._rows_from(number)} {self._project_id} {number}"
        return EVENT_ID_START + hashlib.blake2b(source.encode(), digest_size=DIGEST_BYTES).hexdigest()

    def _is_repeated(self, event_id: str) -> bool:
        digest = hashlib.blake2b(event_id.encode(), digest_size=DIGEST_BYTES).digest()
        if digest in self._seen or digest in self._seen_before:
            return True
        if len(self._seen) >= MAX_SEEN:
            self._seen_before, self._seen = self._seen, set()
        self._seen.add(digest)
        return False

    def _reject(self, row: SourceRow, problem: RejectedError) -> None:
        reason, raw = str(problem), row.raw
        if self._masker is not None:
            reason, raw = self._masker.text(reason), mask_row(raw, self._masker, self._encoding)
        self._report.rejected += 1
        is_known = reason in self._report.reasons or len(self._report.reasons) < MAX_REASONS
        self._report.reasons[reason if is_known else OTHER_REASONS] += 1
        if reason not in self._report.firsts and is_known:
            first = self._place(_MappedRow(row, problem=problem))
            self._report.firsts[reason] = first if self._masker is None else self._masker.text(first)
        if self._journal is not None:
            self._rejected.keep(row.number, problem.code, reason, raw)

    def _commit(self) -> None:
        lines, self._lines, self._n_bytes = self._lines, [], 0
        if self._journal is None:
            self._report.accepted += len(lines)
        else:
            self._write(lines, self._journal)
        self._on_progress(self._source.position(), self._source.size)

    def _write(self, lines: list[bytes], journal: Journal) -> None:
        self._rejected.flush()
        if lines:
            grant = self._spend(len(lines), journal)
            journal.commit(b"".join(lines[: grant.granted]))
            self._report.accepted += grant.granted
            if grant.granted < len(lines):
                raise limit_reached(grant.allowance)
        journal.roll_if_due()

    def _spend(self, n_events: int, journal: Journal) -> Grant:
        """Take as many events from the plan as it has left."""
        return self._ledger.take(
            journal.enroll(),
            self._project_id,
            datetime.now(UTC),
            need=n_events,
            want=0,
            unspent=0,
            ask_others=False,
        )


def _go_on(head: list[_MappedRow], stop: ImportFileError | None, rows: Iterator[_MappedRow]) -> Iterator[_MappedRow]:
    """Yield the first rows, and then the others unless reading stopped."""
    yield from head
    if stop is not None:
        raise stop
    yield from rows
