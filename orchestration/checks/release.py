"""Release a blocked raw gate: find what blocks, and move it to quarantine so that the next run can continue.

Nothing is lost: the landed file stays as it is, and quarantine keeps each line with the reason.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from contracts.events import MAX_AHEAD, MAX_ID_CHARACTERS, MAX_NAME_CHARACTERS
from contracts.home import PROJECT_ID_PATTERN, Home
from expectations.event_faults import EVENT_FAULTS
from orchestration.ingest.loader import forget_segments
from orchestration.ingest.quarantine import keep_released
from orchestration.ingest.segments import list_segments
from orchestration.warehouse.engine_tables import is_on_spark
from orchestration.warehouse.resource import OPEN_WAIT_S, create_tables, open_duckdb
from orchestration.warehouse.sql_files import read_sql
from orchestration.warehouse.writer_lock import WAREHOUSE_WAIT_S, hold_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import duckdb

    from contracts.settings import Settings

RAW_LIMITS = {
    "max_id_characters": MAX_ID_CHARACTERS,
    "max_name_characters": MAX_NAME_CHARACTERS,
    "max_hours_ahead": int(MAX_AHEAD.total_seconds() // 3600),
    "project_id_pattern": PROJECT_ID_PATTERN.pattern,
}
_CURED_BY_LOADING_AGAIN = "event_twice"


@dataclass(frozen=True)
class BlockedRow:
    """A row that the raw gate blocks. It has keys, never the text of a user."""

    project_id: str | None
    event_id: str | None
    segment: str
    line_number: int
    reasons: tuple[str, ...]
    is_kept_out: bool
    line: str


@dataclass(frozen=True)
class Blocked:
    """The blocking rows, and blocking files as a whole."""

    rows: tuple[BlockedRow, ...]
    segments: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing blocks."""
        return not self.rows and not self.segments


@dataclass(frozen=True)
class Release:
    """The result of a release.

    Args:
        n_rows: number of rows moved to quarantine.
        n_files: number of landed files that the next run loads again.
        places: files in quarantine that contain the rows.
    """

    n_rows: int
    n_files: int
    places: tuple[Path, ...]


def find_blocked(settings: Settings) -> Blocked:
    """Find what would block the next run at the raw gate.

    Raises:
        WarehouseBusyError: a run held the warehouse for too long.
    """
    home = Home(settings.home)
    if not home.warehouse.exists():
        return Blocked((), ())
    with _warehouse(settings) as connection:
        return _find(connection)


def release_blocked(settings: Settings) -> Release:
    """Move the blocking rows to quarantine, so that the next run loads their files again without them.

    Raises:
        WarehouseBusyError: a run held the warehouse for too long.
    """
    home = Home(settings.home)
    if not home.warehouse.exists():
        return Release(0, 0, ())
    with _warehouse(settings) as connection:
        blocked = _find(connection)
        kept_out = [row for row in blocked.rows if row.is_kept_out]
        places = [_keep(home, segment, kept_out) for segment in sorted({row.segment for row in kept_out})]
        again = _to_load_again(connection, home, blocked)
        _take_out(connection, kept_out)
        forget_segments(connection, again)
    return Release(len(kept_out), len(again), tuple(places))


@contextmanager
def _warehouse(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    home = Home(settings.home)
    with hold_lock(home.warehouse_lock, WAREHOUSE_WAIT_S):
        connection = open_duckdb(home.warehouse, OPEN_WAIT_S)
        try:
            create_tables(connection)
            yield connection
        finally:
            connection.close()


def _find(connection: duckdb.DuckDBPyConnection) -> Blocked:
    find_raw_faults(connection)
    rows = connection.execute(read_sql("read_blocked_rows")).fetchall()
    segments = connection.execute(read_sql("read_blocked_segments")).fetchall()
    return Blocked(tuple(_row(*row) for row in rows), tuple(name for (name,) in segments))


def _row(  # noqa: PLR0913, PLR0917 - the columns of a query
    segment: str, line_number: int, project_id: str | None, event_id: str | None, faults: list[str], line: str
) -> BlockedRow:
    return BlockedRow(
        project_id,
        event_id,
        segment,
        line_number,
        tuple(EVENT_FAULTS[fault] for fault in faults),
        is_kept_out=faults != [_CURED_BY_LOADING_AGAIN],
        line=line,
    )


def _keep(home: Home, segment: str, rows: Sequence[BlockedRow]) -> Path:
    lines = [
        {"line_number": row.line_number, "reason": "; ".join(row.reasons), "line": row.line}
        for row in rows
        if row.segment == segment
    ]
    return keep_released(home.quarantine, segment, lines)


def _take_out(connection: duckdb.DuckDBPyConnection, rows: Sequence[BlockedRow]) -> None:
    """Move rows from `raw.events` to the rejected lines of their files, even if a file no longer exists."""
    if not rows:
        return
    places = [{"segment": row.segment, "line_number": row.line_number} for row in rows]
    connection.register("kept_out", pa.Table.from_pylist(places))
    connection.begin()
    connection.execute(read_sql("count_taken_rows"))
    if not is_on_spark(connection):  # it leaves out the lines in quarantine whenever it loads
        connection.execute(read_sql("take_out_rows"))
    connection.commit()
    connection.unregister("kept_out")


def _to_load_again(connection: duckdb.DuckDBPyConnection, home: Home, blocked: Blocked) -> set[str]:
    """Return the affected files and those with other copies of their events, as far as they still exist."""
    concerned = sorted({*(row.segment for row in blocked.rows), *blocked.segments})
    copies = connection.execute(read_sql("read_segments_with_copies"), {"segments": concerned}).fetchall()
    landed = {segment.name for segment in list_segments(home.landing)}
    return landed & {*concerned, *(name for (name,) in copies)}


def find_raw_faults(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `temp.unpublished_segments` and, for their rows, `temp.raw_faults`: one row per row and fault."""
    connection.execute(read_sql("find_unpublished_segments"))
    connection.execute(read_sql("find_raw_faults"), RAW_LIMITS)
