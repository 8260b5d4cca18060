"""A rule: an expectation of Great Expectations with its explanation for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from expectations.library import FailureSeverity, gxe

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from great_expectations.expectations.expectation import Expectation

RULE = "rule"
BECAUSE = "because"


@dataclass(frozen=True)
class Rule:
    """A rule for each row of a frame.

    Args:
        name: unique in its gate.
        expectation: the expectation for Great Expectations; created by `blocks` or `warns`.
        because: what a failure means, for people.
        check: name of the warning in Dagster; None if a failure blocks.
        counted: column with the number of faults of a row; None if the row itself is the fault.
        keys: column with keys of the faulty things; None if the row's own key identifies them.
        sentence: template over the row's columns, for a warning.
    """

    name: str
    expectation: Expectation
    because: str
    check: str | None = None
    counted: str | None = None
    keys: str | None = None
    sentence: str | None = None


@dataclass(frozen=True)
class Batch:
    """A frame, the columns that identify its rows, and its rules."""

    name: str
    frame: pd.DataFrame
    rules: Sequence[Rule]
    key: Sequence[str] = field(default=("project_id",))


def blocks(name: str, because: str, expectation: type[Expectation], **arguments: Any) -> Rule:
    """Create a rule whose failure stops the run before publishing."""
    return Rule(name, _expectation(name, because, expectation, arguments), because)


def warns(name: str, because: str, sentence: str, check: str, expectation: type[Expectation], **arguments: Any) -> Rule:
    """Create a rule whose failure is only shown."""
    made = _expectation(name, because, expectation, {**arguments, "severity": FailureSeverity.WARNING})
    return Rule(name, made, because, check=check, sentence=sentence)


def no_fault(name: str, because: str) -> Rule:
    """Create a rule that a count of faults is 0: its column, and `<name>_keys` with keys of a few of them."""
    made = _expectation(name, because, gxe.ExpectColumnValuesToBeBetween, {"column": name, "max_value": 0})
    return Rule(name, made, because, counted=name, keys=keys_column(name))


def equal(left: str, right: str, because: str, *, of: str = "") -> Rule:
    """Create a rule that two counts of the same thing are equal; `of` distinguishes rules on the same columns."""
    arguments = {"column_A": left, "column_B": right, "ignore_row_if": "neither"}
    name = f"{of}{'_' if of else ''}{left}_equal_{right}"
    return Rule(name, _expectation(name, because, gxe.ExpectColumnPairValuesToBeEqual, arguments), because)


def keys_column(fault: str) -> str:
    """Return the column with keys of the faulty things."""
    return f"{fault}_keys"


def _expectation(name: str, because: str, expectation: type[Expectation], arguments: dict[str, Any]) -> Expectation:
    return expectation(**arguments, meta={RULE: name, BECAUSE: because}, notes=f"A failure means: {because}.")
