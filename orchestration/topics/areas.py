"""Find and name the areas of a field."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ml.clustering.areas import find_areas
from ml.naming.labellers import TopicLabel, TopicTexts
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import duckdb

    from ml.clustering.areas import Area
    from ml.naming.labellers import Labeller
    from orchestration.embedding.vectors import TextField
    from orchestration.topics.field_topics import FieldTopic

_NAMED_AFTER_TOPIC = re.compile(r"(.+) and (\d+) more")
"""A name after the largest topic, as `ml.naming.area_names` writes it."""
EXAMPLES_PER_TOPIC = 5
KEPT_AREA_SIMILARITY = 0.7
"""An area that shares this much (Jaccard) with its predecessor keeps its name."""


def areas_of_field(
    connection: duckdb.DuckDBPyConnection, text_field: TextField, topics: Mapping[str, FieldTopic]
) -> list[Area]:
    """Find the areas of one field; areas that keep most of their texts keep their ids."""
    if not topics:
        return []
    previous = connection.execute(
        read_sql("read_previous_areas"),
        {"project_id": text_field.project_id, "field": text_field.field},
    ).fetchall()
    return find_areas(
        list(topics),
        np.stack([topic.centre for topic in topics.values()]),
        [len(topic.texts.all_texts) for topic in topics.values()],
        dict(previous),
        namespace=f"{text_field.project_id}/{text_field.field}",
    )


def example_hashes(area: Area, topics: Mapping[str, FieldTopic]) -> list[str]:
    """Choose the typical texts of an area from its topics in turn, the largest first."""
    return _in_turns([topic.example_hashes for topic in _members(area, topics)])


def name_areas(  # noqa: PLR0913, PLR0917  # the inputs of a name
    areas: Sequence[Area],
    topics: Mapping[str, FieldTopic],
    labels: Mapping[str, TopicLabel],
    before: Mapping[str, TopicLabel],
    chosen: Mapping[str, str],
    labeller: Labeller,
) -> list[TopicLabel]:
    """Name areas: one with a single topic gets the topic's name; others keep their names while they hardly change.

    An area that people named keeps its automatic name, and the labeller is not asked for a better one.

    Args:
        areas: all areas of a field.
        topics: the topics of the areas, by id.
        labels: the names of these topics.
        before: the names of areas that may be kept.
        chosen: the names that people gave to topics and areas, by id.
        labeller: names the rest; no area of several topics gets the name of a topic.

    Returns:
        A name for each area, in no order.
    """
    alone = [replace(labels[area.topic_ids[0]], topic_id=area.area_id) for area in areas if len(area.topic_ids) == 1]
    broad = [area for area in areas if len(area.topic_ids) > 1]
    taken = {label.label.casefold() for label in labels.values()}
    kept = {area.area_id: before[area.area_id] for area in broad if _keeps_name(area, before, chosen, taken)}
    names = {**{topic_id: label.label for topic_id, label in labels.items()}, **chosen}
    texts = [_as_texts(area, topics, names) for area in broad]
    nameless = [area for area in texts if area.topic_id not in kept]
    siblings = [area for area in texts if area.topic_id in kept]
    used = [*(label.label for label in (*labels.values(), *kept.values())), *chosen.values()]
    return [*alone, *kept.values(), *(labeller.label(nameless, used, siblings) if nameless else [])]


def _keeps_name(
    area: Area, before: Mapping[str, TopicLabel], chosen: Mapping[str, str], taken: Collection[str]
) -> bool:
    if area.area_id not in before:
        return False
    label = before[area.area_id].label.casefold()
    is_much_the_same = area.similarity >= KEPT_AREA_SIMILARITY and label not in taken
    named_after = _NAMED_AFTER_TOPIC.fullmatch(label)
    is_true = named_after is None or (named_after[1] in taken and int(named_after[2]) == len(area.topic_ids) - 1)
    return area.area_id in chosen or (is_much_the_same and is_true)


def _as_texts(area: Area, topics: Mapping[str, FieldTopic], names: Mapping[str, str]) -> TopicTexts:
    """Create a labeller's input for an area: the texts and names of its topics, the largest first."""
    members = _members(area, topics)
    sizes = [len(topic.texts.all_texts) for topic in members]
    return TopicTexts(
        topic_id=area.area_id,
        texts=_in_turns([topic.texts.texts for topic in members]),
        all_texts=[text for topic in members for text in topic.texts.all_texts],
        users=[users for topic in members for users in topic.texts.users or []],
        n_messages=[count for topic in members for count in topic.texts.n_messages],
        centre=np.average(np.stack([topic.centre for topic in members]), axis=0, weights=sizes).astype(np.float32),
        parts=tuple(names[topic.texts.topic_id] for topic in members),
    )


def _members(area: Area, topics: Mapping[str, FieldTopic]) -> list[FieldTopic]:
    """Return the area's topics by number of messages."""
    return sorted((topics[topic_id] for topic_id in area.topic_ids), key=lambda topic: -sum(topic.texts.n_messages))


def _in_turns(examples: Sequence[Sequence[str]]) -> list[str]:
    return [few[rank] for rank in range(EXAMPLES_PER_TOPIC) for few in examples if rank < len(few)]
