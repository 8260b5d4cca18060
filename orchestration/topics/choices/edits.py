"""Resolve people's edits against the topics that exist.

The model's tables stay as they are: `stg_ml__text_topics` and `stg_ml__topics` apply what is written here on top of
them. So an edit needs no refit, and an undone edit leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.tables import ML_EDITED_TOPICS, ML_MOVED_TEXTS
from orchestration.warehouse.sql_files import read_sql
from projects.records import TopicOverride

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from contracts.tables import Table
    from orchestration.embedding.vectors import TextField

Key = tuple[str, str]
"""Project and topic."""


@dataclass(frozen=True)
class EditSummary:
    """The number of edits, and of edits that wait for a missing topic."""

    n_topics: int
    n_texts: int
    n_waiting: int


def apply_edits(connection: duckdb.DuckDBPyConnection) -> EditSummary:
    """Write people's edits as they apply to the current topics.

    A topic that others are merged into, or texts were moved to, may be gone, if somebody edited it while a
    run ended it. Then its largest successor by lineage replaces it. An edit of a topic that is gone waits.
    """
    choices = [TopicOverride(*row) for row in connection.execute(read_sql("read_topic_choices")).fetchall()]
    texts = connection.execute(read_sql("read_text_choices")).fetchall()
    placed = connection.execute("select project_id, topic_id, example_topic_ids from ml.placed_examples").fetchall()
    ground = _Ground(connection, choices, {(project_id, topic_id): ids for project_id, topic_id, ids in placed})
    edited = [ground.edited(choice) for choice in choices]
    moved = [
        (project_id, field, text_hash, topic_id)
        for project_id, field, text_hash, chosen in texts
        if (topic_id := ground.standing_for((project_id, chosen)))
    ]
    connection.begin()
    _replace(connection, ML_EDITED_TOPICS, edited)
    _replace(connection, ML_MOVED_TEXTS, moved)
    connection.commit()
    is_found = ML_EDITED_TOPICS.column_names.index("is_found")
    n_waiting = sum(not row[is_found] for row in edited) + len(texts) - len(moved)
    return EditSummary(n_topics=len(edited), n_texts=len(moved), n_waiting=n_waiting)


def chosen_names(connection: duckdb.DuckDBPyConnection, text_field: TextField) -> dict[str, str]:
    """Read the names that people gave to topics and areas of a field, by id."""
    place = {"project_id": text_field.project_id, "field": text_field.field}
    return dict(connection.execute(read_sql("read_chosen_names"), place).fetchall())


def pinned_topics(connection: duckdb.DuckDBPyConnection, text_field: TextField) -> frozenset[str]:
    """Read the topics of a field that keep their texts in a refit: those that people kept or retired."""
    return _topic_ids(connection, "list_pinned_topics", text_field)


def retired_topics(connection: duckdb.DuckDBPyConnection, text_field: TextField) -> frozenset[str]:
    """Read the retired topics of a field."""
    return _topic_ids(connection, "list_retired_topics", text_field)


def edited_topics(connection: duckdb.DuckDBPyConnection, text_field: TextField) -> frozenset[str]:
    """Read the topics of a field that an edit or a goal refers to: no refit may end them."""
    return _topic_ids(connection, "list_edited_topics", text_field)


def _topic_ids(connection: duckdb.DuckDBPyConnection, query: str, text_field: TextField) -> frozenset[str]:
    place = {"project_id": text_field.project_id, "field": text_field.field}
    return frozenset(topic_id for (topic_id,) in connection.execute(read_sql(query), place).fetchall())


class _Ground:
    """The current topics, the successors of former ones, and people's edits of both."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        choices: Iterable[TopicOverride],
        placed: dict[Key, list[str | None]],
    ) -> None:
        self._placed = placed
        labels = connection.execute("select project_id, topic_id, label from ml.topics").fetchall()
        self._labels: dict[Key, str] = {(project_id, topic_id): label for project_id, topic_id, label in labels}
        heirs = connection.execute(read_sql("read_heirs")).fetchall()
        self._heirs: dict[Key, str] = {(project_id, gone): heir for project_id, gone, heir in heirs}
        self._choices: dict[Key, TopicOverride] = {(choice.project_id, choice.topic_id): choice for choice in choices}

    def edited(self, choice: TopicOverride) -> tuple[str | bool | list[str | None] | None, ...]:
        """Make the row of `ml.edited_topics` for an override."""
        key = (choice.project_id, choice.topic_id)
        own_label = self._labels.get(key)
        target = self.standing_for((choice.project_id, choice.merged_into)) if choice.merged_into else None
        return (
            choice.project_id,
            choice.field,
            choice.topic_id,
            own_label,
            choice.label,
            target if target != choice.topic_id else None,
            self._end(key)[0] if own_label is not None else None,
            choice.is_hidden,
            own_label is not None,
            choice.step,
            "retired" if self._end(key)[1] else choice.state,
            self._example_topics(key),
        )

    def _example_topics(self, key: Key) -> list[str | None] | None:
        """Return the topic for which messages like each example count; None if the examples were not placed."""
        if key not in self._placed:
            return None
        standing = [topic_id and self.standing_for((key[0], topic_id)) for topic_id in self._placed[key]]
        return [self._end((key[0], topic_id))[0] if topic_id else None for topic_id in standing]

    def standing_for(self, key: Key) -> str | None:
        """Return the topic itself, or its successor, or None."""
        project_id, here = key
        passed: list[str] = []
        while (project_id, here) not in self._labels:
            passed.append(here)
            heir = self._heirs.get((project_id, here))
            if heir is None or heir in passed:
                return None
            here = heir
        return here

    def _end(self, key: Key) -> tuple[str | None, bool]:
        """Return the topic at the end of all merges, for which the messages count, and whether one is retired.

        There is no such topic if one of them is hidden or retired.

        The projects database allows no circle, but a successor may lead into one: then its first topic by id counts.
        """
        project_id, here = key
        passed: list[str] = []
        while True:
            choice = self._choices.get((project_id, here))
            if choice is not None and (choice.is_hidden or choice.state == "retired"):
                return None, not choice.is_hidden
            passed.append(here)
            target = choice.merged_into if choice else None
            standing = self.standing_for((project_id, target)) if target else None
            if standing is None:
                return here, False
            if standing in passed:
                return min(passed[passed.index(standing) :]), False
            here = standing


def _replace(connection: duckdb.DuckDBPyConnection, table: Table, rows: Sequence[Iterable[object]]) -> None:
    connection.execute(f"delete from {table.qualified_name}")  # noqa: S608 - a name of our own contract
    if rows:
        marks = ", ".join("?" for _ in table.columns)
        connection.executemany(f"insert into {table.qualified_name} values ({marks})", rows)  # noqa: S608 - the same
