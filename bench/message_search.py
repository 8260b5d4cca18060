"""How long the search takes over 1,000,000 messages: wall clock and CPU seconds of its query.

Run: `python -m bench.message_search`
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import duckdb

from contracts.tables import MARTS, MARTS_SCHEMA
from dashboard.data.address import Address
from dashboard.data.published import Published
from dashboard.data.view import View
from dashboard.search.page import MAX_MESSAGES
from dashboard.search.search_pattern import bindings_of, terms_of

N_MESSAGES = 1_000_000
PROJECT = "prj_00000000000000a1"
QUERIES = ("declined", "cafe", "zzzz", "card declined", '"my card 77 was"')
MAKE_MESSAGES = """
insert into marts.fct_messages by name
select
    $project_id as project_id,
    'evt_' || number as event_id,
    'prompt' as field,
    'How do I export my data to ' || (hash(number) % 5000) || ' when the '
    || (case when number % 5 = 0 then 'Café' else 'shop' end) || ' closes, and could you also tell me why '
    || 'my card ' || (hash(number * 7) % 10000) || ' was declined yesterday evening please' as text,
    'ses_' || (number // 4) as session_id,
    timestamp '2026-01-01' + interval (number) second as occurred_at
from range($n_messages) as numbers(number)
"""


def main() -> None:
    """Make the messages, search each query once, and print a line for each."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "turret-1.duckdb"
        _make(file)
        (Path(folder) / "turret.duckdb").symlink_to(file.name)
        view = View(Address(project=PROJECT), Published(Path(folder) / "turret.duckdb").snapshot(), PROJECT)
        _search(view, "warm up")
        for query in QUERIES:
            began, cpu_began = time.perf_counter(), time.process_time()
            n_found = _search(view, query)
            wall_ms, cpu_ms = 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - cpu_began)
            print(f"{query:<20} {n_found:>9,} found  {wall_ms:7.0f} ms  {cpu_ms:7.0f} ms of CPU")


def _make(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"CREATE SCHEMA {MARTS_SCHEMA}")
        for table in MARTS:
            columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
            connection.execute(f"CREATE TABLE {table.qualified_name} ({columns})")
        connection.execute(MAKE_MESSAGES, {"project_id": PROJECT, "n_messages": N_MESSAGES})


def _search(view: View, query: str) -> int:
    rows = view.rows("found_messages", most=MAX_MESSAGES, **bindings_of(terms_of(query)))
    return int(rows[0]["n_found"]) if rows else 0


if __name__ == "__main__":
    main()
