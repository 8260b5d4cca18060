"""Events that arrive shuffled, late and twice, over several runs, between which people choose and topics change."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from contracts import tables
from contracts.home import Home
from orchestration.ingest.excluded_events import exclude_events
from orchestration.ingest.loader import load_segments
from orchestration.ingest.segments import list_segments
from tests.factories.landing_factory import as_bytes, land, stamp
from tests.factories.warehouse_factory import (
    PROJECT_ID,
    Event,
    insert_rows,
    make_events,
    make_feedback,
    make_warehouse,
    topic_id_of,
    with_outcomes,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from pathlib import Path

N_RUNS = 5
NOT_OF_THE_EVENTS = frozenset({"agg_pipeline_runs"})
"""Marts about the runs themselves, which may differ."""
VARIABLES = {"rebuild_share": 2, "session_gap_minutes": 25, "session_max_events": 4}
"""In part, however large the share of what is new: so small a test would else rebuild everything. Shorter sessions."""

DELETED = ("evt_0010", "evt_0050", "evt_0200", "turret.feedback:f_007")
N_DELETED_EVENTS = 3
N_FEEDBACK = 60 + 2
_GOAL = {"project_id": PROJECT_ID, "goal": "refunded", "kind": "topic", "value": topic_id_of("topic_refund", "prompt")}
_LIKED = {"project_id": PROJECT_ID, "goal": "liked", "kind": "feedback", "value": "positive"}
_OVERRIDE = {"project_id": PROJECT_ID, "field": "plan", "type": "text"}


def landed_line(event: Event, **changes: Any) -> dict[str, Any]:
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


def arriving_lines(chance: random.Random) -> list[dict[str, Any]]:
    """Events, late ones among them, and copies of some: the same again, or sent later with other content."""
    events = []
    for event in with_outcomes(make_events(240, seed=chance.randrange(1000))):
        late = timedelta(days=chance.choice((0, 0, 0, 1, 9)))
        events.append(replace(event, received_at=event.occurred_at + late))
    lines = [landed_line(event) for event in events]
    again = [landed_line(event) for event in chance.sample(events, 20)]
    changed = [
        landed_line(event, received_at=event.received_at + timedelta(minutes=1), session_id="moved", name="changed")
        for event in chance.sample(events, 20)
        if event.received_at
    ]
    same_time = [landed_line(event, name="a twin received at once") for event in chance.sample(events, 5)]
    clock_at_zero = [
        landed_line(event, event_id=f"zero_{place}", occurred_at=datetime(1970, 1, 1 + place, tzinfo=UTC))
        for place, event in enumerate(chance.sample(events, 2))
    ]
    feedback = make_feedback(events, N_FEEDBACK - 2, seed=chance.randrange(1000))
    feedback_again = [landed_line(event, received_at=event.occurred_at + timedelta(days=1)) for event in feedback[::6]]
    given = [landed_line(event) for event in feedback]
    return [*lines, *again, *changed, *same_time, *clock_at_zero, *given, *feedback_again]


def make_home(folder: Path) -> Home:
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


def load_lines(
    home: Home, name: str, lines: Sequence[dict[str, Any]], run_id: str, project_id: str = PROJECT_ID
) -> None:
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


def choose(home: Home, run: int) -> None:
    """What people choose before a run: fields and goals come, go and change, until the last run has the final ones."""
    with duckdb.connect(str(home.warehouse)) as connection:
        if run == 0:
            connection.execute("update raw.projects set journey_field = null")
            connection.execute("delete from raw.field_overrides")
            connection.execute("insert into raw.field_outcomes values (?, 'resolved', 'none')", [PROJECT_ID])
            connection.execute("update raw.goals set kind = 'event', value = 'message'")
            connection.execute("update raw.projects set first_day = '0001-01-01', are_placeholder_ids_missing = true")
            _delete(connection, "evt_0010", "evt_0020", "evt_0030", "turret.feedback:f_008")
        if run == 1:
            connection.execute("update raw.projects set journey_field = 'prompt' where project_id = ?", [PROJECT_ID])
            connection.execute("delete from raw.goals")
            connection.execute("update raw.projects set first_day = null, are_placeholder_ids_missing = null")
            connection.execute("delete from raw.field_outcomes")
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


def find_topics(home: Home, final: Home, run: int) -> None:
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
