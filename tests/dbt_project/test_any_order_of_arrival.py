"""The same events end in the same marts, however they arrive: shuffled, late, twice, and over several runs."""

from __future__ import annotations

import json
import math
import os
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from contracts import tables
from contracts.home import Home
from orchestration.ingest.excluded_events import exclude_events
from orchestration.ingest.loader import load_segments
from orchestration.ingest.segments import list_segments
from orchestration.publish import exchange
from orchestration.publish.published_file import publish
from tests.dbt_project.conftest import CHANGING_PROJECT, changing_events
from tests.factories.dbt_factory import run_dbt
from tests.factories.landing_factory import as_bytes, land, stamp
from tests.factories.marts_difference import differing_marts
from tests.factories.warehouse_factory import (
    PROJECT_ID,
    Event,
    insert_rows,
    judge_texts,
    make_events,
    make_feedback,
    make_warehouse,
    topic_id_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.pipeline

N_RUNS = 5
SEEDS = range(1, 1 + int(os.environ.get("ARRIVALS", "1")))
"""Each takes a minute; `ARRIVALS=20 pytest tests/dbt_project/test_any_order_of_arrival.py` tries more."""
NOT_OF_THE_EVENTS = frozenset({"agg_pipeline_runs"})
"""Marts about the runs themselves, which may differ."""

RUN = ("run", "--select", "tag:before_ml", "tag:after_ml")
BROKEN_OFF = ("run", "--select", "tag:before_ml", "int_journeys__touched+", "--exclude", "fct_session_paths+")
"""A run after which some models have the new events and others have not."""

VARIABLES = {"rebuild_share": 2, "session_gap_minutes": 25, "session_max_events": 4}
"""In part, however large the share of what is new: so small a test would else rebuild everything. Shorter sessions."""

DELETED = ("evt_0010", "evt_0050", "evt_0200", "turret.feedback:f_007")
N_DELETED_EVENTS = 3
N_FEEDBACK = 60 + 2
_GOAL = {"project_id": PROJECT_ID, "goal": "refunded", "kind": "topic", "value": topic_id_of("topic_refund", "prompt")}
_LIKED = {"project_id": PROJECT_ID, "goal": "liked", "kind": "feedback", "value": "positive"}
_OVERRIDE = {"project_id": PROJECT_ID, "field": "plan", "type": "text"}


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
    clock_at_zero = [
        _landed(event, event_id=f"zero_{place}", occurred_at=datetime(1970, 1, 1 + place, tzinfo=UTC))
        for place, event in enumerate(chance.sample(events, 2))
    ]
    feedback = make_feedback(events, N_FEEDBACK - 2, seed=chance.randrange(1000))
    feedback_again = [_landed(event, received_at=event.occurred_at + timedelta(days=1)) for event in feedback[::6]]
    given = [_landed(event) for event in feedback]
    return [*lines, *again, *changed, *same_time, *clock_at_zero, *given, *feedback_again]


def _make_home(folder: Path) -> Home:
    home = Home(folder)
    folder.mkdir()
    override = (_OVERRIDE["project_id"], _OVERRIDE["field"], _OVERRIDE["type"])
    make_warehouse(home.warehouse, [], journey_fields={PROJECT_ID: "prompt"}, overrides=[override])
    with duckdb.connect(str(home.warehouse)) as connection:
        insert_rows(connection, tables.RAW_GOALS, [_GOAL, _LIKED])
        insert_rows(connection, tables.RAW_DELETED_EVENTS, _deleted(*DELETED))
    return home


def _deleted(*event_ids: str) -> list[dict[str, Any]]:
    return [{"project_id": PROJECT_ID, "event_id": event_id} for event_id in event_ids]


def _load(home: Home, name: str, lines: Sequence[dict[str, Any]], run_id: str, project_id: str = PROJECT_ID) -> None:
    """Land two files of lines and load them."""
    half = len(lines) // 2
    land(home, f"{name}-1", as_bytes(lines[:half]), project_id)
    land(home, f"{name}-2", as_bytes(lines[half:]), project_id)
    with duckdb.connect(str(home.warehouse)) as connection:
        load_segments(connection, home, list_segments(home.landing), run_id)


def _copy_findings(source: Home, target: Home) -> None:
    with duckdb.connect(str(target.warehouse)) as connection:
        connection.execute(f"attach '{source.warehouse}' as source (read_only)")
        for table in tables.ML:
            connection.execute(f"delete from {table.qualified_name}")
            connection.execute(f"insert into {table.qualified_name} from source.{table.qualified_name}")


def _choose(home: Home, run: int) -> None:
    """What people choose before a run: fields and goals come, go and change, until the last run has the final ones."""
    with duckdb.connect(str(home.warehouse)) as connection:
        if run == 0:
            connection.execute("update raw.projects set journey_field = null")
            connection.execute("delete from raw.field_overrides")
            connection.execute("update raw.goals set kind = 'event', value = 'message'")
            connection.execute("update raw.projects set first_day = '0001-01-01', are_placeholder_ids_missing = true")
            _delete(connection, "evt_0010", "evt_0020", "evt_0030", "turret.feedback:f_008")
        if run == 1:
            connection.execute("update raw.projects set journey_field = 'prompt' where project_id = ?", [PROJECT_ID])
            connection.execute("delete from raw.goals")
            connection.execute("update raw.projects set first_day = null, are_placeholder_ids_missing = null")
            _delete(connection, "evt_0020", "evt_0040")
        if run == N_RUNS - 2:
            insert_rows(connection, tables.RAW_FIELD_OVERRIDES, [_OVERRIDE])
            insert_rows(connection, tables.RAW_GOALS, [_GOAL, _LIKED])  # the last run knows them already
            _delete(connection, *DELETED)
        exclude_events(connection)


def _delete(connection: duckdb.DuckDBPyConnection, *event_ids: str) -> None:
    """Other deleted events than before: some count again, also after a run that broke off."""
    connection.execute("delete from raw.deleted_events")
    insert_rows(connection, tables.RAW_DELETED_EVENTS, _deleted(*event_ids))


def _find(home: Home, final: Home, run: int) -> None:
    """What the topic model finds before a run: some of it, with other topics; in the last run its final word."""
    _copy_findings(final, home)
    if run == N_RUNS - 1:
        return
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("delete from ml.text_topics where text_hash like ?", [f"{run}%"])
        connection.execute("update ml.topic_roles set continues = ?", [run % 2 == 1])
        connection.execute(
            "update ml.text_topics set topic_id = replace(topic_id, 'refund', 'billing') where text_hash > ?",
            [f"{run * 4}"],
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_marts_of_incremental_runs_equal_one_full_refresh(
    tmp_path: Path, scratch: Path, seed: int, monkeypatch: pytest.MonkeyPatch
):
    """Whatever comes between the runs: events in any order, other topics, choices and types, a run that broke off.

    So do the published ones. Only the first two runs and the last are published: one broke off, and a gate may have
    stopped the one after it, so that the last publication exchanges what was touched since the second run.
    """
    monkeypatch.setattr(exchange, "MAX_EXCHANGED_SHARE", math.inf)  # so small a test would else write all marts in full
    chance = random.Random(seed)
    lines, changing = _lines(chance), [_landed(event) for event in changing_events()]
    whole = _make_home(tmp_path / "whole")
    _load(whole, "all", lines, "run_1")
    _load(whole, "changing", changing, "run_1", CHANGING_PROJECT)
    run_dbt(whole.warehouse, "run", "--select", "tag:before_ml", "--full-refresh", scratch=scratch, variables=VARIABLES)
    judge_texts(whole.warehouse)
    run_dbt(whole.warehouse, "run", "--select", "tag:after_ml", "--full-refresh", scratch=scratch, variables=VARIABLES)

    parts = _make_home(tmp_path / "parts")
    chance.shuffle(lines)
    cuts = [0, *sorted(chance.sample(range(len(lines) // 2, len(lines)), N_RUNS - 1)), len(lines)]
    days = [0, *(len(changing) * share // 6 for share in (2, 3, 4, 5)), len(changing)]
    for run in range(N_RUNS):
        _load(parts, f"part-{run}", lines[cuts[run] : cuts[run + 1]], f"run_{run}")
        _load(parts, f"changing-{run}", changing[days[run] : days[run + 1]], f"run_{run}", CHANGING_PROJECT)
        _choose(parts, run)
        _find(parts, whole, run)
        is_broken_off = run == 2
        words = BROKEN_OFF if is_broken_off else RUN
        run_dbt(parts.warehouse, *words, scratch=scratch, variables=VARIABLES)
        if run in {0, 1, N_RUNS - 1}:
            publish(parts, f"run_{run}", "fingerprint")
            assert differing_marts(parts.warehouse, parts.published.resolve()) == {}

    with duckdb.connect(str(parts.warehouse), read_only=True) as connection:
        n_events = connection.execute("select count(*) from marts.fct_events").fetchone()
        n_feedback = connection.execute("select count(*) from marts.fct_feedback").fetchone() or (0,)
        n_counted = connection.execute("select sum(n_loaded), sum(n_lines) from raw.segments").fetchone()
        n_pending = connection.execute("select count(*) from intermediate.int_events__pending").fetchone() or (0,)
        n_exchanged = connection.execute("select value from state.progress where key = 'n_exchanged'").fetchone()
        n_apart = connection.execute(
            "select count(*) from marts.fct_events where set_apart_reason is not null"
        ).fetchone()
    assert n_events == (240 + 2 - N_DELETED_EVENTS + len(changing),)
    assert n_feedback[0] in range(50, N_FEEDBACK)
    assert n_apart == (2,)
    assert n_counted == (240 + 2 + len(changing) + N_FEEDBACK, len(lines) + len(changing))
    assert n_exchanged is not None
    assert int(n_exchanged[0]) > 0, "the last publication was written in full"
    assert 0 < n_pending[0] < n_events[0], "the last run was no incremental one"
    assert differing_marts(whole.warehouse, parts.warehouse, without=NOT_OF_THE_EVENTS) == {}


def test_changed_settings_rebuild_the_marts_by_themselves(tmp_path: Path, scratch: Path):
    lines = _lines(random.Random(3))
    homes = [_make_home(tmp_path / name) for name in ("before", "fresh")]
    for home in homes:
        _load(home, "all", lines, "run_1")
    run_dbt(homes[0].warehouse, *RUN, scratch=scratch)
    for home in homes:
        run_dbt(home.warehouse, *RUN, scratch=scratch, variables=VARIABLES)
    with duckdb.connect(str(homes[0].warehouse), read_only=True) as connection:
        assert connection.execute("select count(*) > 0 from marts.fct_sessions where is_overlong").fetchone() == (True,)
    assert differing_marts(homes[0].warehouse, homes[1].warehouse, without=NOT_OF_THE_EVENTS) == {}


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
    assert differing_marts(one.warehouse, two.warehouse) == {"marts.agg_topic_flow": 1}
