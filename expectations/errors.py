"""What can go wrong while data is checked, as against data that is wrong (that is a `GateReport`).

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
    """An expectation raised instead of judging; Great Expectations reports that like a failure, we do not."""


class UnknownMeasureError(ExpectationError):
    """The SQL of a gate and its rules do not speak of the same things."""


class NothingCheckedError(ExpectationError):
    """No run has come to a gate yet."""
