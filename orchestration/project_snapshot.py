"""What people chose in the projects database, copied into the warehouse so that SQL can see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.tables import RAW_FIELD_OVERRIDES, RAW_GOALS, RAW_PROJECTS, Table
from projects.database import open_projects

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from contracts.settings import Settings


_TABLES = (RAW_PROJECTS, RAW_FIELD_OVERRIDES, RAW_GOALS)


@dataclass(frozen=True)
class ProjectSnapshot:
    """Rows for `raw.projects`, `raw.field_overrides` and `raw.goals`, in the order of their columns."""

    projects: list[tuple[object, ...]]
    overrides: list[tuple[object, ...]]
    goals: list[tuple[object, ...]]


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
        goals = [(goal.project_id, goal.name, goal.kind, goal.field, goal.value) for goal in database.goals.list()]
    return ProjectSnapshot(sorted(projects), sorted(overrides), _by_name(goals))


def write_snapshot(connection: duckdb.DuckDBPyConnection, snapshot: ProjectSnapshot) -> None:
    """Replace the tables in one transaction."""
    connection.begin()
    for table, rows in zip(_TABLES, (snapshot.projects, snapshot.overrides, snapshot.goals), strict=True):
        _replace(connection, table, rows)
    connection.commit()


def _replace(connection: duckdb.DuckDBPyConnection, table: Table, rows: list[tuple[object, ...]]) -> None:
    connection.execute(f"delete from {table.qualified_name}")  # noqa: S608 - a name of our own contract
    if rows:
        marks = ", ".join("?" for _ in table.columns)
        connection.executemany(f"insert into {table.qualified_name} values ({marks})", rows)  # noqa: S608 - the same


def read_snapshot(connection: duckdb.DuckDBPyConnection) -> ProjectSnapshot:
    """The snapshot that the warehouse holds."""
    projects, overrides, goals = (connection.execute(f"from {table.qualified_name}").fetchall() for table in _TABLES)
    return ProjectSnapshot(sorted(projects), sorted(overrides), _by_name(goals))


def _by_name(goals: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Goals in the order of project and name, which no two share: their field may be null and cannot be compared."""
    return sorted(goals, key=lambda goal: (str(goal[0]), str(goal[1])))
