"""Run a part of Turret as a child process: start, watch and stop it, with all processes that it starts itself."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from cli.errors import ChildError
from cli.serve.forked_program import ForkedProgram

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

POLL_S = 0.05
KILLED_WITHIN_S = 2.0
MAX_LOG_BYTES = 10_000_000
LOG_TAIL_BYTES = 4096


PR_SET_PDEATHSIG = 1
"""Option of prctl(2): the signal that a process gets when its parent ends."""
PR_SET_NAME = 15
"""Option of prctl(2): the name of a process, of 15 characters at most."""
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass
class Child:
    """A program in a process group of its own, so that Ctrl-C reaches it only through us.

    On Linux it is also asked to stop when this process is killed, by `kill -9` or for lack of memory. For that the
    thread that called `start` must live as long as the program.

    Attributes:
        name: its name for people and for the log file.
        command: program and arguments.
        environment: the whole environment.
        log: the file for everything that the program prints.
        preload: a module; where given, `command` is `python -m …` and runs in a fork of this process, which has
            imported the module before. Programs with the same imports then start at once and share the memory.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    preload: str | None = None
    _process: subprocess.Popen[bytes] | ForkedProgram | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start the program; append its output to the log.

        Raises:
            ChildError: the program cannot be started at all.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as output:
            output.write(f"--- {self.name} starts, {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n".encode())
            output.flush()
            if self.preload is not None:
                begin = partial(_begin_fork, self.name)
                self._process = ForkedProgram(self.preload, self.command, self.environment, output, begin)
                return
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own programs
                    self.command,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=_stop_with_parent,  # noqa: PLW1509 - one system call, prepared before the fork
                )
            except OSError as error:
                raise ChildError(f"The {self.name} cannot be started: {error.strerror or error}.") from error

    @property
    def pid(self) -> int | None:
        """The process id of the program, once it was started."""
        return self._process.pid if self._process else None

    @property
    def exit_status(self) -> int | None:
        """The exit status of the program (the negative signal number if a signal ended it); None while it runs."""
        return self._process.poll() if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether the program was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def terminate(self) -> None:
        """Send SIGTERM to the program only, which stops its own children."""
        if self._process is not None and self.is_running:
            self._process.terminate()

    def stop(self, grace_s: float) -> None:
        """Stop the program and all that it started; kill them after `grace_s` seconds."""
        if self._process is None:
            return
        self.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_s)
        self._end_group()
        self._process.wait()

    def log_tail(self) -> str:
        """Return the last line of the log that is not blank."""
        with self.log.open("rb") as log:
            log.seek(max(self.log.stat().st_size - LOG_TAIL_BYTES, 0))
            lines = [line.strip() for line in log.read().decode(errors="replace").splitlines()]
        return next((line for line in reversed(lines) if line), "")

    def _end_group(self) -> None:
        """Stop the rest of the process group: terminate it, and kill it after a moment."""
        for number, patience_s in ((signal.SIGTERM, KILLED_WITHIN_S), (signal.SIGKILL, KILLED_WITHIN_S)):
            deadline = time.monotonic() + patience_s
            if not self._signal_group(number):
                return
            while time.monotonic() < deadline and self._signal_group(0):
                time.sleep(POLL_S)

    def _signal_group(self, number: int) -> bool:
        """Send a signal to the group; return whether it still had a member."""
        if self._process is None:
            return False
        self._process.poll()  # a leader that ended but was not waited for would count as a member
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return False
        return True


def _begin_fork(name: str) -> None:
    _stop_with_parent()
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_NAME, name.encode())  # for ps and top, which would show the parent's


def _stop_with_parent() -> None:
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
