"""One installation, and the runs that all tests of the whole pipeline look at.

A run is what costs, so every story has projects of its own in one home, and all are told by the same five runs. The
published file of each is kept; tests read those.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from contracts.events import FEEDBACK_ID_START
from contracts.home import Home
from contracts.tables import AGG_PIPELINE_RUNS, MARTS
from tests.factories.days_of_messages import BEGINNINGS, FURTHER, messages
from tests.factories.landing_factory import as_bytes, land, landed_event
from tests.factories.shared_data import has_jsonl
from tests.factories.support_texts import texts_about
from tests.factories.turret_command import Turret
from tests.pipeline.events import (
    BROKEN_LINES,
    COMMENTED,
    CONVERSATIONS,
    ORDINARY,
    PAST_DAY,
    SMALL,
    STRAY,
    SUBJECTS,
    Line,
    comments,
    in_sessions_of_three,
    land_damaged_files,
    land_days,
    message,
    real_conversations,
    said_in_turn,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
NASTY = "<b onmouseover='x'>\"; drop table marts.dim_topics; --</b> 👩‍👩‍👧 استرداد الأموال " + "n" * 100
FEW = messages(FURTHER[:1], 2)[:8]
"""What is said on the second day: few new texts, which cost no refit."""


@dataclass
class Installation:
    """A home after its runs.

    Attributes:
        turret: its commands.
        folder: where the published file of each run is kept.
        project_ids: by name.
        results: what `turret run --json` printed, by the run's name.
        versions: the published file of each run.
        notes: what was seen between the runs.
    """

    turret: Turret
    folder: Path
    project_ids: dict[str, str] = field(default_factory=dict)
    results: dict[str, Line] = field(default_factory=dict)
    versions: dict[str, Path] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def home(self) -> Home:
        """Its paths."""
        return Home(self.turret.home)

    def create(self, name: str, *options: str) -> str:
        """Make a project."""
        self.project_ids[name] = str(self.turret.json("project", "create", name, *options)["project_id"])
        return self.project_ids[name]

    def send(self, name: str, lines: Sequence[Line | bytes]) -> Line:
        """Import events into a project; gives the counts."""
        file = self.folder / f"{name}.jsonl"
        file.write_bytes(b"".join(one if isinstance(one, bytes) else json.dumps(one).encode() + b"\n" for one in lines))
        counts: Line = self.turret.json("import", str(file), "--project", name)
        return counts

    def run(self, version: str, *options: str) -> None:
        """One pass of the pipeline."""
        self.results[version] = self.turret.json("run", *options)
        assert self.results[version]["success"], self.results[version]["failures"]
        self.keep(version)

    def keep(self, version: str) -> None:
        """Keep the published marts under a name."""
        self.versions[version] = self.folder / f"{version}.duckdb"
        shutil.copy(self.home.published.resolve(), self.versions[version])

    def marts(self, version: str, name: str) -> duckdb.DuckDBPyConnection:
        """Open the marts of a version, which hold the rows of one project; the caller closes it."""
        connection = duckdb.connect()
        connection.execute(f"attach '{self.versions[version]}' as kept (read_only)")
        for mart in MARTS:
            connection.execute(
                f"create view {mart.name} as from kept.{mart.qualified_name}"
                f" where project_id = '{self.project_ids[name]}'"
            )
        return connection

    def rows(self, version: str, name: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a query over the marts of one project."""
        with self.marts(version, name) as connection:
            return connection.execute(sql, values).fetchall()

    def warnings(self, version: str, name: str) -> list[str]:
        """What a run warned of a project."""
        return [sentence for sentence in self.results[version]["warnings"] if self.project_ids[name] in sentence]

    def differing(self, one: str, other: str) -> dict[str, set[str]]:
        """Marts whose rows two versions do not share, by the project's name; those about runs are left out."""
        names = {project_id: name for name, project_id in self.project_ids.items()}
        found: dict[str, set[str]] = {name: set() for name in self.project_ids}
        with duckdb.connect() as connection:
            for alias, version in (("one", one), ("other", other)):
                connection.execute(f"attach '{self.versions[version]}' as {alias} (read_only)")
            for mart in MARTS:
                if mart == AGG_PIPELINE_RUNS:
                    continue
                left, right = f"from one.{mart.qualified_name}", f"from other.{mart.qualified_name}"
                differences = f"({left} except all {right}) union all ({right} except all {left})"
                rows = connection.execute(f"select distinct project_id from ({differences})").fetchall()
                for (project_id,) in rows:
                    found[names[project_id]].add(mart.name)
        return found

    def topic_of(self, version: str, name: str, text: str) -> tuple[str | None, str]:
        """Topic and status of a text."""
        sql = "select distinct topic_id, topic_status from fct_messages where text = ?"
        [found] = self.rows(version, name, sql, text)
        return found[0], found[1]

    def comment_topic(self, version: str, subject: str) -> str:
        """The topic of most comments about a subject."""
        sql = "select mode(comment_topic_id) from fct_feedback where list_contains(?, comment)"
        [(found,)] = self.rows(version, "Shop", sql, texts_about(subject))
        return str(found)

    def topic(self, *words: str) -> Any:
        """Run a `turret topic` command on the project Shop."""
        return self.turret.json("topic", *words, "--project", "Shop")


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Installation:
    """The runs: as found; edited; all undone, by Dagster's command over a past day; edited and refitted."""
    folder = tmp_path_factory.mktemp("pipeline")
    installation = Installation(Turret(folder / "home"), folder)
    shutil.copytree(parsed_project, installation.home.dbt)
    _send_first(installation)
    installation.run("found")
    _look_again(installation)
    numbers = _edit(installation)
    installation.run("edited")
    undone = [installation.topic("undo", str(number))["edit"] for number in reversed(numbers)]
    installation.turret.run("event", "restore", "e1", "--project", "placeholders")
    installation.turret.run("event", "restore", f"{FEEDBACK_ID_START}c0", "--project", "Shop")
    _backfill(installation)
    installation.keep("undone")
    for number in reversed(undone):
        installation.topic("undo", str(number))
    refund = _subject(installation, "refund")
    installation.turret.run("project", "goal", "set", "Shop", "asked back", "--topic", refund, "--anyway")
    for name in ("Shop", "Other"):
        installation.send(name, in_sessions_of_three([*said_in_turn(12, 20), *texts_about("coffee")], 61))
    installation.send("Days", messages(FURTHER[1:], 3))
    installation.run("refitted")
    number = installation.topic("keep", NASTY)["edit"]
    installation.topic("undo", str(number))
    installation.notes["after an edit without effect"] = installation.turret.json("run")
    return installation


def _send_first(installation: Installation) -> None:
    for name in ("Shop", "Other"):
        installation.create(name)
        installation.send(name, in_sessions_of_three([*said_in_turn(0, 12), STRAY], 0))
    installation.send("Shop", comments())
    installation.create("Days")
    installation.send("Days", messages(BEGINNINGS, 1))
    installation.create("Gone")
    installation.send("Gone", FEW)
    installation.turret.run("project", "goal", "set", "Gone", "spoke", "--event", FEW[0]["name"])
    for name, make in ORDINARY.items():
        installation.create(name, "--plan", "enterprise")
        installation.send(name, make())
    installation.turret.run("project", "goal", "set", "monitor", "wrote", "--event", "message", "--anyway")
    for name, events in SMALL.items():
        installation.create(name)
        assert installation.send(name, events)["accepted"] == len(events)
    broken = installation.create("broken")
    installation.notes["broken"] = installation.send("broken", [*BROKEN_LINES, message("the good one")])
    land_damaged_files(installation.home, broken)
    land_days(installation.home, installation.create("Landed"))
    if has_jsonl(CONVERSATIONS):
        installation.create("Assistant", "--plan", "enterprise")
        installation.send("Assistant", real_conversations())


def _look_again(installation: Installation) -> None:
    """Run with nothing new."""
    before = installation.home.published.resolve()
    installation.notes["again"] = installation.turret.json("run")
    installation.notes["is the same file again"] = installation.home.published.resolve() == before


def _subject(installation: Installation, subject: str) -> str:
    return str(installation.topic_of("found", "Shop", texts_about(subject)[0])[0])


def _edit(installation: Installation) -> list[int]:
    """Edit topics, ids and projects, and let few new messages come; gives the numbers of the edits of topics."""
    password, refund, delivery, invoice, crash = (_subject(installation, subject) for subject in SUBJECTS)
    turret = installation.turret
    turret.run("project", "goal", "set", "Shop", "asked back", "--topic", refund)
    edits = [
        ("rename", password, NASTY),
        ("merge", refund, invoice),
        ("hide", crash),
        ("keep", delivery),
        ("move", delivery, "--text", STRAY),
        ("move", password, "--text", texts_about("delivery")[0]),
        ("rename", installation.comment_topic("found", COMMENTED[1]), "Invoices"),
    ]
    numbers = [installation.topic(*edit)["edit"] for edit in edits]
    turret.run("event", "delete", f"{FEEDBACK_ID_START}c0", "--project", "Shop")
    turret.run("project", "goal", "clear", "Shop", "asked back")
    installation.send("Days", FEW)
    gone = installation.project_ids["Gone"]
    turret.run("project", "delete", "Gone", "--yes")
    land(installation.home, "late", as_bytes([landed_event(1, project_id=gone)]), gone)
    turret.run("project", "placeholder-ids", "placeholders", "missing")
    turret.run("event", "delete", "e1", "e3", "--project", "placeholders")
    installation.send("placeholders", ORDINARY["placeholders"]()[:4])
    return numbers


def documented_backfill() -> list[str]:
    """The words behind `dagster` in docs/operations.md; the day there is one of those that have landed here."""
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^DAGSTER_HOME=.* \.venv/bin/(dagster .*)$", page, re.MULTILINE)
    _, *words = shlex.split(command)
    assert words[words.index("--partition") + 1] == PAST_DAY
    return words


def _backfill(installation: Installation) -> None:
    """Load a past day again, through Dagster's own command."""
    home = installation.home
    done = subprocess.run(
        [Path(sys.executable).parent / "dagster", *documented_backfill()],
        cwd=ROOT,
        env={**os.environ, "TURRET_HOME": str(installation.turret.home), "DAGSTER_HOME": str(home.dagster)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
