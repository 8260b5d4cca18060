"""Dagster's definitions, combined. Assets are in the stages' `assets.py`, and their logic in other modules."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from contracts.home import Home
from orchestration.alerts.assets import judge_alerts
from orchestration.alerts.reports import REPORT_JOB_NAME, REPORTS_KEY, build_report_schedule, write_reports
from orchestration.alerts.sensor import build_alert_sensor
from orchestration.checks.gates import GATES, raw_gate
from orchestration.dbt.assets import build_dbt_assets
from orchestration.dbt.project import prepared_manifest
from orchestration.ingest.assets import build_landing
from orchestration.publish.assets import publish_marts
from orchestration.runs.stage_timings import StageRecorder
from orchestration.spark.session import SparkRun, check_spark, spark_warehouse
from orchestration.topics.assets import (
    apply_topic_edits,
    classify_topic_roles,
    embed,
    find_topics,
    map_texts,
    name_topics,
)
from orchestration.triggers import JOB_NAME, QUIET, WATCH_JOB_NAME, build_schedules, build_sensor
from orchestration.warehouse.resource import Warehouse
from orchestration.warehouse.writer_lock import WAREHOUSE_WAIT_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from contracts.settings import Settings

STAGE_RUNS = dg.AssetSpec(
    ["ops", "stage_runs"],
    group_name="marts_operations",
    description="One row per pipeline run and stage; every asset writes its own.",
)
"""A table to which all assets write, so that no asset of Dagster owns it."""

DATE_FORMAT = "%Y-%m-%d"
_DATE_FOLDER = "date="


def build_definitions(settings: Settings, **resources: object) -> dg.Definitions:
    """Build the code location for the installation of `settings`; `resources` replace those of the same name.

    Raises:
        DbtProjectError: dbt cannot parse the project.
        SparkUnavailableError: Spark is the engine, but is not installed.
    """
    if settings.engine == "spark":
        check_spark()
    job = dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(REPORTS_KEY),
        config=QUIET,
        description="From landed files to published marts. One run at a time: a run waits while another writes "
        "the warehouse. With partitions, the files of these days are loaded again; without, all files that are "
        "not loaded yet.",
    )
    watch = dg.define_asset_job(
        WATCH_JOB_NAME,
        selection=dg.AssetSelection.checks(raw_gate),
        description="Checks whether events still arrive as usual; loads and builds nothing.",
    )
    report = dg.define_asset_job(
        REPORT_JOB_NAME,
        selection=dg.AssetSelection.assets(REPORTS_KEY),
        description="Writes and sends the report of each project's last complete week.",
    )
    days = received_days(Home(settings.home).landing)
    models = build_dbt_assets(prepared_manifest(settings))
    return dg.Definitions(
        assets=[
            *build_landing(days),
            *models,
            embed,
            find_topics,
            map_texts,
            name_topics,
            apply_topic_edits,
            classify_topic_roles,
            publish_marts,
            judge_alerts,
            write_reports,
            STAGE_RUNS,
        ],
        asset_checks=GATES,
        jobs=[job, watch, report],
        sensors=[build_sensor(job), build_alert_sensor()],
        schedules=[*build_schedules(job, watch), build_report_schedule(report)],
        executor=dg.in_process_executor,
        resources={**_resources(settings), **resources},
    )


def _resources(settings: Settings) -> dict[str, object]:
    home = Home(settings.home)
    return {
        "settings": settings,
        "recorder": StageRecorder(),
        "spark": dg.ResourceDefinition(_spark_run(settings)),
        "warehouse": Warehouse(
            path=str(home.warehouse),
            lock_path=str(home.warehouse_lock),
            wait_s=WAREHOUSE_WAIT_S,
            spark_folder=str(spark_warehouse(settings)) if settings.engine == "spark" else "",
        ),
    }


def _spark_run(settings: Settings) -> Callable[[dg.InitResourceContext], AbstractContextManager[SparkRun]]:
    """Return what gives each run a Spark of its own, which has not started yet."""

    @contextmanager
    def open_spark(_context: dg.InitResourceContext) -> Iterator[SparkRun]:
        spark = SparkRun(settings)
        try:
            yield spark
        finally:
            spark.stop()

    return open_spark


def received_days(landing: Path) -> dg.DailyPartitionsDefinition:
    """Return every day (UTC) from the first with a landed file to today; only today without any file."""
    found = (path.name.removeprefix(_DATE_FOLDER) for path in landing.glob(f"*/{_DATE_FOLDER}*"))
    first = min((day for day in found if _is_date(day)), default=f"{datetime.now(UTC):{DATE_FORMAT}}")
    return dg.DailyPartitionsDefinition(start_date=first, end_offset=1, timezone="UTC")


def _is_date(text: str) -> bool:
    try:
        datetime.strptime(text, DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True
