"""The topics gate: vectors, the topics found in them, and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import great_expectations.expectations as gxe
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations.gate import BECAUSE, Batch, GateReport, run_gate

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation

MOST_NOISE_SHARE = 0.5
MOST_LABEL_CHARACTERS = 80
LENGTH_TOLERANCE = 0.01


def check_topics(vectors: pd.DataFrame, texts: pd.DataFrame, topics: pd.DataFrame, fields: pd.DataFrame) -> GateReport:
    """Judge the topic model as it stands.

    Args:
        vectors: `n_dimensions, least_length, greatest_length` per model; `n_dimensions` counts the different sizes
            of its vectors.
        texts: `topic_status, topic_confidence, is_consistent` per judged text; consistent means that it has a topic
            exactly when it is assigned, and that the topic exists.
        topics: `project_id, field, topic_id, label, label_source` per topic.
        fields: `noise_share` per project and field.

    Raises:
        CheckRaisedError: a column is missing or of the wrong kind.
    """
    batches = [
        Batch("embeddings", vectors, _vectors()),
        Batch("text_topics", texts, _texts()),
        Batch("topics", topics, _topics()),
        Batch("fields", fields, _fields()),
    ]
    return run_gate("topics", batches)


def _vectors() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="n_dimensions", max_value=1, meta={BECAUSE: "vectors of one model differ in size"}
        ),
        *(
            gxe.ExpectColumnValuesToBeBetween(
                column=column,
                min_value=1 - LENGTH_TOLERANCE,
                max_value=1 + LENGTH_TOLERANCE,
                meta={BECAUSE: "a vector is not of unit length, or not a number"},
            )
            for column in ("least_length", "greatest_length")
        ),
    ]


def _texts() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="topic_status",
            value_set=["assigned", "noise", "filler"],
            meta={BECAUSE: "a text has a status that no mart knows"},
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="topic_confidence",
            min_value=0,
            max_value=1,
            meta={BECAUSE: "a confidence lies outside 0 to 1"},
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="is_consistent",
            value_set=[True],
            meta={
                BECAUSE: "a text is assigned without a topic, has a topic without being assigned, or its topic is gone"
            },
        ),
    ]


def _topics() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToNotBeNull(column="label", meta={BECAUSE: "a topic has no name"}),
        gxe.ExpectColumnValueLengthsToBeBetween(
            column="label", min_value=1, max_value=MOST_LABEL_CHARACTERS, meta={BECAUSE: "a name is empty or too long"}
        ),
        gxe.ExpectCompoundColumnsToBeUnique(
            column_list=["project_id", "field", "label"], meta={BECAUSE: "two topics have the same name"}
        ),
        gxe.ExpectCompoundColumnsToBeUnique(
            column_list=["project_id", "topic_id"], meta={BECAUSE: "a topic stands twice"}
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="label_source",
            value_set=["llm", "keyphrases"],
            meta={BECAUSE: "a name does not say where it comes from"},
        ),
    ]


def _fields() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="noise_share",
            max_value=MOST_NOISE_SHARE,
            severity=FailureSeverity.WARNING,
            meta={BECAUSE: "more than half of a field's texts are noise: the field may not hold messages"},
        ),
    ]
