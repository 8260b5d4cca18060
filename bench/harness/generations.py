"""Distinguishable publications: generation n has n rows in each of its marts, so a mixed answer is detected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from contracts.tables import (
    AGG_TRANSITIONS,
    DIM_TOPICS,
    DIM_USERS,
    FCT_EVENTS,
    FCT_SESSIONS,
    MARTS,
    MARTS_SCHEMA,
    RAW_REPLACED_EVENTS,
    RAW_SCHEMA,
)
from orchestration.publish.published_file import publish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contracts.home import Home
    from contracts.tables import Table

COUNTED = (FCT_EVENTS, DIM_USERS, FCT_SESSIONS, DIM_TOPICS, AGG_TRANSITIONS)
VERSIONS_KEPT = 3
PROJECT_ID = "prj_00000000000000be"


@dataclass(frozen=True)
class Generations:
    """A home whose warehouse holds marts of the agreed columns; `n_ballast` more rows in one of them take time."""

    home: Home
    n_ballast: int = 0

    def prepare(self) -> None:
        """Make the warehouse with empty marts."""
        self.home.root.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(self.home.warehouse) as connection:
            connection.execute(f"create schema {MARTS_SCHEMA}; create schema {RAW_SCHEMA}")
            for table in (*MARTS, RAW_REPLACED_EVENTS):
                columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
                connection.execute(f"create table {table.qualified_name} ({columns})")
            connection.execute(
                "insert into marts.fct_messages (project_id, event_id, text)"
                " select ?, 'evt_' || range, 'a message like many others, number ' || range from range(?)",
                [PROJECT_ID, self.n_ballast],
            )

    def fill(self, number: int, tables: Sequence[Table] = COUNTED) -> None:
        """Give each of the tables `number` rows."""
        rows = pa.table({"project_id": [PROJECT_ID] * number})
        with duckdb.connect(self.home.warehouse) as connection:
            for table in tables:
                connection.execute(f"truncate {table.qualified_name}")
                connection.register("rows", rows)
                connection.execute(f"insert into {table.qualified_name} by name from rows")

    def publish(self, number: int) -> None:
        """Publish the generation as the pipeline does."""
        self.fill(number)
        publish(self.home, f"run-{number}", f"fingerprint-{number}", VERSIONS_KEPT)

    def publish_piecemeal(self, number: int) -> None:
        """Publish it incorrectly, after each mart, before all of them are of the generation; this must be detected."""
        for table in COUNTED:
            self.fill(number, [table])
            publish(self.home, f"run-{number}", f"fingerprint-{number}", VERSIONS_KEPT)
