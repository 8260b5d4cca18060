"""Exposures name what reads the marts: each page of the dashboard with just the marts of its queries, and the files."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from contracts import tables
from tests.factories.dbt_factory import DBT_PROJECT, REPOSITORY

DASHBOARD = REPOSITORY / "dashboard"
EVERY_PAGE = ("router.py", "view.py")
"""What these ask for, every page shows."""
PAGES = sorted(path.stem for path in (DASHBOARD / "pages").glob("[!_]*.py"))


def _exposures() -> dict[str, dict[str, Any]]:
    document = yaml.safe_load((DBT_PROJECT / "models" / "exposures.yml").read_text())
    return {exposure["name"]: exposure for exposure in document["exposures"]}


def _exposed(name: str) -> set[str]:
    return set(re.findall(r"ref\('(\w+)'\)", " ".join(_exposures()[name]["depends_on"])))


def _marts_of(source: str) -> set[str]:
    """The marts in the queries that a source of the dashboard names."""
    queries = re.findall(r"\.rows?\(\s*\"(\w+)\"", (DASHBOARD / source).read_text())
    sql = "".join((DASHBOARD / "queries" / f"{query}.sql").read_text() for query in queries)
    return set(re.findall(r"\bmarts\.(\w+)", sql))


def test_every_page_of_the_dashboard_is_an_exposure():
    assert PAGES
    assert {name for name, exposure in _exposures().items() if exposure["type"] == "dashboard"} == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_exposure_of_a_page_names_the_marts_that_its_queries_read(page: str):
    shared = set().union(*map(_marts_of, EVERY_PAGE))
    assert shared
    assert _exposed(page) == _marts_of(f"pages/{page}.py") | shared


def test_published_file_and_export_expose_every_mart():
    assert _exposed("published_file") == {mart.name for mart in tables.MARTS}
