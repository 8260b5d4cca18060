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
from orchestration.ingest.line_reader import RejectedLine, is_whole, read_landed_lines
from orchestration.ingest.quarantine import leave_out_released
from orchestration.ingest.segments import Segment, chunk_segments
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from contracts.home import Home

MAX_FILES_PER_TRANSACTION = 500
MAX_BYTES_PER_TRANSACTION = 256 << 20

_LANDED = pa.schema(
    [
        ("project_id", pa.string()),
        ("event_id", pa.string()),
        ("name", pa.string()),
        ("session_id", pa.string()),
        ("session_id_given", pa.bool_()),
        ("user_id", pa.string()),
        ("user_id_given", pa.bool_()),
        ("occurred_at", pa.timestamp("us")),
        ("received_at", pa.timestamp("us")),
        ("metadata", pa.string()),
        ("segment", pa.string()),
        ("line_number", pa.int64()),
    ]
)


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
    return _report(connection, run_id)


def _load_chunk(
    connection: duckdb.DuckDBPyConnection, home: Home, chunk: Sequence[Segment], read: Sequence[Segment], run_id: str
) -> None:
    """Load the files to `read` and mark the whole chunk as loaded."""
    rejected: dict[str, list[RejectedLine]] = {}
    if not read or not _stage_quickly(connection, home, read):
        rejected = _stage_carefully(connection, read)
        for name, lines in rejected.items():
            _keep_in_quarantine(home.quarantine / "segments", name, lines)
    released = leave_out_released(connection, home.quarantine, read)
    n_left_out = {name: len(rejected.get(name, ())) + released.get(name, 0) for name in {*rejected, *released}}
    files = _files_table(chunk, n_left_out)
    connection.register("files", files)
    connection.begin()
    try:
        connection.execute(read_sql("insert_landed_events"))
        connection.execute(
            read_sql("mark_segments"), {"run_id": run_id, "loaded_at": datetime.now(UTC).replace(tzinfo=None)}
        )
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
    connection.register("no_lines", _LANDED.empty_table())
    connection.execute(
        "create or replace temp table landed as select * replace (metadata::json as metadata) from no_lines"
    )
    connection.unregister("no_lines")
    rejected: dict[str, list[RejectedLine]] = {}
    for segment in chunk:
        lines = read_landed_lines(segment.path, segment.project_id)
        rows = pa.Table.from_pylist([{**event, "segment": segment.name} for event in lines.events], schema=_LANDED)
        connection.register("good_lines", rows)
        connection.execute("insert into landed select * from good_lines")
        connection.unregister("good_lines")
        if lines.rejected:
            rejected[segment.name] = lines.rejected
    return rejected


def _keep_in_quarantine(folder: Path, segment: str, lines: Sequence[RejectedLine]) -> None:
    """Write the rejected lines with their reasons, durably; repeating it gives the same result."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{segment.replace('/', '~')}.rejected.ndjson"
    records = [line.as_record(segment) for line in lines]
    write_file(target, b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records))


def _files_table(chunk: Sequence[Segment], n_rejected: dict[str, int]) -> pa.Table:
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


def _report(connection: duckdb.DuckDBPyConnection, run_id: str) -> LoadReport:
    row = next(iter(connection.execute(read_sql("sum_loaded"), {"run_id": run_id}).fetchall()), None)
    return LoadReport(*(int(value) for value in row or ()))


def forget_segments(connection: duckdb.DuckDBPyConnection, names: Collection[str]) -> None:
    """Delete the rows and the marks of files from `raw`, only for files that are still in the landing folder."""
    connection.register("forgotten", pa.table({"segment": pa.array(sorted(names), pa.string())}))
    connection.begin()
    try:
        connection.execute(read_sql("forget_segments"))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.unregister("forgotten")
