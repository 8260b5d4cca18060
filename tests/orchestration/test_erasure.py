"""What is erased from landed files, before a run loads them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from contracts.durable_files import write_file
from contracts.home import Home
from contracts.settings import Settings, load_settings
from orchestration.ingest.erasure.landed import erase_landed
from orchestration.warehouse.resource import create_tables
from projects import open_projects
from projects.models import ProjectRow
from projects.transactions import writing
from tests.factories.landed_segments import landed_events
from tests.factories.landing_factory import PROJECT_ID, RECEIVED_AT, as_bytes, land, landed_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from projects.repository import Projects

ADA = {"user_id": "ada", "session_id": "talk"}
REPLY = {"user_id": "made", "user_id_given": False, "session_id": "talk"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home", database_url="")


@pytest.fixture
def projects(settings: Settings) -> Iterator[Projects]:
    with open_projects(settings) as database:
        with writing(database._engine) as session:
            row = ProjectRow(project_id=PROJECT_ID, name="Shop", plan="trial", created_at=RECEIVED_AT)
            row.are_placeholder_ids_missing = False
            session.add(row)
        yield database


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_tables(connection)
        yield connection


def test_newest_of_several_erasures_of_a_user_decides_what_happens_later(
    settings: Settings, projects: Projects, warehouse: duckdb.DuckDBPyConnection
):
    home = Home(settings.home)
    for later, left in (("keep", ["event-1"]), ("drop", [])):
        erasure = projects.erasures.add(PROJECT_ID, "user", "ada", "a test", later)
        projects.erasures.begin([erasure.erasure_id])
        projects.erasures.finish([erasure.erasure_id], "run")
        received_at = (erasure.requested_at + timedelta(minutes=1)).isoformat()
        land(home, "later", as_bytes([landed_event(1, **ADA, received_at=received_at)]))
        erase_landed(warehouse, settings, projects, print)
        assert [event["event_id"] for event in landed_events(home.root)] == left


def test_erasure_that_was_interrupted_between_two_files_finds_the_replies_in_the_second(
    settings: Settings, projects: Projects, warehouse: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
):
    home = Home(settings.home)
    land(home, "1", as_bytes([landed_event(1, **ADA)]))
    second = land(home, "2", as_bytes([landed_event(2, **REPLY), landed_event(3)]))
    projects.erasures.add(PROJECT_ID, "user", "ada", "a test")
    with monkeypatch.context() as broken:
        broken.setattr("orchestration.ingest.erasure.landed.write_file", _failing_for(second))
        with pytest.raises(OSError, match="disk"):
            erase_landed(warehouse, settings, projects, print)
    assert [event["event_id"] for event in landed_events(home.root)] == ["event-2", "event-3"]
    erase_landed(warehouse, settings, projects, print)
    assert [event["event_id"] for event in landed_events(home.root)] == ["event-3"]


def _failing_for(path: Path) -> Callable[[Path, bytes], None]:

    def write(target: Path, data: bytes) -> None:
        if target == path:
            raise OSError("the disk failed")
        write_file(target, data)

    return write


def test_reports_that_are_no_text_stay_and_block_nothing(
    settings: Settings, projects: Projects, warehouse: duckdb.DuckDBPyConnection
):
    folder = Home(settings.home).reports / f"project_id={PROJECT_ID}"
    folder.mkdir(parents=True)
    (folder / "week.pdf").write_bytes(b"%PDF-1.4 \xff\xfe")
    (folder / "week.md").write_bytes(b"\xff\xfe")
    projects.erasures.add(PROJECT_ID, "user", "ada", "a test")
    erase_landed(warehouse, settings, projects, print)
    assert {path.name for path in folder.iterdir()} == {"week.pdf", "week.md"}


@pytest.mark.parametrize("user", ['x"quote', "back\\slash", "🦊 quarfox ü", "plain/1"])
def test_rejected_rows_of_an_erased_user_leave_quarantine_however_json_writes_the_id(
    settings: Settings, projects: Projects, warehouse: duckdb.DuckDBPyConnection, user: str
):

    folder = Home(settings.home).quarantine / "import"
    folder.mkdir(parents=True)
    lines = [json.dumps({"user_id": user}), json.dumps({"user_id": user}, ensure_ascii=False), '{"user_id": "other"}']
    records = [json.dumps({"line_number": number, "line": line}) + "\n" for number, line in enumerate(lines)]
    (folder / "x.ndjson").write_text("".join(records), encoding="utf-8")
    projects.erasures.add(PROJECT_ID, "user", user, "a test")
    erase_landed(warehouse, settings, projects, print)
    assert (folder / "x.ndjson").read_text(encoding="utf-8") == records[-1]
