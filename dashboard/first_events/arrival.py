"""How far the events of a project have come: accepted by the collector, landed, in a run, published.

The state is read from what the parts of Turret write: the quota ledger, the landed files, and the current run.
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
    """The state of a project's events before their numbers are published. Times are UTC and aware.

    Attributes:
        n_events: events that the collector has accepted, up to about a second ago.
        last_at: when the newest of them arrived, to a few seconds; None without any.
        has_landed: whether a run would find a file of the project.
        run: the current run; None without one.
        broken: the stage in which the last run failed or was killed; None if it succeeded.
    """

    n_events: int
    last_at: datetime | None
    has_landed: bool
    run: RunProgress | None
    broken: RunProgress | None


def look_for_events(projects: Projects, settings: Settings, project: Project) -> Arrival:
    """Find out how far the events of a project have come.

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
    """Return when the newest file of a project was sealed, seconds after its events arrived; None without any file.

    Dates and hours sort by their names, so only the newest hour is read.
    """
    for date in sorted(folder.glob("date=*"), reverse=True):
        for hour in sorted(date.glob("hour=*"), reverse=True):
            times = [file.stat().st_mtime for file in hour.glob(f"*{SEGMENT_SUFFIX}")]
            if times:
                return datetime.fromtimestamp(max(times), UTC)
    return None
