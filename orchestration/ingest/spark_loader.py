"""Load landed files with Spark: its executors read them, and the driver marks them, each exactly once.

A load writes its rows to a folder of its own, and then a version of `raw.events`, without copies: only the partitions
that it touches are written again, and the others are those of the version before. Both count from the transaction on in
which the warehouse marks the files; until then the folders are leftovers that the next load removes.
"""

from __future__ import annotations

import logging
import shutil
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from contracts.durable_files import sync_path
from contracts.tables import RAW_EVENTS
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
from orchestration.spark.warehouse_tables import forget_models, spark_columns
from orchestration.warehouse.engine_tables import (
    LANDED,
    events_folder,
    is_partitioned,
    load_folder,
    partitions_of,
    show_events,
    version_of,
    write_partitioned,
)
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    import duckdb
    from pyspark.sql import DataFrame, SparkSession

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
    version = version_of(connection)
    is_whole = _is_whole(connection, events_folder(spark.folder, version))
    load = version + 1 if read or is_whole else version
    released = released_lines(home.quarantine, [*done, *(segment.name for segment in read)])
    tables = {"marks": _marks(connection, read, load), "released": released_table(released)}
    if is_whole:
        forget_models(spark.folder)  # nothing would tell them which rows are gone
    if load != version:
        with spark_errors("load the landed files"):
            if read:
                _read_files(spark.session(), read, load_folder(spark.folder, load))
            kept = _write_events(spark, tables, version, load, is_whole=is_whole)
            tables["replaced"] = spark.session().sql(read_sql("replaced_on_spark")).toArrow()
        write_partitioned(connection, events_folder(spark.folder, load), kept)
    n_left_out = _keep_rejected(connection, home, load_folder(spark.folder, load)) if read else {}
    for segment in read:
        n_left_out[segment.name] = n_left_out.get(segment.name, 0) + len(released.get(segment.name, ()))
    _mark(connection, spark.folder, load, describe_files(new, n_left_out), tables, run_id)
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


def _is_whole(connection: duckdb.DuckDBPyConnection, events: Path) -> bool:
    """Return whether all events must be written again: they have rows of forgotten files, or no partitions."""
    ((n_forgotten,),) = connection.execute(read_sql("count_forgotten_segments")).fetchall()
    return n_forgotten > 0 or not is_partitioned(events)


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
    known = connection.execute(read_sql("select_landed_segments")).fetchall()
    marks = [*known, *((segment.name, load) for segment in read)]
    rows = [{"segment": segment, "load": number} for segment, number in marks]
    return pa.Table.from_pylist(rows, schema=pa.schema([("segment", pa.string()), ("load", pa.int64())]))


def _write_events(
    spark: SparkRun, tables: Mapping[str, pa.Table], version: int, load: int, *, is_whole: bool
) -> dict[str, Path]:
    """Write the partitions of `raw.events` that a load touches: those of its days and of present copies of its events.

    Args:
        spark: the run's Spark.
        tables: `marks`, the load of each segment, whose rows in other loads do not count; and `released`, the lines
            that do not count.
        version: of the events before.
        load: this load.
        is_whole: whether to write all partitions, from the rows of all loads.

    Returns:
        The partitions of the version before that still hold, by their place in its folder.
    """
    session, before = spark.session(), events_folder(spark.folder, version)
    after = events_folder(spark.folder, load)
    landed = session.read.schema(f"{_DDL}, load bigint").parquet(str(spark.folder / LANDED))
    (landed if is_whole else landed.where(f"load = {load}")).createOrReplaceTempView(LANDED)
    for name, rows in tables.items():
        session.createDataFrame(rows).createOrReplaceTempView(name)
    session.sql(read_sql("count_landed_on_spark")).createOrReplaceTempView("counted")
    partitions = {} if is_whole else partitions_of(before)
    _read_events(session, partitions.values()).createOrReplaceTempView("present")
    found = session.sql(read_sql("touched_partitions_on_spark")).collect() if partitions else ()
    kept = {key: partitions[key] for key in partitions.keys() - {tuple(row) for row in found}}
    touched = [place for key, place in partitions.items() if key not in kept]
    _read_events(session, touched).createOrReplaceTempView("present")
    chosen = session.sql(read_sql("deduplicate_on_spark"))
    chosen.write.partitionBy("project", "day").parquet(str(after), mode="overwrite")
    _read_events(session, partitions_of(after).values()).createOrReplaceTempView("chosen")
    return {str(place.relative_to(before)): place for place in kept.values()}


def _read_events(session: SparkSession, partitions: Iterable[Path]) -> DataFrame:
    schema, paths = spark_columns(RAW_EVENTS), [str(place) for place in partitions]
    return session.read.schema(schema).parquet(*paths) if paths else session.createDataFrame([], schema)


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
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    load: int,
    files: pa.Table,
    tables: Mapping[str, pa.Table],
    run_id: str,
) -> None:
    """Let the load count: its rows, its files and the new `raw.events`, in one transaction."""
    for name, rows in tables.items():
        connection.register(name, rows)
    connection.begin()
    try:
        show_events(connection, folder, load)
        connection.execute("truncate spark.landed_segments; insert into spark.landed_segments from marks")
        if "replaced" in tables:
            connection.execute("insert into raw.replaced_events by name from replaced")
        if files.num_rows:
            connection.register("files", files)
            _stage_load(connection, load_folder(folder, load))
            mark_segments(connection, run_id)
            connection.unregister("files")
        connection.execute(read_sql("recount_segments"))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        for name in tables:
            connection.unregister(name)
        connection.execute("drop table if exists temp.landed")


def _stage_load(connection: duckdb.DuckDBPyConnection, place: Path) -> None:
    if place.exists():
        connection.execute(read_sql("stage_spark_load"), {"files": str(place / "*.parquet")})
    else:
        connection.execute("create or replace temp table landed (segment varchar)")
