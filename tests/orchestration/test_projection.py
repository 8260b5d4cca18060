"""Maps in the warehouse: which fields are projected again, and what keeps its coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from contracts.tables import MAP_SIZE
from orchestration.embedding.vectors import TextField
from orchestration.topics.projection import drop_vanished_maps, fields_to_map, map_field
from orchestration.topics.run_context import TopicRun
from orchestration.warehouse.resource import create_tables
from tests.factories.dbt_factory import DBT_PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELD = TextField("prj_1", "prompt", 0, 0)
OTHER = TextField("prj_2", "prompt", 0, 0)
RUN = TopicRun(run_id="run_1", model_id="planted", seed=0, uses_llm=False)
N_TEXTS = 60


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two projects with the same sixty judged texts: six topics, and one text in ten without any."""
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(6, 16))
    with duckdb.connect() as connection:
        create_tables(connection)
        for number in range(N_TEXTS):
            vector = centres[number % 6] + 0.3 * rng.normal(size=16)
            text_hash = f"{number:032x}"
            connection.execute(
                "insert into ml.embeddings values ('planted', ?, ?)",
                [text_hash, (vector / np.linalg.norm(vector)).tolist()],
            )
            topic = None if number % 10 == 9 else f"top_{number % 6}"
            for field in (FIELD, OTHER):
                connection.execute(
                    "insert into ml.text_topics values (?, 'prompt', ?, ?, ?, 1, null)",
                    [field.project_id, text_hash, topic, "assigned" if topic else "noise"],
                )
        yield connection


def _places(connection: duckdb.DuckDBPyConnection, field: TextField = FIELD) -> dict[str, tuple[float, float]]:
    rows = connection.execute("select text_hash, x, y from ml.text_places where project_id = ?", [field.project_id])
    return {text_hash: (x, y) for text_hash, x, y in rows.fetchall()}


def test_map_field_places_every_judged_text_of_the_field_alone(warehouse: duckdb.DuckDBPyConnection):
    assert map_field(warehouse, FIELD, RUN) == N_TEXTS
    assert len(_places(warehouse)) == N_TEXTS
    assert np.isfinite(list(_places(warehouse).values())).all()
    assert _places(warehouse, OTHER) == {}


def test_map_field_drawn_again_from_its_places_moves_little(warehouse: duckdb.DuckDBPyConnection):
    map_field(warehouse, FIELD, RUN)
    before = np.array(list(_places(warehouse).values()))
    map_field(warehouse, FIELD, RUN)
    after = np.array([_places(warehouse)[text_hash] for text_hash in sorted(_places(warehouse))])
    assert np.linalg.norm(after - before, axis=1).mean() < 0.25


def test_map_field_without_topics_has_no_map(warehouse: duckdb.DuckDBPyConnection):
    map_field(warehouse, FIELD, RUN)
    warehouse.execute("update ml.text_topics set topic_id = null")
    assert map_field(warehouse, FIELD, RUN) == 0
    assert _places(warehouse) == {}


def test_map_field_of_many_texts_takes_those_of_the_smallest_hashes(
    warehouse: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("orchestration.topics.projection.MAX_TEXTS", 24)
    map_field(warehouse, FIELD, RUN)
    assert set(_places(warehouse)) == {f"{number:032x}" for number in range(24)}


def test_fields_to_map_are_those_judged_since_the_last_and_those_without_a_map(
    warehouse: duckdb.DuckDBPyConnection,
):
    assert fields_to_map(warehouse, [FIELD, OTHER], RUN) == [FIELD, OTHER]
    for field in (FIELD, OTHER):
        map_field(warehouse, field, RUN)
    assert fields_to_map(warehouse, [FIELD, OTHER], RUN) == []
    warehouse.execute("insert into ops.stage_runs (run_id, stage, started_at) values ('run_0', 'map', '2026-03-01')")
    warehouse.execute(
        "insert into ml.topic_fits (project_id, field, run_id, recorded_at) values "
        "('prj_1', 'prompt', 'run_0', '2026-02-28'), ('prj_2', 'prompt', 'killed', '2026-03-02')"
    )
    assert fields_to_map(warehouse, [FIELD, OTHER], RUN) == [OTHER]
    warehouse.execute("insert into ops.stage_runs (run_id, stage, started_at) values ('run_1', 'map', '2026-03-03')")
    assert fields_to_map(warehouse, [FIELD, OTHER], RUN) == []


def test_drop_vanished_maps_forgets_fields_without_texts(warehouse: duckdb.DuckDBPyConnection):
    for field in (FIELD, OTHER):
        map_field(warehouse, field, RUN)
    warehouse.execute("delete from ml.text_topics where project_id = 'prj_1'")
    drop_vanished_maps(warehouse)
    assert _places(warehouse) == {}
    assert len(_places(warehouse, OTHER)) == N_TEXTS


def test_field_whose_map_a_killed_run_did_not_draw_is_drawn_by_the_next(warehouse: duckdb.DuckDBPyConnection):
    later = TopicRun(run_id="run_2", model_id="planted", seed=0, uses_llm=False)
    for field in (FIELD, OTHER):
        map_field(warehouse, field, RUN)
    assert fields_to_map(warehouse, [FIELD, OTHER], later) == []
    warehouse.execute("delete from ml.text_places where project_id = 'prj_2' and text_hash like '%7'")
    assert fields_to_map(warehouse, [FIELD, OTHER], later) == [OTHER]
    of_another_model = TopicRun(run_id="run_2", model_id="switched to", seed=0, uses_llm=False)
    assert fields_to_map(warehouse, [FIELD, OTHER], of_another_model) == []


def test_mart_of_places_holds_as_many_messages_as_the_contract_says():
    sql = (DBT_PROJECT / "models" / "marts" / "topics" / "fct_message_places.sql").read_text(encoding="utf-8")
    assert f"<= {MAP_SIZE}" in sql
