"""A run takes no more memory than its share of the machine or the container."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestration.warehouse import memory_limit
from orchestration.warehouse.resource import open_duckdb

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("memory_gb", "limit_gb"), [(2, 1), (4, 2), (8, 4), (16, 4), (24, 6), (64, 16)])
def test_limit_is_a_quarter_or_what_usual_projects_need(memory_gb: int, limit_gb: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory_limit, "_memory_bytes", lambda: memory_gb * 10**9)
    assert memory_limit.memory_limit() == f"{limit_gb}000MB"


def test_warehouse_keeps_to_the_limit_of_its_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    limit = tmp_path / "memory.max"
    limit.write_text(f"{1 << 30}\n")
    monkeypatch.setattr(memory_limit, "_CGROUP_LIMITS", (tmp_path / "missing", limit))
    with open_duckdb(tmp_path / "warehouse.duckdb", 0) as connection:
        assert connection.execute("select current_setting('memory_limit')").fetchone() == ("511.1 MiB",)
