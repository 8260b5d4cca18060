"""The input of a settings page: the address, the project, and the databases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contracts.settings import Settings
    from dashboard.data.address import Address
    from dashboard.data.published import Row, Snapshot
    from projects import Projects
    from projects.records import Project


@dataclass(frozen=True)
class SettingsContext:
    """The settings of an installation, and of one project if there is any.

    Attributes:
        snapshot: the published marts; None before the first run.
        project: None in an installation without projects.
    """

    address: Address
    projects: Projects
    settings: Settings
    snapshot: Snapshot | None
    project: Project | None

    def rows(self, query: str) -> list[Row]:
        """Return the rows of a query about the project; none before the first run."""
        if self.snapshot is None or self.project is None:
            return []
        return self.snapshot.rows(query, project_id=self.project.project_id)
