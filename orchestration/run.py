"""Run the pipeline in this process, as `turret run` and `turret demo` do.

Check first whether there is anything to do, because importing Dagster, dbt and Great Expectations takes longer.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from contracts.home import Home
from orchestration import garbage_collection
from orchestration.alerts.judging import judge_and_send
from orchestration.publish.fingerprint import find_unchanged_run
from orchestration.runs.run_result import RunResult
from orchestration.warehouse.writer_lock import WAREHOUSE_WAIT_S, hold_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contracts.settings import Settings


def run_pipeline(
    settings: Settings,
    project_ids: Sequence[str] | None = None,
    on_progress: Callable[[str], None] | None = None,
    *,
    force: bool = False,
    rebuild: bool = False,
) -> RunResult:
    """Run the whole graph over everything that has landed; load only the files of `project_ids`, if given.

    If the inputs of the published marts have not changed, nothing runs without `force` or `rebuild`. `rebuild` builds
    every model again from the loaded events; the topics stay.

    Raises:
        WarehouseBusyError: another run held the warehouse for too long.
        DbtProjectError: the dbt project cannot be parsed.
    """
    began = time.perf_counter()
    say = on_progress or (lambda _line: None)
    home = Home(settings.home)
    with hold_lock(home.run_lock, WAREHOUSE_WAIT_S, say):  # if two start together, the second checks after the first
        with hold_lock(home.warehouse_lock, WAREHOUSE_WAIT_S, say):
            # The run takes the lock itself; this tells people why nothing happens yet.
            if rebuild:
                _forget_models(home)
        if not force and not rebuild and (run_id := find_unchanged_run(settings)):
            judge_and_send(settings, None)  # silence and quotas change without new data
            return RunResult(success=True, run_id=run_id, seconds=time.perf_counter() - began, is_unchanged=True)
        run_graph = _import_graph()
        return replace(run_graph(settings, project_ids, say), seconds=time.perf_counter() - began)


@cache
def _import_graph() -> Callable[[Settings, Sequence[str] | None, Callable[[str], None]], RunResult]:
    """Import all that a run needs, which takes seconds."""
    with garbage_collection.paused():
        import orchestration.dbt.invocation  # noqa: PLC0415, F401 - only a run should pay
        from orchestration.job_run import run_graph  # noqa: PLC0415 - the same

        garbage_collection.exclude_imports()
    return run_graph


def _forget_models(home: Home) -> None:
    """Reset the stored hash of the SQL, so that dbt rebuilds all models."""
    from orchestration.warehouse.resource import OPEN_WAIT_S, open_duckdb  # noqa: PLC0415 - the same

    if not home.warehouse.exists():
        return
    with open_duckdb(home.warehouse, OPEN_WAIT_S) as connection:
        known = connection.execute(
            "select count(*) from duckdb_tables() where schema_name = 'state' and table_name = 'progress'"
        ).fetchall()
        if known == [(1,)]:
            connection.execute("delete from state.progress where key = 'made_by'")
