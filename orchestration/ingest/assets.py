"""Load landed files into the `raw` tables.

No postponed annotations here: Dagster reads them when it decorates.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from contracts.home import Home
from contracts.settings import Settings
from contracts.tables import (
    RAW_EVENTS,
    RAW_REMOVED_DAYS,
    RAW_REPLACED_EVENTS,
    RAW_SEGMENTS,
    RAW_SET_APART_EVENTS,
    Table,
)
from orchestration.ingest.downloads import download_segments
from orchestration.ingest.erasure.landed import erase_landed
from orchestration.ingest.loader import forget_segments, load_segments
from orchestration.ingest.project_snapshot import SNAPSHOT_TABLES, take_snapshot, write_snapshot
from orchestration.ingest.segments import Segment, list_segments
from orchestration.ingest.spark_loader import load_segments_on_spark
from orchestration.runs.retries import retrying
from orchestration.runs.stage_timings import StageRecorder
from orchestration.runs.tags import PROJECTS_TAG, project_tags
from orchestration.spark.session import SparkRun
from orchestration.warehouse.resource import Warehouse
from orchestration.warehouse.sql_files import read_sql
from orchestration.warehouse.table_metadata import count_rows
from projects.database import open_projects

GROUP = "landing"
LOADED = (RAW_EVENTS, RAW_SEGMENTS)
KEPT_BESIDE = (RAW_REPLACED_EVENTS, RAW_SET_APART_EVENTS, RAW_REMOVED_DAYS)


def asset_spec(table: Table, group: str) -> dg.AssetOut:
    """Describe a table of the contract as an asset: its grain as description, its columns as schema."""
    columns = [dg.TableColumn(column.name, column.type, column.description) for column in table.columns]
    return dg.AssetOut(
        key=dg.AssetKey([table.schema, table.name]),
        dagster_type=dg.Nothing,  # the table is the value; Dagster need not store one
        description=table.grain,
        group_name=group,
        kinds={"python", "duckdb"},
        metadata={
            "dagster/column_schema": dg.TableSchema(columns=columns),
            "dagster/relation_identifier": f"warehouse.{table.qualified_name}",
        },
    )


def build_landing(days: dg.PartitionsDefinition[str]) -> list[dg.AssetsDefinition]:
    """Build the assets of loading, partitioned by the `days` of receipt, and of people's choices, unpartitioned."""

    @dg.multi_asset(
        name="load",
        outs={table.name: asset_spec(table, GROUP) for table in (*LOADED, *KEPT_BESIDE)},
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        description="Loads sealed files into raw.events. A run for a day loads that day's files again; a run "
        "without days loads all files that are not loaded yet.",
    )
    def load(
        context: dg.AssetExecutionContext,
        warehouse: Warehouse,
        settings: dg.ResourceParam[Settings],
        recorder: dg.ResourceParam[StageRecorder],
        spark: dg.ResourceParam[SparkRun],
    ) -> Iterator[dg.Output[None]]:
        home = Home(settings.home)
        with (
            retrying(context.retry_number),
            recorder.measure("load", context.run.run_id, warehouse) as stage,
            warehouse.connect() as connection,
        ):
            n_downloaded = download_segments(settings)
            segments = _wanted(context, home)
            if context.has_partition_key:
                forget_segments(connection, [segment.name for segment in segments])
            with open_projects(settings) as projects:
                deleted = projects.list_deleted_ids()
                erased = erase_landed(connection, settings, projects, context.log.info)
            if erased.forgotten:
                wanted = {segment.name for segment in segments} | erased.forgotten
                segments = [segment for segment in list_segments(home.landing) if segment.name in wanted]
            run_id = context.run.run_id
            if spark.is_engine:
                report = load_segments_on_spark(connection, spark, home, segments, run_id, deleted)
            else:
                report = load_segments(connection, home, segments, run_id, deleted)
            stage.n_rows_in, stage.n_rows_out = report.n_lines, report.n_loaded
            ((stage.details["rows_unpublished"],),) = connection.execute(read_sql("count_unpublished")).fetchall()
            by_day = connection.execute(read_sql("count_loaded_by_date"), {"run_id": context.run.run_id}).fetchall()
            by_project = connection.execute(
                read_sql("count_loaded_by_project"), {"run_id": context.run.run_id}
            ).fetchall()
            events, segments_rows = (count_rows(connection, table) for table in LOADED)
            beside = [count_rows(connection, table) for table in KEPT_BESIDE]
        context.instance.add_run_tags(context.run.run_id, project_tags(dict(by_project)))
        if not context.has_partition_key:
            _record_days(context, days, by_day)
        rejected = {
            "rows_rejected": report.n_rejected,
            "rows_duplicate": report.n_duplicates,
            "rows_erased": erased.n_lines,
            "rows_without_texts": erased.n_texts,
        }
        if settings.landing_url:
            rejected["files_downloaded"] = n_downloaded
        yield dg.Output(None, RAW_EVENTS.name, metadata={**events, **stage.as_metadata(), **rejected})
        yield dg.Output(None, RAW_SEGMENTS.name, metadata=segments_rows)
        for table, rows in zip(KEPT_BESIDE, beside, strict=True):
            yield dg.Output(None, table.name, metadata=rows)

    return [load, copy_choices]


def _wanted(context: dg.AssetExecutionContext, home: Home) -> list[Segment]:
    """Return the landed files of the run: of some projects, of some days, or all."""
    chosen = context.run.tags.get(PROJECTS_TAG)
    segments = list_segments(home.landing, chosen.split(",") if chosen else None)
    if not context.has_partition_key:
        return segments
    days = set(context.partition_keys)
    return [segment for segment in segments if segment.received_date.isoformat() in days]


def _record_days(
    context: dg.AssetExecutionContext,
    days: dg.PartitionsDefinition[str],
    loaded: Sequence[tuple[str, int, int, int, bool]],
) -> None:
    """Report to Dagster which days were loaded by a run that was started for no day in particular.

    Also report earlier days that were loaded but are unknown to Dagster.
    """
    events, segments = (dg.AssetKey([table.schema, table.name]) for table in LOADED)
    known = set(days.get_partition_keys())
    told = context.instance.get_materialized_partitions(events)
    for day, n_segments, n_loaded, n_rejected, has_new in loaded:
        # A process that started before a day's first file landed does not know the day; the next process reports it.
        if day not in known or (day in told and not has_new):
            continue
        rows = {"dagster/partition_row_count": n_loaded, "rows_rejected": n_rejected}
        context.log_event(dg.AssetMaterialization(events, partition=day, metadata=rows))
        files = {"dagster/partition_row_count": n_segments}
        context.log_event(dg.AssetMaterialization(segments, partition=day, metadata=files))


@dg.multi_asset(
    name="copy_choices",
    outs={table.name: asset_spec(table, GROUP) for table in SNAPSHOT_TABLES},
    description="People's choices in the projects database, copied so that SQL can read them.",
)
def copy_choices(
    context: dg.AssetExecutionContext, warehouse: Warehouse, settings: dg.ResourceParam[Settings]
) -> Iterator[dg.Output[None]]:
    """Copy projects, types of fields, goals and edits of topics."""
    with retrying(context.retry_number), warehouse.connect() as connection:
        snapshot = take_snapshot(settings)
        write_snapshot(connection, snapshot)
    for table, rows in zip(SNAPSHOT_TABLES, snapshot.tables, strict=True):
        yield dg.Output(None, table.name, metadata={"dagster/row_count": len(rows)})
