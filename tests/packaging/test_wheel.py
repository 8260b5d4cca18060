"""The wheel: it holds every file that the checkout runs with, and `turret demo` goes the whole way where there is none.

Sending twice changes nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.demo.collector import demo_collector
from cli.serve.probes import free_port
from contracts.settings import load_settings
from demo.sender import send_events
from demo.simulation import Scenario, simulate
from demo.truth import load_truth
from projects.database import open_projects
from tests.factories.turret_process import run_turret

REPOSITORY = Path(__file__).parents[2]
SCENARIO = Scenario(users=25, seed=3, days=3)
PACKAGES = (
    *(
        "alerts",
        "cli",
        "collector",
        "contracts",
        "dashboard",
        "dbt_project",
        "demo",
        "expectations",
        "ml",
        "orchestration",
    ),
    "projects",
)
IGNORED = shutil.ignore_patterns("__pycache__", "target", "logs", ".user.yml")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy of the sources: setuptools takes up whatever an earlier build left in theirs."""
    sources = tmp_path_factory.mktemp("sources")
    for name in PACKAGES:
        shutil.copytree(REPOSITORY / name, sources / name, ignore=IGNORED)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, sources)
    folder = tmp_path_factory.mktemp("wheel")
    build = ["pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", folder, "."]
    subprocess.run([sys.executable, "-m", *build], cwd=sources, check=True, timeout=60)
    [built] = folder.glob("turret-*.whl")
    return built


def test_wheel_holds_every_file_of_the_packages(wheel: Path):
    files = (path for name in PACKAGES for path in (REPOSITORY / name).rglob("*") if path.is_file())
    expected = {str(path.relative_to(REPOSITORY)) for path in files}
    unpublished = {name for name in expected if {"__pycache__", "target", "logs", ".user.yml"} & {*Path(name).parts}}
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == expected - unpublished


def send_once_before(home: Path) -> int:
    """Send what the demo will send; gives the number of events."""
    settings = load_settings(home=home, collector_port=free_port("127.0.0.1"))
    events = simulate(SCENARIO, datetime.now(UTC)).events
    with open_projects(settings) as projects:
        key = projects.create_key(projects.create_project("Demo", plan="enterprise").project_id).secret
    with demo_collector(settings, key, events[0], lambda _line: None) as url:
        return send_events(url, key, events).n_sent


def headings_in_readme() -> list[str]:
    """Titles, as far as a comma or colon, and first column heads of the demo's output as the README shows it."""
    [block] = re.findall(
        r"```text\n(500 users of.*?)```", (REPOSITORY / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    parts = [part.splitlines() for part in block.split("\n…\n")[1:]]
    titles = [lines[0] for lines in parts]
    columns = [lines[1].split()[0] for lines in parts]
    return [re.split("[:,]", title)[0] for title in titles] + columns


@pytest.mark.pipeline
def test_wheel_installed_elsewhere_runs_the_demo_which_shows_the_truth(wheel: Path, tmp_path: Path):
    """Only the dependencies are shared with this environment: of Turret, nothing outside the new one can be found."""
    python = _environment_with(wheel, tmp_path / "environment")
    folder, home = tmp_path / "elsewhere", tmp_path / "home"
    folder.mkdir()
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    environment |= {
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "200",
        "TURRET_COLLECTOR_PORT": "0",
        "TURRET_DASHBOARD_PORT": str(free_port("127.0.0.1")),
        "TURRET_HOME": str(home),
    }
    where = "import cli, orchestration; print(cli.__file__, orchestration.__file__)"
    found = _run([python, "-c", where], folder, environment).split()
    assert all(Path(file).is_relative_to(tmp_path) for file in found), found

    n_sent = send_once_before(home)
    options = ["--users", SCENARIO.users, "--days", SCENARIO.days, "--seed", SCENARIO.seed]
    printed = _run([python.parent / "turret", "demo", *map(str, options)], folder, environment)
    for heading in ("What users talk about", "What they ask next", "Where sessions start", "found the simulated truth"):
        assert heading in printed
    assert "turret up" in printed
    assert [line for line in headings_in_readme() if line not in printed] == []
    _check_marts(home, printed, n_sent)

    workspace = Path(found[1]).parent / "workspace.yaml"
    _run([python, "-m", "dagster", "definitions", "validate", "-w", workspace], folder, environment)


def _check_marts(home: Path, printed: str, n_sent: int) -> None:
    """Compare what the demo printed and sent with the marts, and look at its keys."""
    sql = "select count(*) as n from dim_topics where level = 1"
    [areas] = json.loads(run_turret(home, "query", sql, "--format", "json").stdout)
    assert f"topics in {areas['n']} areas" in printed
    assert len(load_truth(next((home / "demo").glob("truth-*.json"))).events) == n_sent

    sql = "select count(*) as n_events, count(distinct user_id) filter (is_user_id_given) as n_users from fct_events"
    counted = json.loads(run_turret(home, "query", sql, "--format", "json").stdout)
    assert counted == [{"n_events": n_sent, "n_users": SCENARIO.users}]
    with open_projects(load_settings(home=home)) as projects:
        assert [key.is_revoked for key in projects.list_keys("Demo")] == [False, True]


def _environment_with(wheel: Path, folder: Path) -> Path:
    """Make an environment that holds the wheel, and finds this one's packages through links; gives its Python.

    Links to all but Turret's own editable installation, which a `.pth` file to the whole folder would bring along.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60)
    paths = {"base": str(folder), "platbase": str(folder)}
    new = Path(sysconfig.get_path("purelib", vars=paths))
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        if "turret" not in package.name.lower():
            (new / package.name).symlink_to(package)
    dbt = (Path(sys.executable).parent / "dbt").read_text(encoding="utf-8").split("\n", 1)[1]  # without its first line,
    (folder / "bin" / "dbt").write_text(
        f"#!{folder / 'bin' / 'python'}\n{dbt}", encoding="utf-8"
    )  # which names a Python
    (folder / "bin" / "dbt").chmod(0o755)
    install = ["pip", f"--python={folder / 'bin' / 'python'}", "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run([sys.executable, "-m", *install], check=True, timeout=60)
    return folder / "bin" / "python"


def _run(command: list[str | Path], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
