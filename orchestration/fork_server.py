"""The process that forks runs: `python -m orchestration.fork_server SOCKET`, a part of `turret up`.

It has imported all that a run needs, read dbt's project and compiled its macros, and waits at a socket, so that a run
begins where the imports of a new interpreter would end. A run takes code and constants from it, never data. It starts
no thread: a forked process has only the thread that forked, and nobody gives back the locks of the others.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import signal
import socket
import sys
from contextlib import suppress
from importlib.metadata import entry_points
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.home import Home
from contracts.settings import load_settings
from orchestration import garbage_collection
from orchestration.runs.instance import open_instance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.context import ForkProcess

_FORK = multiprocessing.get_context("fork")
_ASKER_WAIT_S = 10.0


class ForkServer:
    """Forks a process for each requested run, and reports those that die silently.

    Args:
        listener: receives requests of one JSON line, each answered by one line.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._running: dict[str, ForkProcess] = {}
        self._reporting: list[ForkProcess] = []

    def serve(self) -> None:
        """Answer until the process is ended."""
        while True:
            processes = [*self._running.values(), *self._reporting]
            ready = wait([self._listener, *(process.sentinel for process in processes)])
            self._reporting = [process for process in self._reporting if process.is_alive()]
            for run_id, process in list(self._running.items()):
                if not process.is_alive():
                    del self._running[run_id]
                    if process.exitcode:
                        self._reporting.append(_fork(_report_crash, run_id, process.exitcode))
            if self._listener in ready:
                self._answer()

    def _answer(self) -> None:
        connection, _ = self._listener.accept()
        connection.settimeout(_ASKER_WAIT_S)
        with suppress(OSError), connection, connection.makefile("rwb") as stream:  # the client may be gone
            line = stream.readline()
            if line:
                question = json.loads(line)
                answer = self._launch(question) if "command" in question else self._interrupt(question["run_id"])
                stream.write(json.dumps(answer).encode() + b"\n")

    def _launch(self, question: dict[str, Any]) -> dict[str, object]:
        process = self._running[question["run_id"]] = _fork(self._execute, question["command"])
        return {"pid": process.pid}

    def _execute(self, command: Sequence[str]) -> object:
        """Run the program `dagster` with these arguments, in a forked process."""
        self._listener.close()  # otherwise it would accept requests, and never answer, after this server has ended
        sys.argv = ["dagster", *command]
        (dagster,) = entry_points(group="console_scripts", name="dagster")
        return dagster.load()()

    def _interrupt(self, run_id: str) -> dict[str, object]:
        """Interrupt a run like Ctrl-C; Dagster then records it as canceled."""
        process = self._running.get(run_id)
        if process is None or process.pid is None or not process.is_alive():
            return {"is_running": False}
        os.kill(process.pid, signal.SIGINT)
        return {"is_running": True}


def _fork(function: Callable[..., object], *arguments: object) -> ForkProcess:
    process = _FORK.Process(target=function, args=arguments)
    process.start()
    return process


def _report_crash(run_id: str, exit_code: int) -> None:
    """Mark a run as failed if its process ended without reporting a result."""
    how = f"signal {signal.Signals(-exit_code).name}" if exit_code < 0 else f"status {exit_code}"
    settings = load_settings()
    with open_instance(settings) as instance:
        run = instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished:
            instance.report_run_failed(run, f"The process of this run ended with {how}; the next run does its work.")
    Home(settings.home).up_lock.touch()  # which wakes the sensor


def main() -> None:
    """Import everything, then serve at the socket that the command line names."""
    with garbage_collection.paused():
        from orchestration.forked_imports import code_location, invocation  # noqa: PLC0415 - seconds

        invocation.compile_macros(invocation.read_project(code_location.settings))
        gc.collect()
        garbage_collection.exclude_imports()  # a collection would write to every page shared with forks
    path = Path(sys.argv[1])
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        path.unlink(missing_ok=True)  # left by a server that crashed
        listener.bind(str(path))
        listener.listen()
        ForkServer(listener).serve()


if __name__ == "__main__":
    main()
