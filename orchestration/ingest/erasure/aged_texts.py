"""Find the texts of loaded events that are too old, and let their verdicts stay without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from orchestration.ingest.erasure.removed_texts import TextRemoval, removed_text
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import duckdb

    from orchestration.ingest.erasure.rules import Rules
    from projects.repository import Projects

MODELLED: Final = (
    *("int_event_values__flattened", "int_fields__typed", "int_comments__extracted", "int_messages__judged"),
    "fct_session_topics",
)
"""What a run that has modelled all has made."""
_NO_TEXTS: Final = (
    "select null::varchar as project_id, null::varchar as event_id, null::varchar as field, "
    "null::integer as value_index, null::varchar as value where false"
)
_NO_REWORDED: Final = (
    "select null::varchar as project_id, null::varchar as event_id, null::varchar as field where false"
)
_DAYS: Final = pa.schema(
    [
        ("project_id", pa.string()),
        ("oldest_day", pa.date32()),
        ("aged_before", pa.date32()),
        ("aged_at", pa.timestamp("us")),
    ]
)
_TOKENS: Final = pa.schema(
    [("project_id", pa.string()), ("value", pa.string()), ("is_reworded", pa.bool_()), ("token", pa.string())]
)


def can_remove_texts(connection: duckdb.DuckDBPyConnection) -> bool:
    """Say whether the models have all loaded events, with their topics, which their texts then need no more.

    If a run failed after it had loaded some, or another engine has taken over, the texts wait for the next run.
    """
    tables = {name for (name,) in connection.execute("select table_name from duckdb_columns()").fetchall()}
    return {*MODELLED} <= tables and connection.execute(read_sql("count_unmodelled_segments")).fetchall() == [(0,)]


def describe_removals(
    connection: duckdb.DuckDBPyConnection, projects: Projects, oldest_days: Mapping[str, date]
) -> dict[str, TextRemoval]:
    """Say how the texts of each project with too old ones are removed.

    Args:
        connection: a connection to the warehouse, of which `can_remove_texts` is true.
        projects: the projects database, which makes the keys.
        oldest_days: the first day whose texts each project keeps.
    """
    if not oldest_days:
        return {}
    keys = projects.text_retention.keys(oldest_days)
    types: dict[str, dict[str, str]] = {project_id: {} for project_id in oldest_days}
    rows = connection.execute("select project_id, field, effective_type from intermediate.int_fields__typed").fetchall()
    for project_id, field, of in rows:
        if project_id in types:
            types[project_id][field] = of
    return {
        project_id: TextRemoval(
            oldest_day=oldest_day,
            key=keys[project_id],
            text_fields=frozenset(field for field, of in types[project_id].items() if of == "text"),
            other_fields=frozenset(field for field, of in types[project_id].items() if of != "text"),
            reworded=set(),
        )
        for project_id, oldest_day in oldest_days.items()
    }


def find_aged_texts(
    connection: duckdb.DuckDBPyConnection, projects: Projects, rules: Mapping[str, Rules], *, is_modelled: bool
) -> None:
    """Find the texts that are too old, and what is known of them, in temporary tables.

    `aged_texts` has each value, `aged_text_events` their events, `text_segments` the loaded files that may have more,
    and `removed_verdicts` the topic of each message without its text. Messages that keep a session's mark of having
    asked in other words are noted in the rules.
    """
    removals = {project_id: of_project.texts for project_id, of_project in rules.items() if of_project.texts}
    connection.register("days", _days(projects, removals))
    connection.execute("create or replace temp table text_days as from days")
    connection.unregister("days")
    for query in ("text_segments", "aged_texts", "reworded_texts", "aged_text_events"):
        if query == "aged_texts" and not is_modelled:
            connection.execute(f"create or replace temp table {query} as {_NO_TEXTS}")
        elif query == "reworded_texts" and not is_modelled:
            connection.execute(f"create or replace temp table {query} as {_NO_REWORDED}")
        else:
            connection.execute(f"create or replace temp table {query} as {read_sql(f'find_{query}')}")
    for project_id, event_id, field in connection.execute("from reworded_texts").fetchall():
        removals[project_id].reworded.add((event_id, field))
    connection.register("tokens", _tokens(connection, removals))
    if is_modelled:
        connection.execute(f"create or replace temp table removed_verdicts as {read_sql('find_removed_verdicts')}")
    else:
        connection.execute("create or replace temp table removed_verdicts as from ml.removed_texts limit 0")
    connection.unregister("tokens")


def replace_texts(connection: duckdb.DuckDBPyConnection) -> None:
    """Store the verdicts on texts that were removed, by the hashes of their tokens; in the caller's transaction."""
    connection.execute(read_sql("replace_texts"))


def _days(projects: Projects, removals: Mapping[str, TextRemoval]) -> pa.Table:
    rows: list[dict[str, Any]] = []
    for project_id, kept in projects.text_retention.of(removals).items():
        aged_at = kept.aged_at.replace(tzinfo=None) if kept.aged_at else None
        row = {"oldest_day": removals[project_id].oldest_day, "aged_before": kept.aged_before, "aged_at": aged_at}
        rows.append({"project_id": project_id, **row})
    return pa.Table.from_pylist(rows, schema=_DAYS)


def _tokens(connection: duckdb.DuckDBPyConnection, removals: Mapping[str, TextRemoval]) -> pa.Table:
    """Return the token of each value of `aged_texts`: as it is, and as one of a session that asked in other words."""
    rows = connection.execute(read_sql("list_aged_values")).fetchall()
    return pa.Table.from_pylist(
        [
            {
                "project_id": project_id,
                "value": value,
                "is_reworded": is_reworded,
                "token": removed_text(removals[project_id].key, value, is_reworded=is_reworded),
            }
            for project_id, value, is_reworded in rows
        ],
        schema=_TOKENS,
    )
