"""Start runs: a sensor for landed files and people's choices, and schedules in case the sensor is off.

No postponed annotations here: Dagster reads them when it decorates.
"""

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

import dagster as dg
import orjson
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,  # define_asset_job's return type has no public name
)

from contracts.home import Home
from contracts.landing_store import LandingStoreError
from contracts.settings import Settings
from orchestration.ingest.downloads import download_segments
from orchestration.ingest.project_snapshot import take_snapshot
from orchestration.ingest.segments import list_segments
from orchestration.publish.fingerprint import find_unchanged_run, made_by, requested_erasures
from orchestration.runs.stale_runs import end_stale_runs

JOB_NAME = "pipeline"
SENSOR_INTERVAL_S = 5
WATCH_S = 45.0
"""How long an evaluation of the sensor waits for changes. Dagster allows 60 s. An evaluation costs a tenth of a CPU
second in Dagster's three processes; one that waits detects a change at once."""

WATCH_EVERY_S = 0.25
QUIET = {"loggers": {"console": {"config": {"log_level": "WARNING"}}}}
"""Dagster's own pages have the log of a run; a line for each of its thousand events on the console adds nothing."""

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

MAX_KILLED = 3
"""After this number of consecutive killed runs, only new data or a schedule starts another."""
FAILURE_REASON_TAG = "dagster/failure_reason"
"""Dagster's tag for the reason of a failed run."""
OWN_FAILURES = {"STEP_FAILURE", "RUN_EXCEPTION", "JOB_INITIALIZATION_FAILURE"}
"""Reasons for which the same run would fail again. The others are a killed process, or one that never started."""


@dataclass(frozen=True)
class Decision:
    """The result of one evaluation of the sensor.

    Args:
        run_key: key of the run to request; None for no run. The same cursor, files and choices give the same key.
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
    killed_run: str | None = None,
    choices: str = "",
) -> Decision:
    """Request a run if landed files or choices differ from those at the last requested run, or if the last was killed.

    A run takes everything that has landed and was chosen when it starts, so nothing is requested while one is
    active: the cursor stays, and the next evaluation requests it. A killed run is replaced under a new key.
    """
    names = sorted(segments)
    seen = hashlib.sha256("\n".join([*names, choices]).encode()).hexdigest()
    seen_before, _, n_requested = (cursor or "").partition(" ")
    if not names:
        return Decision(None, cursor or "", "Nothing has landed yet.")
    if seen == seen_before and killed_run is None:
        return Decision(None, cursor or "", "Nothing has landed and nothing was chosen since the last run.")
    if is_run_under_way:
        return Decision(None, cursor or "", "Something is new; the next run starts after the current one.")
    # Dagster starts one run for a key, and choices may be taken back.
    key = cursor if cursor and seen == seen_before else f"{seen} {int(n_requested or 0) + 1}"
    return Decision(key if killed_run is None else f"{key} after {killed_run}", key)


def build_sensor(job: UnresolvedAssetJobDefinition, watch_s: float = WATCH_S) -> dg.SensorDefinition:
    """Return the sensor that starts `job` when segments land, or people rename, merge, set goals and the like.

    It also starts `job` after a restart with other settings or another version, if they affect the marts.
    If there is nothing to start, it waits up to `watch_s` seconds for a change and checks again.
    """
    find_made_by = cache(made_by)  # a process keeps its settings and its SQL

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
        home = Home(settings.home)

        def look() -> Decision:
            end_stale_runs(context.instance, settings)
            _download_recent(context, settings)
            names = [segment.name for segment in list_segments(home.landing)]
            is_under_way = _is_run_under_way(context.instance)
            erasures = requested_erasures(settings)
            chosen = [*take_snapshot(settings).tables, erasures, _changed_at(home.run_request), find_made_by(settings)]
            choices = hashlib.sha256(orjson.dumps(chosen)).hexdigest()
            killed = _killed_run(context.instance)
            return decide(context.cursor, names, is_run_under_way=is_under_way, killed_run=killed, choices=choices)

        before, decision = _changes(home), look()
        if decision.run_key is None and _has_files_to_watch(settings) and _wait_for_change(home, before, watch_s):
            decision = look()
        if decision.run_key is None:
            return dg.SkipReason(decision.reason)
        request = dg.RunRequest(run_key=decision.run_key, run_config=QUIET)
        return dg.SensorResult(run_requests=[request], cursor=decision.cursor)

    return landed_segments


def _download_recent(context: dg.SensorEvaluationContext, settings: Settings) -> None:
    """Download what hosts have uploaded; people's choices start a run even if the landing store fails."""
    try:
        download_segments(settings, only_recent=True)
    except LandingStoreError as error:
        context.log.warning(str(error))


def _has_files_to_watch(settings: Settings) -> bool:
    """Return whether files of the home show all that may start a run; PostgreSQL and a landing store are elsewhere."""
    return not settings.database_url and not settings.landing_url


def _wait_for_change(home: Home, before: Sequence[int], watch_s: float) -> bool:
    """Wait until something has changed since `before`; return False if nothing did in time."""
    deadline = time.monotonic() + watch_s
    while time.monotonic() < deadline:
        if _changes(home) != before:
            return True
        time.sleep(WATCH_EVERY_S)
    return False


def _changes(home: Home) -> list[int]:
    """Return when the files last changed that show sealed files, people's choices, the end of a run, or a stop."""
    database = home.projects_database
    files = (home.wal, database, database.with_name(f"{database.name}-wal"), home.run_request, home.run_progress)
    return [_changed_at(file) for file in (*files, home.up_lock)]


def _changed_at(path: Path) -> int:
    """Return when a file last changed, in nanoseconds; 0 if there is none."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _is_run_under_way(instance: dg.DagsterInstance) -> bool:
    wanted = dg.RunsFilter(job_name=JOB_NAME, statuses=UNDER_WAY)
    return bool(instance.get_run_ids(wanted, limit=1))


def _killed_run(instance: dg.DagsterInstance) -> str | None:
    """Return the id of the last run if it was killed and may be replaced."""
    killed = list(takewhile(_was_killed, instance.get_runs(dg.RunsFilter(job_name=JOB_NAME), limit=MAX_KILLED)))
    return killed[0].run_id if 0 < len(killed) < MAX_KILLED else None


def _was_killed(run: dg.DagsterRun) -> bool:
    return run.status == dg.DagsterRunStatus.FAILURE and run.tags.get(FAILURE_REASON_TAG) not in OWN_FAILURES


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
        return dg.RunRequest(run_config=QUIET)

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
        run_config=QUIET,
        cron_schedule=DAILY_CRON,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Runs the whole pipeline once a day, even if nothing is new.",
    )
    return [hourly_catch_up, hourly_watch, daily_pass]
