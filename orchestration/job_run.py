"""Run the whole graph in this process. Importing this takes seconds: Dagster, dbt and Great Expectations."""

from __future__ import annotations

import sys
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from contracts.errors import TurretError
from contracts.home import Home
from orchestration.alerts.judging import judge_and_send
from orchestration.alerts.sensor import last_failure
from orchestration.definitions import build_definitions
from orchestration.errors import RunHistoryError
from orchestration.runs.event_log import relax_fsync
from orchestration.runs.instance import open_instance
from orchestration.runs.run_result import RunResult
from orchestration.runs.stage_timings import Stage, StageRecorder
from orchestration.runs.stale_runs import end_stale_runs
from orchestration.runs.tags import PROJECTS_TAG
from orchestration.triggers import JOB_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from contracts.settings import Settings

_BLOCKED = "DagsterAssetCheckFailedError"
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_graph(settings: Settings, project_ids: Sequence[str] | None, say: Callable[[str], None]) -> RunResult:
    """Run every step over what has landed; the caller measures the time.

    Args:
        settings: the installation's settings.
        project_ids: load only the files of these projects, if given.
        say: receives the title of each stage as it begins.

    Raises:
        DbtProjectError: the dbt project cannot be parsed.
        SparkUnavailableError: Spark is the engine, but is not installed.
        RunHistoryError: Dagster cannot record the run, because the disk is full.
    """
    stages: dict[str, dict[str, int | float]] = {}

    def note(stage: Stage) -> None:
        stages[stage.name] = stage.as_metadata()

    home = Home(settings.home)
    relax_fsync(home.dagster)
    with _history_errors(home), open_instance(settings) as instance, _stdout_to_log(home) as aloud:
        end_stale_runs(instance, settings)
        recorder = StageRecorder(on_begin=aloud(say), on_end=note)
        definitions = build_definitions(settings, recorder=recorder)
        result = definitions.resolve_job_def(JOB_NAME).execute_in_process(
            instance=instance,
            run_config=_QUIET,
            tags={PROJECTS_TAG: ",".join(project_ids)} if project_ids else {},
            raise_on_error=False,
        )
        judge_and_send(settings, last_failure(instance, settings))
    checks = result.get_asset_check_evaluations()
    failures = [*_failed_start(result), *failed_steps(result), *_failed_checks(checks, dg.AssetCheckSeverity.ERROR)]
    return RunResult(
        success=result.success and not failures,
        run_id=result.run_id,
        stages=stages,
        warnings=_failed_checks(checks, dg.AssetCheckSeverity.WARN),
        failures=failures,
    )


@contextmanager
def _history_errors(home: Home) -> Iterator[None]:
    """Turn SQLite's error about a full disk, which Dagster passes through, into a sentence."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        raise RunHistoryError(
            f"The run's history in {home.dagster} cannot be written: {reason}. "
            "Nothing was published; free some space and run again."
        ) from error


@contextmanager
def _stdout_to_log(home: Home) -> Iterator[Callable[[Callable[[str], None]], Callable[[str], None]]]:
    """Redirect dbt's output to a file; return a wrapper for what should still be printed."""
    heard = sys.stdout

    def aloud(say: Callable[[str], None]) -> Callable[[str], None]:
        def wrapped(line: str) -> None:
            with redirect_stdout(heard):
                say(line)

        return wrapped

    home.logs.mkdir(parents=True, exist_ok=True)
    with (home.logs / "pipeline.log").open("w", encoding="utf-8") as log, redirect_stdout(log):
        yield aloud


def _failed_checks(checks: Sequence[dg.AssetCheckEvaluation], severity: dg.AssetCheckSeverity) -> list[str]:
    return [
        f"{check.asset_key.to_user_string()} {check.check_name}: {check.description or 'failed'}"
        for check in checks
        if not check.passed and check.severity == severity
    ]


def failed_steps(result: dg.ExecuteInProcessResult) -> list[str]:
    """Return a line for each step that failed, except those that a check has blocked."""
    return [
        f"{event.step_key}: {_innermost_message(event.step_failure_data.error)}"
        for event in result.all_events
        if event.is_step_failure
        and event.step_failure_data.error
        and event.step_failure_data.error.cls_name != _BLOCKED  # the check itself is reported
    ]


def _failed_start(result: dg.ExecuteInProcessResult) -> list[str]:
    """Return why no step of a run could begin, such as a warehouse that another engine holds."""
    started = [event for event in result.all_events if event.event_type == dg.DagsterEventType.RESOURCE_INIT_FAILURE]
    return [_innermost_message(event.engine_event_data.error) for event in started if event.engine_event_data.error]


def _innermost_message(error: Any) -> str:
    """Return the sentence of the error that caused the others; an error that Turret did not raise with its class."""
    while cause := getattr(error, "cause", None):
        error = cause
    message = " ".join(str(getattr(error, "message", error)).split())
    module, _, sentence = message.partition(f".{getattr(error, 'cls_name', None)}: ")
    raised = getattr(sys.modules.get(module), str(getattr(error, "cls_name", None)), None)
    return sentence if isinstance(raised, type) and issubclass(raised, TurretError) else message
