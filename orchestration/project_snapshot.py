"""What people chose in the projects database, copied into the warehouse so that SQL can see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.tables import RAW_FIELD_OVERRIDES, RAW_PROJECTS, Table
from projects.database import open_projects

if TYPE_CHECKING:
    import duckdb

    from contracts.settings import Settings


@dataclass(frozen=True)
class ProjectSnapshot:
    """Rows for `raw.projects` and `raw.field_overrides`, in the order of their columns."""

    projects: list[tuple[object, ...]]
    overrides: list[tuple[object, ...]]


def take_snapshot(settings: Settings) -> ProjectSnapshot:
    """Read the projects database."""
    with open_projects(settings) as database:
        projects = [
            (
                project.project_id,
                project.name,
                project.plan,
                project.created_at.replace(tzinfo=None),
                project.journey_field,
            )
            for project in database.list_projects()
        ]
        overrides = [(override.project_id, override.field, override.type) for override in database.list_overrides()]
    return ProjectSnapshot(sorted(projects), sorted(overrides))


def write_snapshot(connection: duckdb.DuckDBPyConnection, snapshot: ProjectSnapshot) -> None:
    """Replace both tables in one transaction."""
    connection.begin()
    for table, rows in ((RAW_PROJECTS, snapshot.projects), (RAW_FIELD_OVERRIDES, snapshot.overrides)):
        _replace(connection, table, rows)
    connection.commit()


def _replace(connection: duckdb.DuckDBPyConnection, table: Table, rows: list[tuple[object, ...]]) -> None:
    connection.execute(f"delete from {table.qualified_name}")  # noqa: S608 - a name of our own contract
    if rows:
        marks = ", ".join("?" for _ in table.columns)
        connection.executemany(f"insert into {table.qualified_name} values ({marks})", rows)  # noqa: S608 - the same


def read_snapshot(connection: duckdb.DuckDBPyConnection) -> ProjectSnapshot:
    """The snapshot that the warehouse holds."""
    projects, overrides = (
        sorted(connection.execute(f"from {table.qualified_name}").fetchall())
        for table in (RAW_PROJECTS, RAW_FIELD_OVERRIDES)
    )
    return ProjectSnapshot(projects, overrides)
