"""Count what the gates check, by SQL in the warehouse, and pass it to the suites as small frames."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from contracts.events import PLACEHOLDER_IDS
from expectations import marts, raw, topics
from expectations.gate import run_gate
from orchestration.checks.release import find_raw_faults
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from contracts.settings import Settings
    from expectations.gate import GateResult
    from expectations.rule import Batch

MIN_JUDGED = 100
"""Minimum number of events a day, messages or sessions for a warning about a share."""
TYPE_CHANGE_DAYS = 7
"""Days of a project's data for which a changed type of a field is a warning."""

MAX_FIELDS = 100
"""Up to this many fields are normal: no key contains an id."""
MAX_USERS_PER_SESSION = 10
"""Maximum number of users that one session can plausibly have."""


def run_raw_gate(connection: duckdb.DuckDBPyConnection, settings: Settings, now: datetime) -> GateResult:
    """Check what is not published yet; `now` is UTC without a zone, like all times of the warehouse."""
    return run_gate(raw.GATE, raw_batches(connection, settings, now))


def run_topics_gate(connection: duckdb.DuckDBPyConnection) -> GateResult:
    """Check the topic model before journeys are computed from it."""
    return run_gate(topics.GATE, topic_batches(connection))


def run_marts_gate(connection: duckdb.DuckDBPyConnection) -> GateResult:
    """Check the marts before they are published."""
    return run_gate(marts.GATE, mart_batches(connection))


def raw_batches(connection: duckdb.DuckDBPyConnection, settings: Settings, now: datetime) -> list[Batch]:
    """Return the frames and rules of the raw gate."""
    find_raw_faults(connection)
    frames = raw.RawFrames(
        faults=_frame(connection, "gate_raw_faults"),
        segments=_frame(connection, "gate_raw_segments"),
        rejected=_frame(connection, "watch_rejected"),
        projects=_frame(connection, "watch_unknown_projects"),
        volume=_frame(connection, "watch_volume", now=now, min_events=MIN_JUDGED),
        silence=_frame(connection, "watch_silence", now=now),
    )
    return raw.raw_batches(frames, settings)


def topic_batches(connection: duckdb.DuckDBPyConnection) -> list[Batch]:
    """Return the frames and rules of the topics gate."""
    frames = topics.TopicFrames(
        vectors=_frame(connection, "gate_topic_vectors"),
        faults=_frame(connection, "gate_topic_faults"),
        topics=_frame(connection, "gate_topic_names"),
        fields=_frame(connection, "watch_topics", min_messages=MIN_JUDGED),
    )
    return topics.topic_batches(frames)


def mart_batches(connection: duckdb.DuckDBPyConnection) -> list[Batch]:
    """Return the frames and rules of the marts gate."""
    frames = marts.MartFrames(
        projects=_frame(connection, "gate_marts_projects"),
        fields=_frame(connection, "gate_marts_fields"),
        goals=_frame(connection, "gate_marts_goals"),
        faults=_frame(connection, "gate_marts_faults", tolerance=marts.SHARE_TOLERANCE),
        types=_frame(connection, "watch_field_types", days=TYPE_CHANGE_DAYS),
        sessions=_frame(connection, "watch_sessions", min_sessions=MIN_JUDGED),
        automated=_frame(connection, "watch_automated"),
        single_fields=_frame(connection, "watch_fields", max_fields=MAX_FIELDS),
        short_answers=_frame(connection, "watch_short_answers"),
        ids=_frame(connection, "watch_ids", placeholders=list(PLACEHOLDER_IDS), many_users=MAX_USERS_PER_SESSION),
        times=_frame(connection, "watch_times"),
    )
    return marts.mart_batches(frames)


def utc_now() -> datetime:
    """Return the current time in the warehouse's format."""
    return datetime.now(UTC).replace(tzinfo=None)


def _frame(connection: duckdb.DuckDBPyConnection, name: str, **values: object) -> pd.DataFrame:
    return connection.execute(read_sql(name), values).df()
