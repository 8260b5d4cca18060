"""A server of the `turret` command in its own process, on a real socket."""

from __future__ import annotations

import os
import re
import select
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cli.main import main
from tests.factories.forked_command import start_forked
from tests.factories.turret_process import process_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.process import BaseProcess
    from typing import TextIO


@contextmanager
def run_server(home: Path, *arguments: str, log: Path, **settings: object) -> Iterator[tuple[BaseProcess, str]]:
    """Start a server; give its process and the address that it says it has, and stop it in the end.

    Args:
        home: its home.
        arguments: the words after `turret`.
        log: what its errors are appended to; shown when it does not start.
        settings: of Turret.
    """
    environment = process_environment(home, **settings)
    with tempfile.TemporaryDirectory() as scratch:
        pipe = Path(scratch, "stdout")
        os.mkfifo(pipe)
        output = os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), encoding="utf-8")  # nobody writes yet
        process = start_forked(main, ["turret", *arguments], environment=environment, outputs=(pipe, log))
        _wait_for_output(output, process)
    with output:
        try:
            announced = re.search(r"https?://[0-9.:]+", output.readline())
            assert announced, log.read_text()
            yield process, announced[0]
        finally:
            process.terminate()
            process.join(90)
    assert process.exitcode is not None, f"{process.name} does not end: {log.read_text()}"


def _wait_for_output(output: TextIO, process: BaseProcess) -> None:
    """Wait until there is something to read, or the process has ended without a word."""
    waiting = select.poll()
    waiting.register(output, select.POLLIN)
    while not waiting.poll(1000):
        if not process.is_alive():
            return
    os.set_blocking(output.fileno(), True)
