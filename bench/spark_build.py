"""The cost of dbt's models on Apache Spark and on DuckDB, and how many rows of the marts differ.

    .venv/bin/python bench/spark_build.py --events 200000 --folder NEW
    .venv/bin/python bench/spark_build.py --events 200000 --more 10000 --folder NEW
    .venv/bin/python bench/spark_build.py --events 200000 --more 10000 --workers 2 --folder NEW
    .venv/bin/python bench/spark_build.py --warehouse HOME/warehouse.duckdb --folder NEW

The first makes up events like bench/marts.py; the second adds some to them, for a run that builds only what these
touch; the third does so on a standalone cluster of processes of this machine, with one core a worker; the fourth takes
a warehouse that has topics, such as that of `turret demo`. Both engines build the models from the same raw tables,
without data tests. Seconds by the clock are those of dbt; CPU seconds are those of its process and, for Spark, of its
Java and Python processes. Written and shuffled bytes are those of Spark's tasks, by its event log.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import duckdb
from marts import REPOSITORY, build, in_child, land
from spark_cluster import cluster

from contracts import tables
from contracts.home import Home
from contracts.settings import load_settings
from orchestration.spark.session import spark_session, spark_warehouse
from orchestration.spark.warehouse_tables import copy_tables, declare_models, keep_models
from orchestration.warehouse.engine_tables import show_models
from orchestration.warehouse.resource import create_tables

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SOURCES = (*tables.RAW, *tables.ML, *tables.OPS)
MADE_BY = "the models of this benchmark"
COMPARING_MEMORY = "6GB"
"""Memory for comparing the marts of both engines, while Spark's processes still hold theirs."""


def make_up(home: Home, first: int, last: int) -> None:
    """Load made-up events, from the `first` to before the `last`, and judge their texts."""
    script = [sys.executable, str(REPOSITORY / "bench" / "marts.py"), "--folder", str(home.root), "--step"]
    land(home, first, last)
    for step in ("load", "judge"):
        in_child(*script, step)


def build_on_duckdb(home: Home, *options: str) -> None:
    """Build what is new in DuckDB."""
    began = time.monotonic()
    cost = build(home, "run", *options)
    print(f"DuckDB: {time.monotonic() - began:.1f} s, {cost.cpu_s:.1f} CPU s, {cost.peak_gb:.2f} GB", flush=True)


def log_tasks(folder: Path) -> Path:
    """Let Spark write its event log; return the folder of the log."""
    log, configuration = folder / "events", folder / "conf"
    log.mkdir()
    configuration.mkdir()
    options = {
        "spark.driver.memory": "5g",
        "spark.driver.maxResultSize": "0",
        "spark.executor.memory": "3g",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": log.as_uri(),
        "spark.eventLog.compress": "false",
    }
    lines = "".join(f"{name} {value}\n" for name, value in options.items())
    (configuration / "spark-defaults.conf").write_text(lines)
    os.environ["SPARK_CONF_DIR"] = str(configuration)
    return log


def moved_bytes(log: Path) -> tuple[int, int]:
    """Add up what the tasks of an event log wrote to files, and for other tasks."""
    written = shuffled = 0
    for file in (path for path in log.rglob("*") if path.is_file()):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                if '"SparkListenerTaskEnd"' in line:
                    metrics = json.loads(line).get("Task Metrics") or {}
                    written += metrics.get("Output Metrics", {}).get("Bytes Written", 0)
                    shuffled += metrics.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0)
    return written, shuffled


def build_on_spark(home: Home, master: str, log: Path) -> None:
    """Build what is new in Spark, in a session of its own, and compare the marts with those of DuckDB."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - DuckDB's build imports it in its own process

    settings = load_settings(home=home.root, spark_master=master)
    folder, moved = spark_warehouse(settings), moved_bytes(log)
    with (
        spark_session(settings) as session,
        duckdb.connect(str(home.warehouse), read_only=True) as connection,
    ):
        declare_models(session, folder, MADE_BY)
        copy_tables(connection, session, SOURCES, folder)
        places = ["--project-dir", str(tables.DBT_PROJECT), "--profiles-dir", str(tables.DBT_PROJECT)]
        written = ["--target-path", str(home.root / "target"), "--log-path", str(home.root / "target")]
        runner = dbtRunner()
        runner.invoke(["--quiet", "parse", "--target", "spark", *places, *written])
        began, used = time.monotonic(), cpu_seconds()
        done = runner.invoke(["--quiet", "run", "--target", "spark", *places, *written])
        print(f"Spark, {master}: {time.monotonic() - began:.1f} s, {cpu_seconds() - used:.1f} CPU s", flush=True)
        if not done.success:
            raise SystemExit(f"dbt failed on Spark: {done.exception or done.result}")
        keep_models(session, folder, MADE_BY)
    slowest = sorted(((result.execution_time, result.node.name) for result in done.result), reverse=True)[:8]
    print(f"  slowest (wall s): {', '.join(f'{name} {seconds:.1f}' for seconds, name in slowest)}")
    both = zip(("written", "shuffled"), moved, moved_bytes(log), strict=True)
    print("  " + ", ".join(f"{(after - before) / 1e6:,.1f} MB {what}" for what, before, after in both), flush=True)
    print(f"  rows that are in one engine alone: {count_differing(home, folder) or 0}", flush=True)


def count_differing(home: Home, folder: Path) -> dict[str, int]:
    """Count the rows of each mart that one of the engines alone has, if any."""
    counts = {}
    with duckdb.connect(
        config={"memory_limit": COMPARING_MEMORY, "temp_directory": str(home.root / "temp")}
    ) as connection:
        create_tables(connection)
        show_models(connection, folder)
        connection.execute(f"attach '{home.warehouse}' (read_only)")
        for mart in tables.MARTS:
            columns = ", ".join(_compared(column) for column in mart.columns)
            ours, theirs = (f"select {columns} from {place}{mart.qualified_name}" for place in ("", "warehouse."))  # noqa: S608
            # Sums of hashes take no memory; rows are told apart only where these differ.
            sums = [f"select count(*), sum(hash(r)::hugeint) from ({rows}) as r" for rows in (ours, theirs)]  # noqa: S608
            if len({*map(tuple, (connection.execute(sum_of).fetchone() for sum_of in sums))}) == 1:
                continue
            both = f"(({ours}) except all ({theirs})) union all (({theirs}) except all ({ours}))"
            ((counts[mart.name],),) = connection.execute(f"select count(*) from ({both})").fetchall()  # noqa: S608
    return counts


def _compared(column: tables.Column) -> str:
    """A column as it is compared: the engines' medians may differ in the last bit of a double."""
    return f"cast({column.name} as float) as {column.name}" if column.type == "DOUBLE" else column.name


def cpu_seconds() -> float:
    """CPU seconds of this process and of all that it has started, living or ended (Linux)."""
    parents, seconds = {}, {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        parents[int(place.parent.name)] = int(fields[1])
        seconds[int(place.parent.name)] = (
            sum(map(int, fields[11:15])) / TICKS_PER_SECOND
        )  # with what ended children used
    return sum(used for pid, used in seconds.items() if os.getpid() in _line_of(pid, parents))


def _line_of(pid: int, parents: dict[int, int]) -> list[int]:
    """Return a process and those that it descends from."""
    line = [pid]
    while line[-1] in parents:
        line.append(parents[line[-1]])
    return line


def main() -> None:
    """Measure both engines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--events", type=int, help="how many events to make up")
    chosen.add_argument("--warehouse", type=Path, help="a warehouse whose raw tables and topics to take")
    parser.add_argument("--more", type=int, default=0, help="how many made-up events to add for a second run")
    parser.add_argument("--folder", type=Path, required=True, help="a new folder")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--master", default="local[2]")
    where.add_argument("--workers", type=int, help="start a cluster with so many workers")
    given = parser.parse_args()
    home = Home(given.folder.resolve() / "home")
    home.root.mkdir(parents=True)
    if given.warehouse:
        shutil.copy(given.warehouse, home.warehouse)
    else:
        make_up(home, 0, given.events)
    log = log_tasks(given.folder.resolve())
    build(home, "parse")
    with cluster(given.folder.resolve() / "cluster", given.workers) if given.workers else nullcontext() as started:
        master = started.address if started else given.master
        build_on_duckdb(home, "--full-refresh")
        build_on_spark(home, master, log)
        if given.more:
            print(f"{given.more:,} more:")
            make_up(home, given.events, given.events + given.more)
            build_on_duckdb(home)
            build_on_spark(home, master, log)


if __name__ == "__main__":
    main()
