"""Name the topics and areas that are new or have changed; the others keep their names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ml.naming.labellers import TopicLabel
from orchestration.topics.areas import areas_of_field, example_hashes, name_areas
from orchestration.topics.choices.edits import chosen_names
from orchestration.topics.field_topics import read_field_topics
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from ml.clustering.areas import Area
    from ml.naming.labellers import Labeller
    from orchestration.embedding.vectors import TextField
    from orchestration.topics.field_topics import FieldTopic
    from orchestration.topics.run_context import TopicRun

KEPT_LABEL_SIMILARITY = 0.7
"""Minimum Jaccard index with itself before the refit from which a topic keeps its name."""


def name_field(connection: duckdb.DuckDBPyConnection, text_field: TextField, labeller: Labeller, run: TopicRun) -> int:
    """Name the topics and areas of one field that are new or have changed, and refresh the examples of all.

    Returns:
        The number of topics and areas that were named.
    """
    topics = read_field_topics(connection, text_field, run.model_id)
    before = _kept_labels(connection, text_field, run)
    chosen = chosen_names(connection, text_field)
    kept = _read_labels(connection, text_field, "list_labels_to_keep")
    past = _read_labels(connection, text_field, "list_past_labels")
    used = {topic_id: label for topic_id, label in past.items() if topic_id not in topics} | kept | chosen
    named = _name_topics(topics, before, used, labeller)
    labels = {topic_id: replace(label, label=kept.get(topic_id, label.label)) for topic_id, label in named.items()}
    areas = areas_of_field(connection, text_field, topics)
    area_labels = name_areas(areas, topics, labels, before, chosen, labeller)
    rows = [*_topic_rows(topics, labels, areas), *_area_rows(areas, area_labels, topics)]
    _replace_topics(connection, text_field, rows)
    return sum(before.get(label.topic_id) != label for label in (*labels.values(), *area_labels))


def _name_topics(
    topics: Mapping[str, FieldTopic], before: Mapping[str, TopicLabel], chosen: Mapping[str, str], labeller: Labeller
) -> dict[str, TopicLabel]:
    """Return a label for each topic by id: the kept one, or a new one that differs from its siblings'."""
    kept = {topic_id: before[topic_id] for topic_id in topics if topic_id in before}
    unnamed = [topic.texts for topic_id, topic in topics.items() if topic_id not in kept]
    named = [topics[topic_id].texts for topic_id in kept]
    taken = [*(label.label for label in kept.values()), *chosen.values()]
    new = labeller.label(unnamed, taken, named) if unnamed else []
    return {**kept, **{label.topic_id: label for label in new}}


def fields_to_name(
    connection: duckdb.DuckDBPyConnection, fields: Sequence[TextField], run: TopicRun
) -> list[TextField]:
    """Return the fields refitted since the last naming, or with topics that have no name or a provisional one."""
    rows = connection.execute(read_sql("list_fields_to_name"), {"uses_llm": run.uses_llm}).fetchall()
    stale = set(rows)
    return [text_field for text_field in fields if (text_field.project_id, text_field.field) in stale]


def _kept_labels(connection: duckdb.DuckDBPyConnection, text_field: TextField, run: TopicRun) -> dict[str, TopicLabel]:
    rows = connection.execute(
        read_sql("read_kept_labels"),
        {
            "project_id": text_field.project_id,
            "field": text_field.field,
            "uses_llm": run.uses_llm,
            "min_similarity": KEPT_LABEL_SIMILARITY,
        },
    ).fetchall()
    return {row[0]: TopicLabel(*row) for row in rows}


def _read_labels(connection: duckdb.DuckDBPyConnection, text_field: TextField, query: str) -> dict[str, str]:
    """Read names of topics by id: of a query of this folder."""
    place = {"project_id": text_field.project_id, "field": text_field.field}
    return dict(connection.execute(read_sql(query), place).fetchall())


def _topic_rows(
    topics: Mapping[str, FieldTopic], labels: Mapping[str, TopicLabel], areas: Sequence[Area]
) -> list[dict[str, object]]:
    area_of = {topic_id: area.area_id for area in areas for topic_id in area.topic_ids}
    return [
        _row(labels[topic_id], topic.example_hashes, level=0, parent_topic_id=area_of.get(topic_id))
        for topic_id, topic in topics.items()
    ]


def _area_rows(
    areas: Sequence[Area], labels: Sequence[TopicLabel], topics: Mapping[str, FieldTopic]
) -> list[dict[str, object]]:
    label_of = {label.topic_id: label for label in labels}
    return [_row(label_of[area.area_id], example_hashes(area, topics), level=1, parent_topic_id=None) for area in areas]


def _row(label: TopicLabel, examples: list[str], *, level: int, parent_topic_id: str | None) -> dict[str, object]:
    return {
        "topic_id": label.topic_id,
        "label": label.label,
        "description": label.description,
        "keywords": label.keywords,
        "parent_topic_id": parent_topic_id,
        "level": level,
        "label_source": label.source,
        "example_text_hashes": examples,
        "label_coverage": label.coverage,
        "is_mixed": label.is_mixed,
    }


def _replace_topics(
    connection: duckdb.DuckDBPyConnection, text_field: TextField, rows: Sequence[dict[str, object]]
) -> None:
    connection.begin()
    place = {"project_id": text_field.project_id, "field": text_field.field}
    connection.execute(
        "create or replace temp table former_topics as "
        "from ml.topics where project_id = $project_id and field = $field",
        place,
    )
    connection.execute("delete from ml.topics where project_id = $project_id and field = $field", place)
    for row in rows:
        connection.execute(read_sql("insert_topic"), {**place, **row})
    connection.execute(read_sql("move_removed_texts"), place)
    connection.execute(read_sql("keep_past_topics"), place)
    connection.execute(read_sql("delete_unsaid_texts"), place)
    connection.commit()


def settle_past_topics(connection: duckdb.DuckDBPyConnection) -> None:
    """Let removed texts whose topic has no name, and so is gone, have no topic."""
    connection.execute(
        "update ml.removed_texts set topic_id = null, topic_status = 'noise', topic_confidence = null, "
        "topic_reason = 'text removed' where topic_id not in (select topics.topic_id from ml.topics)"
    )


class WarehouseResponseCache:
    """A cache of responses by the hash of the request, in `ops.llm_answers`, which is never published.

    Args:
        connection: the warehouse, open for writing.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute(
            "create table if not exists ops.llm_answers (request_hash varchar, answer varchar, answered_at timestamp)"
        )

    def get(self, request_hash: str) -> str | None:
        """Return the response to a request; None if there is no usable one."""
        row = next(
            iter(
                self._connection.execute(
                    "select answer from ops.llm_answers where request_hash = ?", [request_hash]
                ).fetchall()
            ),
            None,
        )
        return row[0] if row else None

    def put(self, request_hash: str, answer: str) -> None:
        """Store a usable response at once, so that it survives if the run fails later."""
        self._connection.execute("delete from ops.llm_answers where request_hash = ?", [request_hash])
        self._connection.execute(
            "insert into ops.llm_answers values (?, ?, ?)",
            [request_hash, answer, datetime.now(UTC).replace(tzinfo=None)],
        )
