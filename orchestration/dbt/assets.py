"""The dbt project as two sets of assets, so that the graph shows the topic model between them.

No postponed annotations here: Dagster reads them when it decorates.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster_dbt import dbt_assets

from contracts.settings import Settings
from orchestration.dbt.project import AFTER_ML, BEFORE_ML, Translator, column_descriptions
from orchestration.runs.stage_timings import StageName, StageRecorder
from orchestration.spark.session import SparkRun
from orchestration.warehouse.resource import Warehouse
from orchestration.warehouse.sql_files import read_sql
from orchestration.warehouse.table_metadata import describe

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunResult

_UNIQUE_ID = "dagster_dbt/unique_id"
"""The metadata key under which dagster-dbt stores the dbt node of each asset and check."""


def build_dbt_assets(manifest: Path) -> list[dg.AssetsDefinition]:
    """Build both sets of assets from the parsed project."""
    return [
        _dbt_assets(manifest, "model_before_topics", BEFORE_ML, "model"),
        _dbt_assets(manifest, "model_after_topics", AFTER_ML, "journeys"),
    ]


def _dbt_assets(manifest: Path, name: str, select: str, stage_name: StageName) -> dg.AssetsDefinition:
    @dbt_assets(manifest=manifest, select=select, name=name, dagster_dbt_translator=Translator())
    def models(
        context: dg.AssetExecutionContext,
        warehouse: Warehouse,
        settings: dg.ResourceParam[Settings],
        recorder: dg.ResourceParam[StageRecorder],
        spark: dg.ResourceParam[SparkRun],
    ) -> Iterator[dg.Output[None] | dg.AssetCheckResult]:
        from orchestration.dbt.invocation import build_models  # noqa: PLC0415 - importing dbt takes seconds, which only a run should pay

        with recorder.measure(stage_name, context.run.run_id, warehouse) as stage:
            warehouse.close()
            results, failure = build_models(settings, _chosen(context, select), spark)
            with warehouse.connect() as connection:
                about = describe(connection, context.selected_asset_keys, column_descriptions(manifest))
                yield from _as_events(context, results, about)
                if failure:
                    raise failure
                counts = next(iter(connection.execute(read_sql(f"count_{stage_name}_rows")).fetchall()), (0, 0))
            stage.n_rows_in, stage.n_rows_out = counts

    return models


def _chosen(context: dg.AssetExecutionContext, select: str) -> list[str]:
    """Return what dbt should build: the whole set, or the models of the selected assets."""
    if not context.is_subset:
        return [select]
    return sorted(key.path[-1] for key in context.selected_asset_keys)


def _as_events(
    context: dg.AssetExecutionContext,
    results: "Iterable[RunResult]",
    about: Mapping[dg.AssetKey, Mapping[str, Any]],
) -> Iterator[dg.Output[None] | dg.AssetCheckResult]:
    """Yield dbt's results for Dagster: each model with its rows and columns, and each test with its outcome."""
    models: dict[str, dg.AssetKey] = {spec.metadata[_UNIQUE_ID]: spec.key for spec in context.assets_def.specs}
    tests: dict[str, dg.AssetCheckKey] = {
        spec.metadata[_UNIQUE_ID]: spec.key for spec in context.assets_def.check_specs if spec.metadata
    }
    for result in results:
        node, ended = result.node.unique_id, str(result.status)
        measured: dict[str, Any] = {"unique_id": node, "status": ended, "Execution Duration": result.execution_time}
        model, test = models.get(node), tests.get(node)
        if model in context.selected_asset_keys and model is not None and ended == "success":
            name = model.to_python_identifier()
            yield dg.Output(None, name, metadata={**measured, **about.get(model, {})})
        elif test in context.selected_asset_check_keys and test is not None and ended != "skipped":
            severity = dg.AssetCheckSeverity.WARN if ended == "warn" else dg.AssetCheckSeverity.ERROR
            failed = {} if result.failures is None else {"dagster_dbt/failed_row_count": result.failures}
            yield dg.AssetCheckResult(
                passed=ended == "pass",
                asset_key=test.asset_key,
                check_name=test.name,
                severity=severity,
                metadata={**measured, **failed},
            )
