"""The cost of building marts from landed files with given topics: CPU compared with DuckDB's bare insert of the files.

    .venv/bin/python bench/marts.py --events 1000000 --folder /tmp/marts

A full build, then a few more events on top, then the same few on top of a tenth of the events; and a build of
nothing, which is the cost of startup (dbt's project is parsed before, as in an installation).

Events are made up by DuckDB: 6 to 7 a session, one text of 200,000 different ones, which
differ by a word and not by a number, as those of machines would, an id, an enum, a boolean and two
numbers each. Every eighth text is filler; the others belong to one of 40 topics.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts.home import Home
from orchestration.ingest.loader import load_segments
from orchestration.ingest.segments import list_segments
from orchestration.publish.published_file import publish
from orchestration.warehouse.resource import create_tables, open_duckdb

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT_ID = "prj_00000000000000be"
EVENTS_PER_SESSION = 6.67
EVENTS_PER_FILE = 50_000

LAND = """
copy (
    select
        'evt_' || lpad(n::varchar, 12, '0') as event_id,
        '{project}' as project_id,
        'message' as name,
        'session_' || floor(n / {per_session})::bigint as session_id,
        true as session_id_given,
        'user_' || (floor(n / {per_session})::bigint % 50000) as user_id,
        true as user_id_given,
        strftime(timestamp '2026-01-01' + to_seconds(n * 2), '%Y-%m-%dT%H:%M:%S.%fZ') as occurred_at,
        strftime(timestamp '2026-01-01' + to_seconds(n * 2), '%Y-%m-%dT%H:%M:%S.%fZ') as received_at,
        {{
            'prompt': 'Please help me with the matter of '
            || translate((hash(n) % 200000)::varchar, '0123456789', 'ghijklmnop') || ' in my account',
            'trace': md5(n::varchar),
            'plan': ['free', 'pro', 'team'][1 + (hash(n // 7) % 3)::int],
            'is_mobile': hash(n) % 3 = 0,
            'latency_ms': 100 + hash(n * 3) % 4000,
            'tokens': hash(n * 5) % 900
        }} as metadata
    from range({first}, {last}) as numbers (n)
) to '{path}' (format json, compression zstd)
"""

BARE_INSERT = """
create table events as
select * from read_json(
    '{paths}',
    format = 'newline_delimited',
    columns = {{
        event_id: 'VARCHAR', project_id: 'VARCHAR', name: 'VARCHAR', session_id: 'VARCHAR', session_id_given: 'BOOLEAN',
        user_id: 'VARCHAR', user_id_given: 'BOOLEAN', occurred_at: 'TIMESTAMP', received_at: 'TIMESTAMP',
        metadata: 'JSON'
    }}
)
"""

JUDGE = """
insert into ml.text_topics by name
select distinct
    project_id,
    'prompt' as field,
    left(sha256(text), 32) as text_hash,
    case when hash(text) % 8 > 0 then 'topic_' || hash(text) % 40 end as topic_id,
    case when hash(text) % 8 > 0 then 'assigned' else 'filler' end as topic_status,
    case when hash(text) % 8 > 0 then 0.9 end as topic_confidence
from (select project_id, metadata ->> '$.prompt' as text from raw.events)
"""

TOPICS = """
insert into ml.topics by name
select distinct
    project_id, topic_id, field, topic_id as label, topic_id as description, [] as keywords,
    null as parent_topic_id, 0 as level, 'messages' as label_source, [] as example_text_hashes
from ml.text_topics
where topic_id is not null
"""


@dataclass(frozen=True)
class Cost:
    """CPU seconds and the peak of memory of a step."""

    cpu_s: float
    peak_gb: float


def land(home: Home, first: int, last: int) -> None:
    """Write landed files of the events from `first` to before `last`."""
    for begin in range(first, last, EVENTS_PER_FILE):
        folder = home.landing / f"project_id={PROJECT_ID}" / "date=2026-01-01" / "hour=00"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{begin:012}.ndjson.zst"
        end = min(last, begin + EVENTS_PER_FILE)
        statement = LAND.format(project=PROJECT_ID, per_session=EVENTS_PER_SESSION, first=begin, last=end, path=path)
        duckdb.connect().execute(statement)


def in_child(*words: str, cwd: Path = REPOSITORY) -> Cost:
    """Run a step of this script, or dbt, in a process of its own and say what it cost."""
    _, status, usage = os.wait4(subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=cwd).pid, 0)
    if status:
        raise SystemExit(f"{' '.join(words)} failed")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6)


def step(name: str, home: Home) -> None:
    """Run one measured step in the child process."""
    if name == "bare":
        target = home.root / "bare.duckdb"
        target.unlink(missing_ok=True)
        duckdb.connect(str(target)).execute(BARE_INSERT.format(paths=f"{home.landing}/*/*/*/*.zst"))
        return
    if name == "publish":
        publish(home, "run", "fingerprint", 2)
        return
    with open_duckdb(home.warehouse, 0) as connection:
        create_tables(connection)
        if name == "load":
            load_segments(connection, home, list_segments(home.landing), f"run_{len(list_segments(home.landing))}")
        else:
            connection.execute("delete from ml.text_topics; delete from ml.topics;")
            connection.execute(JUDGE)
            connection.execute(TOPICS)


def build(home: Home, *command: str) -> Cost:
    """Run dbt over the warehouse, by its name alone: a parse made for one warehouse then serves the others."""
    scratch = str(home.root.parent / "target")
    os.environ.update(TURRET_WAREHOUSE=home.warehouse.name, DBT_TARGET_PATH=scratch, DBT_LOG_PATH=scratch)
    places = ["--project-dir", str(REPOSITORY / "dbt_project"), "--profiles-dir", str(REPOSITORY / "dbt_project")]
    dbt = str(Path(sys.executable).with_name("dbt"))
    return in_child(dbt, "--quiet", *(command or ("run",)), *places, cwd=home.root)


def slowest(home: Home, n_models: int = 8) -> str:
    """Return the models that took longest in the last build, in wall seconds."""
    file = home.root.parent / "target" / "run_results.json"
    results = json.loads(file.read_text(encoding="utf-8"))["results"]
    ranked = sorted(results, key=lambda result: -result["execution_time"])[:n_models]
    return ", ".join(f"{result['unique_id'].split('.')[-1]} {result['execution_time']:.1f}" for result in ranked)


def cost_of(home: Home, title: str, first: int, last: int) -> tuple[float, float]:
    """CPU seconds of loading, and of dbt, for the events from `first` to before `last` on top of what is there."""
    script = [sys.executable, str(Path(__file__)), "--folder", str(home.root), "--step"]
    land(home, first, last)
    load = in_child(*script, "load")
    in_child(*script, "judge")
    dbt = build(home)
    published = in_child(*script, "publish")
    print(
        f"{title}: load {load.cpu_s:.1f}, dbt {dbt.cpu_s:.1f} CPU s, {max(load.peak_gb, dbt.peak_gb):.2f} GB;"
        f" publishing {published.cpu_s:.1f} CPU s"
    )
    print(f"  slowest (wall s): {slowest(home)}", flush=True)
    if not first and last:
        bare = in_child(*script, "bare")
        print(f"  bare insert {bare.cpu_s:.1f} CPU s; ratio {(load.cpu_s + dbt.cpu_s) / bare.cpu_s:.1f}", flush=True)
    return load.cpu_s, dbt.cpu_s


def measure(root: Path, n_events: int, n_more: int) -> None:
    """Measure a full build of `n_events`, `n_more` on top of them, and on top of a tenth of them."""
    homes = {n: Home(root / str(n)) for n in (0, n_events // 10, n_events)}
    for home in homes.values():
        home.root.mkdir(parents=True)
    build(homes[0], "parse")
    start = sum(cost_of(homes[0], "nothing", 0, 0))
    more = {}
    for n in (n_events // 10, n_events):
        full = sum(cost_of(homes[n], f"{n:,}", 0, n)) - start
        more[n] = sum(cost_of(homes[n], f"{n_more:,} on top of {n:,}", n, n + n_more)) - start
        print(f"  above starting up: {full:.1f}, then {more[n]:.1f} CPU s, {more[n] / full:.0%} of it", flush=True)
    print(f"{n_more:,} on top of all cost {more[n_events] / more[n_events // 10]:.2f} times those on top of a tenth")


def main() -> None:
    """Measure, or be a step of the measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--more", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, required=True, help="a new folder, which needs about 3 KB an event")
    parser.add_argument("--step", choices=["load", "judge", "publish", "bare"], help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    home = Home(chosen.folder.resolve())
    if chosen.step:
        step(chosen.step, home)
        return
    measure(home.root, chosen.events, chosen.more)
    print(f"peak of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
