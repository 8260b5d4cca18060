"""Load landed files with Spark: its executors read them, and the driver marks them, each exactly once.

A load writes its rows to a folder of its own, and then the whole `raw.events`, without copies. Both count from the
transaction on in which the warehouse marks the files; until then the folders are leftovers that the next load removes.
"""

from __future__ import annotations

import logging
import shutil
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from contracts.durable_files import sync_path
from orchestration.ingest.excluded_events import exclude_events
from orchestration.ingest.line_reader import LANDED_SCHEMA, RejectedLine, read_landed_lines
from orchestration.ingest.loader import (
    LoadReport,
    describe_files,
    keep_rejected,
    mark_segments,
    report_loaded,
)
from orchestration.ingest.quarantine import released_lines, released_table
from orchestration.spark.session import spark_errors
from orchestration.warehouse.engine_tables import LANDED, events_folder, load_folder, show_events, version_of
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    import duckdb
    from pyspark.sql import SparkSession

    from contracts.home import Home
    from orchestration.ingest.segments import Segment
    from orchestration.spark.session import SparkRun

ROWS_SCHEMA = pa.schema([*LANDED_SCHEMA, ("reason", pa.string()), ("line", pa.binary())])
"""A row of a load: an event, or a rejected line with the reason."""
ROWS_PER_BATCH = 2_000
BYTES_PER_TASK = 64 << 20
"""Compressed bytes that one task reads at most, unless one file is larger."""
_DDL = (
    "project_id string, event_id string, name string, session_id string, session_id_given boolean, user_id string, "
    "user_id_given boolean, occurred_at timestamp_ntz, received_at timestamp_ntz, metadata string, segment string, "
    "line_number bigint, reason string, line binary"
)

_log = logging.getLogger(__name__)


def load_segments_on_spark(  # noqa: PLR0913, PLR0917 - those of `load_segments`, and Spark
    connection: duckdb.DuckDBPyConnection,
    spark: SparkRun,
    home: Home,
    segments: Iterable[Segment],
    run_id: str,
    deleted_projects: Collection[str] = (),
) -> LoadReport:
    """Load the `segments` that are not loaded yet; a crash at any point leaves all of them loaded or none.

    Files of `deleted_projects` (ids) are marked as loaded without being read.

    Raises:
        SparkUnavailableError: Spark cannot start.
        SparkFailedError: Spark cannot read the files or write its tables.
    """
    _repair(connection, spark.folder)
    done = {name for (name,) in connection.execute("select segment from raw.segments").fetchall()}
    new = [segment for segment in segments if segment.name not in done]
    read = [segment for segment in new if segment.project_id not in deleted_projects]
    load = version_of(connection) + 1
    released = released_lines(home.quarantine, [*done, *(segment.name for segment in read)])
    session = spark.session()
    with spark_errors("load the landed files"):
        if read:
            _read_files(session, read, load_folder(spark.folder, load))
        marks = _marks(connection, read, load)
        _write_events(session, spark.folder, load, marks, released_table(released))
    n_left_out = _keep_rejected(connection, home, load_folder(spark.folder, load)) if read else {}
    for segment in read:
        n_left_out[segment.name] = n_left_out.get(segment.name, 0) + len(released.get(segment.name, ()))
    _mark(connection, spark.folder, load, describe_files(new, n_left_out), released_table(released), run_id)
    for old in events_folder(spark.folder, load).parent.glob("version=*"):
        if old != events_folder(spark.folder, load):
            shutil.rmtree(old)
    exclude_events(connection)
    return report_loaded(connection, run_id)


def read_files(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Read segment files on an executor: the rows of `ROWS_SCHEMA` of each file that a batch names."""
    for batch in batches:
        for file in batch.to_pylist():
            lines = read_landed_lines(Path(file["path"]), file["project_id"])
            rejected = (
                {"line_number": each.line_number, "reason": each.reason, "line": each.line} for each in lines.rejected
            )
            yield from _as_batches(file["segment"], [*lines.events, *rejected])


def _as_batches(segment: str, rows: Sequence[dict[str, Any]]) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(rows), ROWS_PER_BATCH):
        chunk = [{**row, "segment": segment} for row in rows[start : start + ROWS_PER_BATCH]]
        yield pa.RecordBatch.from_pylist(chunk, schema=ROWS_SCHEMA)


def _repair(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Remove loads that were not marked, and forget the files of marked loads that somebody has removed."""
    marked = {load for (load,) in connection.execute("select distinct load from spark.landed_segments").fetchall()}
    for place in (folder / LANDED).glob("load=*"):
        if place not in {load_folder(folder, load) for load in marked}:
            shutil.rmtree(place)
    (folder / LANDED).mkdir(parents=True, exist_ok=True)
    lost = sorted(load for load in marked if not load_folder(folder, load).exists())
    for load in lost:
        _log.warning("%s is gone: its files are loaded again from landing/.", load_folder(folder, load))
        connection.execute(
            "delete from raw.segments where segment in (select segment from spark.landed_segments where load = ?)",
            [load],
        )
    connection.execute("delete from spark.landed_segments where segment not in (select segment from raw.segments)")


def _read_files(session: SparkSession, segments: Sequence[Segment], target: Path) -> None:
    """Let executors read the files into one load."""
    rows = [{"path": str(each.path), "segment": each.name, "project_id": each.project_id} for each in segments]
    n_bytes = sum(segment.n_bytes for segment in segments)
    n_tasks = max(session.sparkContext.defaultParallelism, -(-n_bytes // BYTES_PER_TASK))
    files = session.createDataFrame(pa.Table.from_pylist(rows)).repartition(min(len(rows), n_tasks))
    files.mapInArrow(read_files, _DDL).write.parquet(str(target), mode="overwrite")
    for path in [*target.glob("*.parquet"), target, target.parent]:
        sync_path(path)


def _marks(connection: duckdb.DuckDBPyConnection, read: Sequence[Segment], load: int) -> pa.Table:
    """Return which load has the rows of each segment, with those that this load has read."""
    known = connection.execute("select segment, load from spark.landed_segments").fetchall()
    marks = [*known, *((segment.name, load) for segment in read)]
    rows = [{"segment": segment, "load": number} for segment, number in marks]
    return pa.Table.from_pylist(rows, schema=pa.schema([("segment", pa.string()), ("load", pa.int64())]))


def _write_events(session: SparkSession, folder: Path, load: int, marks: pa.Table, released: pa.Table) -> None:
    """Write `raw.events` as it is after this load."""
    landed = session.read.schema(f"{_DDL}, load bigint").parquet(str(folder / LANDED))
    landed.createOrReplaceTempView(LANDED)
    session.createDataFrame(marks).createOrReplaceTempView("marks")
    session.createDataFrame(released).createOrReplaceTempView("released")
    target = events_folder(folder, load)
    session.sql(read_sql("deduplicate_on_spark")).write.parquet(str(target), mode="overwrite")


def _keep_rejected(connection: duckdb.DuckDBPyConnection, home: Home, place: Path) -> dict[str, int]:
    """Put the rejected lines of a load into quarantine; return their number by segment."""
    rows = connection.execute(read_sql("read_rejected_lines"), {"files": str(place / "*.parquet")}).fetchall()
    rejected = {}
    for segment, lines in groupby(rows, key=lambda row: str(row[0])):
        kept = [RejectedLine(number, reason, line) for _, number, reason, line in lines]
        keep_rejected(home.quarantine, segment, kept)
        rejected[segment] = len(kept)
    return rejected


def _mark(  # noqa: PLR0913, PLR0917 - the content of one transaction
    connection: duckdb.DuckDBPyConnection, folder: Path, load: int, files: pa.Table, released: pa.Table, run_id: str
) -> None:
    """Let the load count: its rows, its files and the new `raw.events`, in one transaction."""
    connection.register("released", released)
    connection.begin()
    try:
        show_events(connection, folder, load)
        if files.num_rows:
            connection.register("files", files)
            _stage_load(connection, load_folder(folder, load))
            mark_segments(connection, run_id)
            connection.execute("insert into spark.landed_segments select segment, ? from files", [load])
            connection.unregister("files")
        connection.execute(read_sql("recount_segments"))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.unregister("released")
        connection.execute("drop table if exists temp.landed")


def _stage_load(connection: duckdb.DuckDBPyConnection, place: Path) -> None:
    if place.exists():
        connection.execute(read_sql("stage_spark_load"), {"files": str(place / "*.parquet")})
    else:
        connection.execute("create or replace temp table landed (segment varchar)")
