"""The tables of messages that topics are made of, empty and without dbt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb


def create_message_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what dbt makes of messages, of fields and of machines' sessions; each user has one session.

    Six digits at the beginning of an event's id are the second at which it occurred.
    """
    connection.execute("create schema intermediate")
    connection.execute(
        "create table intermediate.int_messages__extracted"
        " (project_id varchar, event_id varchar, field varchar, text varchar, text_hash varchar, user_id varchar,"
        " session_id varchar generated always as (user_id),"
        " occurred_at timestamp generated always as"
        " (timestamp '2026-01-05' + to_seconds(coalesce(try_cast(left(event_id, 6) as integer), 0))))"
    )
    connection.execute(
        "create table intermediate.int_comments__extracted (project_id varchar, feedback_id varchar, field varchar,"
        " text varchar, text_hash varchar, user_id varchar, occurred_at timestamp)"
    )
    connection.execute(read_sql("create_own_messages"))
    connection.execute("create table intermediate.int_sessions__automated (project_id varchar, session_id varchar)")
    connection.execute(
        "create table intermediate.int_fields__typed"
        " (project_id varchar, field varchar, is_journey_field boolean, override_type varchar)"
    )
