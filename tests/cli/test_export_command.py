"""`turret export`: every mart as a file, of one version, in a folder that is complete or absent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from cli.errors import ExportError
from cli.marts.atomic_folder import replace_folder
from contracts.home import Home
from contracts.tables import MARTS, MARTS_SCHEMA
from tests.factories.published_factory import ASSISTANT, NASTY, SAMPLE, SampleProject, publish
from tests.factories.turret_process import ROOT, TURRET, process_environment, run_turret

if TYPE_CHECKING:
    from pathlib import Path

PROJECTS = (SampleProject(ASSISTANT, 60, SAMPLE[0].subjects), SampleProject(NASTY, 40, SAMPLE[1].subjects))
ODD_TEXTS = ("", "a,b", 'he said "no"', "two\nlines", "=1+1", "NULL", "über 🎉", " blank ")

KILLED_HALF_WAY = """
import os, signal, sys
from pathlib import Path
from cli.marts.atomic_folder import replace_folder
with replace_folder(Path(sys.argv[1]), "mark") as draft:
    (draft / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation whose marts hold texts and lists that are hard on CSV."""
    folder = tmp_path_factory.mktemp("export") / "home"
    with duckdb.connect(publish(folder, PROJECTS)) as marts:
        for number, text in enumerate(ODD_TEXTS):
            marts.execute(
                "insert into marts.fct_messages (project_id, event_id, text, topic_id) values (?, ?, ?, null)",
                [ASSISTANT, f"odd_{number}", text],
            )
        marts.execute(
            "insert into marts.dim_topics (project_id, topic_id, keywords) values (?, 'odd', ?)",
            [ASSISTANT, list(ODD_TEXTS)],
        )
    return folder


def published_rows(home: Path, table: str, project_id: str | None = None) -> list[tuple[Any, ...]]:
    with duckdb.connect(Home(home).published.resolve(), read_only=True) as marts:
        where = "where project_id = ?" if project_id else ""
        return marts.execute(f"from {MARTS_SCHEMA}.{table} {where}", [project_id] if project_id else []).fetchall()


def test_export_parquet_keeps_every_row_and_type(home: Path, tmp_path: Path):
    done = run_turret(home, "export", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "export.json",
        *(f"{mart.name}.parquet" for mart in MARTS),
    }
    for mart in MARTS:
        with duckdb.connect() as connection:
            read = connection.read_parquet(str(tmp_path / "out" / f"{mart.name}.parquet"))
            assert list(zip(read.columns, map(str, read.types), strict=True)) == [
                (c.name, c.type) for c in mart.columns
            ]
            assert read.fetchall() == published_rows(home, mart.name), mart.name


def test_export_csv_read_back_with_the_agreed_types_gives_the_same_rows(home: Path, tmp_path: Path):
    done = run_turret(home, "export", tmp_path / "out", "--format", "csv", "--json")
    assert done.returncode == 0, done.stderr
    for mart in MARTS:
        types = {column.name: column.type.replace("VARCHAR[]", "JSON") for column in mart.columns}
        lists = ", ".join(f"{c.name}::VARCHAR[] as {c.name}" for c in mart.columns if c.type == "VARCHAR[]")
        with duckdb.connect() as connection:
            connection.read_csv(
                str(tmp_path / "out" / f"{mart.name}.csv"), header=True, dtype=types, allow_quoted_nulls=False
            ).create_view("read")
            found = connection.sql(f"select * {f'replace ({lists})' if lists else ''} from read").fetchall()
            assert found == published_rows(home, mart.name), mart.name
    printed = json.loads(done.stdout)
    assert printed == json.loads((tmp_path / "out" / "export.json").read_text())
    assert printed["version"] == "turret-1"
    assert printed["n_rows"] == {mart.name: len(published_rows(home, mart.name)) for mart in MARTS}


def test_export_of_one_project_has_the_rows_of_that_project_alone(tmp_path: Path):
    home = tmp_path / "home"
    name = "Bobby'); drop table marts.fct_events; --"
    made = json.loads(run_turret(home, "project", "create", name, "--json").stdout)["project_id"]
    publish(home, (SampleProject(made, 5, SAMPLE[0].subjects), *PROJECTS))
    done = run_turret(home, "export", tmp_path / "out", "--project", name)
    assert done.returncode == 0, done.stderr
    for mart in MARTS:
        found = duckdb.read_parquet(str(tmp_path / "out" / f"{mart.name}.parquet")).fetchall()
        assert found == published_rows(home, mart.name, made), mart.name
    assert published_rows(home, "fct_sessions", made)


@pytest.mark.parametrize("format_", ["parquet", "csv"])
def test_export_on_a_full_disk_leaves_no_folder_and_one_sentence(home: Path, tmp_path: Path, format_: str):
    done = subprocess.run(
        ["prlimit", "--fsize=2000", *TURRET, "export", tmp_path / "out", "--format", format_],
        env={**process_environment(home), "PYTHONDONTWRITEBYTECODE": "1"},  # else its bytecode is cut too
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"Error: The export to {tmp_path / 'out'} failed: " in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_export_into_an_existing_folder_needs_replace_and_an_earlier_export(home: Path, tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    for words, says in (([], "add --replace"), (["--replace"], "is not an earlier export")):
        done = run_turret(home, "export", tmp_path / "mine", *words)
        assert done.returncode == 1
        assert says in done.stderr
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"

    assert run_turret(home, "export", tmp_path / "out").returncode == 0
    assert run_turret(home, "export", tmp_path / "out", "--format", "csv", "--replace").returncode == 0
    assert not list((tmp_path / "out").glob("*.parquet"))
    assert {path.name for path in tmp_path.iterdir()} == {"mine", "out"}


def test_export_with_nothing_published_says_what_to_do(tmp_path: Path):
    done = run_turret(tmp_path / "home", "export", tmp_path / "out")
    assert done.returncode == 1
    assert "There is no folder" in done.stderr
    assert not (tmp_path / "out").exists()


def test_whole_folder_of_a_killed_writer_is_absent_and_the_next_one_clears_up(tmp_path: Path):
    target = tmp_path / "out [1]"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_HALF_WAY, target], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    (draft,) = tmp_path.iterdir()
    assert draft != target
    with replace_folder(target, "mark") as folder:
        (folder / "mark").touch()
    assert list(tmp_path.iterdir()) == [target]


def test_whole_folder_of_two_writers_is_that_of_the_first_to_end(tmp_path: Path):
    target = tmp_path / "out"

    def write_while_another_does() -> None:
        with replace_folder(target, "mark") as slow:
            with replace_folder(target, "mark") as fast:
                (fast / "mark").write_text("fast")
            (slow / "mark").write_text("slow")

    with pytest.raises(ExportError, match="already exists"):
        write_while_another_does()
    assert (target / "mark").read_text() == "fast"
    assert list(tmp_path.iterdir()) == [target]
