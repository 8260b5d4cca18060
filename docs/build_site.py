"""Build dbt's documentation of all tables as one page that needs no network: `make docs-site`.

    .venv/bin/python docs/build_site.py build/docs-site

The page shows every model, source, column, test and exposure, with its SQL and its lineage. The types in it come from
the engine: the models are built once, over an empty warehouse that is thrown away.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from contracts.settings import load_settings
from orchestration.dbt.project import dbt_variables, profile_variables
from orchestration.warehouse.resource import create_tables

REPOSITORY = Path(__file__).resolve().parents[1]
DBT_PROJECT = REPOSITORY / "dbt_project"


def build_site(folder: Path) -> Path:
    """Write `index.html` into `folder`; gives its path.

    Raises:
        SystemExit: dbt failed; what it said is the message.
    """
    with tempfile.TemporaryDirectory() as scratch:
        warehouse = Path(scratch) / "warehouse.duckdb"
        with duckdb.connect(warehouse) as connection:
            create_tables(connection)
        _dbt(warehouse, "run")
        _dbt(warehouse, "docs", "generate", "--static")
        page = (Path(scratch) / "target" / "static_index.html").read_text(encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    site = folder / "index.html"
    site.write_text(page, encoding="utf-8")
    return site


def _dbt(warehouse: Path, *words: str) -> None:
    scratch = warehouse.parent
    environment = {
        **os.environ,
        **profile_variables(warehouse.name),
        "DBT_TARGET_PATH": str(scratch / "target"),
        "DBT_LOG_PATH": str(scratch / "logs"),
        "DBT_USE_COLORS": "false",
    }
    command = [Path(sys.executable).with_name("dbt"), "--quiet", *words]
    given = ["--vars", dbt_variables(load_settings()), "--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT]
    done = subprocess.run([*command, *given], cwd=scratch, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"dbt {' '.join(words)} failed:\n{done.stdout}{done.stderr}")


def main() -> None:
    """Build the site into the folder that was named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where index.html is written")
    print(f"Open {build_site(parser.parse_args().folder)} in a browser.")


if __name__ == "__main__":
    main()
