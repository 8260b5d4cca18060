"""What can go wrong on the way from the published file to a page.

DashboardError
├── OpenToOthersError      the address is not loopback, and nobody would have to sign in
├── NotAllowedError        a viewer wants to change something
├── PortTakenError         something else listens there already
├── NothingPublishedError  the pipeline has not published a file yet
└── UnreadableFileError    the published file lacks what a page needs
"""

from __future__ import annotations

from contracts.errors import TurretError


class DashboardError(TurretError):
    """Root of the dashboard's errors."""


class OpenToOthersError(DashboardError):
    """The dashboard would be reachable from other machines, which it must not be while nobody has to sign in."""


class NotAllowedError(DashboardError):
    """Whoever asks may look but not change."""


class PortTakenError(DashboardError):
    """The port cannot be listened on."""


class NothingPublishedError(DashboardError):
    """There is no published file yet; a page says how to make one."""


class UnreadableFileError(DashboardError):
    """The published file cannot be opened or does not hold the agreed tables."""
