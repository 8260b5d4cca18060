"""A server in its own process: started, measured from /proc, killed or stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# Places in /proc/<pid>/stat behind the command's name.
_SESSION, _USER, _CHILDREN_SYSTEM, _RSS = 3, 11, 14, 21


class ServerStartError(RuntimeError):
    """A server ended, or did not answer in time."""


def free_port() -> int:
    """Return a port of 127.0.0.1 that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class ServerProcess:
    """A server that leads a session of its own, so that it can be measured and killed with all its children."""

    process: subprocess.Popen[bytes]
    port: int

    @classmethod
    def start(cls, command: Sequence[str], port: int, environment: Mapping[str, str], log: Path) -> Self:
        """Start it; its output is appended to `log`. It may not answer yet: see `wait_until_answering`."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                command, env=dict(environment), stdout=output, stderr=output, start_new_session=True
            )
        return cls(process, port)

    def wait_until_answering(self) -> None:
        """Return once it answers requests.

        Raises:
            ServerStartError: it ended, or took longer than `START_TIMEOUT_S`.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _is_answering(self.port):
            if self.process.poll() is not None:
                raise ServerStartError(f"The server {self.process.args!r} ended with {self.process.returncode}.")
            if time.monotonic() > deadline:
                raise ServerStartError(f"The server {self.process.args!r} does not answer on port {self.port}.")
            time.sleep(0.02)

    def cpu_s(self) -> float:
        """Return the user and system seconds of the server and its children, including ended ones."""
        ticks = sum(sum(map(int, stat[_USER : _CHILDREN_SYSTEM + 1])) for stat in self._stats())
        return ticks / _TICKS_PER_S

    def rss_bytes(self) -> int:
        """Return the resident memory of the server and its children."""
        return sum(int(stat[_RSS]) for stat in self._stats()) * _PAGE_BYTES

    def pids(self) -> list[int]:
        """Return the processes that live: the server and its children."""
        return [pid for pid, _ in self._processes()]

    def kill(self) -> None:
        """Kill it and its children with SIGKILL, without any cleanup."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(STOP_TIMEOUT_S)

    def stop(self) -> int:
        """Stop it like a service manager; return its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(STOP_TIMEOUT_S)

    def _stats(self) -> list[list[str]]:
        return [stat for _, stat in self._processes()]

    def _processes(self) -> Iterator[tuple[int, list[str]]]:
        session = str(self.process.pid)
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended in the meantime
            if stat[_SESSION] == session:
                yield int(folder.name), stat


def _is_answering(port: int) -> bool:
    """Return whether it answers at all; a server that already listens may still be starting."""
    connection = HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/health/live")
        connection.getresponse()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True
