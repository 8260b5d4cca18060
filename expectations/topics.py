"""The topics gate: vectors, topics, and their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from expectations.frames import spread_faults
from expectations.library import gxe
from expectations.rule import Batch, Rule, blocks, no_fault, warns

if TYPE_CHECKING:
    import pandas as pd

MAX_NOISE_SHARE = 0.5
MAX_FILLER_SHARE = 0.5
"""Maximum share of messages without a topic: above it, topics and journeys do not represent the field."""

GATE = "topics"
WARNINGS = {
    "noise": "Whether most messages of a field are far from every topic.",
    "filler": "Whether most messages of a field are filler.",
    "long": "Whether most texts of a field are longer than the embedding model reads.",
}
MAX_LABEL_CHARACTERS = 80
LENGTH_TOLERANCE = 0.01
MAX_LONG_SHARE = 0.5

TEXT_FAULTS = {
    "status_unknown": "a text has a status that no mart knows",
    "confidence_out_of_range": "a confidence lies outside 0 to 1",
    "text_without_its_topic": (
        "a text is assigned without a topic, has a topic without being assigned, or its topic is gone"
    ),
}
"""The possible faults of an assigned text, by their names in `gate_topics_faults.sql`."""


@dataclass(frozen=True)
class TopicFrames:
    """The counts of the topic model, from SQL.

    Args:
        vectors: `model_id, n_dimensions, least_length, greatest_length` per model; `n_dimensions` counts the distinct
            sizes of its vectors.
        faults: `project_id, fault, n_failing, failing_keys` of judged texts.
        topics: `project_id, field, topic_id, n_label_characters, n_same_label, label_source` per topic.
        fields: `project_id, field, n_messages, n_noise, n_filler, noise_share, filler_share, long_share,
            left_out` per text field; a null share is not judged.
    """

    vectors: pd.DataFrame
    faults: pd.DataFrame
    topics: pd.DataFrame
    fields: pd.DataFrame


def topic_batches(frames: TopicFrames) -> list[Batch]:
    """Return the frames with their rules.

    Raises:
        UnknownMeasureError: a fault without a rule.
    """
    return [
        Batch("embeddings", frames.vectors, _vectors(), key=["model_id"]),
        Batch("text_topics", spread_faults(frames.faults, [], TEXT_FAULTS), _texts()),
        Batch("topics", frames.topics, _topics(), key=["project_id", "topic_id"]),
        Batch("fields", frames.fields, _fields(), key=["project_id", "field"]),
    ]


def _vectors() -> list[Rule]:
    one_size = blocks(
        "vectors_of_one_size",
        "vectors of one model differ in size",
        gxe.ExpectColumnValuesToBeBetween,
        column="n_dimensions",
        max_value=1,
    )
    unit_length = [
        blocks(
            f"{column}_of_one",
            "a vector is not of unit length, or not a number",
            gxe.ExpectColumnValuesToBeBetween,
            column=column,
            min_value=1 - LENGTH_TOLERANCE,
            max_value=1 + LENGTH_TOLERANCE,
        )
        for column in ("least_length", "greatest_length")
    ]
    return [one_size, *unit_length]


def _texts() -> list[Rule]:
    return [no_fault(fault, because) for fault, because in TEXT_FAULTS.items()]


def _topics() -> list[Rule]:
    return [
        blocks(
            "label_length",
            "a name is missing or too long",
            gxe.ExpectColumnValuesToBeBetween,
            column="n_label_characters",
            min_value=1,
            max_value=MAX_LABEL_CHARACTERS,
        ),
        blocks(
            "label_once",
            "two topics of a field have the same name",
            gxe.ExpectColumnValuesToBeBetween,
            column="n_same_label",
            max_value=1,
        ),
        blocks(
            "topic_once",
            "a topic is stored twice",
            gxe.ExpectCompoundColumnsToBeUnique,
            column_list=["project_id", "topic_id"],
        ),
        blocks(
            "label_source_known",
            "a name has no source",
            gxe.ExpectColumnValuesToBeInSet,
            column="label_source",
            value_set=["llm", "messages", "keyphrases"],
        ),
    ]


def _fields() -> list[Rule]:
    return [
        warns(
            "noise_share",
            "most messages of a field are far from every topic",
            "{project_id}: {noise_share:.0%} of the {n_messages:,} messages in {field!r} are noise, far from every "
            "topic; the field may not contain what people say, or not in a language that the embedding model knows.",
            "noise",
            gxe.ExpectColumnValuesToBeBetween,
            column="noise_share",
            max_value=MAX_NOISE_SHARE,
        ),
        warns(
            "filler_share",
            "most messages of a field are filler",
            "{project_id}: {filler_share:.0%} of the {n_messages:,} messages in {field!r} are filler such as thanks or "
            "yes; if the field contains answers to choose from, set its type to enum.",
            "filler",
            gxe.ExpectColumnValuesToBeBetween,
            column="filler_share",
            max_value=MAX_FILLER_SHARE,
        ),
        warns(
            "long_share",
            "most texts of a field are longer than the embedding model reads",
            "{project_id}: {long_share:.0%} of the texts in {field!r} are longer than the embedding model "
            "reads, so only the beginning and the end of these texts count.{left_out}",
            "long",
            gxe.ExpectColumnValuesToBeBetween,
            column="long_share",
            max_value=MAX_LONG_SHARE,
        ),
    ]
