"""Commands and servers in processes of their own that need not import everything again: forked from one that has.

A pipeline run in a fresh interpreter spends more time on imports than on a test's few hundred events. What runs is the
command as it is typed: arguments, environment, output, status. That the commands also start by themselves, and how
fast, is for the tests that run them from `.venv/bin`.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from multiprocessing.context import ForkServerContext
    from multiprocessing.process import BaseProcess


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.factories.forked_imports"])
    return context


def run_forked(
    main: Callable[[], object],
    arguments: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    folder: Path | None = None,
    timeout_s: float = 600,
) -> subprocess.CompletedProcess[str]:
    """Run a command's entry point in a forked process and wait for its end.

    Args:
        main: what the command calls, a function of a module.
        arguments: the command's name and what follows it.
        environment: all of its environment variables.
        folder: where it runs, here by default.
        timeout_s: seconds after which it is killed.

    Raises:
        subprocess.TimeoutExpired: it did not end in time.
    """
    with tempfile.TemporaryDirectory() as scratch:
        outputs = Path(scratch, "stdout"), Path(scratch, "stderr")
        process = start_forked(main, arguments, environment=environment, outputs=outputs, folder=folder)
        process.join(timeout_s)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(process.name, timeout_s)
        printed = [output.read_text(encoding="utf-8") if output.exists() else "" for output in outputs]
    return subprocess.CompletedProcess(process.name, process.exitcode, *printed)


def start_forked(
    main: Callable[[], object],
    arguments: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    outputs: tuple[Path, Path],
    folder: Path | None = None,
) -> BaseProcess:
    """Run a command's entry point in a forked process, which leads a new session, and return at once.

    Args:
        main: what the command calls, a function of a module.
        arguments: the command's name and what follows it.
        environment: all of its environment variables.
        outputs: what its output and its errors are appended to; a named pipe too.
        folder: where it runs, here by default.
    """
    typed = [str(argument) for argument in arguments]
    become = (main, typed, dict(environment), folder, outputs)
    process = _context().Process(target=_become, args=become, name=" ".join(typed))
    process.start()
    return process


def _become(
    main: Callable[[], object],
    arguments: list[str],
    environment: dict[str, str],
    folder: Path | None,
    outputs: tuple[Path, Path],
) -> None:
    """Be the command, in the forked process."""
    os.setsid()
    for number, output in enumerate(outputs, start=1):
        with output.open("ab") as file:
            os.dup2(file.fileno(), number)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - multiprocessing gave it another number
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder or Path.cwd())
    sys.argv = arguments
    try:
        sys.exit(main())
    finally:  # a forked process ends without what an interpreter does at its end, such as closing databases
        atexit._run_exitfuncs()
