"""Record the duration and the rows of each stage of a run in `ops.stage_runs`."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from contracts.home import Home
from contracts.run_progress import begin_stage, fail_stage
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestration.warehouse.resource import Warehouse

StageName = Literal["load", "model", "embed", "topics", "map", "label", "journeys", "publish"]

TITLES: dict[StageName, str] = {
    "load": "Loading landed events",
    "model": "Typing fields and stitching sessions",
    "embed": "Turning new texts into vectors",
    "topics": "Finding topics",
    "map": "Placing messages on the map",
    "label": "Naming topics",
    "journeys": "Computing journeys and marts",
    "publish": "Publishing the marts",
}


@dataclass
class Stage:
    """A running stage. Its body sets the rows and other numbers to show; the seconds are measured."""

    name: StageName
    n_rows_in: int = 0
    n_rows_out: int = 0
    seconds: float = 0.0
    details: dict[str, int] = field(default_factory=dict)

    def as_metadata(self) -> dict[str, int | float]:
        """Return the metadata of the materialization for Dagster."""
        measured = {"rows_in": self.n_rows_in, "rows_out": self.n_rows_out, "seconds": round(self.seconds, 3)}
        return {**measured, **self.details}


@dataclass(frozen=True)
class StageRecorder:
    """Measures stages and reports when one begins and ends.

    Args:
        on_begin: receives the stage's title when it begins.
        on_end: receives the finished stage.
    """

    on_begin: Callable[[str], None] = lambda _title: None
    on_end: Callable[[Stage], None] = lambda _stage: None

    @contextmanager
    def measure(self, name: StageName, run_id: str, warehouse: Warehouse) -> Iterator[Stage]:
        """Measure the body and record it in the warehouse if it succeeds."""
        stage = Stage(name)
        started_at = datetime.now(UTC).replace(tzinfo=None)
        began = time.perf_counter()
        home = Home(Path(warehouse.path).parent)
        begin_stage(home, run_id, TITLES[name], started_at)
        self.on_begin(TITLES[name])
        try:
            yield stage
        except BaseException:
            fail_stage(home)
            raise
        stage.seconds = time.perf_counter() - began
        with warehouse.connect() as connection:
            connection.execute("delete from ops.stage_runs where run_id = ? and stage = ?", [run_id, name])
            connection.execute(
                read_sql("insert_stage_run"),
                [run_id, name, started_at, stage.seconds, stage.n_rows_in, stage.n_rows_out],
            )
        self.on_end(stage)
