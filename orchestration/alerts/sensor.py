"""The sensor of alerts: what no publication starts, such as silence, a failed run, and another attempt to deliver.

No postponed annotations here: Dagster reads them when it decorates.
"""

from datetime import UTC, datetime

import dagster as dg

from contracts.home import Home
from contracts.run_progress import read_broken_stage
from contracts.settings import Settings
from orchestration.alerts.clock import FailedRun
from orchestration.alerts.judging import judge_and_send
from orchestration.triggers import JOB_NAME

INTERVAL_S = 60
"""The shortest; the sensors take turns, and the one that waits for files delays this one by up to two minutes."""


def build_alert_sensor() -> dg.SensorDefinition:
    """Return the sensor that judges by the clock and sends what is due; it starts no run."""

    @dg.sensor(
        name="alerts",
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Alerts about silence, used quotas and failed runs, and tries deliveries again.",
    )
    def alerts(context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]) -> dg.SkipReason:
        arrived = judge_and_send(settings, last_failure(context.instance, settings))
        return dg.SkipReason(f"{len(arrived)} alerts arrived.")

    return alerts


def last_failure(instance: dg.DagsterInstance, settings: Settings) -> FailedRun | None:
    """Return the last run of the pipeline, if it failed; a run under way counts as neither."""
    ended = dg.RunsFilter(job_name=JOB_NAME, statuses=[dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS])
    records = instance.get_run_records(ended, limit=1)
    if not records or records[0].dagster_run.status != dg.DagsterRunStatus.FAILURE:
        return None
    (record,) = records
    ended_at = record.end_time or record.update_timestamp.timestamp()
    stage, run_id = read_broken_stage(Home(settings.home)), record.dagster_run.run_id
    title = stage.title if stage and stage.run_id == run_id else None
    return FailedRun(run_id, datetime.fromtimestamp(ended_at, UTC), title)
