"""Freshness under `turret up`, and its cost while idle.

    python bench/freshness.py --demo HOME [--rounds 10] [--idle 300] [--json FILE]

On a copy of a home with the demo, it measures the seconds from the response to one `POST /track` to a published version
with the event; from a rename to a version with the name, without traffic; from 500 first messages of a new project to
the first of them in a topic; and the share of a core and the memory of all processes while idle. CPU seconds of an
event are those of all processes until its run has ended. An open page shows a version up to TURRET_DASHBOARD_REFRESH_S
later. Linux only: CPU and memory are read from /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import httpx
from harness.server_process import free_port

from contracts.home import Home
from contracts.run_progress import read_progress
from contracts.settings import child_environment, load_settings
from projects.database import open_projects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contracts.settings import Settings

TURRET = [sys.executable, "-m", "cli.main"]
READY = "Ctrl-C"
MAX_WAIT_S = 900.0
POLL_S = 0.25
SETTLED_S = 15.0
N_FIRST = 500
TICKS = os.sysconf("SC_CLK_TCK")
SUBJECTS = ("refund", "invoice", "password", "dark mode", "export", "team seats", "slow page", "billing address")
WISHES = ("how do I change the {}", "my {} does not work", "please help me with the {}", "where is the {}")


@contextmanager
def served(settings: Settings, log: Path) -> Iterator[int]:
    """Run `turret up` over the home; yield its process id once it is ready."""
    with log.open("wb") as output:
        process = subprocess.Popen([*TURRET, "up"], env=child_environment(settings), stdout=output, stderr=output)
        try:
            wait_until("turret up", lambda: READY in log.read_text())
            yield process.pid
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def wait_until(what: str, is_so: Callable[[], bool]) -> float:
    """Wait for a condition; return the seconds. Exit if it does not become true."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > MAX_WAIT_S:
            sys.exit(f"In vain waited for: {what}")
        time.sleep(POLL_S)
    return time.monotonic() - began


def published(home: Home, sql: str, *values: object) -> int:
    """Return the count from a query over the newest published version."""
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        ((number,),) = connection.execute(sql, list(values)).fetchall()
    return int(number)


def settle(home: Home) -> None:
    """Wait until no run has been under way for a while: what arrived during one starts another."""
    since = time.monotonic()
    while time.monotonic() - since < SETTLED_S:
        time.sleep(POLL_S)
        if read_progress(home) is not None:
            since = time.monotonic()


def time_event(home: Home, settings: Settings, key: str, number: int) -> float:
    """Return the seconds from a 200 to a version with the event."""
    body = {"name": "message", "event_id": f"fresh-{number}", "metadata": {"prompt": f"cancel order {number}"}}
    send(settings, key, "track", body)
    sql = "select count(*) from marts.fct_events where event_id = ?"
    return wait_until("the event", lambda: published(home, sql, f"fresh-{number}") == 1)


def time_first_messages(home: Home, settings: Settings) -> float:
    """Return the seconds from the 200 for 500 messages of a new project to a version with its topics."""
    with open_projects(settings) as projects:
        project = projects.create_project("Newcomer", plan="enterprise")
        key = projects.create_key(project.project_id).secret
    texts = [f"{WISHES[n % 4].format(SUBJECTS[n % 8])}, ticket {n}" for n in range(N_FIRST)]
    events = [{"name": "message", "user_id": f"u{n % 90}", "metadata": {"prompt": t}} for n, t in enumerate(texts)]
    send(settings, key, "batch", {"events": events})
    sql = "select count(*) from marts.fct_messages where project_id = ? and topic_id is not null"
    return wait_until("topics", lambda: published(home, sql, project.project_id) > 0)


def time_rename(home: Home, project_id: str, number: int) -> float:
    """Return the seconds from a rename to a version with the name."""
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        ((topic_id,),) = connection.execute(
            "select topic_id from marts.dim_topics where project_id = ? and level = 0 order by n_messages desc limit 1",
            [project_id],
        ).fetchall()
    name = f"Renamed {number}"
    environment = {**os.environ, "TURRET_HOME": str(home.root)}
    subprocess.run(
        [*TURRET, "topic", "rename", topic_id, name, "--project", project_id],
        env=environment,
        check=True,
        capture_output=True,
    )
    sql = "select count(*) from marts.dim_topics where label = ?"
    return wait_until("the name", lambda: published(home, sql, name) == 1)


def send(settings: Settings, key: str, path: str, body: object) -> None:
    """POST to the collector; exit if it does not return 200."""
    url = f"http://127.0.0.1:{settings.collector_port}/{path}"
    answer = httpx.post(url, json=body, headers={"X-API-Key": key}, timeout=60)
    if answer.status_code != httpx.codes.OK:
        sys.exit(f"{url} answered {answer.status_code}: {answer.text}")


def tree(pid: int) -> list[int]:
    """Return the ids of a process and all its descendants."""
    table = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(child): int(parent) for child, parent in (line.split() for line in table.splitlines())}
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]  # grows while it is walked
    return found


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process and all its descendants, including those that have ended."""
    stats = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in tree(pid)]
    return sum(int(ticks) for fields in stats for ticks in fields[11:15]) / TICKS


def memory_mb(pid: int) -> float:
    """Return the memory of a process and all its descendants; shared memory counts once (PSS)."""
    rollups = [Path(f"/proc/{one}/smaps_rollup").read_text() for one in tree(pid)]
    lines = [line for text in rollups for line in text.splitlines() if line.startswith("Pss:")]
    return sum(int(line.split()[1]) for line in lines) / 1024


def main() -> None:
    """Measure everything once the home has settled, and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", type=Path, required=True, help="a home with the demo in it; it stays as it is")
    parser.add_argument("--rounds", type=int, default=10, help="events, and renames, one after another")
    parser.add_argument("--idle", type=float, default=300, help="seconds of doing nothing")
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "home"
        shutil.copytree(options.demo, root, symlinks=True)
        ports = {f"{part}_port": free_port() for part in ("collector", "dashboard", "dagster")}
        settings, home = load_settings(home=root, database_url="", **ports), Home(root)
        with open_projects(settings) as projects:
            project_id = projects.list_projects()[0].project_id
            key = projects.create_key(project_id).secret
        with served(settings, Path(name) / "up.log") as pid:
            time_event(home, settings, key, 0)  # the first run of a home parses dbt's project for its place
            settle(home)
            before, began = cpu_s(pid), time.monotonic()
            time.sleep(options.idle)
            idle_share = (cpu_s(pid) - before) / (time.monotonic() - began)
            memory = memory_mb(pid)
            seen, spent = [], []
            for number in range(options.rounds):
                before = cpu_s(pid)
                seen.append(time_event(home, settings, key, number + 1))
                settle(home)
                spent.append(cpu_s(pid) - before)
            renamed = [time_rename(home, project_id, number) for number in range(options.rounds)]
            settle(home)
            first_topics = time_first_messages(home, settings)
    result = {
        "event_seen_s": {"median": statistics.median(seen), "greatest": max(seen), "all": seen},
        "event_cpu_s": {"median": statistics.median(spent), "all": spent},
        "rename_seen_s": {"median": statistics.median(renamed), "greatest": max(renamed), "all": renamed},
        "first_topics_s": first_topics,
        "idle_share_of_a_core": idle_share,
        "idle_memory_mb": memory,
    }
    words = json.dumps(result, indent=1) + "\n"
    if options.json:
        options.json.write_text(words, encoding="utf-8")
    sys.stdout.write(words)


if __name__ == "__main__":
    main()
