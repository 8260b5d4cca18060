"""One pass of the pipeline in this process: what `turret run` and `turret demo` do."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import dagster as dg

from contracts.home import Home
from orchestration.instance import open_instance
from orchestration.run_history import spare_the_disk
from orchestration.stages import Stage, StageRecorder
from orchestration.tags import PROJECTS_TAG
from orchestration.up_to_date import unchanged_since
from orchestration.writer_lock import hold_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from contracts.settings import Settings

_BLOCKED = "DagsterAssetCheckFailedError"
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class RunResult:
    """What a pass of the pipeline came to.

    Args:
        success: Whether every step and every blocking check passed.
        run_id: Dagster's run, or that of the last publication where nothing had to be done.
        seconds: Wall time.
        is_unchanged: Whether nothing was new, so that nothing was done.
        stages: What each finished stage did, by name: `rows_in`, `rows_out`, `seconds`.
        warnings: What the checks want a person to look at.
        failures: Why it failed, one sentence each.
    """

    success: bool
    run_id: str
    seconds: float
    is_unchanged: bool = False
    stages: dict[str, dict[str, int | float]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def run_pipeline(
    settings: Settings,
    project_ids: Sequence[str] | None = None,
    on_progress: Callable[[str], None] | None = None,
    *,
    force: bool = False,
) -> RunResult:
    """Run the whole graph over everything that has landed; only the files of `project_ids` are loaded where given.

    Where the published marts were made from just what is there now, nothing is run unless `force` says so.

    Raises:
        WarehouseBusyError: another run held the warehouse for too long.
        DbtProjectError: the dbt project cannot be parsed.
    """
    began = time.perf_counter()
    say = on_progress or (lambda _line: None)
    stages: dict[str, dict[str, int | float]] = {}

    def note(stage: Stage) -> None:
        stages[stage.name] = stage.as_metadata()

    home = Home(settings.home)
    with hold_lock(home.warehouse_lock, settings.warehouse_wait_s, say):
        pass  # the run takes the lock itself; here a person is told why nothing happens yet
    if not force and (run_id := unchanged_since(settings)):
        return RunResult(success=True, run_id=run_id, seconds=time.perf_counter() - began, is_unchanged=True)
    from orchestration.definitions import build_definitions  # noqa: PLC0415 - seconds that only a run need pay
    from orchestration.triggers import JOB_NAME  # noqa: PLC0415 - the same

    spare_the_disk(home.dagster)
    with open_instance(settings) as instance, _stdout_to_log(home) as aloud:
        recorder = StageRecorder(on_begin=aloud(say), on_end=note)
        definitions = build_definitions(settings, recorder=recorder)
        result = definitions.resolve_job_def(JOB_NAME).execute_in_process(
            instance=instance,
            run_config=_QUIET,
            tags={PROJECTS_TAG: ",".join(project_ids)} if project_ids else {},
            raise_on_error=False,
        )
    checks = result.get_asset_check_evaluations()
    failures = [*_failed_steps(result), *_failed_checks(checks, dg.AssetCheckSeverity.ERROR)]
    return RunResult(
        success=result.success and not failures,
        run_id=result.run_id,
        seconds=time.perf_counter() - began,
        stages=stages,
        warnings=_failed_checks(checks, dg.AssetCheckSeverity.WARN),
        failures=failures,
    )


@contextmanager
def _stdout_to_log(home: Home) -> Iterator[Callable[[Callable[[str], None]], Callable[[str], None]]]:
    """Keep what dbt prints in a file; gives a wrapper for what shall still be heard."""
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


def _failed_steps(result: dg.ExecuteInProcessResult) -> list[str]:
    return [
        f"{event.step_key}: {_innermost_message(event.step_failure_data.error)}"
        for event in result.all_events
        if event.is_step_failure
        and event.step_failure_data.error
        and event.step_failure_data.error.cls_name != _BLOCKED  # the check itself is reported
    ]


def _innermost_message(error: object) -> str:
    while cause := getattr(error, "cause", None):
        error = cause
    return " ".join(str(getattr(error, "message", error)).split())
