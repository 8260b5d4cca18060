"""A real dashboard in its own process, on a real socket."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.factories.server_process import run_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def run_dashboard(home: Path, **settings: object) -> Iterator[str]:
    """Start a dashboard on a free port, give its address without a slash at the end, and stop it in the end.

    Nobody has to sign in unless `dashboard_sign_in=True` is given.
    """
    log = home.parent / "dashboard.log"
    settings = {"dashboard_sign_in": False} | settings
    with run_server(home, "dashboard", "--port", "0", log=log, **settings) as (process, url):
        yield url
    assert process.exitcode in {0, -15}, log.read_text()
    assert "Traceback" not in log.read_text(), log.read_text()
