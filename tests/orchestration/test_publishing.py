"""Publishing: what readers see while versions change."""

from __future__ import annotations

import duckdb
import pytest

from contracts.home import Home
from contracts.tables import MARTS
from orchestration.errors import NothingPublishedError
from orchestration.publish.published_file import publish, read_publication


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("create schema marts")
        for table in MARTS:
            columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
            connection.execute(f"create table {table.qualified_name} ({columns})")
    return home


def set_generation(home, number):
    """Give two marts the same number of rows, so that a mixed answer would show."""
    with duckdb.connect(home.warehouse) as connection:
        for table in ("dim_users", "fct_sessions"):
            connection.execute(f"delete from marts.{table}")
            connection.execute(f"insert into marts.{table} (project_id) select 'p' from range(?)", [number])


def read_counts(home):
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        return connection.execute(
            "select (select count(*) from marts.dim_users), (select count(*) from marts.fct_sessions)"
        ).fetchone()


def test_publish_puts_every_mart_with_its_descriptions_behind_the_link(home):
    publication = publish(home, "run-1", "print-1", 5)
    assert home.published.is_symlink()
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        found = connection.execute(
            "select table_name, column_name, data_type, comment from duckdb_columns() where schema_name = 'marts'"
            " order by table_name, column_index"
        ).fetchall()
    expected = [(t.name, c.name, c.type, c.description) for t in sorted(MARTS, key=lambda t: t.name) for c in t.columns]
    assert found == expected
    assert read_publication(home) == publication


def test_publish_writes_a_file_that_older_duckdb_versions_can_read(home):
    publish(home, "run-1", "print-1", 5)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.published.resolve()}' as published (read_only)")
        (tags,) = connection.execute("select tags from duckdb_databases() where database_name = 'published'").fetchone()
    assert tags["storage_version"].startswith("v1.2.0")


def test_publish_keeps_the_newest_versions_only(home):
    for number in range(5):
        set_generation(home, number)
        publish(home, f"run-{number}", "print", 2)
    assert len(list(home.published_folder.glob("turret-*.duckdb"))) == 2
    assert read_counts(home) == (4, 4)


def test_publish_with_a_missing_mart_leaves_readers_the_last_good_marts(home):
    set_generation(home, 1)
    publish(home, "run-1", "print", 2)
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("drop table marts.dim_users")
    with pytest.raises(NothingPublishedError, match=r"no table marts\.dim_users"):
        publish(home, "run-2", "print", 2)
    assert read_counts(home) == (1, 1)
    set_generation_again = read_publication(home)
    assert set_generation_again.run_id == "run-1"


def test_publish_after_an_interrupted_one_clears_its_draft(home):
    home.published_folder.mkdir()
    (home.published_folder / "turret-1.draft").write_bytes(b"half a file")
    publish(home, "run-1", "print", 2)
    assert not list(home.published_folder.glob("*.draft*"))


def test_read_publication_before_the_first_is_none(tmp_path):
    assert read_publication(Home(tmp_path)) is None


def test_read_publication_of_a_damaged_file_is_none_so_that_a_run_mends_it(home):
    publish(home, "run-1", "print", 2)
    home.published.resolve().write_bytes(b"\x00garbage" * 1000)
    assert read_publication(home) is None
    publish(home, "run-2", "print", 2)
    assert read_publication(home).run_id == "run-2"
