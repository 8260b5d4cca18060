"""Answer requests: one project, one published version, and the same figures as the pages."""

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
"""Seconds until a retry makes sense: about the time of a first pipeline run."""


class Days(BaseModel):
    """The days (UTC) that an answer covers; null where there is no limit."""

    first: date | None = Field(alias="from", serialization_alias="from")
    last: date | None = Field(alias="to", serialization_alias="to")


@dataclass(frozen=True)
class Answer:
    """Rows of one published version.

    Attributes:
        resource: the resource that was requested.
        version: the published version.
        fresh_until: the newest event in the version.
        details_from: the day from which on the project's sessions are published; None if all are.
        days: the days that the answer covers.
        rows: the rows, with exactly the columns of the resource's model.
        next_cursor: the position of the next page; None on the last one.
    """

    resource: Resource
    version: str
    fresh_until: datetime | None
    details_from: date | None
    days: tuple[date | None, date | None]
    rows: list[Row]
    next_cursor: str | None

    @property
    def document(self) -> dict[str, Any]:
        """Return the answer as a JSON object."""
        return {
            "version": short_name(self.version),
            "fresh_until": self.fresh_until,
            "details_from": self.details_from,
            "days": {"from": self.days[0], "to": self.days[1]},
            "data": self.rows[0] if self.resource.is_one else self.rows,
            **({} if self.resource.is_one else {"next_cursor": self.next_cursor}),
        }


class Reader:
    """Read the published file for one project at a time."""

    def __init__(self, published: Published, projects: Projects | None) -> None:
        self._published = published
        self._projects = projects

    def snapshot(self, cursor: Cursor | None = None) -> Snapshot:
        """Return the newest version, or the version of a cursor.

        Raises:
            ApiProblem: 410: that version no longer exists; 503: nothing can be read now.
        """
        try:
            found = self._published.snapshot() if cursor is None else self._published.snapshot_of(cursor.version)
        except NothingPublishedError:
            raise retry_later(
                503, "Nothing is published yet; the first pipeline run publishes the marts.", RETRY_S
            ) from None
        except UnreadableFileError:
            raise _unreadable() from None
        except DatabaseError:
            raise _no_database() from None
        if found is None:
            raise ApiProblem(410, "The cursor's version no longer exists; start again without a cursor.")
        return found

    def cursor(self, resource: Resource, project_id: str, choices: Choices, what: str) -> Cursor | None:
        """Parse the cursor of a request; None where it has none.

        Raises:
            ApiProblem: 400: it belongs to another request.
        """
        if choices.cursor is None:
            return None
        return Cursor.read(choices.cursor, question_of(f"{resource.path} {what}", project_id, choices))

    def read(
        self, resource: Resource, project_id: str, choices: Choices, what: str = "", snapshot: Snapshot | None = None
    ) -> Answer:
        """Answer a request about a project.

        Args:
            resource: the resource to read.
            project_id: the only project that is read.
            choices: the parameters of the request.
            what: the id in the path.
            snapshot: the version to read; by default the cursor's, or the newest one.

        Raises:
            ApiProblem: the request fails.
        """
        cursor = self.cursor(resource, project_id, choices, what)
        snapshot = snapshot or self.snapshot(cursor)
        path = resource.page.replace("{id:path}", "{id}").replace("{id}", quote(what, safe=""))
        view = View(choices.address(path, project_id), snapshot, project_id, projects=self._projects)
        offset = cursor.offset if cursor else 0
        try:
            if project_id not in {row["project_id"] for row in snapshot.rows("projects")}:
                sentence = "No event of this project is published yet; wait for the next pipeline run."
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
            raise _no_database() from None
        if is_missing:
            raise ApiProblem(404, f"The project has no {resource.thing} {what[:100]!r}{_unless_older(view)}.")
        names = list(resource.model.model_fields)
        rows = [{name: row[name] for name in names} for row in found[: choices.limit]]
        further = None
        if len(found) > choices.limit:
            question = question_of(f"{resource.path} {what}", project_id, choices)
            further = Cursor(snapshot.version, question, offset + choices.limit).write()
        days = (view.filters.first, view.filters.last)
        return Answer(resource, snapshot.version, fresh_until, view.details_from, days, rows, further)


def _unless_older(view: View) -> str:
    if view.details_from is None:
        return ""
    return f" that is published; sessions that began before {view.details_from} are not"


def short_name(version: str) -> str:
    """Return a version's name without the part that all versions share."""
    return version.removeprefix("turret-").removesuffix(".duckdb")


def _unreadable() -> ApiProblem:
    return retry_later(503, "The published file cannot be read; run `turret run` to publish it again.", RETRY_S)


def _no_database() -> ApiProblem:
    return retry_later(503, "Turret's projects database does not respond; try again.", 5)
