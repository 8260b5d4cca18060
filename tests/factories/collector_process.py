"""A real collector in its own process, on a real socket."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.factories.server_process import run_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.process import BaseProcess
    from pathlib import Path


@dataclass
class CollectorProcess:
    """A running collector; `url` has no slash at its end."""

    process: BaseProcess
    url: str

    @property
    def pid(self) -> int:
        """Its id, which is that of its session too."""
        assert self.process.pid is not None
        return self.process.pid

    def kill(self) -> None:
        """End it and its workers as kill -9 does: nothing gets to clean up."""
        os.killpg(self.pid, signal.SIGKILL)
        self.process.join(90)

    def stop(self) -> int | None:
        """Ask it to end as a service manager does; return its exit status."""
        self.process.terminate()
        self.process.join(90)
        return self.process.exitcode


@contextmanager
def run_collector(home: Path, *, workers: int = 1, **settings: object) -> Iterator[CollectorProcess]:
    """Start a collector on a free port and stop it in the end."""
    words = ("collector", "--port", "0", "--workers", str(workers))
    with run_server(home, *words, log=home.with_suffix(".log"), **settings) as (process, url):
        yield CollectorProcess(process, url)
