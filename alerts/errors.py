"""The errors of this package.

AlertsError
├── AddressRefusedError    the receiver has an address that is not public
├── UnresolvedNameError    the receiver's name has no address
└── MailRefusedError       the mail server refuses the e-mail, or none is set
"""

from __future__ import annotations

from contracts.errors import TurretError


class AlertsError(TurretError):
    """Base of every error of this package."""


class AddressRefusedError(AlertsError):
    """The receiver has an address that is not public, and only public ones are allowed."""


class UnresolvedNameError(AlertsError):
    """The receiver's name has no address now."""


class MailRefusedError(AlertsError):
    """The mail server refuses the e-mail for good, or none is set."""
