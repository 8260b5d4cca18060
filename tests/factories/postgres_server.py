"""A real PostgreSQL server for a test, on a socket file in its own folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

UNPRIVILEGED = "nobody"
DEBIAN_VERSIONS = Path("/usr/lib/postgresql")
"""Where Debian puts the programs of each version, outside PATH."""


def find_postgres() -> Path | None:
    """The folder of the server's programs; None where there is none on this machine."""
    found = shutil.which("postgres")
    on_path = [Path(found).resolve().parent] if found else []
    newest_first = sorted(DEBIAN_VERSIONS.glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    folders = [*on_path, *newest_first]
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextmanager
def run_postgres(programs: Path) -> Iterator[str]:
    """Run a server; give its SQLAlchemy address."""
    folder = Path(tempfile.mkdtemp(prefix="turret-postgres-"))
    user = None
    if os.getuid() == 0:  # the server refuses to run as root
        user = UNPRIVILEGED
        shutil.chown(folder, user)
    data = folder / "data"
    initdb = [programs / "initdb", "--pgdata", data, "--username", "turret", "--auth", "trust", "--no-sync"]
    control = [programs / "pg_ctl", "--pgdata", data, "--wait", "--silent"]
    try:
        subprocess.run(initdb, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        start = [*control, "start", "--log", folder / "log", "--options", options]
        subprocess.run(start, check=True, user=user, cwd=folder)
        yield f"postgresql+psycopg://turret@/postgres?host={folder}"
    finally:
        stop = [*control, "stop", "--mode", "immediate"]
        subprocess.run(stop, check=False, user=user, cwd=folder, stdout=subprocess.DEVNULL)
        shutil.rmtree(folder)
