"""Publish the marts as the file that everybody reads.

No postponed annotations here: Dagster reads them when it decorates.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg

from contracts.home import Home
from contracts.settings import Settings
from contracts.tables import MARTS
from orchestration.embedding.embedder_switch import is_switching
from orchestration.ingest.project_snapshot import read_snapshot
from orchestration.publish.fingerprint import UNFINISHED, fingerprint
from orchestration.publish.published_file import Publication, publish
from orchestration.publish.purge import purge_erased
from orchestration.runs.stage_timings import Stage, StageRecorder
from orchestration.warehouse.resource import Warehouse
from projects.database import open_projects

STALE_AFTER = timedelta(hours=26)
"""The daily run publishes even if nothing is new, so older marts mean that no run takes place."""

MART_KEYS = [dg.AssetKey([table.schema, table.name]) for table in MARTS]


@dg.multi_asset(
    name="publish_marts",
    outs={
        "published": dg.AssetOut(
            key=dg.AssetKey(["published", "turret"]),
            description="The marts in published/turret.duckdb: what dashboard, BI tools and `turret query` read.",
            dagster_type=dg.Nothing,  # the file is the value
            group_name="published",
            kinds={"python", "duckdb"},
            freshness_policy=dg.FreshnessPolicy.time_window(fail_window=STALE_AFTER),
        )
    },
    deps=MART_KEYS,
)
def publish_marts(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    settings: dg.ResourceParam[Settings],
    recorder: dg.ResourceParam[StageRecorder],
) -> Iterator[dg.Output[None]]:
    """Copy the checked marts into a new file and point the link to it."""
    home = Home(settings.home)
    with recorder.measure("publish", context.run.run_id, warehouse) as stage:
        with warehouse.connect() as connection:
            segments = [name for (name,) in connection.execute("select segment from raw.segments").fetchall()]
            state = fingerprint(settings, read_snapshot(connection), segments)
            if is_switching(connection, settings):
                state = UNFINISHED
        warehouse.close()
        publication = publish(home, context.run.run_id, state, detail_days=settings.publish_detail_days)
        with open_projects(settings) as projects:
            stage.details["erasures"] = purge_erased(home, warehouse, projects, context.run.run_id)
        stage.n_rows_in = stage.n_rows_out = publication.n_rows
    yield dg.Output(None, "published", metadata=_about(home, stage, publication))


def _about(home: Home, stage: Stage, publication: Publication) -> dict[str, Any]:
    return {
        "dagster/row_count": publication.n_rows,
        **stage.as_metadata(),
        "version": publication.version,
        "file": dg.MetadataValue.path(str(home.published)),
    }
