"""The size of the published file, and the CPU of writing it, with all rows and with those of the newest days.

    PYTHONPATH=. .venv/bin/python bench/published_details.py --warehouse HOME/warehouse.duckdb --days 7 --folder NEW

Each file is written in full, from a copy of the warehouse, in a process of its own; then another one, which copies the
first, because nothing has changed. A warehouse of a million events is made by bench/marts.py.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import duckdb
from marts import in_child

from contracts.home import Home
from contracts.tables import MARTS
from orchestration.publish.published_file import publish

FORGET = "delete from state.progress where key = 'published'"
"""Lets the next file be written in full."""


def describe(home: Home) -> str:
    """Return the size of the published file, and the rows in it of marts with details and of all others."""
    file = home.published.resolve()
    with duckdb.connect(file, read_only=True) as connection:
        n_rows = [0, 0]
        for table in MARTS:
            ((n,),) = connection.execute(f"select count(*) from {table.qualified_name}").fetchall()  # noqa: S608 - ours
            n_rows[bool(table.detail_of)] += n
    return f"{file.stat().st_size / 1e6:,.0f} MB, {n_rows[1]:,} rows of details, {n_rows[0]:,} others"


def main() -> None:
    """Measure, or publish once, as a step of the measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, required=True)
    parser.add_argument("--days", type=int, nargs="+", required=True, help="numbers of newest days to publish")
    parser.add_argument("--folder", type=Path, required=True, help="a new folder")
    parser.add_argument("--step", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    home = Home(given.folder.resolve())
    if given.step is not None:
        publish(home, "run", "fingerprint", 2, detail_days=given.step or None)
        return
    home.root.mkdir(parents=True)
    shutil.copy(given.warehouse, home.warehouse)
    for days in (0, *given.days):
        with duckdb.connect(home.warehouse) as connection:
            connection.execute(FORGET)
        script = [sys.executable, __file__, "--warehouse", "-", "--folder", str(home.root), "--days", "0", "--step"]
        full, again = in_child(*script, str(days)), in_child(*script, str(days))
        print(
            f"{f'newest {days} days' if days else 'all'}: {describe(home)}; in full {full.cpu_s:.1f} CPU s, "
            f"{full.peak_gb:.2f} GB; as a copy {again.cpu_s:.1f} CPU s",
            flush=True,
        )


if __name__ == "__main__":
    main()
