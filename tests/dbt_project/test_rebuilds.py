"""What makes the models be built in full again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from tests.factories.dbt_factory import run_dbt
from tests.factories.warehouse_factory import make_warehouse

if TYPE_CHECKING:
    from pathlib import Path


def test_what_the_models_were_made_by_is_forgotten_when_a_rebuild_begins(tmp_path: Path, scratch: Path):
    """An interrupted rebuild leaves rows of its SQL: reverting the SQL must rebuild them again."""
    warehouse = tmp_path / "warehouse.duckdb"
    make_warehouse(warehouse, [])
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema state")
        connection.execute("create table state.progress (key varchar, value varchar)")
        connection.execute(
            "insert into state.progress values"
            " ('made_by', 'other SQL'), ('goals', 'other goals'), ('ids', 'other ids'), ('published', 'of other SQL')"
        )
    run_dbt(warehouse, "run", "--select", "stg_raw__goals", scratch=scratch)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        keys = {key for (key,) in connection.execute("select key from state.progress").fetchall()}
    assert keys.isdisjoint({"made_by", "goals", "ids", "published"})
    assert "rebuild" in keys
