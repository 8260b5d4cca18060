"""`turret release` and what `turret status` says of the gates: keys, reasons and sentences, never a text."""

from __future__ import annotations

import json

import duckdb
import pytest

from contracts.gate_reports import Finding, GateReport, save_report
from contracts.home import Home
from orchestration.ingest.loader import load_segments
from orchestration.ingest.segments import list_segments
from orchestration.warehouse.resource import create_tables
from tests.factories.landing_factory import PROJECT_ID, as_bytes, land, landed_event
from tests.factories.turret_process import run_turret

SAID = "what the user said"
ODD_ID = "odd\x1b[31mred"


@pytest.fixture
def home(tmp_path):
    """One good event and one that blocks, loaded."""
    home = Home(tmp_path / "home")
    blocking = landed_event(2, event_id=ODD_ID, name="n" * 256, metadata={"prompt": SAID})
    land(home, "a", as_bytes([landed_event(1), blocking]))
    with duckdb.connect(home.warehouse) as connection:
        create_tables(connection)
        load_segments(connection, home, list_segments(home.landing), "run-1")
    return home


def test_release_lists_what_blocks_and_changes_nothing(home):
    done = run_turret(home.root, "release")
    assert done.returncode == 0, done.stderr
    assert PROJECT_ID in done.stdout
    assert "1 row and 0 files block" in done.stdout
    assert "\x1b[31m" not in done.stdout
    assert SAID not in done.stdout
    assert not home.quarantine.exists()
    with duckdb.connect(home.warehouse) as connection:
        assert connection.execute("select count(*) from raw.events").fetchone() == (2,)


def test_release_as_json_names_keys_and_reasons_and_no_text(home):
    told = json.loads(run_turret(home.root, "release", "--json").stdout)
    (row,) = told["rows"]
    assert (row["event_id"], row["line_number"], row["reasons"]) == (
        ODD_ID,
        2,
        ["a name longer than the collector accepts"],
    )
    assert told["released"] is None
    assert SAID not in json.dumps(told)


def test_release_with_yes_moves_the_rows_and_tells_where(home):
    done = run_turret(home.root, "release", "--yes")
    assert "Moved 1 row to quarantine; the next `turret run` loads 1 file again." in done.stdout
    (place,) = (home.quarantine / "released").iterdir()
    assert str(place) in done.stdout
    assert SAID not in done.stdout
    assert "Nothing blocks" in run_turret(home.root, "release").stdout


def finding(check, sentence, *, is_warning):
    return Finding(
        check=check,
        batch="events",
        rule="rule",
        expectation="expectation",
        because="because",
        is_warning=is_warning,
        passed=False,
        n_judged=1,
        n_failing=1,
        failing_keys=("key",),
        sentences=(sentence,),
    )


def test_status_tells_what_blocks_and_what_to_look_at_in_a_sentence_each(tmp_path):
    home = Home(tmp_path)
    save_report(home.checks, GateReport("raw", (finding("raw_gate", "A name is missing.", is_warning=False),)), "run-1")
    save_report(home.checks, GateReport("marts", (finding("volume", "Few events.", is_warning=True),)), "run-1")
    lines = run_turret(home.root, "status").stdout.splitlines()
    assert "Blocked by      A name is missing." in lines
    assert "Warning         Few events." in lines
    state = json.loads(run_turret(home.root, "status", "--json").stdout)
    assert state["checks"] == {"blocking": ["A name is missing."], "warnings": ["Few events."]}


def test_status_before_the_first_run_says_that_nothing_was_judged(tmp_path):
    assert "Checks          no check has run yet" in run_turret(tmp_path, "status").stdout.splitlines()
