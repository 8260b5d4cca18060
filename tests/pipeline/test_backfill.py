"""A past day is loaded again through Dagster's own command: the published marts stay the same, row for row."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from contracts.tables import AGG_PIPELINE_RUNS, MARTS
from orchestration.instance import open_instance
from orchestration.tags import PROJECT_TAG_PREFIX
from projects.database import open_projects
from tests.factories.landing_factory import RECEIVED_AT, as_bytes, landed_event, stamp
from tests.factories.turret_command import Turret

pytestmark = pytest.mark.pipeline

ROOT = Path(__file__).parents[2]
N_DAYS = 3
EVENTS_A_DAY = 40
PAST_DAY = "2026-03-03"


def events_of(project_id: str, day: int) -> list[dict[str, Any]]:
    """A day's events, and again the last ones of the day before: a copy must count once wherever it is loaded from."""
    first = max(0, day * EVENTS_A_DAY - 5)
    received = RECEIVED_AT + timedelta(days=day)
    return [
        landed_event(number, project_id=project_id, received_at=stamp(received + timedelta(seconds=number)))
        for number in range(first, (day + 1) * EVENTS_A_DAY)
    ]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("home"))
    home = Home(settings.home)
    with open_projects(settings) as projects:
        project_id = projects.create_project("Backfilled", plan="enterprise").project_id
    for day in range(N_DAYS):
        folder = home.segment_folder(project_id, RECEIVED_AT + timedelta(days=day))
        folder.mkdir(parents=True)
        (folder / "a.ndjson.zst").write_bytes(as_bytes(events_of(project_id, day)))
    Turret(settings.home).run("run", timeout_s=900)
    return settings


def published(settings):
    """Every mart but the list of runs, which the backfill adds to."""
    with duckdb.connect(Home(settings.home).published.resolve(), read_only=True) as connection:
        return {
            table.name: connection.execute(f"select * from {table.qualified_name} order by all").fetchall()
            for table in MARTS
            if table != AGG_PIPELINE_RUNS
        }


def documented():
    """The words behind `dagster` in docs/operations.md; the day there is one of those that have landed here."""
    page = (ROOT / "docs/operations.md").read_text()
    _, *words = shlex.split(re.search(r"^DAGSTER_HOME=.* \.venv/bin/(dagster .*)$", page, re.MULTILINE)[1])
    assert words[words.index("--partition") + 1] == PAST_DAY
    return words


def test_backfill_of_a_past_day_gives_the_same_marts_and_marks_the_day(settings):
    before, file_before = published(settings), Home(settings.home).published.resolve()
    done = subprocess.run(
        [Path(sys.executable).parent / "dagster", *documented()],
        cwd=ROOT,
        env={
            **os.environ,
            "TURRET_HOME": str(settings.home),
            "DAGSTER_HOME": str(Home(settings.home).dagster),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert Home(settings.home).published.resolve() != file_before
    assert published(settings) == before
    assert before["fct_events"]


def test_a_run_for_no_day_in_particular_marks_the_days_it_loaded_and_the_projects(settings):
    with open_instance(settings) as instance:
        days = instance.get_materialized_partitions(dg.AssetKey(["raw", "events"]))
        tags = instance.get_runs()[-1].tags
    assert days == {"2026-03-02", "2026-03-03", "2026-03-04"}
    (n_loaded,) = [value for name, value in tags.items() if name.startswith(PROJECT_TAG_PREFIX)]
    assert int(n_loaded) == N_DAYS * EVENTS_A_DAY


def test_every_asset_of_a_run_has_its_row_count_and_columns(settings):
    lacking = []
    with open_instance(settings) as instance:
        for key in instance.all_asset_keys():
            event = instance.get_latest_materialization_event(key)
            metadata = event.asset_materialization.metadata if event else {}
            if "dagster/row_count" not in metadata:
                lacking.append(key.to_user_string())
            if key.path[0] in {"marts", "intermediate", "staging"}:
                columns = metadata["dagster/column_schema"].value.columns
                assert all(column.type != "?" and (column.description or "").strip() for column in columns), key
    assert lacking == []
