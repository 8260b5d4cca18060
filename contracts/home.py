"""Names of everything on disk under `TURRET_HOME`. Paths only: nothing is created or read here."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from contracts.durable_files import make_folder

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

PROJECT_ID_PATTERN = re.compile(r"prj_[0-9a-f]{16}")
"""A project's id is a safe folder name, because it has no other characters."""

SEGMENT_SUFFIX = ".ndjson.zst"
_SEGMENT_NAME = re.compile(
    rf"project_id=(?P<project>{PROJECT_ID_PATTERN.pattern})/date=(?P<date>20[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}})/"
    rf"hour=(?P<hour>[01][0-9]|2[0-3])/[A-Za-z0-9._-]{{1,200}}{re.escape(SEGMENT_SUFFIX)}"
)

WAL_SUFFIX = ".wal"
RUNS_SOCKET = "runs.sock"
"""The socket of the process that forks runs, in the same folder as the socket of Dagster's code server."""

HOME_HEADER = "Turret-Home"
"""Header of health checks; see `Home.mark`."""


class SegmentPlace(NamedTuple):
    """The information in a segment's name: its project, and the day and hour (UTC) of receipt."""

    project_id: str
    received_date: date
    received_hour: int


def parse_segment_name(name: str) -> SegmentPlace | None:
    """Parse the name of a segment: its path below the landing folder, which is its name everywhere.

    None for any other name: a shared folder or bucket may hold anything.
    """
    found = _SEGMENT_NAME.fullmatch(name)
    if found is None:
        return None
    try:
        return SegmentPlace(found["project"], date.fromisoformat(found["date"]), int(found["hour"]))
    except ValueError:  # a day that does not exist
        return None


@dataclass(frozen=True)
class Home:
    """The folders and files of one installation.

    Attributes:
        root: The folder that contains all.
        is_shared: Whether sealed segments are on their way to `TURRET_LANDING_URL`, where those of all hosts meet.
    """

    root: Path
    is_shared: bool = False

    @property
    def mark(self) -> str:
        """Identifies this home in the header `Turret-Home` of health checks."""
        return hashlib.sha256(str(self.root.resolve()).encode(errors="surrogateescape")).hexdigest()[:16]

    def make(self) -> None:
        """Make the folder if it is missing, for its owner only: it will hold what people say."""
        make_folder(self.root, 0o700)

    @property
    def wal(self) -> Path:
        """One file per collector worker, being written."""
        return self.root / "wal"

    @property
    def workers(self) -> Path:
        """One locked file per process that writes events; the lock shows whether the process is alive."""
        return self.root / "workers"

    @property
    def landing(self) -> Path:
        """Sealed, immutable segments; those of all hosts if the home reads from `TURRET_LANDING_URL`."""
        return self.root / "landing"

    @property
    def landing_listed(self) -> Path:
        """When all segments of `TURRET_LANDING_URL` were last listed, and its address."""
        return self.root / "landing.listed"

    @property
    def outbox(self) -> Path:
        """Sealed segments that `TURRET_LANDING_URL` does not have yet."""
        return self.root / "outbox"

    @property
    def quarantine(self) -> Path:
        """Lines that could not be read, with the reasons."""
        return self.root / "quarantine"

    @property
    def imported_files(self) -> Path:
        """The files that were imported; `collector.imports.imported_files` writes and reads it."""
        return self.root / "imported_files.ndjson"

    @property
    def instrumentation_counts(self) -> Path:
        """Model calls received by OpenTelemetry; `contracts.instrumentation_counts` writes and reads it."""
        return self.root / "instrumentation_counts.json"

    @property
    def import_maps(self) -> Path:
        """Saved options of imports by name; `collector.imports.saved_maps` writes and reads it."""
        return self.root / "import_maps.json"

    @property
    def projects_database(self) -> Path:
        """Projects, keys, overrides and edits, if they are in SQLite."""
        return self.root / "turret.sqlite"

    @property
    def dashboard_key(self) -> Path:
        """The key that signs the dashboard's cookies; without it, everybody has to sign in again."""
        return self.root / "dashboard.key"

    @property
    def warehouse(self) -> Path:
        """The pipeline's own database; one writer."""
        return self.root / "warehouse.duckdb"

    @property
    def run_lock(self) -> Path:
        """Locked (flock) by each `turret run` in turn, from its check for new data to its end."""
        return self.root / "run.lock"

    @property
    def warehouse_lock(self) -> Path:
        """Locked (flock) by the one run that may open the warehouse."""
        return self.root / "warehouse.lock"

    @property
    def models(self) -> Path:
        """A cache of embedding models' graphs and vectors of seeds, which are made again if missing."""
        return self.root / "models"

    @property
    def run_request(self) -> Path:
        """Touched when somebody requests a run; the sensor starts one for each new modification time."""
        return self.root / "run.request"

    @property
    def run_progress(self) -> Path:
        """The stage of the current run; `contracts.run_progress` writes and reads it."""
        return self.root / "run.json"

    @property
    def up_lock(self) -> Path:
        """Locked (flock) by the one `turret up` that serves the home."""
        return self.root / "up.lock"

    @property
    def spark(self) -> Path:
        """Tables of Spark, if it is the engine and `TURRET_SPARK_WAREHOUSE` names no other folder; and its catalog."""
        return self.root / "spark"

    @property
    def published_folder(self) -> Path:
        """Holds the published versions and the link to the newest."""
        return self.root / "published"

    @property
    def published(self) -> Path:
        """The link for readers: resolve it, open its target, and reopen when the target changes."""
        return self.published_folder / "turret.duckdb"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME."""
        return self.root / "dagster"

    @property
    def dbt(self) -> Path:
        """Targets and logs of dbt."""
        return self.root / "dbt"

    @property
    def checks(self) -> Path:
        """The newest report of each gate, one file each."""
        return self.root / "checks"

    @property
    def data_docs(self) -> Path:
        """The checks' results as HTML pages."""
        return self.root / "data_docs"

    @property
    def demo(self) -> Path:
        """The ground truth of simulated events."""
        return self.root / "demo"

    @property
    def reports(self) -> Path:
        """The reports of complete weeks, as Markdown and HTML, by project."""
        return self.root / "reports"

    @property
    def logs(self) -> Path:
        """Output of the processes that `turret up` supervises."""
        return self.root / "logs"

    def segment_folder(self, project_id: str, received_at: datetime) -> Path:
        """Return the folder for sealed segments of one project and one hour (UTC) of receipt.

        Raises:
            ValueError: `project_id` is not an id of Turret's.
        """
        if not PROJECT_ID_PATTERN.fullmatch(project_id):
            message = f"project_id is {project_id!r}; allowed is prj_ and 16 hexadecimal digits"
            raise ValueError(message)
        folder = self.outbox if self.is_shared else self.landing
        return folder / f"project_id={project_id}" / f"date={received_at:%Y-%m-%d}" / f"hour={received_at:%H}"
