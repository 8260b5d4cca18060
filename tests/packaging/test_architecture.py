"""The page about the architecture: its drawing, its tables and its figures are those of the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
DRAWING = PAGE.split("## Inside the packages")[1].split("```")[1]


def test_drawing_has_every_folder_of_its_packages():
    drawn: dict[str, set[str]] = {}
    for package, text in re.findall(r"^(\w+)/(.*(?:\n .*)*)", DRAWING, re.MULTILINE):
        drawn[package] = set(re.findall(r"(\w+)/", text))
    assert len(drawn) == 6
    assert drawn == {
        package: {path.parent.name for path in (ROOT / package).glob("*/__init__.py")} for package in drawn
    }


def test_table_of_places_names_files_and_what_stands_in_them():
    for _, place, there in re.findall(r"^\| (an? [^|]+) \| `([^`]+)` \| ([^|]+) \|$", PAGE, re.MULTILINE):
        assert (ROOT / place).exists(), place
        for name in re.findall(r"`([\w.]+)`", there):
            assert name.rsplit(".", maxsplit=1)[-1] in (ROOT / place).read_text(encoding="utf-8"), name


def test_table_of_internals_names_all_that_the_code_uses():
    table = PAGE.split("## Internals of frameworks")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([\w/.]+)` \| ([^|]+) \|", table, re.MULTILINE)
    named = {(place, name) for place, names in rows for name in re.findall(r"`([\w.]+)`", names)}
    packages = {
        "alerts",
        "cli",
        "collector",
        "contracts",
        "dashboard",
        "demo",
        "expectations",
        "ml",
        "orchestration",
        "projects",
    }
    found = set()
    for path in sorted(path for package in packages for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(_without_types(path.read_text(encoding="utf-8")))):
            found |= {(path.relative_to(ROOT).as_posix(), name) for name in _private_imports(node, packages)}
    assert found == {(place, name) for place, name in named if name.startswith("dagster")}
    for place, name in named - found:
        assert name.rpartition(".")[2] in (ROOT / place).read_text(encoding="utf-8"), name
    for place in re.findall(r"`(tests/[\w/.]+)`", table):
        assert (ROOT / place).exists(), place


def _without_types(source: str) -> str:
    """Leave out what is imported for types alone."""
    return re.sub(r"^if TYPE_CHECKING:\n(?:    .*\n|\n)+", "", source, flags=re.MULTILINE)


def _private_imports(node: ast.AST, ours: set[str]) -> set[str]:
    if isinstance(node, ast.ImportFrom) and node.module:
        names = {f"{node.module}.{alias.name}" for alias in node.names}
    elif isinstance(node, ast.Import):
        names = {alias.name for alias in node.names}
    else:
        return set()
    return {name for name in names if "._" in name and name.partition(".")[0] not in ours}


def test_tours_pass_as_many_files_as_the_page_says():
    tour = subprocess.run(
        [sys.executable, "bench/code_tour.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert set(_files(tour)) == {"POST /track", "fit_topics"}
    assert _files(tour) == _files(PAGE)


def _files(text: str) -> dict[str, str]:
    return dict(re.findall(r"^\| `(POST /track|fit_topics)` \| (\d+) \|", text, re.MULTILINE))
