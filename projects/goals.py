"""Goals of projects: what a session should reach. `Projects.goals` is the entry point."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import select

from projects.errors import InvalidValueError, NotFoundError
from projects.models import GoalRow
from projects.records import Goal, GoalKind
from projects.transactions import find_project, reading, writing
from projects.validation import check_field, check_goal_kind, check_goal_name, check_goal_value

if TYPE_CHECKING:
    import builtins

    from sqlalchemy import Engine


class Goals:
    """The goals of all projects. Every method is one transaction, callable from any thread.

    Each may raise `DatabaseError` when the database cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def set(self, project: str, name: str, kind: str, value: str, field: str | None = None) -> Goal:
        """Set a goal, replacing the project's goal of that name if there is one.

        Args:
            project: id or name of the project.
            name: name of the goal.
            kind: `event`, `field`, `topic` or `feedback`.
            value: name of the event, value of the field, topic_id, or `positive` or `negative` feedback.
            field: dotted name of the metadata field; for kind `field` only.

        Raises:
            InvalidValueError: the name, kind, field or value is not allowed.
            NotFoundError: there is no such project.
        """
        checked_kind = check_goal_kind(kind)
        if (field is None) is (checked_kind == "field"):
            raise InvalidValueError(
                f"The field of the goal is {field!r}; a goal of kind 'field' needs one, others have none."
            )
        with writing(self._engine) as session:
            row = GoalRow(
                project_id=find_project(session, project).project_id,
                name=check_goal_name(name),
                kind=checked_kind,
                field=None if field is None else check_field(field),
                value=check_goal_value(checked_kind, value),
            )
            return _goal(session.merge(row))

    def clear(self, project: str, name: str) -> None:
        """Delete a goal.

        Raises:
            NotFoundError: there is no such project, or it has no such goal.
        """
        with writing(self._engine) as session:
            owner = find_project(session, project)
            row = session.get(GoalRow, (owner.project_id, name))
            if row is None:
                raise NotFoundError(
                    f"Project {owner.name!r} has no goal {name!r}; `turret project goal list` lists its goals."
                )
            session.delete(row)

    def list(self, project: str | None = None) -> builtins.list[Goal]:
        """Return the goals of one project, or of all, ordered by project and name.

        Raises:
            NotFoundError: there is no such project.
        """
        query = select(GoalRow).order_by(GoalRow.project_id, GoalRow.name)
        with reading(self._engine) as session:
            if project is not None:
                query = query.where(GoalRow.project_id == find_project(session, project).project_id)
            return [_goal(row) for row in session.scalars(query)]


def _goal(row: GoalRow) -> Goal:
    return Goal(row.project_id, row.name, cast("GoalKind", row.kind), row.field, row.value)
