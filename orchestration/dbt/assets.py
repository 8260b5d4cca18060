"""The dbt project as two sets of assets, so that the topic model shows between them in the graph.

No postponed annotations here: Dagster looks at them when it decorates.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import dagster as dg
import duckdb
from dagster_dbt import DbtCliResource, dbt_assets
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from contracts.home import Home
from contracts.settings import Settings
from orchestration.dbt.project import (
    AFTER_ML,
    BEFORE_ML,
    Translator,
    column_descriptions,
    dbt_variables,
    forget_old_targets,
)
from orchestration.runs.stage_timings import StageName, StageRecorder
from orchestration.warehouse.resource import Warehouse
from orchestration.warehouse.sql_files import read_sql
from orchestration.warehouse.table_metadata import describe

_BUILD = ["build", "--exclude-resource-type", "unit_test"]
"""Unit tests prove the SQL, not the data: `make test` runs them, a pipeline run need not."""


def build_dbt_assets(manifest: Path) -> list[dg.AssetsDefinition]:
    """Both sets, from the parsed project."""
    return [
        _dbt_assets(manifest, "model_before_topics", BEFORE_ML, "model"),
        _dbt_assets(manifest, "model_after_topics", AFTER_ML, "journeys"),
    ]


def _dbt_assets(manifest: Path, name: str, select: str, stage_name: StageName) -> dg.AssetsDefinition:
    @dbt_assets(manifest=manifest, select=select, name=name, dagster_dbt_translator=Translator())
    def models(
        context: dg.AssetExecutionContext,
        dbt: DbtCliResource,
        warehouse: Warehouse,
        settings: dg.ResourceParam[Settings],
        recorder: dg.ResourceParam[StageRecorder],
    ) -> Iterator[object]:
        forget_old_targets(Home(settings.home))
        with recorder.measure(stage_name, context.run.run_id, warehouse) as stage:
            run = dbt.cli([*_BUILD, "--vars", dbt_variables(settings)], context=context)
            done, failure = _collect(run.stream())
            with warehouse.connect() as connection:
                yield from _described(context, connection, done, column_descriptions(manifest))
                if failure:
                    raise failure
                counts = next(iter(connection.execute(read_sql(f"count_{stage_name}_rows")).fetchall()), (0, 0))
            stage.n_rows_in, stage.n_rows_out = counts

    return models


def _collect(events: Iterable[object]) -> tuple[list[object], DagsterDbtCliRuntimeError | None]:
    """All that dbt did, and the error it ended with: rows can be counted only once dbt has let go of the file."""
    done: list[object] = []
    try:
        for event in events:
            done.append(event)  # noqa: PERF402 - what came before an error is kept
    except DagsterDbtCliRuntimeError as error:
        return done, error
    return done, None


def _described(
    context: dg.AssetExecutionContext,
    connection: duckdb.DuckDBPyConnection,
    events: Iterable[object],
    descriptions: Mapping[tuple[str, str], str],
) -> Iterator[object]:
    """The events, those of models with row count and columns."""
    kept = list(events)
    keys = {
        event.output_name: context.asset_key_for_output(event.output_name)
        for event in kept
        if isinstance(event, dg.Output)
    }
    about = describe(connection, keys.values(), descriptions)
    for event in kept:
        if isinstance(event, dg.Output):
            more = about.get(keys[event.output_name], {})
            yield event.with_metadata({**event.metadata, **more})
        else:
            yield event
