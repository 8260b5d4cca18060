"""Real conversations with gold labels in place of topics, as a warehouse to build marts from.

Each turn's text gets the turn's own id at its end: a topic belongs to a text, while a label belongs to a turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import orjson
import pyarrow as pa

from contracts import tables
from tests.factories.warehouse_factory import START_AT, Row, create_tables, insert_rows, text_hash

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence
    from pathlib import Path

FIELD = "prompt"
FILLERS = frozenset(
    {
        "contentonly",
        "confirmation",
        "rejection",
        "thankyou",
        "openinggreeting",
        "closinggreeting",
        "outofdomain",
    }
)
"""Labels of MultiDoGO for turns without an intent of their own."""


@dataclass(frozen=True)
class Turn:
    """One message of a user and its label; None if it has none of its own or several."""

    project_id: str
    session_id: str
    place: int
    text: str
    label: str | None

    @property
    def event_id(self) -> str:
        """Unique in its project."""
        return f"{self.session_id}/{self.place}"

    @property
    def prompt(self) -> str:
        """The text that the app sends, which no other turn has."""
        return f"{self.text} ({self.event_id})".lstrip()  # one turn is empty, and texts are trimmed


def read_turns(project_id: str, id_key: str, conversations: Sequence[dict[str, Any]]) -> list[Turn]:
    """The turns of conversations, whose ids are under `id_key`."""
    return [
        Turn(project_id, conversation[id_key], place, turn["text"], _own_label(turn["intent"]))
        for conversation in conversations
        for place, turn in enumerate(conversation["turns"])
    ]


def _own_label(intent: str | None) -> str | None:
    return None if intent is None or "<div>" in intent or intent in FILLERS else intent


def make_gold_warehouse(path: Path, turns: Sequence[Turn], continuing: Container[str] = ()) -> None:
    """Write a new warehouse of `turns`, labels judged beforehand; those of `continuing` labels continue a step."""
    project_ids = sorted({turn.project_id for turn in turns})
    with duckdb.connect(str(path)) as connection:
        create_tables(connection)
        insert_rows(connection, tables.RAW_PROJECTS, [_project(project_id) for project_id in project_ids])
        _insert(connection, tables.RAW_EVENTS, list(_events(turns)))
        _insert(connection, tables.ML_TEXT_TOPICS, [_finding(turn) for turn in turns])
        topics = sorted({(turn.project_id, turn.label) for turn in turns if turn.label})
        insert_rows(connection, tables.ML_TOPICS, [_topic(*topic) for topic in topics])
        roles = [{"project_id": project_id, "topic_id": topic} for project_id, topic in topics if topic in continuing]
        insert_rows(connection, tables.ML_TOPIC_ROLES, [{**role, "continues": True} for role in roles])


def _insert(connection: duckdb.DuckDBPyConnection, table: tables.Table, rows: list[Row]) -> None:
    """Insert many rows at once."""
    made = pa.Table.from_pylist(rows)
    connection.register("made", made)
    connection.execute(f"insert into {table.qualified_name} by name select * from made")
    connection.unregister("made")


def _events(turns: Sequence[Turn]) -> Iterator[Row]:
    starts: dict[tuple[str, str], datetime] = {}
    for number, turn in enumerate(turns):
        began = starts.setdefault((turn.project_id, turn.session_id), START_AT + timedelta(seconds=90 * number))
        at = began + timedelta(seconds=20 * turn.place)
        yield {
            "project_id": turn.project_id,
            "event_id": turn.event_id,
            "name": "message",
            "session_id": turn.session_id,
            "is_session_id_given": True,
            "user_id": f"user of {turn.session_id}",
            "is_user_id_given": True,
            "occurred_at": at,
            "received_at": at,
            "metadata": orjson.dumps({FIELD: turn.prompt}).decode(),
            "segment": "gold",
            "line_number": number + 1,
        }


def _project(project_id: str) -> Row:
    return {
        "project_id": project_id,
        "name": project_id,
        "plan": "enterprise",
        "created_at": START_AT,
        "late_after_s": 10,
    }


def _finding(turn: Turn) -> Row:
    return {
        "project_id": turn.project_id,
        "field": FIELD,
        "text_hash": text_hash(turn.prompt),
        "topic_id": turn.label,
        "topic_status": "assigned" if turn.label else "filler",
        "topic_confidence": 1.0 if turn.label else None,
    }


def _topic(project_id: str, label: str) -> Row:
    return {
        "project_id": project_id,
        "topic_id": label,
        "field": FIELD,
        "label": label,
        "description": label,
        "keywords": [],
        "level": 0,
        "label_source": "messages",
        "example_text_hashes": [],
    }
