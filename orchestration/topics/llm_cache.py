"""Answers of the model that names topics, kept in the warehouse: no request is paid for twice, in no later run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


class WarehouseResponseCache:
    """Answers by the hash of what was asked, in `ops.llm_answers`; they are never published.

    Args:
        connection: The warehouse, open for writing for as long as answers are asked for.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute(
            "create table if not exists ops.llm_answers (request_hash varchar, answer varchar, answered_at timestamp)"
        )

    def get(self, request_hash: str) -> str | None:
        """The answer to a request, or None where it was never answered usably."""
        row = next(
            iter(
                self._connection.execute(
                    "select answer from ops.llm_answers where request_hash = ?", [request_hash]
                ).fetchall()
            ),
            None,
        )
        return row[0] if row else None

    def put(self, request_hash: str, answer: str) -> None:
        """Keep a usable answer at once: it outlives a run that fails later."""
        self._connection.execute("delete from ops.llm_answers where request_hash = ?", [request_hash])
        self._connection.execute(
            "insert into ops.llm_answers values (?, ?, ?)",
            [request_hash, answer, datetime.now(UTC).replace(tzinfo=None)],
        )
