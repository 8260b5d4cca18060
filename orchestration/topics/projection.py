"""Project the texts of a field again after a run has assigned new texts, starting from the last coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from contracts.tables import MAP_SIZE
from ml.clustering.projection import NO_TOPIC, project_texts
from orchestration.embedding.vectors import as_matrix
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb
    from numpy.typing import NDArray

    from orchestration.embedding.vectors import TextField
    from orchestration.topics.run_context import TopicRun

MAX_TEXTS: Final = MAP_SIZE


def fields_to_map(connection: duckdb.DuckDBPyConnection, fields: Sequence[TextField], run: TopicRun) -> list[TextField]:
    """Return the fields with texts assigned since maps were last drawn, or with texts that are missing from the map."""
    chosen = {"model_id": run.model_id, "most": MAX_TEXTS}
    rows = connection.execute(read_sql("list_fields_to_map"), chosen).fetchall()
    return [text_field for text_field in fields if (text_field.project_id, text_field.field) in rows]


def map_field(connection: duckdb.DuckDBPyConnection, text_field: TextField, run: TopicRun) -> int:
    """Project the texts of a field; if there are too many, those with the smallest hashes, a stable choice.

    Returns:
        The number of texts on the map.
    """
    place = {"project_id": text_field.project_id, "field": text_field.field}
    table = connection.execute(
        read_sql("read_map_texts"), {**place, "model_id": run.model_id, "most": MAX_TEXTS}
    ).to_arrow_table()
    topic_ids = sorted({topic_id for topic_id in table["topic_id"].to_pylist() if topic_id is not None})
    number_of = {topic_id: number for number, topic_id in enumerate(topic_ids)}
    topics = np.array([number_of.get(topic_id, NO_TOPIC) for topic_id in table["topic_id"].to_pylist()], np.int64)
    if topic_ids:
        places = project_texts(
            as_matrix(table["vector"]), topics, _former(table, topics, len(topic_ids)), seed=run.seed
        )
        _replace(connection, place, table["text_hash"].to_pylist(), places)
    else:
        _replace(connection, place, [], np.empty((0, 2)))
    return table.num_rows if topic_ids else 0


def drop_vanished_maps(connection: duckdb.DuckDBPyConnection) -> None:
    """Delete the maps of fields that no longer have assigned texts."""
    connection.execute(read_sql("drop_vanished_text_places"))


def _former(table: pa.Table, topics: NDArray[np.int64], n_topics: int) -> NDArray[np.float64]:
    """Return the mean of the former coordinates of each topic's texts; NaN without any."""
    stood = np.stack([table[axis].to_numpy().astype(np.float64) for axis in ("x", "y")], axis=1)
    is_known = ~np.isnan(stood).any(axis=1) & (topics != NO_TOPIC)
    sums = np.zeros((n_topics, 2))
    np.add.at(sums, topics[is_known], stood[is_known])
    counts = np.bincount(topics[is_known], minlength=n_topics)[:, np.newaxis]
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _replace(
    connection: duckdb.DuckDBPyConnection,
    place: dict[str, str],
    text_hashes: list[str],
    places: NDArray[np.float64],
) -> None:
    new = pa.table({"text_hash": pa.array(text_hashes, pa.string()), "x": places[:, 0], "y": places[:, 1]})
    connection.begin()
    connection.execute("delete from ml.text_places where project_id = $project_id and field = $field", place)
    connection.register("new_places", new)
    connection.execute("insert into ml.text_places select $project_id, $field, text_hash, x, y from new_places", place)
    connection.unregister("new_places")
    connection.commit()
