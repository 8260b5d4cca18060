"""Compare acknowledged with loaded events: the pipeline's own loader loads every landed segment into DuckDB."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from collector.validation import EVENT_ID_START
from contracts.landing_store import LandingStoreError
from contracts.settings import load_settings
from harness.sender import event_id, text
from orchestration.ingest.downloads import download_segments
from orchestration.ingest.loader import LoadReport, _stage_quickly, load_segments
from orchestration.ingest.segments import list_segments
from orchestration.warehouse.resource import create_tables

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from contracts.home import Home


@dataclass(frozen=True)
class Verdict:
    """The verdict on the events.

    Attributes:
        n_acknowledged: Events whose 200 arrived.
        n_rows: Rows of raw.events. More than acknowledged is allowed: a response may be lost.
        lost: Events that were acknowledged and are not in raw.events.
        twice: Events that are in raw.events more than once.
        n_landed_twice: Events that landed more than once, although each was sent once; the loader skips duplicates.
        changed: Events whose id or text is not what was sent.
        n_rejected: Landed lines that could not be loaded.
    """

    n_acknowledged: int
    n_rows: int
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    n_landed_twice: int = 0
    changed: list[str] = field(default_factory=list)
    n_rejected: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, duplicated, changed or rejected."""
        return not (self.lost or self.twice or self.n_landed_twice or self.changed or self.n_rejected)

    def __str__(self) -> str:
        return (
            f"{self.n_acknowledged:,} acknowledged, {self.n_rows:,} rows in raw.events: {len(self.lost)} lost, "
            f"{len(self.twice)} twice, {self.n_landed_twice} landed twice, {len(self.changed)} changed, "
            f"{self.n_rejected} rejected by the loader"
        )


class Ledger:
    """Loads what lands, again and again as the pipeline would, and compares in the end.

    Args:
        home: where segments land; with a `landing_url` another one than the collector's.
        warehouse: the database that they are loaded into.
        landing_url: the landing store that segments come from; none if empty.
    """

    def __init__(self, home: Home, warehouse: Path, landing_url: str = "") -> None:
        self._home = home
        self._warehouse = warehouse
        self._settings = load_settings(home=home.root, landing_url=landing_url)
        self._runs: list[LoadReport] = []

    def load(self) -> None:
        """Load the segments that are new since the last time; a landing store that fails is left for the next time."""
        with suppress(LandingStoreError):
            download_segments(self._settings)
        with duckdb.connect(self._warehouse) as connection:
            create_tables(connection)
            run_id = f"run-{len(self._runs)}"
            self._runs.append(load_segments(connection, self._home, list_segments(self._home.landing), run_id))

    def count_rows(self, project_id: str) -> int:
        """Count the rows of a project in raw.events."""
        with duckdb.connect(self._warehouse) as connection:
            row = connection.execute("select count(*) from raw.events where project_id = ?", [project_id]).fetchone()
            return int(row[0]) if row else 0

    def count_lines(self) -> tuple[int, int]:
        """Return the numbers of landed lines: those that were loaded or are duplicates, and the rejected ones."""
        read = sum(run.n_loaded + run.n_duplicates for run in self._runs)
        return read, sum(run.n_rejected for run in self._runs)

    def load_ids(self) -> set[str]:
        """Load what has landed; return the ids in raw.events."""
        self.load()
        with duckdb.connect(self._warehouse) as connection:
            return {id_ for (id_,) in connection.execute("select event_id from raw.events").fetchall()}

    def messages(self) -> list[tuple[str, str, str]]:
        """Load what has landed; return id, text and session of each row."""
        self.load()
        with duckdb.connect(self._warehouse) as connection:
            rows = connection.execute("select event_id, metadata->>'prompt', session_id from raw.events").fetchall()
            return [(str(id_), str(prompt), str(session_id)) for id_, prompt, session_id in rows]

    def loads_quickly(self) -> bool:
        """Return whether DuckDB itself reads all that landed, without the slower reader for damaged files."""
        with duckdb.connect() as connection:
            segments = list_segments(self._home.landing)
            return not segments or _stage_quickly(connection, self._home, segments)

    def compare(self, acknowledged: Iterable[int]) -> Verdict:
        """Compare raw.events, after a last load, with the numbers of the acknowledged events."""
        self.load()
        with duckdb.connect(self._warehouse) as connection:
            rows = connection.execute(
                "select event_id, metadata->>'number', metadata->>'prompt' from raw.events"
            ).fetchall()
        expected = {event_id(number) for number in acknowledged}
        counts = Counter(event_id(int(number)) for _, number, _ in rows)
        return Verdict(
            n_acknowledged=len(expected),
            n_rows=len(rows),
            lost=sorted(expected - counts.keys()),
            twice=sorted(id_ for id_, count in counts.items() if count > 1),
            n_landed_twice=sum(run.n_duplicates for run in self._runs),
            changed=sorted(id_ for id_, number, prompt in rows if (id_, prompt) != _sent(id_, int(number))),
            n_rejected=sum(run.n_rejected for run in self._runs),
        )


def _sent(id_: str, number: int) -> tuple[str, str]:
    """Return the id and the text that a row should have; of a span the collector makes the id, and strips the text."""
    if id_.startswith(EVENT_ID_START):
        return id_, text(number).strip()
    return event_id(number), text(number)
