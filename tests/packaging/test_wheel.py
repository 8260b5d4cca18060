"""The wheel: it holds every file that the checkout runs with, and runs where no checkout can be imported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from cli.answering import free_port

REPOSITORY = Path(__file__).parents[2]
PACKAGES = (
    *("cli", "collector", "contracts", "dashboard", "dbt_project", "demo", "expectations", "ml", "orchestration"),
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


@pytest.mark.pipeline
def test_wheel_installed_elsewhere_runs_the_demo(wheel: Path, tmp_path: Path):
    """Only the dependencies are shared with this environment: of Turret, nothing outside the new one can be found."""
    python = _environment_with(wheel, tmp_path / "environment")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    environment |= {
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "TURRET_COLLECTOR_PORT": str(free_port("127.0.0.1")),
        "TURRET_HOME": str(tmp_path / "home"),
    }
    where = "import cli, orchestration; print(cli.__file__, orchestration.__file__)"
    found = _run([python, "-c", where], folder, environment).split()
    assert all(Path(file).is_relative_to(tmp_path) for file in found), found

    printed = _run([python.parent / "turret", "demo", "--users", "20"], folder, environment)
    assert "What users talk about" in printed

    workspace = Path(found[1]).parent / "workspace.yaml"
    _run([python, "-m", "dagster", "definitions", "validate", "-w", workspace], folder, environment)


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
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
