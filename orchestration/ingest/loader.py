"""Load landed files into `raw.events`: each file exactly once, each event_id of a project once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import orjson
import pyarrow as pa

from contracts.durable_files import write_file
from orchestration.ingest.excluded_events import exclude_events
from orchestration.ingest.line_reader import LANDED_SCHEMA, RejectedLine, is_whole, read_landed_lines
from orchestration.ingest.quarantine import leave_out_released
from orchestration.ingest.segments import Segment, chunk_segments
from orchestration.warehouse.engine_tables import is_on_spark
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from contracts.home import Home

MAX_FILES_PER_TRANSACTION = 500
MAX_BYTES_PER_TRANSACTION = 256 << 20
ERASED_TEXTS = "erased/texts"
"""`replaced_by` of events whose texts were erased; `list_erased_events` leaves them out."""


@dataclass(frozen=True)
class LoadReport:
    """The result of loading: files read, and lines that were loaded, duplicates, or rejected."""

    n_segments: int = 0
    n_lines: int = 0
    n_loaded: int = 0
    n_duplicates: int = 0
    n_rejected: int = 0


def load_segments(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    segments: Iterable[Segment],
    run_id: str,
    deleted_projects: Collection[str] = (),
) -> LoadReport:
    """Load the `segments` that are not loaded yet; a crash at any point leaves whole files loaded or not at all.

    Files of `deleted_projects` (ids) are marked as loaded without being read.
    """
    done = {name for (name,) in connection.execute("select segment from raw.segments").fetchall()}
    new = [segment for segment in segments if segment.name not in done]
    chunks = chunk_segments(new, max_files=MAX_FILES_PER_TRANSACTION, max_bytes=MAX_BYTES_PER_TRANSACTION)
    for chunk in chunks:
        read = [segment for segment in chunk if segment.project_id not in deleted_projects]
        _load_chunk(connection, home, chunk, read, run_id)
    exclude_events(connection)
    return report_loaded(connection, run_id)


def _load_chunk(
    connection: duckdb.DuckDBPyConnection, home: Home, chunk: Sequence[Segment], read: Sequence[Segment], run_id: str
) -> None:
    """Load the files to `read` and mark the whole chunk as loaded."""
    rejected: dict[str, list[RejectedLine]] = {}
    if not read or not _stage_quickly(connection, home, read):
        rejected = _stage_carefully(connection, read)
        for name, lines in rejected.items():
            keep_rejected(home.quarantine, name, lines)
    released = leave_out_released(connection, home.quarantine, read)
    n_left_out = {name: len(rejected.get(name, ())) + released.get(name, 0) for name in {*rejected, *released}}
    files = describe_files(chunk, n_left_out)
    connection.register("files", files)
    connection.begin()
    try:
        connection.execute(read_sql("insert_landed_events"))
        mark_segments(connection, run_id)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.unregister("files")
        for table in ("landed", "contested", "chosen"):
            connection.execute(f"drop table if exists temp.{table}")


def _stage_quickly(connection: duckdb.DuckDBPyConnection, home: Home, chunk: Sequence[Segment]) -> bool:
    """Let DuckDB read the files into `temp.landed`; return False if one of them contains anything but landed events."""
    if not all(is_whole(segment.path) for segment in chunk):
        return False
    try:
        connection.execute(
            read_sql("stage_landed_files"),
            {"paths": [str(segment.path) for segment in chunk], "landing": str(home.landing)},
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException):
        return False
    unsound = next(iter(connection.execute(read_sql("count_unsound_landed")).fetchall()), None)
    return unsound == (0,)


def _stage_carefully(connection: duckdb.DuckDBPyConnection, chunk: Sequence[Segment]) -> dict[str, list[RejectedLine]]:
    """Read the files line by line into `temp.landed`; return the rejected lines of each file with any."""
    connection.register("no_lines", LANDED_SCHEMA.empty_table())
    connection.execute(
        "create or replace temp table landed as select * replace (metadata::json as metadata) from no_lines"
    )
    connection.unregister("no_lines")
    rejected: dict[str, list[RejectedLine]] = {}
    for segment in chunk:
        lines = read_landed_lines(segment.path, segment.project_id)
        rows = pa.Table.from_pylist(
            [{**event, "segment": segment.name} for event in lines.events], schema=LANDED_SCHEMA
        )
        connection.register("good_lines", rows)
        connection.execute("insert into landed select * from good_lines")
        connection.unregister("good_lines")
        if lines.rejected:
            rejected[segment.name] = lines.rejected
    return rejected


def mark_segments(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Mark the registered `files` as loaded by this run, in the transaction of their rows."""
    loaded_at = datetime.now(UTC).replace(tzinfo=None)
    connection.execute(read_sql("mark_segments"), {"run_id": run_id, "loaded_at": loaded_at})


def keep_rejected(quarantine: Path, segment: str, lines: Sequence[RejectedLine]) -> None:
    """Write the rejected lines with their reasons, durably; repeating it gives the same result."""
    target = rejected_file(quarantine, segment)
    target.parent.mkdir(parents=True, exist_ok=True)
    records = [line.as_record(segment) for line in lines]
    write_file(target, b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records))


def rejected_file(quarantine: Path, segment: str) -> Path:
    """Return the file of a segment's rejected lines."""
    return quarantine / "segments" / f"{segment.replace('/', '~')}.rejected.ndjson"


def describe_files(chunk: Sequence[Segment], n_rejected: Mapping[str, int]) -> pa.Table:
    """Return the table `files` that is marked as loaded, with the number of lines of each file that do not count."""
    rows: list[dict[str, Any]] = [
        {
            "segment": segment.name,
            "project_id": segment.project_id,
            "received_date": segment.received_date,
            "received_hour": segment.received_hour,
            "n_rejected": n_rejected.get(segment.name, 0),
            "n_bytes": segment.n_bytes,
        }
        for segment in chunk
    ]
    return pa.Table.from_pylist(rows)


def report_loaded(connection: duckdb.DuckDBPyConnection, run_id: str) -> LoadReport:
    """Sum up what a run has loaded."""
    row = next(iter(connection.execute(read_sql("sum_loaded"), {"run_id": run_id}).fetchall()), None)
    return LoadReport(*(int(value) for value in row or ()))


def forget_segments(
    connection: duckdb.DuckDBPyConnection, names: Collection[str], *, are_texts_erased: bool = False
) -> None:
    """Delete the rows and the marks of files from `raw`, only for files that are still in the landing folder.

    If texts were erased from the files, the rows count as erased: no copy of a published file may have their bytes. On
    Spark, rows of files without a mark do not count from the next load on.
    """
    statement = read_sql("forget_segments_on_spark" if is_on_spark(connection) else "forget_segments")
    segments = pa.array(sorted(names), pa.string())
    replaced_by = pa.array([ERASED_TEXTS] * len(segments), pa.string()) if are_texts_erased else segments
    connection.register("forgotten", pa.table({"segment": segments, "replaced_by": replaced_by}))
    connection.begin()
    try:
        connection.execute(statement)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.unregister("forgotten")
