"""Errors of the checks themselves; wrong data is not an error but a `GateReport`.

ExpectationError
├── CheckRaisedError        an expectation could not be evaluated
├── UnknownMeasureError     a frame has a measure that no rule knows, or lacks one that a rule needs
└── NothingCheckedError     there are no results to build pages from
"""

from __future__ import annotations

from contracts.errors import TurretError


class ExpectationError(TurretError):
    """The checks themselves do not work."""


class CheckRaisedError(ExpectationError):
    """An expectation raised an exception, which Great Expectations would report as a failure."""


class UnknownMeasureError(ExpectationError):
    """The SQL of a gate and its rules do not match."""


class NothingCheckedError(ExpectationError):
    """No gate has run yet."""
