"""The cost of a run that erases one user, or a thousand, or the oldest day, against building all models again.

    python bench/erasure.py --folder NEW [--events 1000000] [--texts 50000] [--days 23] [--only-age] [--json FILE]

`turret run` does all of it over one home: first everything, then `--rebuild`, then the erasures. A user has 20 events
in three sessions, in files of 50,000 events, so a thousand users are in every file. CPU seconds include all child
processes. A run of ten new events is measured as well, because a run that erases costs at least as much. At last, the
texts of the oldest day are removed by age, and of the next one, and then their events; `--only-age` leaves out the
erasures.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from small_run import CIRCUMSTANCES, HERE, WISHES, new_events, run_turret

from contracts.home import Home
from contracts.settings import load_settings
from projects.database import open_projects

EVENTS_PER_FILE = 50_000
EVENTS_PER_USER = 20
FIRST_DAY = date(2026, 1, 1)
LAND = """
copy (
    select
        'evt_' || lpad(n::varchar, 12, '0') as event_id,
        '{project}' as project_id,
        'message' as name,
        'session_' || (n // 7) as session_id,
        true as session_id_given,
        'user_' || hash(n // 7) % {users} as user_id,
        true as user_id_given,
        strftime(timestamp '2026-01-01' + to_seconds(n * {every_s}), '%Y-%m-%dT%H:%M:%S.%fZ') as occurred_at,
        strftime(timestamp '2026-01-01' + to_seconds(n * {every_s}), '%Y-%m-%dT%H:%M:%S.%fZ') as received_at,
        {{
            'prompt': {wishes}[1 + (hash(n) % {texts} % {n_wishes})::int] || ' '
            || {circumstances}[1 + (hash(n) % {texts} % {n_circumstances})::int] || ' ' || hash(n) % {texts},
            'plan': ['free', 'pro', 'team'][1 + (hash(n // 7) % 3)::int],
            'latency_ms': 100 + hash(n * 3) % 4000
        }} as metadata
    from range({first}, {last}) as numbers (n)
) to '{path}' (format json, compression zstd)
"""


def land(home: Home, project_id: str, n_events: int, n_texts: int, n_days: int) -> None:
    """Write landed files of events, at regular intervals."""
    folder = home.landing / f"project_id={project_id}" / "date=2026-01-01" / "hour=00"
    folder.mkdir(parents=True)
    for first in range(0, n_events, EVENTS_PER_FILE):
        statement = LAND.format(
            project=project_id,
            users=n_events // EVENTS_PER_USER,
            texts=n_texts,
            wishes=list(WISHES),
            n_wishes=len(WISHES),
            circumstances=list(CIRCUMSTANCES),
            n_circumstances=len(CIRCUMSTANCES),
            every_s=n_days * 86_400 / n_events,
            first=first,
            last=min(n_events, first + EVENTS_PER_FILE),
            path=folder / f"{first:012}.ndjson.zst",
        )
        duckdb.connect().execute(statement)


def measure(home: Home, *options: str) -> dict[str, Any]:
    """Run the pipeline; return what `measure_command` does."""
    return measure_command(home, HERE / ".venv" / "bin" / "turret", "run", "--json", *options)


def measure_command(home: Home, *command: str | Path) -> dict[str, Any]:
    """Run a command; return seconds by the clock and of CPU, and the peak of memory in GB."""
    began = time.perf_counter()
    environment = {**os.environ, "TURRET_HOME": str(home.root)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(map(str, command))} failed")
    return {
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "wall_s": round(time.perf_counter() - began, 2),
        "peak_gb": round(usage.ru_maxrss / 1e6, 2),
    }


def keep_from(home: Home, project_id: str, day: date, what: str) -> None:
    """Let a project keep its `events` or `texts` from a day on, in force as if the hours of waiting were over."""
    days = (datetime.now(UTC).date() - day).days
    with open_projects(load_settings(home=home.root)) as projects:
        kept = projects.retention if what == "events" else projects.text_retention
        kept.set(project_id, days)
    with closing(sqlite3.connect(home.projects_database)) as database, database:
        database.execute("update projects set next_events_days_at = created_at, next_texts_days_at = created_at")


def main() -> None:
    """Measure, print and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="a new folder, which needs about 3 KB an event")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--texts", type=int, default=50_000, help="number of different texts")
    parser.add_argument("--days", type=int, default=23, help="over which the events are spread")
    parser.add_argument("--users", type=int, default=1_000, help="number of users of the large erasure")
    parser.add_argument("--only-age", action="store_true", help="measure no erasures")
    parser.add_argument("--json", type=Path, help="where the figures are written")
    options = parser.parse_args()
    home = Home(options.folder.resolve())
    home.root.mkdir(parents=True)
    created = json.loads(run_turret(HERE, home.root, "project", "create", "Shop", "--plan", "enterprise", "--json"))
    land(home, created["project_id"], options.events, options.texts, options.days)
    found: dict[str, Any] = {"events": options.events, "texts": options.texts, "users": options.users}

    def note(name: str, *words: str) -> None:
        found[name] = measure(home, *words)
        sys.stdout.write(f"{name}: {found[name]}\n")
        sys.stdout.flush()

    def erase(users: range) -> None:
        settings = load_settings(home=home.root)
        with open_projects(settings) as projects:
            for number in users:
                projects.erasures.add(created["project_id"], "user", f"user_{number}", "bench")

    note("first")
    note("rebuild", "--rebuild")
    events = home.root / "more.jsonl"
    events.write_text(new_events(10, 1), encoding="utf-8")
    run_turret(HERE, home.root, "import", str(events), "--project", created["project_id"])
    note("ten_more")
    if not options.only_age:
        erase(range(1))
        note("erase_one")
        erase(range(1, 1 + options.users))
        note("erase_many")
        found["one_to_rebuild"] = round(found["erase_one"]["cpu_s"] / found["rebuild"]["cpu_s"], 3)
        found["many_to_one"] = round(found["erase_many"]["cpu_s"] / found["erase_one"]["cpu_s"], 3)
    for what in ("texts", "events"):
        for number in (1, 2):
            keep_from(home, created["project_id"], FIRST_DAY + timedelta(days=number), what)
            note(f"age_{what}_{number}")
    found["texts_of_day_to_rebuild"] = round(found["age_texts_2"]["cpu_s"] / found["rebuild"]["cpu_s"], 3)
    found["day_to_rebuild"] = round(found["age_events_2"]["cpu_s"] / found["rebuild"]["cpu_s"], 3)
    ratios = {key: value for key, value in found.items() if "_to_" in key}
    sys.stdout.write(json.dumps(ratios) + "\n")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
