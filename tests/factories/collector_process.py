"""A real collector in a process of its own, on a real socket."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.factories.turret_process import TURRET, process_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class CollectorProcess:
    """A running collector; `url` has no slash at its end."""

    process: subprocess.Popen[str]
    url: str

    def kill(self) -> None:
        """End it and its workers as kill -9 does: nothing gets to clean up."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)

    def stop(self) -> int:
        """Ask it to end as a service manager does; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


@contextmanager
def run_collector(home: Path, *, workers: int = 1, **settings: object) -> Iterator[CollectorProcess]:
    """Start a collector on a free port and stop it in the end."""
    log = home.with_suffix(".log")
    with log.open("a") as errors:
        process = subprocess.Popen(
            [*TURRET, "collector", "--port", "0", "--workers", str(workers)],
            env=process_environment(home, **settings),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # so that kill() reaches the workers, and nothing else
        )
    assert process.stdout is not None
    try:
        announced = re.search(r"https?://[0-9.:]+", process.stdout.readline())
        assert announced, log.read_text()
        yield CollectorProcess(process, announced[0])
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=30)
        process.stdout.close()
