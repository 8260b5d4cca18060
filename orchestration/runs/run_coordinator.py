"""Queue runs of the pipeline, but launch a run at once if no other is queued or in progress.

Dagster checks its queue every few seconds, which is a fifth of the time of a small run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from contracts.file_locks import lock_file

if TYPE_CHECKING:
    from dagster._core.run_coordinator import SubmitRunContext

_UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


class PromptRunCoordinator(dg.QueuedRunCoordinator):
    """Dagster's own queue, which a run skips if no other is queued or in progress; `dagster.yaml` names it."""

    def submit_run(self, context: SubmitRunContext) -> dg.DagsterRun:
        """Launch the run, or put it into the queue; Dagster calls this."""
        run, instance = context.dagster_run, self._instance
        with lock_file(Path(instance.root_directory) / "launch.lock", wait=True):  # if two arrive, one is queued
            if run.status != dg.DagsterRunStatus.NOT_STARTED or instance.get_run_ids(
                dg.RunsFilter(statuses=_UNDER_WAY), limit=1
            ):
                return super().submit_run(context)
            try:
                return instance.launch_run(run.run_id, context.workspace)
            except Exception:
                instance.report_run_failed(run)
                raise
