"""The cost of a backup and of restoring it, per million events, and whether the restored home has the same marts.

    python bench/backup.py --folder NEW [--events 1000000] [--json FILE]

`turret run` models made-up events, `turret backup` writes them into one file while a collector accepts events, and
`turret restore` puts that into a new home, whose next `turret run` gives marts. Copying the home's files (`cp -r`) is
the floor. CPU seconds are those of the command with its child processes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import httpx
from erasure import land, measure, measure_command
from harness.server_process import ServerProcess, free_port
from small_run import HERE, run_turret

from contracts import tables
from contracts.home import Home
from contracts.settings import load_settings
from projects.database import open_projects

if TYPE_CHECKING:
    from collections.abc import Iterator

TURRET = HERE / ".venv" / "bin" / "turret"
OF_RUNS = {tables.AGG_PIPELINE_RUNS.name}
"""Marts that say when runs were."""


@contextmanager
def collector(home: Home) -> Iterator[str]:
    """Run a collector that seals its files when it ends; give its address."""
    port = free_port()
    command = [str(TURRET), "collector", "--port", str(port)]
    environment = {**os.environ, "TURRET_HOME": str(home.root), "TURRET_COLLECTOR_SEGMENT_MAX_AGE_S": "3600"}
    server = ServerProcess.start(command, port, environment, home.root / "collector.log")
    try:
        server.wait_until_answering()
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()


def size_of(folder: Path) -> float:
    """Add up the files of a folder, in GB."""
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e9, 2)


def differing(one: Home, two: Home, project_id: str) -> dict[str, int]:
    """Count the rows of each mart that one of the homes alone has, of events before the backup, by sums of hashes."""
    counts = {}
    with duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(one.root / "temp")}) as connection:
        for name, home in (("one", one), ("two", two)):
            connection.execute(f"attach '{home.published.resolve()}' as {name} (read_only)")
        for mart in (mart for mart in tables.MARTS if mart.name not in OF_RUNS):
            one_rows, two_rows = (
                connection.execute(
                    f"select count(*), sum(hash(r)::hugeint) from {name}.{mart.qualified_name} as r "  # noqa: S608
                    f"where project_id = '{project_id}'"
                ).fetchall()[0]
                for name in ("one", "two")
            )
            if one_rows != two_rows:
                counts[mart.name] = max(abs(one_rows[0] - two_rows[0]), 1)
    return counts


def main() -> None:
    """Measure, compare, print and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="a new folder, which needs about 8 KB an event")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--texts", type=int, default=50_000, help="number of different texts")
    parser.add_argument("--json", type=Path, help="where the figures are written")
    options = parser.parse_args()
    folder = options.folder.resolve()
    home, restored, archive = Home(folder / "home"), Home(folder / "restored"), folder / "turret.backup"
    home.root.mkdir(parents=True)
    created = json.loads(run_turret(HERE, home.root, "project", "create", "Shop", "--plan", "enterprise", "--json"))
    project_id = created["project_id"]
    with open_projects(load_settings(home=home.root)) as projects:
        live = projects.create_project("Live", "enterprise")
        key = projects.create_key("Live").secret
    land(home, project_id, options.events, options.texts, n_days=23)
    found: dict[str, Any] = {"events": options.events, "run": measure(home)}
    acknowledged = 0
    with collector(home) as url:
        with httpx.Client(base_url=url, headers={"X-API-Key": key}) as http:
            for number in range(500):
                event = {"name": "m", "event_id": f"live-{number}", "metadata": {"prompt": "hi"}}
                acknowledged += http.post("/track", json=event).status_code == httpx.codes.OK
        found["backup"] = measure_command(home, TURRET, "backup", str(archive))
    found["home_gb"], found["backup_gb"] = size_of(home.root), round(archive.stat().st_size / 1e9, 2)
    found["restore"] = measure_command(restored, TURRET, "restore", str(archive))
    found["cp"] = measure_command(home, "cp", "-r", str(home.root), str(folder / "copy"))
    with collector(restored):
        pass  # it seals what was in the write-ahead files
    found["run_restored"] = measure(restored)
    with duckdb.connect(str(restored.published.resolve()), read_only=True) as connection:
        count = "select count(*) from marts.fct_events where project_id = ?"
        ((n_live,),) = connection.execute(count, [live.project_id]).fetchall()
    found["acknowledged"], found["restored_of_these"] = acknowledged, n_live
    found["rows_that_differ"] = differing(home, restored, project_id)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
