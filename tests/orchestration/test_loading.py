"""Landed files into the warehouse, good ones and damaged ones."""

from __future__ import annotations

import json

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.home import Home
from contracts.tables import OPS_STAGE_RUNS, RAW_SEGMENTS
from orchestration.ingest.line_reader import read_landed_lines
from orchestration.ingest.loader import LoadReport, load_segments
from orchestration.ingest.segments import list_segments
from orchestration.warehouse.resource import create_tables
from orchestration.warehouse.sql_files import read_sql
from tests.factories.landing_factory import PROJECT_ID, as_bytes, land, landed_event
from tests.factories.warehouse_factory import insert_rows

OTHER_PROJECT = "prj_fedcba9876543210"
_ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_SCALARS = st.none() | st.booleans() | st.text(_ANY, max_size=5) | st.integers(-(2**63), 2**64 - 1)
_VALUES = st.recursive(
    _SCALARS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(_ANY, max_size=3), inner, max_size=2),
    max_leaves=4,
)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def warehouse(home):
    with duckdb.connect(home.warehouse) as connection:
        create_tables(connection)
        yield connection


def load(warehouse, home, run_id="run-1"):
    return load_segments(warehouse, home, list_segments(home.landing), run_id)


def event_ids(warehouse):
    return sorted(row[0] for row in warehouse.execute("select event_id from raw.events").fetchall())


def quarantined(home):
    files = sorted((home.quarantine / "segments").glob("*.ndjson"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def test_load_segments_keeps_every_value_of_an_event(warehouse, home):
    event = landed_event(1, metadata={"prompt": 'Größe? ☃ 👋\n\t"', "nested": {"a": [1, None, 2.5]}, "n": 12345678901})
    land(home, "a", as_bytes([event]))
    load(warehouse, home)
    (row,) = warehouse.execute("select * from raw.events").fetchall()
    assert row[:7] == (PROJECT_ID, "event-1", "message", "session-0", True, "user-0", True)
    assert [f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z" for moment in row[7:9]] == [event["occurred_at"], event["received_at"]]
    assert json.loads(row[9]) == event["metadata"]
    assert row[10:] == (f"project_id={PROJECT_ID}/date=2026-03-02/hour=14/a.ndjson.zst", 1)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.dictionaries(st.text(_ANY, max_size=3), _VALUES, max_size=2), min_size=20, max_size=20))
@example([{"n": number} for number in (1e16, -3.5e-7, 1e21, 1e-5, -0.0, 2**64 - 1, 1e308, 5e-324)])
@example([{"\x0b\x1f": "\\u000b \x7f\u2028 1e5", "\t": ["\b\f\r\n/"]}])
def test_line_reader_writes_metadata_as_duckdb_does(tmp_path_factory, documents):
    home = Home(tmp_path_factory.mktemp("home"))
    path = land(home, "a", as_bytes(landed_event(number, metadata=each) for number, each in enumerate(documents)))
    with duckdb.connect() as connection:
        connection.execute(read_sql("stage_landed_files"), {"paths": [str(path)], "landing": str(home.landing)})
        rows = connection.execute("select metadata from landed order by line_number").fetchall()
    read = read_landed_lines(path, PROJECT_ID)
    assert [(event["metadata"],) for event in read.events] == rows


def test_load_segments_again_loads_nothing(warehouse, home):
    land(home, "a", as_bytes(landed_event(number) for number in range(3)))
    assert load(warehouse, home).n_loaded == 3
    assert load(warehouse, home, "run-2") == LoadReport()
    assert len(event_ids(warehouse)) == 3


def test_load_segments_counts_an_event_id_once_within_and_across_files(warehouse, home):
    land(home, "a", as_bytes([landed_event(1), landed_event(1), landed_event(2)]))
    load(warehouse, home)
    land(home, "b", as_bytes([landed_event(2), landed_event(3)]))
    assert load(warehouse, home, "run-2") == LoadReport(1, 2, 1, 1, 0)
    assert event_ids(warehouse) == ["event-1", "event-2", "event-3"]


def test_load_segments_keeps_the_same_event_id_of_two_projects(warehouse, home):
    land(home, "a", as_bytes([landed_event(1)]))
    land(home, "b", as_bytes([landed_event(1, project_id=OTHER_PROJECT)]), project_id=OTHER_PROJECT)
    assert load(warehouse, home).n_loaded == 2


def test_load_segments_numbers_the_lines_of_each_file(warehouse, home):
    land(home, "a", as_bytes(landed_event(number) for number in range(3)))
    land(home, "b", as_bytes(landed_event(number) for number in range(3, 5)))
    load(warehouse, home)
    rows = warehouse.execute("select event_id, line_number from raw.events order by event_id").fetchall()
    assert rows == [("event-0", 1), ("event-1", 2), ("event-2", 3), ("event-3", 1), ("event-4", 2)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"no json\n", "not JSON"),
        (b"\xff\xfe\n", "not JSON"),
        (b"[1]\n", "list"),
        (landed_event(9, name=""), "name"),
        (landed_event(9, metadata=[]), "metadata"),
        (landed_event(9, occurred_at="yesterday"), "occurred_at"),
        (landed_event(9, occurred_at="2027-01-01T00:00:00.000000Z"), "24 hours"),
        (landed_event(9, project_id=OTHER_PROJECT), "project_id"),
    ],
)
def test_load_segments_with_a_bad_line_keeps_the_good_ones_and_says_why(warehouse, home, line, reason):
    land(home, "a", as_bytes([landed_event(1), line, landed_event(2)]))
    land(home, "b", as_bytes([landed_event(3)]))
    assert load(warehouse, home) == LoadReport(2, 4, 3, 0, 1)
    assert event_ids(warehouse) == ["event-1", "event-2", "event-3"]
    (record,) = quarantined(home)
    assert record["line_number"] == 2
    assert reason in record["reason"]


def test_load_segments_with_a_cut_off_file_keeps_what_is_whole(warehouse, home):
    whole = as_bytes(landed_event(number) for number in range(2000))
    land(home, "a", whole[: len(whole) // 2])
    report = load(warehouse, home)
    assert 0 < report.n_loaded < 2000
    assert event_ids(warehouse) == sorted(f"event-{number}" for number in range(report.n_loaded))
    assert "truncated" in quarantined(home)[0]["reason"]


@pytest.mark.parametrize("content", [b"", b"\x00\x01rubbish", as_bytes([landed_event(1)])[:6]])
def test_load_segments_with_an_unreadable_file_rejects_it_once(warehouse, home, content):
    land(home, "a", content)
    assert load(warehouse, home) == LoadReport(1, 1, 0, 0, 1)
    assert load(warehouse, home, "run-2") == LoadReport()
    assert len(quarantined(home)) == 1


def test_load_segments_with_an_empty_compressed_file_is_no_error(warehouse, home):
    land(home, "a", as_bytes([]))
    assert load(warehouse, home) == LoadReport(1, 0, 0, 0, 0)


def test_load_segments_interrupted_before_the_mark_loads_the_file_on_the_next_run(warehouse, home):
    land(home, "a", as_bytes([landed_event(1)]))
    warehouse.execute("alter table raw.segments rename to hidden")
    warehouse.execute("create view raw.segments as from raw.hidden")
    with pytest.raises(duckdb.Error):
        load(warehouse, home)
    warehouse.execute("drop view raw.segments")
    warehouse.execute("alter table raw.hidden rename to segments")
    assert event_ids(warehouse) == []
    assert load(warehouse, home).n_loaded == 1


def test_load_segments_with_a_file_cut_off_between_two_lines_says_so(warehouse, home):
    first, second = as_bytes([landed_event(1)]), as_bytes([landed_event(2)])
    land(home, "a", first + second[:-4])
    assert load(warehouse, home).n_rejected == 1
    assert "truncated" in quarantined(home)[0]["reason"]


def test_events_that_a_killed_run_loaded_are_new_until_a_run_publishes_them():
    with duckdb.connect() as connection:
        create_tables(connection)
        for run_id, n_loaded in (("published", 5), ("killed", 7), ("now", 11)):
            row = {"segment": run_id, "project_id": PROJECT_ID, "n_loaded": n_loaded, "run_id": run_id}
            insert_rows(connection, RAW_SEGMENTS, [row])
        for run_id, stage in (("published", "load"), ("published", "publish"), ("killed", "load")):
            insert_rows(connection, OPS_STAGE_RUNS, [{"run_id": run_id, "stage": stage}])
        assert connection.execute(read_sql("count_unpublished")).fetchall() == [(18,)]
