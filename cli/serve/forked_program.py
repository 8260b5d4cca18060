"""A Python module run as a program in a fork of this process, which has imported what the program needs."""

from __future__ import annotations

import gc
import multiprocessing
import os
import runpy
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO

from orchestration import garbage_collection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_FORK = multiprocessing.get_context("fork")
_TRACKER_IS_SILENT = "ignore:resource_tracker:UserWarning"
"""Suppresses the warning of `multiprocessing`'s resource tracker about semaphores of killed programs at exit."""


class ForkedProgram:
    """`python -m MODULE …` without the imports; used like a `subprocess.Popen`.

    Forks share the memory of what they have imported until they write to it.

    Args:
        preload: the module that is imported here before the fork.
        command: interpreter, `-m`, module and its arguments, as for a new process.
        environment: the whole environment.
        output: gets everything the program prints.
        begin: called first in the new process.
    """

    def __init__(
        self,
        preload: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        output: BinaryIO,
        begin: Callable[[], None],
    ) -> None:
        if _TRACKER_IS_SILENT not in sys.warnoptions:
            sys.warnoptions.append(_TRACKER_IS_SILENT)
        with garbage_collection.paused():
            import_module(preload)
            gc.collect()
            gc.freeze()  # a collection would write to every memory page shared with forks
        arguments = (list(command[2:]), dict(environment), output.fileno(), begin)
        self._process = _FORK.Process(target=_become, args=arguments)
        self._process.start()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """Status the program ended with, minus the signal's number if one ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its end until the timeout; return the status."""
        self._process.join(timeout)
        return self._process.exitcode

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()


def _become(words: list[str], environment: dict[str, str], output: int, begin: Callable[[], None]) -> None:
    """Run the program with its own session, signals, files and variables."""
    os.setsid()
    begin()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # runs exit handlers
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, source in enumerate((nothing, output, output)):
        os.dup2(source, descriptor)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = words
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
