"""How far the events of a project have come: taken by the collector, landed, in a run, published.

All of it is read from what the parts of Turret write: the quota ledger, the landed files, and the run under way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from contracts.home import SEGMENT_SUFFIX, Home
from contracts.run_progress import RunProgress, read_broken_stage, read_progress

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.settings import Settings
    from projects import Projects
    from projects.records import Project


@dataclass(frozen=True)
class Arrival:
    """What is known of a project's events before their numbers are published. Times are UTC and aware.

    Attributes:
        n_events: Events that the collector took, up to about a second ago.
        last_at: When the newest of them arrived, to a few seconds; None without any.
        has_landed: Whether a run would find a file of the project.
        run: The run under way; None where there is none.
        broken: The stage in which the last run failed or was killed; None where it ended well.
    """

    n_events: int
    last_at: datetime | None
    has_landed: bool
    run: RunProgress | None
    broken: RunProgress | None


def look_for_events(projects: Projects, settings: Settings, project: Project) -> Arrival:
    """Look how far the events of a project have come.

    Raises:
        DatabaseError: the projects database cannot be read.
    """
    home = Home(settings.home)
    used = projects.ledger.usage(project.project_id, datetime.now(UTC)).used
    landed_at = _last_landed_at(home.landing / f"project_id={project.project_id}")
    used_at = [key.last_used_at for key in projects.list_keys(project.project_id) if key.last_used_at]
    times = [*([landed_at] if landed_at else []), *used_at]
    return Arrival(
        n_events=used,
        last_at=max(times) if times else None,
        has_landed=landed_at is not None,
        run=read_progress(home),
        broken=read_broken_stage(home),
    )


def _last_landed_at(folder: Path) -> datetime | None:
    """When the newest file of a project was sealed, seconds after its events came; None without any file.

    Dates and hours sort as their names do, so only the newest hour is looked into.
    """
    for date in sorted(folder.glob("date=*"), reverse=True):
        for hour in sorted(date.glob("hour=*"), reverse=True):
            times = [file.stat().st_mtime for file in hour.glob(f"*{SEGMENT_SUFFIX}")]
            if times:
                return datetime.fromtimestamp(max(times), UTC)
    return None
