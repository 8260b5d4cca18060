"""One writer at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from contracts.tables import ML, ML_TOPIC_ROLES, OPS, RAW
from orchestration.errors import WarehouseBusyError
from orchestration.warehouse import resource
from orchestration.warehouse.resource import Warehouse, create_tables, is_held, open_duckdb
from orchestration.warehouse.writer_lock import hold_lock

HOLDER = """
import sys
from pathlib import Path
from orchestration.warehouse.writer_lock import hold_lock
with hold_lock(Path(sys.argv[1]), 10):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_holder(tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_hold_lock_while_another_process_holds_it_gives_up_with_a_sentence(other_holder, tmp_path):
    told = []
    with (
        pytest.raises(WarehouseBusyError, match=r"Another run has held .* for more than 0\.3 s"),
        hold_lock(tmp_path / "lock", 0.3, told.append),
    ):
        pass
    assert len(told) == 1


def test_hold_lock_after_the_holder_was_killed_is_free(other_holder, tmp_path):
    other_holder.kill()
    other_holder.wait()
    with hold_lock(tmp_path / "lock", 5):
        assert Path(tmp_path / "lock").exists()


def test_open_duckdb_while_another_process_has_it_open_gives_up_with_a_sentence(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "open\n"
        with pytest.raises(WarehouseBusyError, match="is open in another program"):
            open_duckdb(path, 0.3)
        process.kill()


def test_create_tables_makes_what_the_contract_names(tmp_path):
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        create_tables(connection)
        create_tables(connection)
        for table in (*RAW, *ML, *OPS):
            found = connection.execute(f"describe {table.qualified_name}").fetchall()
            assert [(row[0], row[1]) for row in found] == [(column.name, column.type) for column in table.columns]


def test_create_tables_gives_a_table_of_another_version_the_columns_of_the_contract_in_its_order(tmp_path):
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        connection.execute("create schema ml; create table ml.topic_roles (topic_id text, former int, project_id text)")
        connection.execute("insert into ml.topic_roles values ('top_a', 1, 'prj_a')")
        create_tables(connection)
        [row] = connection.execute("from ml.topic_roles").fetchall()
        assert [name for name, *_ in connection.description or ()] == [*ML_TOPIC_ROLES.column_names]
        assert {*row} == {"top_a", "prj_a", None}


def is_open_here(path: Path) -> bool:
    """Return whether this process has the file open for writing: DuckDB then refuses other settings."""
    try:
        duckdb.connect(path, read_only=True).close()
    except duckdb.ConnectionException:
        return True
    return False


@pytest.mark.parametrize("is_small", [True, False])
def test_small_warehouse_stays_open_between_the_steps_of_a_run_only(tmp_path, monkeypatch, is_small):
    path = tmp_path / "warehouse.duckdb"
    warehouse = Warehouse(path=str(path), lock_path=str(tmp_path / "lock"), wait_s=1)
    monkeypatch.setattr(resource, "MAX_KEPT_OPEN", resource.MAX_KEPT_OPEN if is_small else 0)
    with dg.build_resources({"warehouse": warehouse}) as resources:
        for step in range(2):
            with resources.warehouse.connect() as connection:
                connection.execute("create temp table own as select 1")  # each step has a connection of its own
                connection.execute("create table if not exists steps (step integer)")
                connection.execute("insert into steps values (?)", [step])
            assert is_open_here(path) == is_small
        resources.warehouse.close()
        assert not is_open_here(path)
        with resources.warehouse.connect() as connection:
            assert connection.execute("select count(*) from steps").fetchall() == [(2,)]
    assert not is_open_here(path)
    with warehouse.connect():  # outside of a run
        pass
    assert not is_open_here(path)


def test_damaged_warehouse_is_not_waited_for(tmp_path: Path):
    path = tmp_path / "warehouse.duckdb"
    duckdb.connect(path).close()
    content = bytearray(path.read_bytes())
    content[8192 + 100 : 8192 + 400] = bytes(byte ^ 255 for byte in content[8192 + 100 : 8192 + 400])
    path.write_bytes(content)
    with pytest.raises(duckdb.IOException, match=r"(?i)block") as damage:  # which contains the word "lock"
        open_duckdb(path, wait_s=0)
    assert not is_held(damage.value)
