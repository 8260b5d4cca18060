"""Roles of topics as a run judges them: from sessions, after people's edits, and favouring the run before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from ml.phrases.request_phrases import REQUEST_PHRASES
from orchestration.topics.roles import classify_roles, score_requests
from orchestration.warehouse.resource import create_tables
from tests.factories.message_tables import create_message_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

PROJECT = "prj_1"


class TwoWayEmbedder:
    """Puts requests on one side, and all else on the other."""

    model_id = "two ways"
    dimensions = 2

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts; see `Embedder.embed`."""
        sides = [[1.0, 0.0] if text in REQUEST_PHRASES or text.startswith("want") else [0.0, 1.0] for text in texts]
        return np.array(sides, dtype=np.float32)


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """40 sessions: all want a hotel or a flight, say a date, and ask for a person; some of them a machine's."""
    with duckdb.connect() as connection:
        create_tables(connection)
        create_message_tables(connection)
        connection.execute("alter table intermediate.int_messages__extracted add column event_index_in_session integer")
        connection.execute("insert into intermediate.int_fields__typed values (?, 'prompt', true, null)", [PROJECT])
        for session in range(40):
            said = ["want hotel" if session % 2 else "want flight", "date", "want human"]
            for index, text in enumerate(said, start=1):
                connection.execute(
                    "insert into intermediate.int_messages__extracted"
                    " (project_id, event_id, field, text, text_hash, user_id, event_index_in_session)"
                    " values (?, ?, 'prompt', ?, ?, ?, ?)",
                    [PROJECT, f"e{session}-{index}", text, text, f"s{session}", index],
                )
        for text in ("want hotel", "want flight", "date", "want human"):
            vector = TwoWayEmbedder().embed([text])[0].tolist()
            connection.execute("insert into ml.embeddings values ('two ways', ?, ?)", [text, vector])
            connection.execute(
                "insert into ml.text_topics by name select ? as project_id, 'prompt' as field, ? as text_hash,"
                " ? as topic_id, 'assigned' as topic_status",
                [PROJECT, text, text.removeprefix("want ")],
            )
        yield connection


def roles(warehouse: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int, bool]]:
    classify_roles(warehouse, "two ways")
    found = warehouse.execute("select topic_id, n_sessions, n_opened, continues from ml.topic_roles").fetchall()
    return {topic_id: tuple(rest) for topic_id, *rest in found}


def test_classify_roles_of_what_only_answers_continues_and_a_late_want_opens(warehouse: duckdb.DuckDBPyConnection):
    assert score_requests(warehouse, TwoWayEmbedder()) == 4
    assert score_requests(warehouse, TwoWayEmbedder()) == 0
    assert roles(warehouse) == {
        "hotel": (20, 20, False),
        "flight": (20, 20, False),
        "date": (40, 0, True),
        "human": (40, 0, False),
    }


def test_classify_roles_without_an_embedder_lets_every_topic_open(warehouse: duckdb.DuckDBPyConnection):
    assert not any(continues for *_, continues in roles(warehouse).values())


def test_classify_roles_follows_merges_moves_and_machines(warehouse: duckdb.DuckDBPyConnection):
    score_requests(warehouse, TwoWayEmbedder())
    warehouse.execute(
        "insert into ml.edited_topics by name select ? as project_id, 'date' as topic_id, 'hotel' as shown_topic_id",
        [PROJECT],
    )
    warehouse.execute("insert into ml.moved_texts values (?, 'prompt', 'want human', 'flight')", [PROJECT])
    warehouse.execute("insert into intermediate.int_sessions__automated values (?, 's0')", [PROJECT])
    assert roles(warehouse) == {"hotel": (39, 20, False), "flight": (39, 19, False)}


def test_classify_roles_favours_the_role_of_the_run_before(warehouse: duckdb.DuckDBPyConnection):
    """Four sessions that begin with the date leave it between the limits."""
    score_requests(warehouse, TwoWayEmbedder())
    warehouse.execute(
        "update intermediate.int_messages__extracted set event_index_in_session = -1"
        " where text = 'date' and user_id in ('s1', 's2', 's3', 's4')"
    )
    assert not roles(warehouse)["date"][-1]
    warehouse.execute("update ml.topic_roles set continues = true where topic_id = 'date'")
    assert roles(warehouse)["date"][-1]


def test_classify_roles_of_a_topic_whose_texts_were_removed_stays(warehouse: duckdb.DuckDBPyConnection):
    score_requests(warehouse, TwoWayEmbedder())
    before = roles(warehouse)
    warehouse.execute("insert into ml.removed_texts by name from ml.text_topics where text_hash = 'date'")
    for table in ("text_topics", "embeddings", "text_wants"):
        warehouse.execute(f"delete from ml.{table} where text_hash = 'date'")
    assert roles(warehouse) == before
    warehouse.execute("create table set_apart as from intermediate.int_messages__extracted where text = 'date'")
    warehouse.execute("delete from intermediate.int_messages__extracted where text = 'date'")
    assert roles(warehouse)["date"] == before["date"]
