"""Run the pages of docs/bi unchanged, over published marts, with the tools that they name."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from contracts.tables import MARTS, MARTS_SCHEMA
from projects import open_projects
from tests.factories.published_factory import SAMPLE, SampleProject, publish
from tests.factories.turret_process import ROOT

PAGES = ROOT / "docs" / "bi"
NOTEBOOK = PAGES / "journeys.ipynb"
COMMANDS = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
CLI = shutil.which("duckdb", path=COMMANDS)

EXECUTE = """
import sys
import nbclient, nbformat
from traitlets.config import Config
notebook = nbformat.read(sys.argv[1], as_version=4)
ipc = Config({"KernelManager": {"transport": "ipc", "ip": "kernel"}})  # over TCP it warns of those who listen
nbclient.NotebookClient(notebook, timeout=120, config=ipc, resources={"metadata": {"path": "."}}).execute()
nbformat.write(notebook, sys.argv[2])
"""


def needs(*packages: str) -> pytest.MarkDecorator:
    """Skip, aloud, where a package of the extra `dev` is not installed."""
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    return pytest.mark.skipif(
        bool(missing), reason=f"NOT PROVED: {', '.join(missing)} not installed; `make test` installs them"
    )


needs_cli = pytest.mark.skipif(CLI is None, reason="NOT PROVED: duckdb-cli is not installed; `make test` installs it")


@dataclass(frozen=True)
class Desk:
    """A folder in which somebody works, with the installation in `.turret`."""

    folder: Path

    def run(self, *command: str | Path, standard_input: str = "") -> str:
        """Run a program that must succeed without a word on standard error; gives what it prints."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={
                **os.environ,
                "PATH": COMMANDS,
                "PYTHONPATH": str(ROOT),
                "TURRET_HOME": str(self.folder / ".turret"),
                "JUPYTER_RUNTIME_DIR": str(self.folder / "jupyter"),
                "IPYTHONDIR": str(self.folder / "ipython"),
            },
            input=standard_input,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    def python(self, page: str) -> str:
        """Run all Python of a page, in order, with warnings as errors."""
        return self.run(sys.executable, "-W", "error", "-c", "\n".join(blocks(page, "python")))

    def shell(self, page: str) -> str:
        """Run all commands of a page."""
        return self.run("bash", "-e", "-c", "\n".join(blocks(page, "sh")))


def blocks(page: str, language: str) -> list[str]:
    """The code of a page."""
    found = re.findall(rf"^```{language}\n(.*?)^```", (PAGES / page).read_text(), flags=re.DOTALL | re.MULTILINE)
    assert found, f"{page} has no {language}"
    return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    home = tmp_path / ".turret"
    with open_projects(load_settings(home=home, database_url="")) as projects:
        project_id = projects.create_project("Support bot").project_id
    publish(home, (SampleProject(project_id, 40, SAMPLE[0].subjects), SampleProject("prj_00000000000000ff", 10)))
    return Desk(tmp_path)


def published(desk: Desk, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(Home(desk.folder / ".turret").published, read_only=True) as marts:
        return marts.execute(sql).fetchall()


@needs_cli
def test_commands_of_the_duckdb_cli_page_print_the_marts(desk: Desk):
    printed = desk.shell("duckdb-cli.md")
    [(label, n_messages)] = published(
        desk, "select label, n_messages from marts.dim_topics where level = 0 order by n_messages desc, label limit 1"
    )
    assert re.search(rf"{label}\s*│\s*{n_messages}", printed)
    assert (desk.folder / "topics.csv").read_text().startswith("project_id,")


@needs_cli
def test_sql_of_the_duckdb_cli_page_sees_a_new_version_after_attaching_again(desk: Desk):
    before, after = blocks("duckdb-cli.md", "sql")[0].split("-- later", 1)
    swap = f".shell {sys.executable} {desk.folder / 'publish.py'}"
    (desk.folder / "publish.py").write_text(
        "from pathlib import Path\nfrom tests.factories.published_factory import *\n"
        "publish(Path('.turret'), (SampleProject(ASSISTANT, 7, SAMPLE[0].subjects),), version='2')\n"
    )
    old = "select count(*) as n_sessions from turret.marts.fct_sessions;"
    script = f"{before}\n{swap}\n{old}\n-- later{after}"
    counts = re.findall(r"│\s+(\d+) │", desk.run(str(CLI), standard_input=script))
    assert counts == ["50", "50", "7"]


@needs("pandas", "polars", "pyarrow")
def test_python_of_its_page_reads_the_marts(desk: Desk):
    printed = desk.python("python.md")
    assert printed.splitlines()[-1] == "(50,)"
    [(label,)] = published(
        desk, "select label from marts.dim_topics where level = 0 order by n_messages desc, label limit 1"
    )
    assert label in printed


@needs("sqlalchemy", "duckdb_sqlalchemy", "pandas", "polars")
def test_python_of_the_sqlalchemy_page_reads_the_marts(desk: Desk):
    printed = desk.python("sqlalchemy.md").splitlines()
    assert [(int(printed[0]),)] == published(desk, "select count(*) from marts.fct_sessions where n_steps >= 1")


@needs("sqlalchemy", "duckdb_sqlalchemy")
def test_engine_of_the_sqlalchemy_page_cannot_write_and_sees_new_versions(desk: Desk):
    script = f"""{blocks("sqlalchemy.md", "python")[0]}
from pathlib import Path
from tests.factories.published_factory import *

count = sa.text("select count(*) from marts.fct_sessions")
with engine.connect() as old:
    assert old.execute(count).scalar_one() == 50
    publish(Path(".turret"), (SampleProject(ASSISTANT, 7, SAMPLE[0].subjects),), version="2")
    with engine.connect() as new:
        print(old.execute(count).scalar_one(), new.execute(count).scalar_one())
    try:
        old.execute(sa.text("delete from marts.fct_sessions"))
    except sa.exc.DBAPIError as error:
        print("read-only" in str(error))
"""
    assert desk.run(sys.executable, "-c", script).splitlines()[1:] == ["50 7", "True"]


@needs("pandas", "polars", "pyarrow")
def test_commands_and_python_of_the_files_page_export_and_read(desk: Desk):
    desk.shell("files.md")
    names = {mart.name for mart in MARTS}
    for folder, suffix in (("today", "parquet"), ("spreadsheets", "csv"), ("support", "parquet")):
        assert {path.stem for path in (desk.folder / "exports" / folder).glob(f"*.{suffix}")} == names
    assert [eval(desk.python("files.md").splitlines()[-1])] == published(  # noqa: S307  # a tuple that we printed
        desk, f"select count(*) from {MARTS_SCHEMA}.fct_events"
    )


@needs("nbclient", "ipykernel", "pandas")
def test_notebook_runs_from_top_to_bottom(desk: Desk):
    desk.run(sys.executable, "-c", EXECUTE, NOTEBOOK, desk.folder / "done.ipynb")
    done = (desk.folder / "done.ipynb").read_text()
    [(label,)] = published(
        desk, "select label from marts.dim_topics where level = 0 order by n_messages desc, label limit 1"
    )
    assert label in done
    assert '"output_type": "error"' not in done


def test_notebook_is_stored_without_outputs():
    assert '"outputs": []' in NOTEBOOK.read_text()
    assert "output_type" not in NOTEBOOK.read_text()


def test_every_page_is_linked_from_the_first_one_and_that_from_the_readme():
    linked = set(re.findall(r"\(([\w-]+\.(?:md|ipynb))\)", (PAGES / "README.md").read_text()))
    assert linked == {path.name for path in PAGES.iterdir()} - {"README.md"}
    assert "docs/bi/README.md" in (ROOT / "README.md").read_text()
    assert "bi/README.md" in (ROOT / "docs" / "marts.md").read_text()
