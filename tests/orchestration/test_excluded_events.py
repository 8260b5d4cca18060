"""Events that do not count: those that people deleted, and those whose time is far before all others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from contracts import tables
from orchestration.ingest.excluded_events import exclude_events
from orchestration.warehouse.resource import create_tables
from tests.factories.warehouse_factory import Event, insert_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

BULK_FROM = datetime(2026, 3, 1)  # noqa: DTZ001  # the warehouse holds UTC without a zone


def _bulk(n: int) -> list[Event]:
    return [Event(f"bulk_{place}", BULK_FROM + timedelta(hours=place)) for place in range(n)]


def _at(*times: str) -> list[Event]:
    return [Event(f"odd_{place}", datetime.fromisoformat(time)) for place, time in enumerate(times)]


@pytest.fixture
def warehouse():
    with duckdb.connect() as connection:
        create_tables(connection)
        yield connection


def _set_apart(connection: duckdb.DuckDBPyConnection, events: Iterable[Event]) -> dict[str, str]:
    insert_rows(connection, tables.RAW_EVENTS, [event.as_row() for event in events])
    exclude_events(connection)
    return dict(connection.execute("select event_id, reason from raw.set_apart_events").fetchall())


def test_set_events_apart_clocks_at_zero_are_set_apart_and_the_bulk_is_not(warehouse):
    odd = _at("0001-01-01", "1970-01-01", "1970-01-01T00:00:01", "1899-12-30")
    assert _set_apart(warehouse, [*_bulk(100), *odd]) == {event.event_id: "implausible_time" for event in odd}


def test_set_events_apart_one_event_years_before_the_others_is_set_apart(warehouse):
    assert _set_apart(warehouse, [*_bulk(60), *_at("2019-06-01")]) == {"odd_0": "implausible_time"}


def test_set_events_apart_a_past_that_is_more_than_a_few_events_counts(warehouse):
    past = _at(*("2019-06-01" for _ in range(5)))
    assert _set_apart(warehouse, [*_bulk(95), *past]) == {}


def test_set_events_apart_events_less_than_a_year_before_the_others_count(warehouse):
    assert _set_apart(warehouse, [*_bulk(60), *_at("2025-04-01")]) == {}


def test_set_events_apart_where_most_events_are_of_the_last_century_all_count(warehouse):
    past = [Event(f"old_{place}", datetime(1970, 1, 21) + timedelta(minutes=place)) for place in range(80)]  # noqa: DTZ001
    assert _set_apart(warehouse, [*past, *_bulk(20)]) == {}


def test_set_events_apart_few_events_tell_nothing(warehouse):
    assert _set_apart(warehouse, [*_bulk(5), *_at("2001-01-01")]) == {}


def test_set_events_apart_one_project_says_nothing_about_another(warehouse):
    other = [Event(f"o_{n}", datetime(1970, 1, 1), project_id="prj_00000000000000bb") for n in range(30)]  # noqa: DTZ001
    assert _set_apart(warehouse, [*_bulk(100), *other]) == {}


def test_set_events_apart_chosen_first_day_wins_over_the_rule(warehouse):
    project_id = _bulk(1)[0].project_id
    insert_rows(warehouse, tables.RAW_PROJECTS, [{"project_id": project_id, "first_day": "2026-03-02"}])
    apart = _set_apart(warehouse, [*_bulk(48), *_at("1970-01-01")])
    assert set(apart) == {f"bulk_{place}" for place in range(24)} | {"odd_0"}
    warehouse.execute("update raw.projects set first_day = '0001-01-01'")
    assert _set_apart(warehouse, []) == {}


def test_set_events_apart_deleted_events_are_out_and_decide_nothing(warehouse):
    deleted = [{"project_id": event.project_id, "event_id": event.event_id} for event in _bulk(100)[:97]]
    insert_rows(warehouse, tables.RAW_DELETED_EVENTS, [*deleted, {**deleted[0], "event_id": "not landed yet"}])
    apart = _set_apart(warehouse, [*_bulk(100), *_at("2019-06-01", "2019-06-02")])
    assert apart == {row["event_id"]: "deleted" for row in deleted}


def test_set_events_apart_feedback_years_before_all_events_moves_no_first_day_and_counts(warehouse):
    old = Event("turret.feedback:f", datetime.fromisoformat("2019-06-01"), name="turret.feedback")
    assert _set_apart(warehouse, [*_bulk(60), old]) == {}
