"""From a question to rows: one project, one published version, and nothing that differs from the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime  # pydantic reads the annotations
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import BaseModel, Field

from dashboard.api.cursors import Cursor, question_of
from dashboard.api.problems import ApiProblem, retry_later
from dashboard.api.resources import Asked, has_thing
from dashboard.data.view import View
from dashboard.errors import NothingPublishedError, UnreadableFileError
from projects.errors import DatabaseError

if TYPE_CHECKING:
    from dashboard.api.choices import Choices
    from dashboard.api.resources import Resource
    from dashboard.data.published import Published, Row, Snapshot
    from projects import Projects

RETRY_S = 60
"""A first run of the pipeline takes about so long."""


class Days(BaseModel):
    """The days (UTC) that the answer is about; null where there is no end."""

    first: date | None = Field(alias="from", serialization_alias="from")
    last: date | None = Field(alias="to", serialization_alias="to")


@dataclass(frozen=True)
class Answer:
    """Rows of one version.

    Attributes:
        resource: what was asked for.
        version: names the published version.
        fresh_until: the newest event that the version knows of.
        days: what the answer is about.
        rows: the rows, with the columns of the resource's model and no others.
        next_cursor: where the rows go on; None at their end.
    """

    resource: Resource
    version: str
    fresh_until: datetime | None
    days: tuple[date | None, date | None]
    rows: list[Row]
    next_cursor: str | None

    @property
    def document(self) -> dict[str, Any]:
        """The answer as JSON has it."""
        return {
            "version": short_name(self.version),
            "fresh_until": self.fresh_until,
            "days": {"from": self.days[0], "to": self.days[1]},
            "data": self.rows[0] if self.resource.is_one else self.rows,
            **({} if self.resource.is_one else {"next_cursor": self.next_cursor}),
        }


class Reader:
    """Reads the published file for one project at a time."""

    def __init__(self, published: Published, projects: Projects | None) -> None:
        self._published = published
        self._projects = projects

    def snapshot(self, cursor: Cursor | None = None) -> Snapshot:
        """Return the newest version, or that of a cursor.

        Raises:
            ApiProblem: 410: that version is gone; 503: nothing can be read now.
        """
        try:
            found = self._published.snapshot() if cursor is None else self._published.snapshot_of(cursor.version)
        except NothingPublishedError:
            raise retry_later(
                503, "Nothing is published yet; the first run of the pipeline publishes.", RETRY_S
            ) from None
        except UnreadableFileError:
            raise _unreadable() from None
        if found is None:
            raise ApiProblem(410, "The version that the cursor belongs to is gone; begin again without a cursor.")
        return found

    def cursor(self, resource: Resource, project_id: str, choices: Choices, what: str) -> Cursor | None:
        """Read the cursor of a question; None where it has none.

        Raises:
            ApiProblem: 400: it is of another question.
        """
        if choices.cursor is None:
            return None
        return Cursor.read(choices.cursor, question_of(f"{resource.path} {what}", project_id, choices))

    def read(
        self, resource: Resource, project_id: str, choices: Choices, what: str = "", snapshot: Snapshot | None = None
    ) -> Answer:
        """Answer a question about a project.

        Args:
            resource: what is asked for.
            project_id: the only project that is read.
            choices: what was chosen.
            what: the id in the path.
            snapshot: a version that was looked up before; of the cursor or the newest one by default.

        Raises:
            ApiProblem: there is no answer.
        """
        cursor = self.cursor(resource, project_id, choices, what)
        snapshot = snapshot or self.snapshot(cursor)
        path = resource.page.replace("{id:path}", "{id}").replace("{id}", quote(what, safe=""))
        view = View(choices.address(path, project_id), snapshot, project_id, projects=self._projects)
        offset = cursor.offset if cursor else 0
        try:
            if project_id not in {row["project_id"] for row in snapshot.rows("projects")}:
                sentence = "No event of this project is published yet; the next run of the pipeline publishes."
                raise retry_later(503, sentence, RETRY_S)
            choices.check_names(view)
            asked = Asked(view, choices, what, offset, choices.limit + 1)
            found = resource.find(asked)
            is_missing = (
                not found and bool(resource.thing) and (resource.is_one or not has_thing(asked, resource.thing))
            )
            fresh_until = snapshot.row("freshness", project_id=project_id)["fresh_until"]
        except UnreadableFileError:
            raise _unreadable() from None
        except DatabaseError:
            raise retry_later(503, "Turret's own database does not answer now; try again.", 5) from None
        if is_missing:
            raise ApiProblem(404, f"The project has no {resource.thing} {what[:100]!r}.")
        names = list(resource.model.model_fields)
        rows = [{name: row[name] for name in names} for row in found[: choices.limit]]
        further = None
        if len(found) > choices.limit:
            question = question_of(f"{resource.path} {what}", project_id, choices)
            further = Cursor(snapshot.version, question, offset + choices.limit).write()
        return Answer(resource, snapshot.version, fresh_until, (view.filters.first, view.filters.last), rows, further)


def short_name(version: str) -> str:
    """Name a version without what all of them share."""
    return version.removeprefix("turret-").removesuffix(".duckdb")


def _unreadable() -> ApiProblem:
    return retry_later(503, "The published file cannot be read now; `turret run` publishes it again.", RETRY_S)
