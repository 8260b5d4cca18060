"""`turret doctor`: each kind of damage is found and named, a whole home has none, and nothing is changed."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest
import typer

from cli.pipeline.doctor import doctor
from contracts.home import Home
from contracts.settings import load_settings
from orchestration.doctor import examine
from orchestration.warehouse.resource import create_tables
from projects import open_projects
from tests.factories.landing_factory import as_bytes, land, landed_event
from tests.factories.published_factory import SAMPLE, publish

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a project, two landed files of which one is loaded, a warehouse and published marts."""
    home = Home(tmp_path / "home")
    with open_projects(load_settings(home=home.root)) as projects:
        projects.create_project("shop")
    for name in ("a", "b"):
        land(home, name, as_bytes([landed_event(number) for number in range(50)]))
    with duckdb.connect(home.warehouse) as connection:
        create_tables(connection)
        loaded = next(home.landing.rglob("a.ndjson.zst")).relative_to(home.landing).as_posix()
        connection.execute("insert into raw.segments by name select ? as segment", [loaded])
    publish(home.root, SAMPLE)
    return home


def verdicts(home: Home) -> dict[str, str]:
    return {finding.part: finding.verdict for finding in examine(load_settings(home=home.root))}


def sentence(home: Home, part: str) -> str:
    return next(finding.sentence for finding in examine(load_settings(home=home.root)) if finding.part == part)


def content(home: Home) -> dict[Path, bytes]:
    files = (path for path in home.root.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm")))
    return {path: path.read_bytes() for path in files}  # without what SQLite makes for any reader


def test_whole_home_has_no_damage_and_stays_as_it_is(home: Home):
    before = content(home)
    assert set(verdicts(home).values()) == {"ok"}
    assert "1 landed file waiting for a run" in sentence(home, "Warehouse")
    assert content(home) == before


def test_empty_home_and_missing_home_are_told_apart(tmp_path: Path):
    missing = Home(tmp_path / "missing")
    assert verdicts(missing) == {"Home": "damaged"}
    missing.make()
    assert set(verdicts(missing).values()) == {"ok"}


def test_truncated_landed_file_is_named(home: Home):
    path = next(home.landing.rglob("b.ndjson.zst"))
    path.write_bytes(path.read_bytes()[:-9])
    assert verdicts(home)["Landed"] == "damaged"
    assert sentence(home, "Landed").startswith("b.ndjson.zst of 2 landed files cannot be decompressed")


def test_flipped_bytes_in_databases_are_found(home: Home):
    for part, path in (("Warehouse", home.warehouse), ("Published", home.published.resolve())):
        damaged = bytearray(path.read_bytes())
        middle = len(damaged) // 2
        damaged[middle : middle + 4096] = bytes(b ^ 255 for b in damaged[middle : middle + 4096])
        path.write_bytes(damaged)
        assert verdicts(home)[part] == "damaged", part
    home.projects_database.write_bytes(b"no database" * 500)
    assert verdicts(home)["Projects"] == "damaged"


def test_databases_that_cannot_be_opened_now_are_not_called_damaged(home: Home):
    opens = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", opens, home.warehouse], **pipes) as other:
        assert other.stdout.readline()
        assert verdicts(home)["Warehouse"] == "warning"
        other.stdin.close()
    home.projects_database.unlink()
    home.projects_database.mkdir()  # SQLite cannot open it, as on a full disk
    assert verdicts(home)["Projects"] == "warning"


def test_what_needs_a_look_but_is_no_damage_is_a_warning(home: Home):
    home.root.chmod(0o755)
    (home.landing / "notes.txt").write_text("who put this here?")
    next(home.landing.rglob("a.ndjson.zst")).unlink()
    (home.quarantine / "import").mkdir(parents=True)
    (home.quarantine / "import" / "x.ndjson").write_text("{}\n")
    found = verdicts(home)
    assert {part for part, verdict in found.items() if verdict == "warning"} == {
        "Home",
        "Landed",
        "Warehouse",
        "Quarantine",
    }
    assert "1 loaded file no longer in" in sentence(home, "Warehouse")
    assert "damaged" not in found.values()


def test_command_prints_each_part_and_fails_only_for_damage(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("TURRET_HOME", str(home.root))
    doctor()
    assert "Landed      ok" in capsys.readouterr().out
    home.published.resolve().write_bytes(b"x")
    with pytest.raises(typer.Exit) as ended:
        doctor(as_json=True)
    assert ended.value.exit_code == 1
    assert {finding["part"] for finding in json.loads(capsys.readouterr().out) if finding["verdict"] == "damaged"} == {
        "Published"
    }
