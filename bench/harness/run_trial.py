"""One home whose pipeline is disturbed, observed and checked; copies of it start from the same landed files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import orjson
import zstandard

from contracts.home import SEGMENT_SUFFIX, Home
from contracts.run_progress import read_progress
from contracts.settings import PREFIX, load_settings
from contracts.tables import AGG_PIPELINE_RUNS, DIM_TOPIC_CANDIDATES, FCT_TOPIC_LINEAGE, MARTS, RAW_EVENTS, Table
from demo.simulation import Scenario, simulate
from projects import open_projects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TURRET = [sys.executable, "-m", "cli.main"]  # not -c, which DuckDB takes for a terminal that wants a bar of progress
NOW = datetime(2026, 3, 1, tzinfo=UTC)
"""The events are the same whenever the trial runs."""

EARLY_SHARE = 0.6
"""Share of the events that are published before the disturbed run begins."""

PROJECT = "trial"
POLL_S = 0.1
LOOK_TIMEOUT_S = 30.0

COUNT_EVENTS = f"select event_id, count(*) from {RAW_EVENTS.qualified_name} group by all"  # noqa: S608  # a name of ours
LOOK = """
select
    (select count(*) from marts.fct_events),
    (select sum(n_events) from marts.fct_sessions),
    (select sum(n_sessions) from marts.agg_journey_variants),
    count(*)
from marts.fct_sessions
"""
"""Events, events of all sessions, sessions of all variants, sessions: the first two agree, and the last two."""


@dataclass
class Verdict:
    """What is wrong with a home in the end; empty lists if nothing is.

    Args:
        lost: Landed events that the warehouse lacks.
        twice: Events that the warehouse has more than once.
        differing: Marts whose rows are not those of the undisturbed home.
        broken: What readers saw that was neither the marts before nor the marts after.
        failed: Why a run that should have completed did not.
    """

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.twice or self.differing or self.broken or self.failed)

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {len(found)}" for name, found in vars(self).items())
        return counts + "".join(f"; {name} differs" for name in self.differing)


@dataclass(frozen=True)
class RunTrial:
    """A home that has published its first events and waits to be run over the others."""

    home: Home
    looks: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0), compare=False)
    """Counts how often its marts were read."""
    variables: dict[str, str] = field(default_factory=dict)
    """Further variables of the environment of its commands."""

    @classmethod
    def prepare(cls, root: Path, n_users: int) -> RunTrial:
        """Make the home: import the first events, run, import the rest."""
        trial = cls(Home(root))
        with open_projects(load_settings(home=root, database_url="")) as projects:
            project_id = projects.create_project(PROJECT, plan="enterprise").project_id
        events = simulate(Scenario(users=n_users), NOW).events
        n_early = int(len(events) * EARLY_SHARE)
        trial.take(project_id, events[:n_early])
        trial.complete()
        trial.take(project_id, events[n_early:])
        return trial

    def copy_to(self, root: Path) -> RunTrial:
        """Return the same home elsewhere."""
        shutil.copytree(self.home.root, root, symlinks=True, dirs_exist_ok=True)
        return RunTrial(Home(root), variables=dict(self.variables))

    def take(self, project_id: str, events: tuple[dict[str, Any], ...]) -> None:
        """Land events by import."""
        file = self.home.root.with_suffix(".jsonl")
        file.write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in events))
        subprocess.run([*TURRET, "import", file, "--project", project_id], env=self._environment(), check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip

    def ask_for_candidate(self, *, is_promoted: bool) -> None:
        """Keep a topic, retire another and ask for a candidate, which the next run fits; or run, and promote it."""
        topics = json.loads(self._command("topic", "list", "--json"))
        first, second = [topic["topic_id"] for topic in topics if not topic["is_area"]][:2]
        self._command("topic", "keep", first)
        self._command("topic", "retire", second)
        self._command("topic", "refit", "--candidate")
        if is_promoted:
            self.complete()
            self._command("topic", "candidate", "promote")

    def _command(self, *words: str) -> str:
        command = [*TURRET, *words, "--project", PROJECT]
        return subprocess.run(command, env=self._environment(), check=True, capture_output=True, text=True).stdout

    def start(self) -> subprocess.Popen[str]:
        """Start `turret run`, with everything it starts in one process group."""
        return subprocess.Popen(
            [*TURRET, "run", "--json"],
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def complete(self) -> float:
        """Run to the end; gives the seconds.

        Raises:
            AssertionError: the run failed.
        """
        began = time.monotonic()
        run = self.start()
        out, errors = run.communicate()
        if run.returncode:
            reasons = json.loads(out)["failures"] if out.startswith("{") else [errors[-500:]]
            raise AssertionError(f"The run failed: {' '.join(reasons)}")
        return time.monotonic() - began

    def kill_within(self, seconds: float, *, is_group: bool) -> str | None:
        """Start a run and kill -9 it, alone or with its child processes, this long after it locked the warehouse.

        Returns:
            The stage that it was in; None if it was over before.
        """
        run = self.start()
        while run.poll() is None and read_progress(self.home) is None:
            time.sleep(POLL_S)
        try:
            run.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            stage = read_progress(self.home)
            (os.killpg if is_group else os.kill)(run.pid, signal.SIGKILL)
            run.wait()
            _close(run)
            return stage.title if stage else None
        return None

    def judge(self, undisturbed: RunTrial, verdict: Verdict) -> None:
        """Compare warehouse and marts with the landed events, and the marts, of the undisturbed home."""
        landed = sorted(_landed_ids(undisturbed.home))
        with duckdb.connect(self.home.warehouse, read_only=True) as warehouse:
            found = warehouse.execute(COUNT_EVENTS).fetchall()
        counts = dict(found)
        verdict.lost += [event_id for event_id in landed if event_id not in counts]
        verdict.twice += [event_id for event_id, n in counts.items() if n > 1]
        verdict.differing += differing_marts(self.home.published, undisturbed.home.published)

    @contextmanager
    def watched(self, verdict: Verdict) -> Iterator[None]:
        """Read the marts all the while; what is neither of a version before nor after is noted as broken."""
        is_over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(is_over, verdict))
        watcher.start()
        try:
            yield
        finally:
            is_over.set()
            watcher.join()

    def wait_until_watched(self) -> None:
        """Wait until the marts as they are now have been looked at, if anybody watches."""
        while self.looks.acquire(blocking=False):
            pass
        for _ in range(2):  # the first may have begun before
            self.looks.acquire(timeout=LOOK_TIMEOUT_S)

    def _watch(self, is_over: threading.Event, verdict: Verdict) -> None:
        newest = 0
        while not is_over.wait(POLL_S):
            newest = max(newest, self._look(newest, verdict))
            self.looks.release()

    def _look(self, newest: int, verdict: Verdict) -> int:
        """Read once; return the number of published events."""
        try:
            with duckdb.connect(self.home.published, read_only=True) as marts:
                row = marts.execute(LOOK).fetchone()
        except duckdb.Error as error:
            verdict.broken.append(" ".join(str(error).split()))
            return 0
        n_events, n_in_sessions, n_in_variants, n_sessions = row or (0, 0, 0, 0)
        if n_events != n_in_sessions or n_in_variants != n_sessions or n_events < newest:
            verdict.broken.append(f"{row} after {newest} events")
        return int(n_events)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        return {**kept, f"{PREFIX}HOME": str(self.home.root), **self.variables}


def differing_marts(one: Path, two: Path) -> list[str]:
    """Return the names of the marts whose rows differ between two published files, ignoring columns about runs."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{two}' as two (read_only)")
        return [table.name for table in MARTS if _differs(connection, table)]


def _differs(connection: duckdb.DuckDBPyConnection, table: Table) -> bool:
    left, right = (f"select {_comparable(table)} from {side}.{table.qualified_name}" for side in ("one", "two"))  # noqa: S608  # the same
    both_ways = f"(({left}) except all ({right})) union all (({right}) except all ({left}))"
    return bool(connection.execute(both_ways).fetchall())


def _comparable(table: Table) -> str:
    """Return what must be equal of a mart: everything, except which run did something and when.

    Doubles are compared to nine decimals, because Spark adds them in another order.
    """
    if table == AGG_PIPELINE_RUNS:  # a killed run may have loaded a part, so runs differ and their sums do not
        return "sum(n_segments), sum(n_rows_in), sum(n_rows_out), sum(n_duplicates), sum(n_rejected)"
    left_out = {FCT_TOPIC_LINEAGE: {"run_id", "recorded_at"}, DIM_TOPIC_CANDIDATES: {"made_at"}}.get(table, set())
    kept = [column for column in table.columns if column.name not in left_out]
    return ", ".join(f"round({each.name}, 9)" if each.type == "DOUBLE" else each.name for each in kept)


def _landed_ids(home: Home) -> Iterator[str]:
    for path in list_landed(home):
        for line in read_landed(path).splitlines():
            yield orjson.loads(line)["event_id"]


def list_landed(home: Home) -> list[Path]:
    """List the landed files of a home."""
    return sorted(home.landing.glob(f"*/*/*/*{SEGMENT_SUFFIX}"))


def read_landed(path: Path) -> bytes:
    """Read the lines of a landed file."""
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as reader:
        return reader.read()


def _close(run: subprocess.Popen[str]) -> None:
    for pipe in (run.stdout, run.stderr):
        if pipe is not None:
            pipe.close()
