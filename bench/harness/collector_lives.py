"""Lives of a collector, each ended after a chosen file operation: `CollectorLives.live(home, stop_after)`.

A life creates the project if needed, starts the collector, sends three events and ends it by SIGTERM. The
module is also the program, run under fault_shim.c, that forks each life from a process that has imported everything,
which makes a start ten times cheaper than a new interpreter.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import alembic.command  # noqa: F401  # the first start of a home needs it; imported once for all lives

from collector.server import serve
from contracts.settings import load_settings
from harness.fault_shim import FaultShim
from projects import open_projects

if TYPE_CHECKING:
    from types import TracebackType

N_EVENTS = 3
ROLL_BYTES = 4096
COUNTER_BYTES = 8
LIFE_TIMEOUT_S = 120
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Life:
    """How a life ended.

    Attributes:
        status: 0 after a normal end, the negative signal number after a kill, else the exit status.
        acknowledged: Ids of the events that were answered with 200.
        cut: The operation after which it was killed, as `rename wal/….wal`; empty where it was not.
    """

    status: int
    acknowledged: list[str]
    cut: str

    @property
    def is_cut(self) -> bool:
        """Whether it was killed after the chosen operation."""
        return bool(self.cut) and self.status == -signal.SIGKILL


class CollectorLives:
    """The program that forks lives, with the shim loaded.

    Only what lies below `homes` is watched, without the paths that hold `leave_out`.
    """

    def __init__(self, folder: Path, *, leave_out: str = "") -> None:
        self.homes = folder / "homes"
        self._shim = FaultShim.build(folder, self.homes)
        self._counter = folder / "operations"
        self._counter.write_bytes(bytes(COUNTER_BYTES))
        self.errors = folder / "errors.log"
        metrics = folder / "tmp"
        for made in (self.homes, metrics):
            made.mkdir()
        environment = {**os.environ, **self._shim.environment, "TMPDIR": str(metrics)}
        paths = os.pathsep.join(path for path in sys.path if path)
        environment |= {"FAULT_COUNT": str(self._counter), "PYTHONPATH": paths}
        if leave_out:
            environment["FAULT_LEAVE_OUT"] = leave_out
        program = [sys.executable, "-m", "harness.collector_lives"]
        (reading, requests), (answers, writing) = os.pipe(), os.pipe()
        with self.errors.open("ab") as errors:
            self._process = subprocess.Popen(program, env=environment, stdin=reading, stdout=writing, stderr=errors)
        os.close(reading)
        os.close(writing)
        self._requests, self._answers = os.fdopen(requests, "w"), os.fdopen(answers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._requests.close()
        self._process.wait(LIFE_TIMEOUT_S)
        self._answers.close()

    def live(self, home: Path, stop_after: int = 0) -> Life:
        """Run one life on a home below `homes`; kill it after operation `stop_after`, or never where that is 0."""
        with self._counter.open("r+b") as file:  # the same file: processes have it mapped
            file.write(bytes(COUNTER_BYTES))
        self._shim.log.write_text("")
        print(json.dumps({"home": str(home), "stop_after": stop_after}), file=self._requests, flush=True)
        report = json.loads(self._answers.readline())
        cut = next((call for call in self._shim.calls() if call.letter == "X"), None)
        words = f"{cut.rest} {os.path.relpath(cut.path, home)}" if cut else ""
        return Life(report["status"], report["acknowledged"], words)


def main() -> None:
    """Fork the lives that standard input asks for, one JSON object a line."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)  # a killed collector's sealing process becomes our child
    for line in sys.stdin:
        request = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            _be_child(Path(request["home"]), request["stop_after"], writing)
        os.close(writing)
        with os.fdopen(reading) as report:
            acknowledged = report.read().split()  # ends when the child and all that it started have ended
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        _reap(child)
        print(json.dumps({"status": status, "acknowledged": acknowledged}), flush=True)


def _reap(group: int) -> None:
    try:
        while True:
            os.waitpid(-group, 0)
    except ChildProcessError:
        return


def _be_child(home: Path, stop_after: int, report: int) -> None:
    status = 1
    try:
        os.setpgid(0, 0)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        os.environ["FAULT_STOP_AFTER"] = str(stop_after)
        signal.alarm(LIFE_TIMEOUT_S)
        _live(home, report)
        status = 0
    except BaseException:  # noqa: BLE001  # whatever it is, it is written down, and the child must not return
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _live(home: Path, report: int) -> None:
    settings = load_settings(
        home=home, database_url="", collector_host="127.0.0.1", collector_port=0, collector_segment_max_bytes=ROLL_BYTES
    )
    with open_projects(settings) as projects:
        found = projects.list_projects()
        project = found[0] if found else projects.create_project("cut")
        key = projects.create_key(project.project_id).secret
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises it again after an orderly end
    name = os.urandom(8).hex()

    def announce(address: str) -> None:
        threading.Thread(target=_send, args=(address, key, name, report)).start()

    serve(settings, announce)


def _send(address: str, key: str, name: str, report: int) -> None:
    """Send the events, of which the second fills its file; write the ids of the acknowledged ones to `report`."""
    try:
        connection = HTTPConnection(urlsplit(address).netloc, timeout=LIFE_TIMEOUT_S)
        headers = {"X-API-Key": key, "Content-Type": "application/json"}
        for number in range(N_EVENTS):
            text = "x" * ROLL_BYTES if number == 1 else "short"
            event = {"name": "message", "metadata": {"text": text}, "event_id": f"{name}-{number}"}
            connection.request("POST", "/track", json.dumps(event), headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status == 200:  # noqa: PLR2004  # OK
                os.write(report, f"{name}-{number}\n".encode())
            else:
                print(answer.status, body, file=sys.stderr, flush=True)
        connection.close()
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
