"""A real dashboard in a process of its own, on a real socket."""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.factories.turret_process import TURRET, process_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def run_dashboard(home: Path, **settings: object) -> Iterator[str]:
    """Start a dashboard on a free port, give its address without a slash at the end, and stop it in the end.

    Nobody has to sign in unless `dashboard_sign_in=True` is given.
    """
    log = home.parent / "dashboard.log"
    with log.open("a") as errors:
        process = subprocess.Popen(
            [*TURRET, "dashboard", "--port", "0"],
            env=process_environment(home, **({"dashboard_sign_in": False} | settings)),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    try:
        announced = re.search(r"http://[0-9.:]+", process.stdout.readline())
        assert announced, log.read_text()
        yield announced[0]
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()
    assert process.returncode in {0, -15}, log.read_text()
    assert "Traceback" not in log.read_text(), log.read_text()
