"""The tables of messages that topics are made of, empty and without dbt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def create_message_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what dbt makes of messages, of fields and of machines' sessions; each user has one session."""
    connection.execute("create schema intermediate")
    connection.execute(
        "create table intermediate.int_messages__extracted"
        " (project_id varchar, event_id varchar, field varchar, text varchar, text_hash varchar, user_id varchar,"
        " session_id varchar generated always as (user_id))"
    )
    connection.execute("create table intermediate.int_sessions__automated (project_id varchar, session_id varchar)")
    connection.execute(
        "create table intermediate.int_fields__typed"
        " (project_id varchar, field varchar, is_journey_field boolean, override_type varchar)"
    )
