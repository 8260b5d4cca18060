"""The dbt project as two sets of assets, so that the topic model shows between them in the graph.

No postponed annotations here: Dagster looks at them when it decorates.
"""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

from contracts.home import Home
from contracts.settings import Settings
from orchestration.dbt import AFTER_ML, BEFORE_ML, Translator, dbt_variables, forget_old_targets
from orchestration.sql_files import read_sql
from orchestration.stages import StageName, StageRecorder
from orchestration.warehouse import Warehouse

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
        with recorder.measure(stage_name, context.run_id, warehouse) as stage:
            yield from dbt.cli([*_BUILD, "--vars", dbt_variables(settings)], context=context).stream()
            with warehouse.connect() as connection:
                counts = connection.execute(read_sql(f"count_{stage_name}_rows")).fetchone() or (0, 0)
            stage.n_rows_in, stage.n_rows_out = counts

    return models
