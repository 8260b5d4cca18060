"""What a candidate of topics costs, beside the same refit made live.

    python bench/candidate_refit.py HOME [--repeat N]

It copies the warehouse of a home, for example that of `turret demo`, and refits its largest text field by turns: as a
candidate, and live. It prints the CPU seconds of both as JSON.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from orchestration.embedding.vectors import list_text_fields
from orchestration.topics.candidates import fit_candidates
from orchestration.topics.fitting import read_last_fit, refit_field
from orchestration.topics.run_context import TopicRun
from orchestration.warehouse.resource import create_tables

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path, help="a home whose warehouse has topics")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "warehouse.duckdb"
        shutil.copyfile(options.home / "warehouse.duckdb", copy)
        with duckdb.connect(copy) as connection:
            print(json.dumps(measure(connection, options.repeat), indent=2))


def measure(connection: duckdb.DuckDBPyConnection, n_repeats: int) -> dict[str, object]:
    """Refit the largest text field as a candidate and live, by turns."""
    create_tables(connection)
    largest = max(list_text_fields(connection), key=lambda each: each.n_texts)
    last = read_last_fit(connection, largest)
    if last is None:
        message = "The home's warehouse has no topics yet."
        raise SystemExit(message)
    costs: dict[str, list[float]] = {"candidate": [], "live": []}
    for number in range(1, n_repeats + 1):
        run = TopicRun(run_id=f"bench {number}", model_id=last.model_id, seed=0, uses_llm=False)
        connection.execute("delete from raw.topic_candidates")
        place = [largest.project_id, largest.field, number]
        connection.execute("insert into raw.topic_candidates values (?, ?, ?, false)", place)
        costs["candidate"].append(cpu_s(lambda run=run: fit_candidates(connection, [largest], None, run)))
        costs["live"].append(cpu_s(lambda run=run: refit_field(connection, largest, run, "bench")))
    medians = {name: round(statistics.median(seconds), 2) for name, seconds in costs.items()}
    return {
        "texts": last.n_fitted,
        "cpu_s": medians,
        "ratio": round(statistics.median(costs["candidate"]) / statistics.median(costs["live"]), 2),
    }


def cpu_s(do: Callable[[], object]) -> float:
    """Return the CPU seconds of this process that a call takes."""
    began = time.process_time()
    do()
    return time.process_time() - began


if __name__ == "__main__":
    main()
