"""The cost of a field with a million distinct values, and of one with twenty, and how both are treated.

    python bench/field_values.py --events 1000000 --folder NEW

Every event has one field: an id that never comes back (`ids`), a short sentence that never comes back (`sentences`), a
new number each (`numbers`), or one of twenty words (`words`). Loading is left out; dbt builds everything that types
fields and stores their values, in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.warehouse.resource import create_tables

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT_ID = "prj_00000000000000be"
VALUES = {
    "words": "'word_' || n % 20",
    "ids": "md5(n::varchar)",
    "numbers": "n * 1.5",
    "sentences": "'Please help me with the matter that has the number ' || n",
}
MODELS = ("+dim_fields", "+dim_field_history", "+fct_event_values", "+agg_segments", "int_messages__extracted")

EVENTS = """
insert into raw.events by name
select
    '{project}' as project_id, 'evt_' || n as event_id, 'message' as name,
    'session_' || n // 7 as session_id, true as is_session_id_given,
    'user_' || n % 50000 as user_id, true as is_user_id_given,
    timestamp '2026-01-01' + to_seconds(n * 2) as occurred_at, occurred_at as received_at,
    to_json({{'field': {value}}}) as metadata, 'segment' as segment, n as line_number
from range({n_events}) as numbers (n)
"""


FOUND = """
select
    any_value(effective_type),
    any_value(n_distinct_values),
    (select count(*) from marts.fct_event_values),
    (select count(*) from intermediate.int_messages__extracted),
    (select count(*) from marts.agg_segments)
from marts.dim_fields
"""


@dataclass(frozen=True)
class Cost:
    """CPU seconds and the peak of memory of dbt."""

    cpu_s: float
    peak_gb: float


def prepare(warehouse: Path, value: str, n_events: int) -> None:
    """Write the events as if they had been loaded."""
    with duckdb.connect(warehouse) as connection:
        create_tables(connection)
        connection.execute(EVENTS.format(project=PROJECT_ID, value=value, n_events=n_events))


def build(warehouse: Path) -> Cost:
    """Let dbt build what follows from fields.

    Raises:
        SystemExit: dbt failed.
    """
    scratch = warehouse.parent / "dbt"
    environment = {
        **os.environ,
        "TURRET_WAREHOUSE": str(warehouse),
        "DBT_TARGET_PATH": str(scratch),
        "DBT_LOG_PATH": str(scratch),
    }
    places = ["--project-dir", "dbt_project", "--profiles-dir", "dbt_project"]
    command = [Path(sys.executable).with_name("dbt"), "--quiet", "run", "--select", *MODELS, *places]
    child = subprocess.Popen(command, cwd=REPOSITORY, env=environment)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit("dbt failed")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6)


def found(warehouse: Path) -> tuple[object, ...]:
    """Return what the marts have of the field: its type, distinct values, stored values and messages."""
    with duckdb.connect(warehouse, read_only=True) as connection:
        row = connection.execute(FOUND).fetchone()
    return row or ()


def main() -> None:
    """Measure each kind of value and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, required=True, help="a new folder")
    options = parser.parse_args()
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True)
    print("| values | type | different | stored values | messages | segments | CPU s | peak GB |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, value in VALUES.items():
        warehouse = folder / f"{name}.duckdb"
        prepare(warehouse, value, options.events)
        cost = build(warehouse)
        type_, *counts = found(warehouse)
        numbers = " | ".join(f"{count:,}" for count in counts)
        print(f"| {name} | {type_} | {numbers} | {cost.cpu_s:.1f} | {cost.peak_gb:.2f} |", flush=True)
        warehouse.unlink()


if __name__ == "__main__":
    main()
