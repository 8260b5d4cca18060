"""Landed files into the `raw` tables.

No postponed annotations here: Dagster looks at them when it decorates.
"""

from collections.abc import Iterator

import dagster as dg

from contracts.home import Home
from contracts.settings import Settings
from contracts.tables import RAW, RAW_EVENTS, RAW_FIELD_OVERRIDES, RAW_GOALS, RAW_PROJECTS, RAW_SEGMENTS, Table
from orchestration.landing import list_segments
from orchestration.loading import load_segments
from orchestration.project_snapshot import take_snapshot, write_snapshot
from orchestration.stages import StageRecorder
from orchestration.warehouse import Warehouse

PROJECTS_TAG = "turret/project_ids"
"""Run tag that limits a run to some projects: their ids, separated by commas."""


def asset_spec(table: Table, group: str) -> dg.AssetOut:
    """A table of the contract as an asset: its grain as description, its columns as schema."""
    columns = [dg.TableColumn(column.name, column.type, column.description) for column in table.columns]
    return dg.AssetOut(
        key=dg.AssetKey([table.schema, table.name]),
        description=table.grain,
        group_name=group,
        kinds={"python", "duckdb"},
        metadata={"dagster/column_schema": dg.TableSchema(columns=columns)},
    )


@dg.multi_asset(name="load", outs={table.name: asset_spec(table, "landing") for table in RAW})
def load(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    settings: dg.ResourceParam[Settings],
    recorder: dg.ResourceParam[StageRecorder],
) -> Iterator[dg.Output[None]]:
    """Load every sealed file that is not loaded yet, and copy what people chose in the projects database."""
    home = Home(settings.home)
    chosen = context.run.tags.get(PROJECTS_TAG)
    with recorder.measure("load", context.run_id, warehouse) as stage, warehouse.connect() as connection:
        snapshot = take_snapshot(settings)
        write_snapshot(connection, snapshot)
        segments = list_segments(home.landing, chosen.split(",") if chosen else None)
        report = load_segments(connection, home, segments, context.run_id)
        stage.n_rows_in, stage.n_rows_out = report.n_lines, report.n_loaded
    rejected = {"rows_rejected": report.n_rejected, "rows_duplicate": report.n_duplicates}
    yield dg.Output(None, RAW_EVENTS.name, metadata={**stage.as_metadata(), **rejected})
    yield dg.Output(None, RAW_SEGMENTS.name, metadata={"dagster/row_count": report.n_segments})
    yield dg.Output(None, RAW_PROJECTS.name, metadata={"dagster/row_count": len(snapshot.projects)})
    yield dg.Output(None, RAW_FIELD_OVERRIDES.name, metadata={"dagster/row_count": len(snapshot.overrides)})
    yield dg.Output(None, RAW_GOALS.name, metadata={"dagster/row_count": len(snapshot.goals)})
