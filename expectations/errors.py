"""What can go wrong while data is checked, as against data that is wrong (that is a `GateReport`).

ExpectationError
└── CheckRaisedError        an expectation could not be evaluated at all
"""

from __future__ import annotations

from contracts.errors import TurretError


class ExpectationError(TurretError):
    """The checks themselves do not work."""


class CheckRaisedError(ExpectationError):
    """An expectation raised instead of judging; Great Expectations reports that like a failure, we do not."""
