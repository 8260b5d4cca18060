"""A rule: an expectation of Great Expectations with what people need to know of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import great_expectations.expectations as gxe
from great_expectations.expectations.metadata_types import FailureSeverity

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from great_expectations.expectations.expectation import Expectation

RULE = "rule"
BECAUSE = "because"


@dataclass(frozen=True)
class Rule:
    """What is expected of each row of a frame.

    Args:
        name: Unique in its gate.
        expectation: What Great Expectations evaluates; made by `blocks` or `warns`.
        because: What a failure means, for people.
        check: Name of the warning as Dagster shows it; None where a failure blocks.
        counted: Column with how many things fail in a row; None where the row itself is what fails.
        keys: Column with keys of these things; None where the row's own key is the key.
        sentence: Template over the row's columns, for a warning.
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
    """A frame, the columns that name its rows, and what is expected of it."""

    name: str
    frame: pd.DataFrame
    rules: Sequence[Rule]
    key: Sequence[str] = field(default=("project_id",))


def blocks(name: str, because: str, expectation: type[Expectation], **arguments: Any) -> Rule:
    """A rule whose failure keeps the run from publishing."""
    return Rule(name, _expectation(name, because, expectation, arguments), because)


def warns(name: str, because: str, sentence: str, check: str, expectation: type[Expectation], **arguments: Any) -> Rule:
    """A rule whose failure is shown and stops nothing."""
    made = _expectation(name, because, expectation, {**arguments, "severity": FailureSeverity.WARNING})
    return Rule(name, made, because, check=check, sentence=sentence)


def no_fault(name: str, because: str) -> Rule:
    """A rule over a count of faults, which must be 0: its column, and `<name>_keys` with keys of a few of them."""
    made = _expectation(name, because, gxe.ExpectColumnValuesToBeBetween, {"column": name, "max_value": 0})
    return Rule(name, made, because, counted=name, keys=keys_column(name))


def equal(left: str, right: str, because: str, *, of: str = "") -> Rule:
    """A rule over two counts of the same thing, from two places; `of` tells it from one of the same columns."""
    arguments = {"column_A": left, "column_B": right, "ignore_row_if": "neither"}
    name = f"{of}{'_' if of else ''}{left}_equal_{right}"
    return Rule(name, _expectation(name, because, gxe.ExpectColumnPairValuesToBeEqual, arguments), because)


def keys_column(fault: str) -> str:
    """Return the column with keys of the things that have a fault."""
    return f"{fault}_keys"


def _expectation(name: str, because: str, expectation: type[Expectation], arguments: dict[str, Any]) -> Expectation:
    return expectation(**arguments, meta={RULE: name, BECAUSE: because}, notes=f"A failure means: {because}.")
