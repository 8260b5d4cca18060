"""Cache the responses of the language model that names topics in the warehouse, across runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


class WarehouseResponseCache:
    """A cache of responses by the hash of the request, in `ops.llm_answers`, which is never published.

    Args:
        connection: the warehouse, open for writing.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute(
            "create table if not exists ops.llm_answers (request_hash varchar, answer varchar, answered_at timestamp)"
        )

    def get(self, request_hash: str) -> str | None:
        """Return the response to a request; None if there is no usable one."""
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
        """Store a usable response at once, so that it survives if the run fails later."""
        self._connection.execute("delete from ops.llm_answers where request_hash = ?", [request_hash])
        self._connection.execute(
            "insert into ops.llm_answers values (?, ?, ?)",
            [request_hash, answer, datetime.now(UTC).replace(tzinfo=None)],
        )
