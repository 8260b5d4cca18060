"""Errors of the checks themselves; wrong data is no error but a `GateReport`.

ExpectationError
├── CheckRaisedError        an expectation could not be evaluated at all
├── UnknownMeasureError     a frame counts something that no rule knows, or a rule wants what no frame counts
└── NothingCheckedError     there are no results to make pages of
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
    """No run has come to a gate yet."""
