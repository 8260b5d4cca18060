"""The same events end in the same marts, however they arrive: shuffled, late, twice, and over several runs."""

from __future__ import annotations

import math
import os
import random
from typing import TYPE_CHECKING

import duckdb
import pytest

from contracts import tables
from orchestration.publish import exchange
from orchestration.publish.published_file import publish
from tests.dbt_project.conftest import CHANGING_PROJECT, changing_events
from tests.factories.arrivals import (
    N_DELETED_EVENTS,
    N_FEEDBACK,
    N_RUNS,
    NOT_OF_THE_EVENTS,
    VARIABLES,
    arriving_lines,
    choose,
    find_topics,
    landed_line,
    load_lines,
    make_home,
)
from tests.factories.dbt_factory import run_dbt
from tests.factories.marts_difference import differing_marts
from tests.factories.warehouse_factory import (
    PROJECT_ID,
    insert_rows,
    judge_texts,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.pipeline

SEEDS = range(1, 1 + int(os.environ.get("ARRIVALS", "1")))
"""Each takes a minute; `ARRIVALS=20 pytest tests/dbt_project/test_any_order_of_arrival.py` tries more."""

RUN = ("run", "--select", "tag:before_ml", "tag:after_ml")
BROKEN_OFF = ("run", "--select", "tag:before_ml", "int_journeys__touched+", "--exclude", "fct_session_paths+")
"""A run after which some models have the new events and others have not."""


@pytest.mark.parametrize("seed", SEEDS)
def test_marts_of_incremental_runs_equal_one_full_refresh(
    tmp_path: Path, scratch: Path, seed: int, monkeypatch: pytest.MonkeyPatch
):
    """Whatever comes between the runs: events in any order, other topics, choices and types, a run that broke off.

    So do the published ones. Only the first two runs and the last are published: one broke off, and a gate may have
    stopped the one after it, so that the last publication exchanges what was touched since the second run.
    """
    monkeypatch.setattr(exchange, "MAX_EXCHANGED_SHARE", math.inf)  # so small a test would else write all marts in full
    chance = random.Random(seed)
    lines, changing = arriving_lines(chance), [landed_line(event) for event in changing_events()]
    whole = make_home(tmp_path / "whole")
    load_lines(whole, "all", lines, "run_1")
    load_lines(whole, "changing", changing, "run_1", CHANGING_PROJECT)
    run_dbt(whole.warehouse, "run", "--select", "tag:before_ml", "--full-refresh", scratch=scratch, variables=VARIABLES)
    judge_texts(whole.warehouse)
    run_dbt(whole.warehouse, "run", "--select", "tag:after_ml", "--full-refresh", scratch=scratch, variables=VARIABLES)

    parts = make_home(tmp_path / "parts")
    chance.shuffle(lines)
    cuts = [0, *sorted(chance.sample(range(len(lines) // 2, len(lines)), N_RUNS - 1)), len(lines)]
    days = [0, *(len(changing) * share // 6 for share in (2, 3, 4, 5)), len(changing)]
    for run in range(N_RUNS):
        load_lines(parts, f"part-{run}", lines[cuts[run] : cuts[run + 1]], f"run_{run}")
        load_lines(parts, f"changing-{run}", changing[days[run] : days[run + 1]], f"run_{run}", CHANGING_PROJECT)
        choose(parts, run)
        find_topics(parts, whole, run)
        is_broken_off = run == 2
        words = BROKEN_OFF if is_broken_off else RUN
        run_dbt(parts.warehouse, *words, scratch=scratch, variables=VARIABLES)
        if run in {0, 1, N_RUNS - 1}:
            publish(parts, f"run_{run}", "fingerprint")
            assert differing_marts(parts.warehouse, parts.published.resolve()) == {}

    with duckdb.connect(str(parts.warehouse), read_only=True) as connection:
        n_events = connection.execute("select count(*) from marts.fct_events").fetchone()
        n_feedback = connection.execute(
            "select count(*) from marts.fct_feedback where source = 'people'"
        ).fetchone() or (0,)
        n_counted = connection.execute("select sum(n_loaded), sum(n_lines) from raw.segments").fetchone()
        n_pending = connection.execute("select count(*) from intermediate.int_events__pending").fetchone() or (0,)
        n_exchanged = connection.execute("select value from state.progress where key = 'n_exchanged'").fetchone()
        n_apart = connection.execute(
            "select count(*) from marts.fct_events where set_apart_reason is not null"
        ).fetchone()
    assert n_events == (240 + 2 - N_DELETED_EVENTS + len(changing),)
    assert n_feedback[0] in range(50, N_FEEDBACK)
    assert n_apart == (2,)
    assert n_counted == (240 + 2 + len(changing) + N_FEEDBACK, len(lines) + len(changing))
    assert n_exchanged is not None
    assert int(n_exchanged[0]) > 0, "the last publication was written in full"
    assert 0 < n_pending[0] < n_events[0], "the last run was no incremental one"
    assert differing_marts(whole.warehouse, parts.warehouse, without=NOT_OF_THE_EVENTS) == {}


def test_changed_settings_rebuild_the_marts_by_themselves(tmp_path: Path, scratch: Path):
    lines = arriving_lines(random.Random(3))
    homes = [make_home(tmp_path / name) for name in ("before", "fresh")]
    for home in homes:
        load_lines(home, "all", lines, "run_1")
    run_dbt(homes[0].warehouse, *RUN, scratch=scratch)
    for home in homes:
        run_dbt(home.warehouse, *RUN, scratch=scratch, variables=VARIABLES)
    with duckdb.connect(str(homes[0].warehouse), read_only=True) as connection:
        assert connection.execute("select count(*) > 0 from marts.fct_sessions where is_overlong").fetchone() == (True,)
    assert differing_marts(homes[0].warehouse, homes[1].warehouse, without=NOT_OF_THE_EVENTS) == {}


def test_differences_between_marts_are_found(tmp_path: Path):
    one, two = make_home(tmp_path / "one"), make_home(tmp_path / "two")
    for home, topics in ((one, 1), (two, 2)):
        with duckdb.connect(str(home.warehouse)) as connection:
            connection.execute("create schema marts")
            for mart in tables.MARTS:
                columns = ", ".join(f"{column.name} {column.type}" for column in mart.columns)
                connection.execute(f"create table {mart.qualified_name} ({columns})")
            rows = [{"project_id": PROJECT_ID, "topic_id": f"t{number}"} for number in range(topics)]
            insert_rows(connection, tables.AGG_TOPIC_FLOW, rows)
    assert differing_marts(one.warehouse, two.warehouse) == {"marts.agg_topic_flow": 1}
