"""Exposures name what reads the marts: each page of the dashboard with just the marts of its queries, and the files."""

from __future__ import annotations

import re

import pytest

from tests.factories.exposures_file import EVERY_PAGE, PAGES, PUBLISHED_FILE, exposures, marts_of, marts_of_exposure


def test_every_page_of_the_dashboard_is_an_exposure():
    assert PAGES
    assert {name for name, exposure in exposures().items() if exposure["type"] == "dashboard"} == set(PAGES)


@pytest.mark.parametrize("name", [*PAGES, PUBLISHED_FILE])
def test_exposure_names_the_marts_that_are_read(name: str):
    exposed = re.findall(r"ref\('(\w+)'\)", " ".join(exposures()[name]["depends_on"]))
    assert set(exposed) == marts_of_exposure(name), "run `python -m tests.factories.exposures_file`"


@pytest.mark.parametrize("source", EVERY_PAGE)
def test_queries_of_every_page_are_found(source: str):
    assert marts_of(source)
