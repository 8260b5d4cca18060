"""Copy people's choices from the projects database into the warehouse, so that SQL can read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.tables import (
    RAW_DELETED_EVENTS,
    RAW_DELETED_PROJECTS,
    RAW_FIELD_OUTCOMES,
    RAW_FIELD_OVERRIDES,
    RAW_GOALS,
    RAW_PROJECTS,
    RAW_TEXT_CHOICES,
    RAW_TOPIC_CANDIDATES,
    RAW_TOPIC_CHOICES,
    Table,
)
from orchestration.ingest.excluded_events import exclude_events
from projects.database import open_projects
from projects.validation import LATE_AFTER_S

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import duckdb

    from contracts.settings import Settings
    from projects.records import Goal
    from projects.topic_edits.replay import AppliedEdits


Row = tuple[object, ...]

SNAPSHOT_TABLES = (
    RAW_PROJECTS,
    RAW_FIELD_OVERRIDES,
    RAW_FIELD_OUTCOMES,
    RAW_GOALS,
    RAW_TOPIC_CHOICES,
    RAW_TEXT_CHOICES,
    RAW_TOPIC_CANDIDATES,
    RAW_DELETED_EVENTS,
    RAW_DELETED_PROJECTS,
)


@dataclass(frozen=True)
class ProjectSnapshot:
    """Rows for the tables of the same names in schema `raw`; `overrides` are those of fields."""

    projects: list[Row]
    overrides: list[Row]
    outcomes: list[Row]
    goals: list[Row]
    topic_choices: list[Row]
    text_choices: list[Row]
    topic_candidates: list[Row]
    deleted_events: list[Row]
    deleted_projects: list[Row]

    @property
    def tables(self) -> tuple[list[Row], ...]:
        """The rows of all tables, in the order of `SNAPSHOT_TABLES`."""
        return (
            self.projects,
            self.overrides,
            self.outcomes,
            self.goals,
            self.topic_choices,
            self.text_choices,
            self.topic_candidates,
            self.deleted_events,
            self.deleted_projects,
        )


def take_snapshot(settings: Settings) -> ProjectSnapshot:
    """Read the projects database, in the order of its keys, so that equal choices give equal snapshots.

    A deleted project only has its id.
    """
    with open_projects(settings) as database:
        gone = database.list_deleted_ids()
        projects = [
            (
                project.project_id,
                project.name,
                project.plan,
                project.created_at.replace(tzinfo=None),
                project.journey_field,
                project.first_day,
                project.are_placeholder_ids_missing,
                project.are_refits_automatic,
                project.late_after_s or LATE_AFTER_S,
            )
            for project in database.list_projects()
        ]
        overrides = [(override.project_id, override.field, override.type) for override in database.list_overrides()]
        outcomes = [(choice.project_id, choice.field, choice.outcome) for choice in database.list_field_outcomes()]
        edits = {
            project_id: made for project_id, made in database.topic_edits.choices().items() if project_id not in gone
        }
        goals = [_goal_row(goal, edits) for goal in database.goals.list()]
        candidates = [
            (candidate.project_id, candidate.field, candidate.number, candidate.outcome == "promoted")
            for candidate in database.candidates.list()
            if candidate.outcome != "dropped"
        ]
        deleted = [(event.project_id, event.event_id) for event in database.deleted_events.list()]
    return ProjectSnapshot(
        _by_id(projects),
        sorted(_without(gone, overrides)),
        sorted(_without(gone, outcomes)),
        _by_key(_without(gone, goals)),
        _topic_choices(edits),
        _text_choices(edits),
        sorted(_without(gone, candidates)),
        sorted(_without(gone, deleted)),
        [(project_id,) for project_id in gone],
    )


def _without(project_ids: Collection[str], rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row[0] not in project_ids]


def _goal_row(goal: Goal, edits: Mapping[str, AppliedEdits]) -> Row:
    """Return the row of a goal; a goal on a merged topic follows the merge."""
    value = goal.value
    if goal.kind == "topic" and goal.project_id in edits:
        value = edits[goal.project_id].root(goal.value)
    return (goal.project_id, goal.name, goal.kind, goal.field, value)


def _topic_choices(edits: Mapping[str, AppliedEdits]) -> list[Row]:
    rows = [
        (
            choice.project_id,
            choice.field,
            choice.topic_id,
            choice.label,
            choices.root(choice.topic_id) if choice.merged_into is not None else None,
            choices.is_hidden(choice.topic_id),
            choice.step,
            list(choice.definition.examples) if choice.definition else None,
            choice.definition.scope if choice.definition else None,
            "retired" if choices.is_retired(choice.topic_id) else choice.state,
        )
        for choices in edits.values()
        for choice in choices.topics.values()
    ]
    return sorted(rows, key=lambda row: row[:3])


def _text_choices(edits: Mapping[str, AppliedEdits]) -> list[Row]:
    return sorted(
        (choice.project_id, choice.field, choice.text_hash, choice.topic_id)
        for choices in edits.values()
        for choice in choices.texts.values()
    )


def write_snapshot(connection: duckdb.DuckDBPyConnection, snapshot: ProjectSnapshot) -> None:
    """Replace the tables in one transaction."""
    connection.begin()
    for table, rows in zip(SNAPSHOT_TABLES, snapshot.tables, strict=True):
        _replace(connection, table, rows)
    exclude_events(connection)
    connection.commit()


def _replace(connection: duckdb.DuckDBPyConnection, table: Table, rows: list[Row]) -> None:
    connection.execute(f"delete from {table.qualified_name}")  # noqa: S608 - a name of our own contract
    if rows:
        marks = ", ".join("?" for _ in table.columns)
        connection.executemany(f"insert into {table.qualified_name} values ({marks})", rows)  # noqa: S608 - the same


def read_snapshot(connection: duckdb.DuckDBPyConnection) -> ProjectSnapshot:
    """Return the snapshot that the warehouse holds."""
    projects, overrides, outcomes, goals, topics, texts, candidates, deleted, deleted_projects = (
        connection.execute(f"from {table.qualified_name}").fetchall() for table in SNAPSHOT_TABLES
    )
    return ProjectSnapshot(
        _by_id(projects),
        sorted(overrides),
        sorted(outcomes),
        _by_key(goals),
        sorted(topics, key=lambda row: row[:3]),
        sorted(texts),
        sorted(candidates),
        sorted(deleted),
        sorted(deleted_projects),
    )


def _by_id(projects: Sequence[Row]) -> list[Row]:
    """Sort projects by id: other columns may be null, which cannot be compared."""
    return sorted(projects, key=lambda project: str(project[0]))


def _by_key(goals: Sequence[Row]) -> list[Row]:
    """Sort goals by project and name, which are unique: their field may be null, which cannot be compared."""
    return sorted(goals, key=lambda goal: (str(goal[0]), str(goal[1])))
