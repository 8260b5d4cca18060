"""A small warehouse to build marts from: every agreed table, and events whose topics are known beforehand.

The generator is deterministic: the same arguments give the same rows. Each text comes from a planted topic, is filler
or is noise, and `judge_texts` writes that truth where the topic model would write its findings.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from contracts import tables
from contracts.events import COMMENT_FIELD, FEEDBACK_ID_START, FEEDBACK_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

PROJECT_ID = "prj_00000000000000aa"
RUN_ID = "run_1"
LATE_AFTER_S = 2
START_AT = datetime(2026, 1, 5, 8, 0, 0)  # noqa: DTZ001  # the warehouse holds UTC without a zone

TOPIC_TEXTS: dict[str, tuple[str, ...]] = {
    "topic_billing": (
        "Why was I charged twice on my invoice this month?",
        "Please explain the extra fee on my last bill",
        "My invoice shows an amount that I did not expect",
    ),
    "topic_refund": (
        "I would like to get my money back for this order",
        "How long does it take until a refund arrives?",
        "Please send the payment back to my card",
    ),
    "topic_login": (
        "Why is my account locked again?",
        "The password reset mail never reaches me",
        "My account is locked after too many attempts",
    ),
    "topic_export": (
        "How do I export all my reports as a spreadsheet?",
        "Can I download the whole table as a CSV file?",
        "Give me the data of last week as an Excel sheet",
    ),
}
COMMENT_TEXTS = {"topic_unhelpful": ("Did not help\nat all",)}
"""Comments of feedback by topic; the others are not judged."""
FILLER_TEXTS = ("thanks a lot", "ok great, thanks", "yes please do that")
NOISE_TEXTS = ("The purple walrus sings at midnight on Tuesdays", "Seventeen violins fell over the garden fence")
PENDING_TEXTS = ("This sentence was written after the last fit",)

CONTINUING_TOPIC = "topic_export"
"""Its messages continue the step before them."""

USERS = (None, "user_a", "user_b", "user_c")

AREA_ID = "area_money"
AREA_TOPICS = ("topic_billing", "topic_refund")

Row = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """One event as an app would send it; `session_id` and `user_id` are None where the app sends none."""

    event_id: str
    occurred_at: datetime
    metadata: Mapping[str, Any] = field(default_factory=dict)
    session_id: str | None = None
    user_id: str | None = None
    name: str = "message"
    project_id: str = PROJECT_ID
    received_at: datetime | None = None

    def as_row(self) -> Row:
        """The row of raw.events that the collector and the load would make of it."""
        return {
            "project_id": self.project_id,
            "event_id": self.event_id,
            "name": self.name,
            "session_id": self.session_id or made_session_id(self.event_id),
            "is_session_id_given": self.session_id is not None,
            "user_id": self.user_id or f"made_user_of_{self.event_id}",
            "is_user_id_given": self.user_id is not None,
            "occurred_at": self.occurred_at,
            "received_at": self.received_at or self.occurred_at,
            "metadata": json.dumps(self.metadata, ensure_ascii=False),
            "segment": segment_of(self.project_id),
            "line_number": 1,
        }


def made_session_id(event_id: str) -> str:
    """The session_id that the collector makes, and answers, for an event without one."""
    return f"made_session_of_{event_id}"


def segment_of(project_id: str) -> str:
    """The one landed file that all of a project's events are said to come from."""
    return f"project_id={project_id}/date=2026-01-05/hour=08/1.ndjson.zst"


def text_hash(text: str) -> str:
    """The hash that names a text in the warehouse."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def make_events(
    n: int = 400, *, seed: int = 7, project_id: str = PROJECT_ID, users: Sequence[str | None] = USERS
) -> list[Event]:
    """Make `n` events of a support assistant, in order of time.

    Sessions are given, stitched and single; some apps send a session_id back that the collector made; some events
    happen at once, and some of a user's events lie exactly the session gap apart.
    """
    chance = random.Random(f"{project_id} {seed}")
    clock = START_AT
    events = []
    for index in range(n):
        clock += timedelta(seconds=chance.choice((0, 5, 20, 90, 300, 300, 1800, 2400)))
        sent_back = made_session_id(f"evt_{max(0, index - 5):04}")
        session = chance.choices((None, f"chat_{index // 9}", sent_back), weights=(10, 9, 1))[0]
        user = chance.choice(users)
        events.append(Event(f"evt_{index:04}", clock, _metadata(chance), session, user, project_id=project_id))
    return events


def make_feedback(events: Sequence[Event], n: int = 40, *, seed: int = 7) -> list[Event]:
    """Make feedback about some of the events and their sessions, and about an event and a session that nobody knows.

    Some of it is from the same person about the same event again; scores are on three scales.
    """
    chance = random.Random(seed)
    feedback = [
        _feedback(f"f_{index:03}", event, chance)
        for index, event in enumerate(chance.choices(events[: max(1, len(events) // 2)], k=n))
    ]
    lost = Event("lost", START_AT, project_id=events[0].project_id)
    return [
        *feedback,
        _feedback("f_event", lost, chance),
        _feedback("f_session", replace(lost, session_id="no"), chance),
    ]


def with_outcomes(events: Sequence[Event]) -> list[Event]:
    """Let some events say whether the assistant fell back, and some whether their session is resolved."""
    said = [
        {"bot": {"fallback": place % 3 == 0}} if place % 2 else {"resolved": place % 4 == 0}
        for place in range(len(events))
    ]
    return [
        event if place % 5 else replace(event, metadata={**event.metadata, **outcome})
        for place, (event, outcome) in enumerate(zip(events, said, strict=True))
    ]


def _feedback(feedback_id: str, event: Event, chance: random.Random) -> Event:
    session = event.session_id or made_session_id(event.event_id)
    about = {"session_id": session} if chance.random() < 0.3 else {"event_id": event.event_id}
    scale = chance.choice((None, 2, 5))
    score = chance.choice((-1, -0.25, 0, 1)) if scale is None else chance.randint(1, scale)
    said = {
        "label": chance.choice(("thumb", "stars")),
        "comment": chance.choice((*COMMENT_TEXTS["topic_unhelpful"], "good", None)),
    }
    row = {**about, "score": score, "scale": scale, **said}
    return Event(
        f"{FEEDBACK_ID_START}{feedback_id}",
        event.occurred_at + timedelta(hours=chance.randrange(40)),
        {key: value for key, value in row.items() if value is not None},
        about.get("session_id"),
        chance.choice((None, event.user_id, "reviewer")),
        FEEDBACK_NAME,
        event.project_id,
    )


def _metadata(chance: random.Random) -> dict[str, Any]:
    """One event's metadata: mostly a prompt, with enum and number fields around it."""
    texts = [text for topic in TOPIC_TEXTS.values() for text in topic]
    prompt = chance.choice([*texts, *texts, *FILLER_TEXTS, *NOISE_TEXTS, *PENDING_TEXTS, ""])
    return {
        "prompt": prompt,
        "plan": chance.choice(("free", "pro", "Team plus")),
        "latency_ms": chance.randrange(100, 4000),
        "client": {"platform": chance.choice(("ios", "web")), "is_beta": chance.random() < 0.5},
        "tags": chance.sample(["urgent", "trial", "vip"], chance.randrange(3)),
    }


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every table that Python writes and dbt reads, empty."""
    for table in (*tables.RAW, *tables.ML, *tables.OPS):
        connection.execute(f"create schema if not exists {table.schema}")
        columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
        connection.execute(f"create table {table.qualified_name} ({columns})")


def insert_rows(connection: duckdb.DuckDBPyConnection, table: tables.Table, rows: Sequence[Row]) -> None:
    """Insert rows that name their columns; a column not named is null."""
    if rows:
        marks = ", ".join("?" for _ in table.columns)
        values = [[row.get(name) for name in table.column_names] for row in rows]
        connection.executemany(f"insert into {table.qualified_name} values ({marks})", values)


def make_warehouse(
    path: Path,
    events: Iterable[Event],
    *,
    journey_fields: Mapping[str, str] | None = None,
    overrides: Iterable[tuple[str, str, str]] = (),
    goals: Iterable[tuple[str, str, str, str | None, str]] = (),
) -> None:
    """Write a new warehouse at `path`, in the state after loading.

    Args:
        path: file to create.
        events: what landed.
        journey_fields: chosen journey field by project.
        overrides: (project_id, field, type) that people chose.
        goals: (project_id, goal, kind, field, value) that people set.
    """
    rows = [event.as_row() for event in events]
    project_ids = sorted({row["project_id"] for row in rows} | {PROJECT_ID})
    with duckdb.connect(str(path)) as connection:
        connection.execute("begin")
        create_tables(connection)
        insert_rows(connection, tables.RAW_EVENTS, rows)
        insert_rows(connection, tables.RAW_PROJECTS, [_project(pid, journey_fields or {}) for pid in project_ids])
        chosen = [{"project_id": pid, "field": name, "type": kind} for pid, name, kind in overrides]
        insert_rows(connection, tables.RAW_FIELD_OVERRIDES, chosen)
        set_goals = [dict(zip(tables.RAW_GOALS.column_names, goal, strict=True)) for goal in goals]
        insert_rows(connection, tables.RAW_GOALS, set_goals)
        insert_rows(connection, tables.RAW_SEGMENTS, _segments(rows))
        insert_rows(connection, tables.OPS_STAGE_RUNS, [_stage("load", len(rows), 1.5)] if rows else [])
        connection.execute("commit")


def _project(project_id: str, journey_fields: Mapping[str, str]) -> Row:
    return {
        "project_id": project_id,
        "name": f"Project {project_id[-2:]}",
        "plan": "trial",
        "created_at": START_AT,
        "journey_field": journey_fields.get(project_id),
        "late_after_s": LATE_AFTER_S,
    }


def _segments(rows: Sequence[Row]) -> list[Row]:
    """One landed file for each project, with two rejected lines and one duplicate in each."""
    counts = Counter(row["project_id"] for row in rows)
    return [
        {
            "segment": segment_of(project_id),
            "project_id": project_id,
            "received_date": START_AT.date(),
            "received_hour": START_AT.hour,
            "n_lines": count + 3,
            "n_loaded": count,
            "n_duplicates": 1,
            "n_rejected": 2,
            "n_bytes": 1000,
            "run_id": RUN_ID,
            "loaded_at": START_AT + timedelta(days=30),
        }
        for project_id, count in counts.items()
    ]


def _stage(stage: str, n_rows: int, seconds: float) -> Row:
    started_at = START_AT + timedelta(days=30)
    return {
        "run_id": RUN_ID,
        "stage": stage,
        "started_at": started_at,
        "seconds": seconds,
        "n_rows_in": n_rows,
        "n_rows_out": n_rows,
    }


def judge_texts(path: Path) -> None:
    """Write the planted truth as the topic model's findings about the texts that dbt extracted.

    Texts that the factory does not know, and `PENDING_TEXTS`, stay unjudged.
    """
    with duckdb.connect(str(path)) as connection:
        found = connection.execute(
            "select project_id, field, text from intermediate.int_messages__extracted union"
            " select project_id, field, text from intermediate.int_comments__extracted order by all"
        ).fetchall()
        fields = sorted({(project_id, name) for project_id, name, _ in found})
        connection.execute("begin")
        judged = [row for row in (_judged(*text) for text in found) if row]
        insert_rows(connection, tables.ML_TEXT_TOPICS, judged)
        places = [{**row, "x": len(row["text_hash"].strip("0a")) / 40, "y": -1.5} for row in judged]
        insert_rows(connection, tables.ML_TEXT_PLACES, places)
        for project_id, name in fields:
            insert_rows(connection, tables.ML_TOPICS, _topics(project_id, name))
            insert_rows(connection, tables.ML_TOPIC_LINEAGE, _births(project_id, name))
            role = {"project_id": project_id, "field": name, "topic_id": topic_id_of(CONTINUING_TOPIC, name)}
            insert_rows(connection, tables.ML_TOPIC_ROLES, [{**role, "continues": True}])
        insert_rows(connection, tables.OPS_STAGE_RUNS, [_stage("topics", len(judged), 2.5)] if judged else [])
        connection.execute("commit")


def topic_of(text: str) -> tuple[str, str | None]:
    """The planted (topic_status, topic without its field) of a text."""
    for topic, texts in {**TOPIC_TEXTS, **COMMENT_TEXTS}.items():
        if text in texts:
            return "assigned", topic
    if text in FILLER_TEXTS:
        return "filler", None
    return ("noise", None) if text in NOISE_TEXTS else ("pending", None)


def topic_id_of(topic: str, field_name: str) -> str:
    """A topic's id; topics of two fields never share one."""
    return f"{topic}__{field_name}"


def _judged(project_id: str, field_name: str, text: str) -> Row | None:
    status, topic = topic_of(text)
    if status == "pending":
        return None
    return {
        "project_id": project_id,
        "field": field_name,
        "text_hash": text_hash(text),
        "topic_id": topic_id_of(topic, field_name) if topic else None,
        "topic_status": status,
        "topic_confidence": 0.9 if topic else None,
    }


def _topics(project_id: str, field_name: str) -> list[Row]:
    """The planted topics and one area over two of them, with the rows of ml.topics."""
    area_id = topic_id_of(AREA_ID, field_name)
    topics = [
        {
            "project_id": project_id,
            "topic_id": topic_id_of(topic, field_name),
            "field": field_name,
            "label": topic.removeprefix("topic_").title(),
            "description": f"Messages about {topic.removeprefix('topic_')}.",
            "keywords": [topic.removeprefix("topic_")],
            "parent_topic_id": area_id if topic in AREA_TOPICS else None,
            "level": 0,
            "label_source": "messages",
            "example_text_hashes": [text_hash(text) for text in reversed(texts)],
        }
        for topic, texts in _texts_of(field_name).items()
    ]
    if field_name == COMMENT_FIELD:
        return topics
    area = {**topics[0], "topic_id": area_id, "label": "Money", "description": "Messages about money."}
    return [*topics, {**area, "keywords": ["money"], "parent_topic_id": None, "level": 1}]


def _births(project_id: str, field_name: str) -> list[Row]:
    return [
        {
            "project_id": project_id,
            "field": field_name,
            "run_id": RUN_ID,
            "from_topic_id": None,
            "to_topic_id": topic_id_of(topic, field_name),
            "change": "born",
            "n_texts_shared": 0,
            "similarity": 0.0,
            "recorded_at": START_AT + timedelta(days=30),
        }
        for topic in _texts_of(field_name)
    ]


def _texts_of(field_name: str) -> Mapping[str, tuple[str, ...]]:
    return COMMENT_TEXTS if field_name == COMMENT_FIELD else TOPIC_TEXTS
