"""Launch runs of the pipeline from a process that has imported everything, if `turret up` has started one.

A run over a few new events in a new interpreter spends most of its time on imports. `orchestration.fork_server` has
already imported everything and forks a process for each run. That process executes the same command as Dagster's
launchers for containers, `dagster api execute_run`, so it is recorded, retried and displayed like any other run.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._grpc.types import ExecuteRunArgs  # the argument of `dagster api execute_run`

from contracts.home import RUNS_SOCKET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster._core.launcher import LaunchRunContext

ANSWER_WAIT_S = 30.0


class ForkedRunLauncher(dg.DefaultRunLauncher):
    """Requests the run's process from the fork server; without one, the code server starts it."""

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start the process of a run; Dagster calls this."""
        run, origin = context.dagster_run, context.job_code_origin
        if origin is not None:
            command = ExecuteRunArgs(origin, run.run_id, self._instance.get_ref()).get_command_args()
            words = command[command.index("api") :]  # the words before are the interpreter
            if self._ask(run, {"run_id": run.run_id, "command": words}) is not None:
                return
        super().launch_run(context)

    def terminate(self, run_id: str) -> bool:
        """Interrupt the process of a run; False if it has ended. Dagster calls this on request."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        if _code_server(run) is not None:
            # First, as Dagster's own launcher does: a run that ends sooner would be recorded as failed.
            self._instance.report_run_canceling(run)
            answer = self._ask(run, {"run_id": run_id})
            if answer is not None and answer["is_running"]:
                return True
        return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]  # Dagster's own

    def _ask(self, run: dg.DagsterRun, question: Mapping[str, object]) -> dict[str, Any] | None:
        """Send a request to the fork server; None without one."""
        code_server = _code_server(run)
        if code_server is None:
            return None
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(ANSWER_WAIT_S)
                connection.connect(str(Path(code_server).with_name(RUNS_SOCKET)))
                connection.sendall(json.dumps(question).encode() + b"\n")
                with connection.makefile("rb") as answer:
                    found: dict[str, Any] = json.loads(answer.readline())
        except TimeoutError:
            raise  # it may still launch the run
        except (OSError, ValueError):  # there is none, or it ended before it could answer
            return None
        return found


def _code_server(run: dg.DagsterRun) -> str | None:
    """Return the socket of the code server that requested the run; None without one."""
    origin = run.remote_job_origin and run.remote_job_origin.repository_origin.code_location_origin
    return getattr(origin, "socket", None)
