"""What needs attention is said, with the right numbers and names; a home where all is well has none."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from contracts.gate_reports import UNKNOWN_PROJECTS, Finding, GateReport, save_report
from contracts.home import Home
from contracts.run_progress import begin_stage, fail_stage
from contracts.tables import RAW_SEGMENTS
from contracts.trouble import (
    BLOCKED,
    FAILED,
    NOT_UPLOADED,
    QUARANTINED,
    UNKNOWN,
    WAITING,
    Trouble,
    WarehouseUnreadableError,
    find_trouble,
    name_projects,
)

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = "prj_0123456789abcdef"
STRANGER = "prj_00000000000000ff"
NAMES = {PROJECT: "Shop"}
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEGMENT = f"project_id={PROJECT}/date=2026-03-01/hour=11/a-1.ndjson.zst"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def land(home: Home, minutes_ago: int, segment: str = SEGMENT) -> None:
    path = home.landing / segment
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    sealed_at = (NOW - timedelta(minutes=minutes_ago)).timestamp()
    os.utime(path, (sealed_at, sealed_at))


def test_find_trouble_empty_home_has_none_and_nothing_is_made(home: Home):
    assert find_trouble(home, NAMES, NOW) == []
    assert list(home.root.iterdir()) == []


def test_find_trouble_blocked_gate_names_the_project_and_stands_for_the_failed_run(home: Home):
    sentence = f"{PROJECT}: 1 row has no name."
    finding = Finding("raw_gate", "rows", "names", "unique", "why", False, False, 3, 1, ("a",), (sentence,))
    save_report(home.checks, GateReport("raw", (finding,)), "run-1")
    begin_stage(home, "run-1", "Checking", NOW.replace(tzinfo=None))
    fail_stage(home)

    (trouble,) = find_trouble(home, NAMES, NOW)

    assert (trouble.kind, trouble.sentence) == (BLOCKED, f"Shop ({PROJECT}): 1 row has no name.")


def test_find_trouble_files_of_a_project_that_no_database_has_name_its_id(home: Home):
    sentence = f"{STRANGER}: the projects database has no project with this id."
    finding = Finding(UNKNOWN_PROJECTS, "projects", "known", "in set", "why", True, False, 3, 1, ("a",), (sentence,))
    save_report(home.checks, GateReport("raw", (finding,)), "run-1")
    assert find_trouble(home, NAMES, NOW) == [Trouble(UNKNOWN, sentence)]


def test_find_trouble_failed_and_killed_runs_name_their_stage(home: Home):
    begin_stage(home, "run-1", "Loading", NOW.replace(tzinfo=None))
    (killed,) = find_trouble(home, NAMES, NOW)
    fail_stage(home)
    (failed,) = find_trouble(home, NAMES, NOW)

    assert killed.kind == failed.kind == FAILED
    assert killed.sentence.startswith("The last run was killed in the stage “Loading”")
    assert failed.sentence.startswith(
        "The last run failed in the stage “Loading”, which began at 2026-03-01 12:00:00 UTC."
    )


def test_find_trouble_quarantined_lines_are_counted_by_project_again_when_they_grow(home: Home):
    folder = home.quarantine / "segments"
    folder.mkdir(parents=True)
    file = folder / f"project_id={PROJECT}~date=2026-03-01~hour=11~a-1.ndjson.zst.rejected.ndjson"
    file.write_text("{}\n")
    os.utime(file, (1, 1))
    assert find_trouble(home, NAMES, NOW)[0].sentence.startswith(
        f"1 landed line of Shop ({PROJECT}) could not be read and is in no number; {folder}"
    )
    file.write_text("{}\n{}\n")
    (trouble,) = find_trouble(home, NAMES, NOW)
    assert trouble.kind == QUARANTINED
    assert trouble.sentence.startswith(f"2 landed lines of Shop ({PROJECT}) could not be read and are in no number")


def test_find_trouble_backlog_is_said_after_ten_minutes_until_it_is_loaded(home: Home):
    land(home, minutes_ago=5)
    assert find_trouble(home, NAMES, NOW) == []

    land(home, 15, SEGMENT.replace("hour=11", "hour=10"))
    (trouble,) = find_trouble(home, NAMES, NOW)
    assert trouble.kind == WAITING
    assert trouble.sentence.startswith("2 landed files wait for a run, the oldest since 2026-03-01 11:45 UTC.")

    with duckdb.connect(home.warehouse) as warehouse:
        warehouse.execute(f"create schema {RAW_SEGMENTS.schema}")
        warehouse.execute(
            f"create table {RAW_SEGMENTS.qualified_name} as select unnest(?) as segment",
            [[SEGMENT, SEGMENT.replace("hour=11", "hour=10")]],
        )
    assert find_trouble(home, NAMES, NOW) == []


def test_find_trouble_damaged_warehouse_is_one_sentence(home: Home):
    land(home, minutes_ago=15)
    home.warehouse.write_bytes(b"not a database" * 1000)
    with pytest.raises(WarehouseUnreadableError, match="remove it and `turret run` makes it again"):
        find_trouble(home, NAMES, NOW)


def test_name_projects_unknown_id_stays_alone():
    assert name_projects(f"{PROJECT} and prj_ffffffffffffffff", NAMES) == f"Shop ({PROJECT}) and prj_ffffffffffffffff"


def test_sealed_file_that_was_not_uploaded_for_long_is_trouble_and_a_new_one_is_not(home: Home):
    path = home.outbox / SEGMENT
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    os.utime(path, ((NOW - timedelta(minutes=9)).timestamp(),) * 2)
    assert find_trouble(home, NAMES, NOW) == []
    (trouble,) = find_trouble(replace(home, is_shared=True), NAMES, NOW + timedelta(minutes=2))
    assert trouble.kind == NOT_UPLOADED
    assert trouble.sentence.startswith("1 sealed file waits to be uploaded to TURRET_LANDING_URL, the oldest since")
    (trouble,) = find_trouble(home, NAMES, NOW + timedelta(minutes=2))
    assert "TURRET_LANDING_URL is not set any more" in trouble.sentence
    assert f"or move the folders in {home.outbox} to {home.landing}." in trouble.sentence
