"""Start runs: a sensor for landed files and people's choices, and schedules in case the sensor is off.

No postponed annotations here: Dagster reads them when it decorates.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import orjson
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,  # define_asset_job's return type has no public name
)

from contracts.home import Home
from contracts.settings import Settings
from orchestration.ingest.project_snapshot import take_snapshot
from orchestration.ingest.segments import list_segments
from orchestration.publish.up_to_date import find_unchanged_run
from orchestration.runs.stale_runs import end_stale_runs

JOB_NAME = "pipeline"
SENSOR_INTERVAL_S = 5
WATCH_JOB_NAME = "watch"
CATCH_UP_CRON = "15 * * * *"
WATCH_CRON = "35 * * * *"
DAILY_CRON = "50 3 * * *"
UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


@dataclass(frozen=True)
class Decision:
    """The result of one evaluation of the sensor.

    Args:
       run_key: key of the run to request; None for no run. Equal files and choices give an equal key.
       cursor: the state for the next evaluation.
       reason: why there is no run, in words.
    """

    run_key: str | None
    cursor: str
    reason: str = ""


def decide(
    cursor: str | None,
    segments: Iterable[str],
    *,
    is_run_under_way: bool,
    dead_runs: Sequence[str] = (),
    choices: str = "",
) -> Decision:
    """Request a run if landed files or choices differ from those at the last requested run, or if that run has died.

    A run takes everything that has landed and was chosen when it starts, so nothing is requested while one is under
    way: the
    cursor stays, and the next evaluation requests it. A dead run is replaced once, under a key of its own.
    """
    names = sorted(segments)
    seen = hashlib.sha256("\n".join([*names, choices]).encode()).hexdigest()
    if not names:
        return Decision(None, cursor or "", "Nothing has landed yet.")
    if seen == cursor and not dead_runs:
        return Decision(None, seen, "Nothing has landed and nothing was chosen since the last run.")
    if is_run_under_way:
        return Decision(None, cursor or "", "Something is new; the next run starts after the current one.")
    return Decision(" after ".join([seen, *sorted(dead_runs)]), seen)


def build_sensor(job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """Return the sensor that starts `job` when segments land, or people rename, merge, set goals and the like."""

    @dg.sensor(
        name="landed_segments",
        job=job,
        minimum_interval_seconds=SENSOR_INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a run when files have landed or people have changed something.",
    )
    def landed_segments(
        context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]
    ) -> dg.SensorResult | dg.SkipReason:
        dead_runs = end_stale_runs(context.instance, settings)
        names = [segment.name for segment in list_segments(Home(settings.home).landing)]
        is_under_way = _is_run_under_way(context.instance)
        chosen = [*take_snapshot(settings).tables, _asked_at(Home(settings.home).run_request)]
        choices = hashlib.sha256(orjson.dumps(chosen)).hexdigest()
        decision = decide(context.cursor, names, is_run_under_way=is_under_way, dead_runs=dead_runs, choices=choices)
        if decision.run_key is None:
            return dg.SkipReason(decision.reason)
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=decision.run_key)], cursor=decision.cursor)

    return landed_segments


def _asked_at(request: Path) -> int:
    """Return when a run was last requested by a person, in nanoseconds; 0 if never."""
    return request.stat().st_mtime_ns if request.exists() else 0


def _is_run_under_way(instance: dg.DagsterInstance) -> bool:
    wanted = dg.RunsFilter(job_name=JOB_NAME, statuses=UNDER_WAY)
    return bool(instance.get_run_ids(wanted, limit=1))


def build_schedules(
    job: UnresolvedAssetJobDefinition, watch: UnresolvedAssetJobDefinition
) -> list[dg.ScheduleDefinition]:
    """Return the schedules: hourly for new events, hourly for missing events, and a full run per day."""

    @dg.schedule(
        name="hourly_catch_up",
        job=job,
        cron_schedule=CATCH_UP_CRON,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Runs the pipeline every hour if something is new, in case the sensor is off.",
    )
    def hourly_catch_up(
        context: dg.ScheduleEvaluationContext, settings: dg.ResourceParam[Settings]
    ) -> dg.RunRequest | dg.SkipReason:
        if _is_run_under_way(context.instance):
            return dg.SkipReason("A run is under way.")
        if run_id := find_unchanged_run(settings):
            return dg.SkipReason(f"Nothing is new since run {run_id}.")
        return dg.RunRequest()

    @dg.schedule(
        name="hourly_watch",
        job=watch,
        cron_schedule=WATCH_CRON,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Checks every hour whether events still arrive as usual, because silence starts no run.",
    )
    def hourly_watch(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if _is_run_under_way(context.instance):
            return dg.SkipReason("A run is under way, which makes the same check.")
        return dg.RunRequest()

    daily_pass = dg.ScheduleDefinition(
        name="daily_pass",
        job=job,
        cron_schedule=DAILY_CRON,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Runs the whole pipeline once a day, even if nothing is new.",
    )
    return [hourly_catch_up, hourly_watch, daily_pass]
