"""The cost of dbt's models on Apache Spark and on DuckDB, and how many rows of the marts differ.

    .venv/bin/python bench/spark_build.py --events 200000 --folder NEW
    .venv/bin/python bench/spark_build.py --warehouse HOME/warehouse.duckdb --folder NEW

The first makes up events like bench/marts.py; the second takes a warehouse that has topics, such as that of
`turret demo`. Both engines build all models from the same raw tables, without data tests. Seconds by the clock are
those of dbt; CPU seconds are those of its process and, for Spark, of its Java and Python workers. Shuffled bytes are
those that Spark's tasks wrote for other tasks, by its event log.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path

import duckdb
from marts import REPOSITORY, build, in_child, land

from contracts import tables
from contracts.home import Home
from contracts.settings import load_settings
from orchestration.spark.session import spark_session
from orchestration.spark.warehouse_tables import copy_tables

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SOURCES = (*tables.RAW, *tables.ML, *tables.OPS)


def make_up(home: Home, n_events: int) -> None:
    """Load `n_events` made-up events and judge their texts."""
    script = [sys.executable, str(REPOSITORY / "bench" / "marts.py"), "--folder", str(home.root), "--step"]
    land(home, 0, n_events)
    for step in ("load", "judge"):
        in_child(*script, step)


def build_on_duckdb(home: Home) -> None:
    """Build all models in DuckDB."""
    build(home, "parse")
    began = time.monotonic()
    cost = build(home, "run", "--full-refresh")
    print(f"DuckDB: {time.monotonic() - began:.1f} s, {cost.cpu_s:.1f} CPU s, {cost.peak_gb:.2f} GB", flush=True)


def log_shuffles(folder: Path) -> Path:
    """Let Spark write its event log; return the folder of the log."""
    log, configuration = folder / "events", folder / "conf"
    log.mkdir()
    configuration.mkdir()
    options = {
        "spark.driver.memory": "6g",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": log.as_uri(),
        "spark.eventLog.compress": "false",
    }
    lines = "".join(f"{name} {value}\n" for name, value in options.items())
    (configuration / "spark-defaults.conf").write_text(lines)
    os.environ["SPARK_CONF_DIR"] = str(configuration)
    return log


def shuffled_bytes(log: Path) -> int:
    """Add up what the tasks of an event log wrote for other tasks."""
    total = 0
    for file in (path for path in log.rglob("*") if path.is_file()):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                if '"SparkListenerTaskEnd"' in line:
                    metrics = json.loads(line).get("Task Metrics") or {}
                    total += metrics.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0)
    return total


def build_on_spark(home: Home, master: str) -> None:
    """Build all models in Spark, and compare the marts with those of DuckDB."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - DuckDB's build imports it in its own process

    with (
        spark_session(load_settings(home=home.root, spark_master=master)) as session,
        duckdb.connect(str(home.warehouse), read_only=True) as connection,
    ):
        copy_tables(connection, session, SOURCES, home.root / "sources")
        places = ["--project-dir", str(tables.DBT_PROJECT), "--profiles-dir", str(tables.DBT_PROJECT)]
        written = ["--target-path", str(home.root / "target"), "--log-path", str(home.root / "target")]
        runner = dbtRunner()
        runner.invoke(["--quiet", "parse", "--target", "spark", *places, *written])
        began, used = time.monotonic(), cpu_seconds()
        done = runner.invoke(["--quiet", "run", "--target", "spark", "--full-refresh", *places, *written])
        print(f"Spark, {master}: {time.monotonic() - began:.1f} s, {cpu_seconds() - used:.1f} CPU s", flush=True)
        if not done.success:
            raise SystemExit(f"dbt failed on Spark: {done.exception or done.result}")
        for mart in tables.MARTS:
            connection.register("on_spark", session.table(mart.qualified_name).toArrow())
            columns = ", ".join(_compared(column) for column in mart.columns)
            ours, theirs = (f"(select {columns} from {name})" for name in (mart.qualified_name, "on_spark"))  # noqa: S608
            sql = f"select count(*) from ({ours} except all {theirs} union all ({theirs} except all {ours}))"  # noqa: S608
            differing = connection.execute(sql).fetchone()
            print(f"{mart.name}: {differing[0] if differing else 0} rows are in one engine alone")


def _compared(column: tables.Column) -> str:
    """A column as it is compared: the engines' medians may differ in the last bit of a double."""
    return f"cast({column.name} as float) as {column.name}" if column.type == "DOUBLE" else column.name


def cpu_seconds() -> float:
    """CPU seconds of this process and of all that it has started, living or ended."""
    used, processes = 0.0, [os.getpid()]
    while processes:
        folder = Path("/proc") / str(processes.pop())
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            children = [(thread / "children").read_text() for thread in (folder / "task").iterdir()]
        except OSError:
            continue  # it has just ended
        used += sum(map(int, fields[11:15])) / TICKS_PER_SECOND
        processes += [int(child) for line in children for child in line.split()]
    return used


def main() -> None:
    """Measure both engines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--events", type=int, help="how many events to make up")
    chosen.add_argument("--warehouse", type=Path, help="a warehouse whose raw tables and topics to take")
    parser.add_argument("--folder", type=Path, required=True, help="a new folder")
    parser.add_argument("--master", default="local[2]")
    given = parser.parse_args()
    home = Home(given.folder.resolve() / "home")
    home.root.mkdir(parents=True)
    if given.warehouse:
        shutil.copy(given.warehouse, home.warehouse)
    else:
        make_up(home, given.events)
    build_on_duckdb(home)
    log = log_shuffles(given.folder.resolve())
    build_on_spark(home, given.master)
    print(f"{shuffled_bytes(log) / 1e6:,.1f} MB shuffled")


if __name__ == "__main__":
    main()
