"""Which DuckDB the tests run under: `make test-duckdb2` puts another one in front of the installed one."""

from __future__ import annotations

import os
import subprocess
import sys

import duckdb
import pyarrow as pa


def test_duckdb_version_is_the_one_that_was_asked_for():
    expected = 2 if "duckdb2" in os.environ.get("PYTHONPATH", "") else 1
    assert int(duckdb.__version__.split(".")[0]) == expected
    code = "import duckdb; print(duckdb.__version__)"
    child = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    assert child == duckdb.__version__


def test_count_of_a_relation_is_read_to_its_end_before_the_next_statement():
    """DuckDB 2 keeps an answer open after its only row was fetched, and then takes no table from Python."""
    from contracts.tables import RAW_EVENTS  # noqa: PLC0415
    from orchestration.warehouse.resource import create_tables  # noqa: PLC0415
    from orchestration.warehouse.table_metadata import count_rows  # noqa: PLC0415

    with duckdb.connect() as connection:
        create_tables(connection)
        assert count_rows(connection, RAW_EVENTS) == {"dagster/row_count": 0}
        connection.register("rows", pa.table({"n": [1]}))
        assert connection.execute("select n from rows").fetchall() == [(1,)]
