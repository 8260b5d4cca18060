"""A short version of bench/false_findings.py: pages hardly ever name what was dealt out by chance."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench import false_findings
from bench.false_findings import NUMBER, Conversations, Dealt, count_false, publish
from contracts.home import Home
from dashboard.data.address import Address
from dashboard.data.significance import LEVEL, clear_among, contrasts
from dashboard.data.view import View

N_ROUNDS = 24


@pytest.fixture
def published_file(sample_home: Path, tmp_path: Path) -> Path:
    """A copy: DuckDB opens a file that a page has open only as the page did."""
    return Path(shutil.copy(Home(sample_home).published.resolve(), tmp_path / "copy.duckdb"))


def test_numbers_of_sessions_by_a_random_version_are_hardly_ever_named_but_would_be_if_values_were_independent(
    published_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(false_findings, "SESSION_SHARE", 0.95)
    data = Conversations.read(published_file)
    named = named_as_independent = 0
    for number in range(N_ROUNDS):
        published = publish(data, Dealt.by_chance(data, np.random.default_rng([1, number])), tmp_path)
        view = View(Address("/numbers", project=data.project_id), published.snapshot(), data.project_id)
        middle = view.row("number_summary", number=NUMBER)["median"]
        found = contrasts(view, "number_segment", number=NUMBER, middle=middle, by="version")
        independent = {
            cell: replace(one, design_effect=1.0, hit_effect=1.0, n_clusters=1e9) for cell, one in found.items()
        }
        named += bool(clear_among(found))
        named_as_independent += bool(clear_among(independent))
        published.snapshot().connection.close()
    assert named <= 3, "5 of 100 are promised"
    assert named_as_independent > 3, "the test would not tell the two apart"
    assert LEVEL == 0.05  # what the bounds above are made for


def test_pages_name_hardly_ever_what_was_dealt_out_by_chance(published_file: Path):
    data = Conversations.read(published_file)
    named = count_false(data, 6, seed=1)
    assert sum(named.values()) <= 3, named
