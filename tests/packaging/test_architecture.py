"""The page about the architecture: its drawing, its tables and its figures are those of the code."""

from __future__ import annotations

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


def test_tours_pass_as_many_files_as_the_page_says():
    tour = subprocess.run(
        [sys.executable, "bench/code_tour.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert set(_files(tour)) == {"POST /track", "fit_topics"}
    assert _files(tour) == _files(PAGE)


def _files(text: str) -> dict[str, str]:
    return dict(re.findall(r"^\| `(POST /track|fit_topics)` \| (\d+) \|", text, re.MULTILINE))
