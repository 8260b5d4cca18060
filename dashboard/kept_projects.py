"""The published marts without deleted projects, which stay in the file until the next run."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from dashboard.data.published import NO_FILTERS, Published, Snapshot
from dashboard.errors import DeletedProjectError

if TYPE_CHECKING:
    from pathlib import Path

    from dashboard.data.filters import Filters
    from dashboard.data.published import Row
    from projects import Projects


@dataclass(frozen=True)
class KeptSnapshot(Snapshot):
    """One version of the marts, in which deleted projects cannot be read.

    Attributes:
        deleted: ids of the deleted projects.
    """

    deleted: frozenset[str] = frozenset()

    def rows(self, query: str, filters: Filters = NO_FILTERS, **parameters: object) -> list[Row]:
        """Run a query as `Snapshot.rows` does; the query `projects` lists no deleted ones.

        Raises:
            DeletedProjectError: the query is about a deleted project.
        """
        if parameters.get("project_id") in self.deleted:
            raise DeletedProjectError("The project was deleted; the next run removes its events.")
        rows = super().rows(query, filters, **parameters)
        return [row for row in rows if row["project_id"] not in self.deleted] if query == "projects" else rows


class KeptPublished(Published):
    """Like `Published`, but its versions have no deleted projects, so that no page or download can forget to check.

    `snapshot` and `snapshot_of` may also raise `DatabaseError` when the projects database cannot be read.

    Args:
        link: names the current version.
        min_people: see `Snapshot`.
        projects: says which projects are deleted.
    """

    def __init__(self, link: Path, min_people: int | None, projects: Projects) -> None:
        super().__init__(link, min_people)
        self._projects = projects
        self._kept: KeptSnapshot | None = None

    def snapshot(self) -> Snapshot:
        """Return the newest version."""
        found, deleted = super().snapshot(), frozenset(self._projects.list_deleted_ids())
        kept = self._kept
        if kept is None or kept.connection is not found.connection or kept.deleted != deleted:
            kept = self._kept = _without(deleted, found)
        return kept

    def snapshot_of(self, version: str) -> Snapshot | None:
        """Return the version of this name; None if it no longer exists."""
        found = super().snapshot_of(version)
        if found is None or isinstance(found, KeptSnapshot):
            return found
        return _without(frozenset(self._projects.list_deleted_ids()), found)


def _without(deleted: frozenset[str], snapshot: Snapshot) -> KeptSnapshot:
    """Return a snapshot that shares its connection and caches with the given one."""
    shared = {item.name: getattr(snapshot, item.name) for item in fields(Snapshot)}
    return KeptSnapshot(**shared, deleted=deleted)
