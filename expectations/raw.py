"""The raw gate: what this run loaded, before any SQL builds on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import great_expectations.expectations as gxe
from great_expectations.expectations.metadata_types import FailureSeverity

from contracts.events import MAX_AHEAD, MAX_ID_CHARACTERS, MAX_NAME_CHARACTERS
from contracts.home import PROJECT_ID_PATTERN
from expectations.gate import BECAUSE, Batch, GateReport, run_gate

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation

MOST_REJECTED_SHARE = 0.01


def check_raw(events: pd.DataFrame, segments: pd.DataFrame) -> GateReport:
    """Judge the rows and files loaded by one run.

    Args:
        events: `project_id, event_id, name, session_id, user_id, hours_ahead, is_object` of the loaded rows;
            `hours_ahead` is how far `occurred_at` lies after `received_at`, in hours.
        segments: `segment, n_lines, n_accounted, rejected_share` of the loaded files; `n_accounted` is loaded plus
            duplicates plus rejected.

    Raises:
        CheckRaisedError: a column is missing or of the wrong kind.
    """
    return run_gate("raw", [Batch("events", events, _events()), Batch("segments", segments, _segments())])


def _events() -> list[Expectation]:
    lengths = {"event_id": MAX_ID_CHARACTERS, "session_id": MAX_ID_CHARACTERS, "user_id": MAX_ID_CHARACTERS}
    return [
        *(
            gxe.ExpectColumnValuesToNotBeNull(column=column, meta={BECAUSE: f"an event without {column}"})
            for column in ("project_id", "event_id", "name", "session_id", "user_id")
        ),
        *(
            gxe.ExpectColumnValueLengthsToBeBetween(
                column=column, min_value=1, max_value=most, meta={BECAUSE: f"{column} is empty or too long"}
            )
            for column, most in {**lengths, "name": MAX_NAME_CHARACTERS}.items()
        ),
        gxe.ExpectCompoundColumnsToBeUnique(
            column_list=["project_id", "event_id"], meta={BECAUSE: "an event would count twice"}
        ),
        gxe.ExpectColumnValuesToMatchRegex(
            column="project_id",
            regex=f"^{PROJECT_ID_PATTERN.pattern}$",
            meta={BECAUSE: "an event belongs to no project that Turret made"},
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="hours_ahead",
            max_value=MAX_AHEAD.total_seconds() / 3600,
            meta={BECAUSE: "an event lies further in the future than the collector lets pass"},
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="is_object", value_set=[True], meta={BECAUSE: "metadata is not a JSON object"}
        ),
    ]


def _segments() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeUnique(column="segment", meta={BECAUSE: "a landed file was loaded twice"}),
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="n_lines",
            column_B="n_accounted",
            meta={BECAUSE: "lines of a landed file are neither loaded, nor duplicates, nor in quarantine"},
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="rejected_share",
            max_value=MOST_REJECTED_SHARE,
            severity=FailureSeverity.WARNING,
            meta={BECAUSE: "more than one line in a hundred went to quarantine: look there for the reasons"},
        ),
    ]
