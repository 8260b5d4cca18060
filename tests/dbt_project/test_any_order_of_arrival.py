"""The same events end in the same marts, however they arrive: shuffled, late, twice, and over several runs."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from contracts import tables
from contracts.home import Home
from orchestration.landing import list_segments
from orchestration.loading import load_segments
from tests.factories.dbt_factory import run_dbt
from tests.factories.landing_factory import as_bytes, land, stamp
from tests.factories.warehouse_factory import (
    PROJECT_ID,
    Event,
    insert_rows,
    judge_texts,
    make_events,
    make_warehouse,
    topic_id_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("dbt_project")

N_RUNS = 3
NOT_OF_THE_EVENTS = {"agg_pipeline_runs"}
"""Marts about the runs themselves, which may differ."""

RUN = ("run", "--select", "tag:before_ml", "tag:after_ml")


def _landed(event: Event, **changes: Any) -> dict[str, Any]:
    """The line that the collector would land for an event."""
    row = {**event.as_row(), **changes}
    return {
        "event_id": row["event_id"],
        "project_id": row["project_id"],
        "name": row["name"],
        "session_id": row["session_id"],
        "session_id_given": row["is_session_id_given"],
        "user_id": row["user_id"],
        "user_id_given": row["is_user_id_given"],
        "occurred_at": stamp(row["occurred_at"].replace(tzinfo=UTC)),
        "received_at": stamp(row["received_at"].replace(tzinfo=UTC)),
        "metadata": json.loads(row["metadata"]),
    }


def _lines(chance: random.Random) -> list[dict[str, Any]]:
    """Events, late ones among them, and copies of some: the same again, or sent later with other content."""
    events = []
    for event in make_events(240, seed=chance.randrange(1000)):
        late = timedelta(days=chance.choice((0, 0, 0, 1, 9)))
        events.append(replace(event, received_at=event.occurred_at + late))
    lines = [_landed(event) for event in events]
    again = [_landed(event) for event in chance.sample(events, 20)]
    changed = [
        _landed(event, received_at=event.received_at + timedelta(minutes=1), session_id="moved", name="changed")
        for event in chance.sample(events, 20)
        if event.received_at
    ]
    same_time = [_landed(event, name="a twin received at once") for event in chance.sample(events, 5)]
    return [*lines, *again, *changed, *same_time]


def _make_home(folder: Path) -> Home:
    home = Home(folder)
    folder.mkdir()
    goal = (PROJECT_ID, "refunded", "topic", None, topic_id_of("topic_refund", "prompt"))
    make_warehouse(home.warehouse, [], journey_fields={PROJECT_ID: "prompt"}, goals=[goal])
    return home


def _load(home: Home, name: str, lines: Sequence[dict[str, Any]], run_id: str) -> None:
    """Land two files of lines and load them."""
    half = len(lines) // 2
    land(home, f"{name}-1", as_bytes(lines[:half]), PROJECT_ID)
    land(home, f"{name}-2", as_bytes(lines[half:]), PROJECT_ID)
    with duckdb.connect(str(home.warehouse)) as connection:
        load_segments(connection, home, list_segments(home.landing), run_id)


def _copy_findings(source: Home, target: Home) -> None:
    with duckdb.connect(str(target.warehouse)) as connection:
        connection.execute(f"attach '{source.warehouse}' as source (read_only)")
        for table in tables.ML:
            connection.execute(f"insert into {table.qualified_name} from source.{table.qualified_name}")


def _differing_marts(one: Home, two: Home) -> dict[str, int]:
    """How many rows only one of two warehouses has, by mart."""
    marts = [mart for mart in tables.MARTS if mart.name not in NOT_OF_THE_EVENTS]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one.warehouse}' as one (read_only)")
        connection.execute(f"attach '{two.warehouse}' as two (read_only)")
        counts = {}
        for name in (mart.qualified_name for mart in marts):
            left = f"(from one.{name} except all from two.{name})"
            right = f"(from two.{name} except all from one.{name})"
            counts[name] = len(connection.execute(f"{left} union all {right}").fetchall())
    return {name: n for name, n in counts.items() if n}


@pytest.mark.parametrize("seed", [1, 2])
def test_marts_of_several_runs_equal_one_full_refresh(tmp_path: Path, scratch: Path, seed: int):
    chance = random.Random(seed)
    lines = _lines(chance)
    whole = _make_home(tmp_path / "whole")
    _load(whole, "all", lines, "run_1")
    run_dbt(whole.warehouse, "run", "--select", "tag:before_ml", "--full-refresh", scratch=scratch)
    judge_texts(whole.warehouse)
    run_dbt(whole.warehouse, "run", "--select", "tag:after_ml", "--full-refresh", scratch=scratch)

    parts = _make_home(tmp_path / "parts")
    _copy_findings(whole, parts)
    chance.shuffle(lines)
    cuts = [0, *sorted(chance.sample(range(1, len(lines)), N_RUNS - 1)), len(lines)]
    for run in range(N_RUNS):
        _load(parts, f"part-{run}", lines[cuts[run] : cuts[run + 1]], f"run_{run}")
        run_dbt(parts.warehouse, *RUN, scratch=scratch)

    with duckdb.connect(str(parts.warehouse), read_only=True) as connection:
        n_events = connection.execute("select count(*) from marts.fct_events").fetchone()
        n_counted = connection.execute("select sum(n_loaded), sum(n_lines) from raw.segments").fetchone()
    assert n_events == (240,)
    assert n_counted == (240, len(lines))
    assert _differing_marts(whole, parts) == {}


def test_differences_between_marts_are_found(tmp_path: Path):
    one, two = _make_home(tmp_path / "one"), _make_home(tmp_path / "two")
    for home, topics in ((one, 1), (two, 2)):
        with duckdb.connect(str(home.warehouse)) as connection:
            connection.execute("create schema marts")
            for mart in tables.MARTS:
                columns = ", ".join(f"{column.name} {column.type}" for column in mart.columns)
                connection.execute(f"create table {mart.qualified_name} ({columns})")
            rows = [{"project_id": PROJECT_ID, "topic_id": f"t{number}"} for number in range(topics)]
            insert_rows(connection, tables.AGG_TOPIC_FLOW, rows)
    assert _differing_marts(one, two) == {"marts.agg_topic_flow": 1}
