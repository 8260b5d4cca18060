"""Releasing a blocked raw gate: blocking rows are listed, quarantined with the reason, and never count again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from orchestration.checks.release import find_blocked, release_blocked
from orchestration.ingest.loader import forget_segments, load_segments
from orchestration.ingest.segments import list_segments
from orchestration.warehouse.resource import create_tables
from tests.factories.landing_factory import PROJECT_ID, as_bytes, land, landed_event

SAID = "what the user said"
LONG_NAME = "n" * 256
A = f"project_id={PROJECT_ID}/date=2026-03-02/hour=14/a.ndjson.zst"


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def settings(home):
    return load_settings(home=home.root)


def load(home, run_id="run-1"):
    with duckdb.connect(home.warehouse) as connection:
        create_tables(connection)
        return load_segments(connection, home, list_segments(home.landing), run_id)


def rows(home, sql="select event_id, name from raw.events order by all"):
    with duckdb.connect(home.warehouse) as connection:
        return connection.execute(sql).fetchall()


def accounted(home):
    return rows(home, "select n_lines - n_loaded - n_duplicates - n_rejected from raw.segments order by segment")


def bad_event(number: int, **changes: str) -> dict[str, Any]:
    """An event that the loader takes and the gate does not: a name longer than the collector lets pass."""
    return landed_event(number, name=LONG_NAME, metadata={"prompt": SAID}, **changes)


def test_find_blocked_before_the_first_run_is_empty(settings):
    assert find_blocked(settings).is_empty
    assert release_blocked(settings).n_rows == 0


def test_find_blocked_names_keys_and_reasons_and_no_text(home, settings):
    land(home, "a", as_bytes([landed_event(1), bad_event(2)]))
    load(home)
    (row,) = find_blocked(settings).rows
    assert (row.project_id, row.event_id, row.segment, row.line_number) == (PROJECT_ID, "event-2", A, 2)
    assert row.reasons == ("a name longer than the collector accepts",)
    assert SAID not in str(replace(row, line=""))


def test_release_keeps_the_line_with_its_reason_and_lets_the_rest_pass(home, settings):
    land(home, "a", as_bytes([landed_event(1), bad_event(2), landed_event(3)]))
    load(home)
    done = release_blocked(settings)
    assert (done.n_rows, done.n_files) == (1, 1)
    (record,) = [json.loads(line) for line in done.places[0].read_text(encoding="utf-8").splitlines()]
    assert (record["segment"], record["line_number"]) == (A, 2)
    assert "longer than the collector accepts" in record["reason"]
    assert json.loads(record["line"]) == bad_event(2)
    load(home, "run-2")
    assert rows(home) == [("event-1", "message"), ("event-3", "message")]
    assert accounted(home) == [(0,)]
    assert find_blocked(settings).is_empty


def test_release_holds_for_a_rebuilt_warehouse(home, settings):
    land(home, "a", as_bytes([landed_event(1), bad_event(2)]))
    load(home)
    release_blocked(settings)
    home.warehouse.unlink()
    assert load(home).n_rejected == 1
    assert rows(home) == [("event-1", "message")]


def test_release_of_a_later_row_of_the_same_file_keeps_both_records(home, settings):
    land(home, "a", as_bytes([bad_event(1), landed_event(2)]))
    load(home)
    release_blocked(settings)
    load(home, "run-2")
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("update raw.events set name = ''")
    place = release_blocked(settings).places[0]
    assert [json.loads(line)["line_number"] for line in place.read_bytes().splitlines()] == [1, 2]


def test_release_lets_another_copy_of_the_event_count(home, settings):
    first, later = "2026-03-02T14:00:00.000000Z", "2026-03-02T14:10:00.000000Z"
    land(home, "a", as_bytes([bad_event(1, received_at=first)]))
    land(home, "b", as_bytes([landed_event(1, received_at=later)]))
    load(home)
    assert rows(home) == [("event-1", LONG_NAME)]
    assert release_blocked(settings).n_files == 2
    load(home, "run-2")
    assert rows(home) == [("event-1", "message")]
    assert accounted(home) == [(0,), (0,)]


def test_release_of_an_event_that_stands_twice_loses_none(home, settings):
    land(home, "a", as_bytes([landed_event(1), landed_event(2)]))
    load(home)
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("insert into raw.events select * replace (9 as line_number) from raw.events limit 1")
    assert not find_blocked(settings).is_empty
    done = release_blocked(settings)
    assert (done.n_rows, done.places) == (0, ())
    load(home, "run-2")
    assert [name for name, _ in rows(home)] == ["event-1", "event-2"]


def test_release_of_a_file_that_does_not_add_up_loads_it_again(home, settings):
    land(home, "a", as_bytes([landed_event(1), landed_event(2)]))
    load(home)
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("delete from raw.events where event_id = 'event-2'; update raw.segments set n_loaded = 1")
    assert find_blocked(settings).segments == (A,)
    assert release_blocked(settings).n_files == 1
    load(home, "run-2")
    assert [name for name, _ in rows(home)] == ["event-1", "event-2"]


def test_release_of_a_row_whose_file_is_gone_keeps_the_other_rows(home, settings):
    land(home, "a", as_bytes([landed_event(1), bad_event(2)]))
    load(home)
    (home.landing / A).unlink()
    assert release_blocked(settings).n_files == 0
    assert rows(home) == [("event-1", "message")]
    assert find_blocked(settings).is_empty


@pytest.mark.parametrize("forgotten", ["a", "b", "ab"])
def test_forget_and_load_again_gives_the_same_rows_also_with_copies_across_files(home, forgotten):
    early, late = "2026-03-02T14:00:00.000000Z", "2026-03-02T14:10:00.000000Z"
    land(home, "a", as_bytes([landed_event(1, received_at=early), landed_event(2, received_at=late), landed_event(3)]))
    land(home, "b", as_bytes([landed_event(1, received_at=late), landed_event(2, received_at=early), landed_event(4)]))
    load(home)
    everything = "select * from raw.events order by all"
    counts = "select segment, n_lines, n_loaded, n_duplicates, n_rejected from raw.segments order by all"
    before = rows(home, everything), rows(home, counts)
    with duckdb.connect(home.warehouse) as connection:
        names = [segment.name for segment in list_segments(home.landing) if segment.path.name[0] in forgotten]
        forget_segments(connection, names)
    load(home, "run-2")
    assert (rows(home, everything), rows(home, counts)) == before
