"""`dbt source freshness` tells a person when nothing new has come for a day."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.factories.dbt_factory import DBT_PROJECT, run_dbt

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dbt_project.conftest import Built


OPERATIONS = DBT_PROJECT.parent / "docs/operations.md"
WATCHED = {"raw.events": "received_at", "raw.segments": "loaded_at", "ops.stage_runs": "started_at"}


@pytest.mark.parametrize(("hours_ago", "verdict"), [(1, "PASS"), (30, "WARN")])
def test_source_freshness_warns_after_a_day_without_anything_new(
    built: Built, tmp_path: Path, hours_ago: int, verdict: str
):
    warehouse = tmp_path / built.path.name
    shutil.copy(built.path, warehouse)
    with duckdb.connect(warehouse) as connection:
        for table, column in WATCHED.items():
            connection.execute(f"insert into {table} ({column}) select now()::timestamp - to_hours(?)", [hours_ago])
            connection.execute(
                f"update {table} set {column} = least({column}, now()::timestamp - to_hours(?))", [hours_ago]
            )
    output = run_dbt(warehouse, *documented(), scratch=built.scratch)
    found = re.findall(r"(PASS|WARN|ERROR) freshness of (\w+\.\w+)", output)
    assert sorted(found) == sorted((verdict, table) for table in WATCHED)


def documented() -> list[str]:
    """The words of docs/operations.md between `dbt` and the places, which `run_dbt` gives itself."""
    (line,) = re.findall(r"^TURRET_WAREHOUSE=.* \.venv/bin/(dbt .*)$", OPERATIONS.read_text(), re.MULTILINE)
    _, *words = line.split()
    assert words[-4:] == ["--project-dir", "dbt_project", "--profiles-dir", "dbt_project"]
    return words[:-4]
