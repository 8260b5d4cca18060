"""Journeys of real conversations with gold labels in place of topics equal plain Python, to the last unit."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.dbt_project.conftest import Built
from tests.factories.dbt_factory import run_dbt
from tests.factories.gold_conversations import make_gold_warehouse, read_turns
from tests.factories.plain_journeys import plain_steps
from tests.factories.shared_data import read_jsonl

if TYPE_CHECKING:
    from pathlib import Path


SGD = "prj_0000000000000501"
MULTIDOGO = "prj_0000000000000502"

CONTINUING = frozenset({"ordersideintent", "Hotels.ReserveHotel"})
"""Labels that are taken to continue a step, one of each set."""

Journeys = dict[str, dict[str, list[str]]]
"""Steps by project and session."""


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory, scratch: Path) -> tuple[Built, Journeys]:
    turns = [
        *read_turns(SGD, "dialogue_id", read_jsonl("sgd_dev.jsonl")),
        *read_turns(MULTIDOGO, "conversation_id", read_jsonl("multidogo_fastfood.jsonl")),
    ]
    path = tmp_path_factory.mktemp("gold") / "warehouse.duckdb"
    make_gold_warehouse(path, turns, CONTINUING)
    run_dbt(path, "build", "--exclude-resource-type", "unit_test", scratch=scratch)
    labels: dict[str, dict[str, list[str | None]]] = {SGD: {}, MULTIDOGO: {}}
    for turn in turns:
        labels[turn.project_id].setdefault(turn.session_id, []).append(turn.label)
    journeys = {
        project: {name: plain_steps(said, CONTINUING) for name, said in sessions.items()}
        for project, sessions in labels.items()
    }
    return Built(path, [], [], scratch), journeys


@pytest.mark.parametrize("project", [SGD, MULTIDOGO])
def test_gold_transitions_with_start_and_end_equal_python(gold: tuple[Built, Journeys], project: str):
    built, journeys = gold
    moves = Counter(
        move for steps in journeys[project].values() if steps for move in pairwise(["START", *steps, "END"])
    )
    found = built.rows(
        "select from_topic_id, to_topic_id, n_transitions from marts.agg_transitions where project_id = ?", project
    )
    assert {row[:2]: row[2] for row in found} == moves
    assert sum(n for (left, _), n in moves.items() if left == "START") > 1500


@pytest.mark.parametrize("project", [SGD, MULTIDOGO])
def test_gold_variants_equal_python(gold: tuple[Built, Journeys], project: str):
    built, journeys = gold
    variants = Counter(tuple(steps) for steps in journeys[project].values())
    found = built.rows("select path, n_sessions from marts.agg_journey_variants where project_id = ?", project)
    assert {tuple(path): n for path, n in found} == variants
    assert len(variants) > 50


@pytest.mark.parametrize("project", [SGD, MULTIDOGO])
def test_gold_loops_and_returns_equal_python(gold: tuple[Built, Journeys], project: str):
    built, journeys = gold
    loops = Counter(
        middle_of_three
        for steps in journeys[project].values()
        for middle_of_three in zip(steps, steps[1:], steps[2:], strict=False)
        if middle_of_three[0] == middle_of_three[2]
    )
    n_returns = sum(len(steps) - len(set(steps)) for steps in journeys[project].values())
    found = built.rows("select sum(n_loops), sum(n_returns) from marts.fct_session_paths where project_id = ?", project)
    triples = built.rows(
        "select path[i], path[i + 1], path[i + 2], count(*) from"
        " (select path, unnest(range(1, len(path) - 1)) as i from marts.fct_session_paths where project_id = ?)"
        " where path[i] = path[i + 2] group by all",
        project,
    )
    assert found == [(loops.total(), n_returns)]
    assert {row[:3]: row[3] for row in triples} == loops
    assert (loops.total() > 100) is (project == MULTIDOGO)  # nobody loops in SGD


@pytest.mark.parametrize("project", [SGD, MULTIDOGO])
def test_gold_sessions_and_messages_are_all_there(gold: tuple[Built, Journeys], project: str):
    built, journeys = gold
    found = built.rows(
        "select count(*), sum(n_steps), sum(n_noise + n_pending) from marts.fct_sessions where project_id = ?", project
    )
    assert found == [(len(journeys[project]), sum(map(len, journeys[project].values())), 0)]
