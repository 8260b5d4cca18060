"""Publishing: what readers see while versions change."""

from __future__ import annotations

import re
from datetime import date, timedelta

import duckdb
import pytest

from contracts.home import Home
from contracts.tables import (
    DBT_PROJECT,
    DIM_USERS,
    FCT_EVENTS,
    FCT_FEEDBACK,
    FCT_SESSIONS,
    MARTS,
    RAW_REPLACED_EVENTS,
    read_detail_days,
)
from orchestration.errors import NothingPublishedError, PublishedFileError
from orchestration.publish import details
from orchestration.publish.published_file import publish, read_publication


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("create schema marts; create schema raw")
        for table in (*MARTS, RAW_REPLACED_EVENTS):
            columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
            connection.execute(f"create table {table.qualified_name} ({columns})")
    return home


def set_generation(home, number):
    """Give two marts the same number of rows, so that a mixed answer would show."""
    with duckdb.connect(home.warehouse) as connection:
        for table in ("dim_users", "fct_sessions"):
            connection.execute(f"delete from marts.{table}")
            connection.execute(f"insert into marts.{table} (project_id) select 'p' from range(?)", [number])


def touch(home, users=(), version=None):
    """Say as dbt does which users were touched since a version was published, by default the one that is."""
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("create schema if not exists state")
        connection.execute("create table if not exists state.progress (key varchar, value varchar)")
        connection.execute("create or replace table state.mart_keys (mart varchar, column_name varchar, key varchar)")
        connection.execute("insert into state.mart_keys values ('dim_users', 'user_id', 'user')")
        connection.execute(
            "create table if not exists state.unpublished (key varchar, project_id varchar, value varchar)"
        )
        connection.execute("insert into state.unpublished select 'user', 'p', unnest(?::varchar[])", [list(users)])
        if version:
            connection.execute("update state.progress set value = ? where key = 'published'", [version])


def set_users(home, events):
    """Give the mart of users these rows: n_events by user_id."""
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("delete from marts.dim_users")
        for row in events.items():
            connection.execute("insert into marts.dim_users (project_id, user_id, n_events) values ('p', ?, ?)", row)


def read_users(home):
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        return dict(connection.execute("select user_id, n_events from marts.dim_users").fetchall())


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
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("drop table marts.fct_sessions")
    with pytest.raises(NothingPublishedError, match=r"no table marts\.fct_sessions"):
        publish(home, "run-2", "print", 2, detail_days=30)
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


def test_publish_exchanges_what_was_touched_since_the_published_version(home):
    touch(home)
    set_users(home, {"ann": 1, "bob": 1, "cyd": 1})
    publish(home, "run-1", "print-1", 5)
    touch(home, ["bob", "cyd", "dan"])
    set_users(home, {"ann": 2, "bob": 2, "dan": 2})
    publication = publish(home, "run-2", "print-2", 5)
    assert read_users(home) == {"ann": 1, "bob": 2, "dan": 2}  # ann shows that her row was not rewritten
    assert publication == read_publication(home)
    assert (publication.run_id, publication.fingerprint, publication.n_rows) == ("run-2", "print-2", 3)


def test_publish_beside_another_version_than_the_warehouse_knows_writes_every_mart_in_full(home):
    """As after a kill between the link and the note in the warehouse, or where an older file was put back."""
    touch(home)
    set_users(home, {"ann": 1})
    first = publish(home, "run-1", "print-1", 5)
    touch(home, version="20200101T000000000000")
    set_users(home, {"ann": 2})
    publish(home, "run-2", "print-2", 5)
    assert read_users(home) == {"ann": 2}
    home.published.unlink()
    home.published.symlink_to(f"turret-{first.version}.duckdb")
    set_users(home, {"ann": 3})
    publish(home, "run-3", "print-3", 5)
    assert read_users(home) == {"ann": 3}


def test_publish_with_a_row_that_nothing_touched_writes_every_mart_in_full_and_says_so(home, caplog):
    touch(home)
    set_users(home, {"ann": 1})
    publish(home, "run-1", "print-1", 5)
    set_users(home, {"ann": 2, "bob": 2})
    publish(home, "run-2", "print-2", 5)
    assert read_users(home) == {"ann": 2, "bob": 2}
    assert "marts.dim_users has 1 rows instead of 2" in caplog.text


FIRST = date(2026, 1, 1)


def set_sessions(home, days):
    """Give each mart with details a row for each of these sessions (project, number, day), and dim_users one."""
    with duckdb.connect(home.warehouse) as connection:
        for table in (*(table for table in MARTS if table.detail_of), DIM_USERS):
            connection.execute(f"delete from {table.qualified_name}")
            for project, number, day in days:
                ids = {name: f"s{number}" for name in table.column_names if name.endswith("session_id")}
                own = {"event_id": f"e{number}", "user_id": f"u{number}", "session_date": FIRST + timedelta(days=day)}
                row = {"project_id": project, **ids, **own, "is_linked": True}
                names = [name for name in row if name in table.column_names]
                connection.execute(
                    f"insert into {table.qualified_name} ({', '.join(names)}) values ({', '.join('?' * len(names))})",
                    [row[name] for name in names],
                )


def published_numbers(home):
    """Return the sessions of each mart in the published file."""
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        found = {}
        for table in (*(table for table in MARTS if table.detail_of), DIM_USERS):
            [name] = table.detail_of[-1:] or ["user_id"]
            rows = connection.execute(f"select project_id, {name}[2:]::int from {table.qualified_name} order by all")
            found[table.name] = rows.fetchall()
        return found, read_detail_days(connection)


def touch_sessions(home, sessions):
    """Say as dbt does which sessions were touched, by which every mart with details is exchanged."""
    touch(home)
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("delete from state.mart_keys")
        for table in MARTS:
            if set(table.detail_of) & {"session_id"} and table != FCT_FEEDBACK:
                connection.execute("insert into state.mart_keys values (?, 'session_id', 'session_id')", [table.name])
        connection.execute(
            "insert into state.unpublished select 'session_id', 'p', unnest(?::varchar[])", [list(sessions)]
        )


def test_every_mart_with_an_id_of_a_session_or_an_event_says_whether_it_has_details():
    for table in MARTS:
        ids = {name for name in table.column_names if name.endswith(("session_id", "event_id"))}
        assert bool(ids) == bool(table.detail_of), table.name
        assert set(table.detail_of) <= ids
    words = " ".join((DBT_PROJECT.parent / "docs" / "marts.md").read_text().split())
    listed = words.partition("These are ")[2].partition(". A session is published in whole")[0]
    assert re.findall(r"`(\w+)`", listed) == [table.name for table in MARTS if table.detail_of]


def test_publish_of_the_newest_days_leaves_out_whole_sessions_and_nothing_of_the_other_marts(home):
    old, new = [("p", 1, 0), ("p", 2, 5)], [("p", 3, 6), ("p", 4, 20)]
    other = [("q", 5, 0), ("q", 6, 14)]  # whose newest day is earlier
    set_sessions(home, old + new + other)
    publish(home, "run-1", "print-1", 5, detail_days=15)
    found, first_days = published_numbers(home)
    due = [(project, number) for project, number, _ in new + other]
    assert found.pop("dim_users") == [(project, number) for project, number, _ in old + new + other]
    assert found == dict.fromkeys(found, due)
    assert first_days == {"p": FIRST + timedelta(days=6)}
    publish(home, "run-2", "print-2", 5)
    assert published_numbers(home)[1] == {}
    assert len(published_numbers(home)[0]["fct_sessions"]) == 6


def test_rows_of_no_session_are_published_whatever_their_day(home):
    set_sessions(home, [("p", 1, 0), ("p", 2, 30)])
    with duckdb.connect(home.warehouse) as connection:
        connection.execute(
            f"insert into {FCT_EVENTS.qualified_name} (project_id, event_id, session_id, set_apart_reason)"
            " values ('p', 'e3', 's3', 'implausible_time')"
        )
        connection.execute(f"insert into {FCT_FEEDBACK.qualified_name} (project_id, is_linked) values ('p', false)")
    publish(home, "run-1", "print-1", 5, detail_days=15)
    found, _ = published_numbers(home)
    assert found["fct_events"] == [("p", 2), ("p", 3)]
    assert found["fct_feedback"] == [("p", 2), ("p", None)]


def test_days_that_become_too_old_leave_a_copy_of_the_last_file(home):
    sessions = [("p", number, number) for number in range(31)]
    set_sessions(home, sessions)
    touch_sessions(home, [])
    publish(home, "run-1", "print-1", 5, detail_days=20)
    assert published_numbers(home)[0]["fct_sessions"][0] == ("p", 11)
    set_sessions(home, [*sessions, ("p", 31, 31), ("p", 32, 32)])
    touch_sessions(home, ["s31", "s32"])
    with duckdb.connect(
        home.warehouse
    ) as connection:  # a row that nothing touched shows that the file was not rewritten
        connection.execute("update marts.fct_sessions set n_events = 7 where session_id = 's20'")
    publish(home, "run-2", "print-2", 5, detail_days=20)
    found, first_days = published_numbers(home)
    assert found.pop("dim_users") == [("p", number) for number in range(33)]
    assert found == {name: [("p", number) for number in range(13, 33)] for name in found}
    assert first_days == {"p": FIRST + timedelta(days=13)}
    seven = f"from {FCT_SESSIONS.qualified_name} where n_events = 7"
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        assert connection.execute(seven).fetchall() == []
    publish(home, "run-3", "print-3", 5, detail_days=25)  # more days than the copy has
    assert published_numbers(home)[0]["fct_events"] == [("p", number) for number in range(8, 33)]
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        assert len(connection.execute(seven).fetchall()) == 1


def test_an_aggregate_that_is_not_that_of_the_warehouse_is_not_published(home, monkeypatch):
    set_sessions(home, [("p", 1, 0), ("p", 2, 30)])
    publish(home, "run-1", "print-1", 5, detail_days=15)
    whole = details.Details.published
    short = "(from warehouse.marts.dim_users limit 1)"
    monkeypatch.setattr(details.Details, "published", lambda own, t: short if t == DIM_USERS else whole(own, t))
    with pytest.raises(PublishedFileError, match=r"other rows of marts\.dim_users than the warehouse"):
        publish(home, "run-2", "print-2", 5, detail_days=15)
    assert read_publication(home).run_id == "run-1"
