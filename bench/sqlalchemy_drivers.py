"""What each SQLAlchemy driver for DuckDB supports with each SQLAlchemy, each pair in a separate venv.

    python bench/sqlalchemy_drivers.py --folder NEW

Nothing of Turret is installed there: the drivers read a file that Turret's publishing wrote.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import duckdb
from harness.generations import Generations

from contracts.home import Home

PAIRS = (
    ("duckdb-sqlalchemy==1.5.6.5", "sqlalchemy==2.1.9"),
    ("duckdb-sqlalchemy==1.5.6.5", "sqlalchemy==2.0.58"),
    ("duckdb-engine==0.17.0", "sqlalchemy==2.1.9"),
    ("duckdb-engine==0.17.0", "sqlalchemy==2.0.58"),
    ("duckdb-engine==0.17.0", "sqlalchemy==1.4.54"),
)
N_TOPICS = 3

TRIAL = """
import json, sys
import duckdb, sqlalchemy as sa

engine = sa.create_engine(
    "duckdb:///" + sys.argv[1], connect_args={"read_only": True}, poolclass=sa.pool.NullPool
)

def count():
    with engine.connect() as connection:
        return connection.execute(sa.text("select count(*) from marts.dim_topics where 1 = :one"), {"one": 1}).scalar()

def reflected():
    table = sa.Table("dim_topics", sa.MetaData(), schema="marts", autoload_with=engine)
    with engine.connect() as connection:
        return len(connection.execute(sa.select(table.c.project_id, table.c.keywords)).fetchall())

def refuses_to_write():
    try:
        with engine.begin() as connection:
            connection.execute(sa.text("delete from marts.dim_topics"))
    except sa.exc.DBAPIError as error:
        return "read-only" in str(error)
    return False

wanted = int(sys.argv[2])
trials = {
    "query": lambda: count() == wanted,
    "tables": lambda: "dim_topics" in sa.inspect(engine).get_table_names(schema="marts"),
    "columns": lambda: len(sa.inspect(engine).get_columns("dim_topics", schema="marts")) > 5,
    "reflected": lambda: reflected() == wanted,
    "read-only": refuses_to_write,
}
found = {"duckdb": duckdb.__version__}
for name, trial in trials.items():
    try:
        found[name] = "yes" if trial() else "wrong"
    except Exception as error:
        found[name] = "no: " + " ".join(str(error).split())[:60]
print(json.dumps(found))
"""


def try_pair(folder: Path, packages: tuple[str, ...], file: Path) -> dict[str, str]:
    """Install the packages beside this Python's own version of duckdb and run the trial."""
    venv = folder / "-".join(packages).replace("==", "-")
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    install = [venv / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, f"duckdb=={duckdb.__version__}", *packages], check=True, stderr=subprocess.DEVNULL)
    command = [venv / "bin" / "python", "-c", TRIAL, file, str(N_TOPICS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def main() -> None:
    """Test every pair and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="a new folder, for the venvs")
    folder: Path = parser.parse_args().folder.resolve()
    folder.mkdir(parents=True)
    generations = Generations(Home(folder / "home"))
    generations.prepare()
    generations.publish(N_TOPICS)
    print("| driver | SQLAlchemy | duckdb | query | tables | columns | reflected | read-only |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for packages in PAIRS:
        found = try_pair(folder, packages, generations.home.published)
        print("| " + " | ".join([*packages, *found.values()]) + " |", flush=True)


if __name__ == "__main__":
    main()
