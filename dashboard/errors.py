"""The errors of the dashboard.

DashboardError
├── OpenToOthersError      the address is not loopback, and sign-in is off
├── UnclearHeaderError     a proxy's header does not name one person
├── NotAllowedError        a viewer tries to change something
├── NumbersOnlyError       the visitor's role may not read this
├── DeletedProjectError    the project was deleted
├── PortTakenError         another program listens on the port
├── NothingPublishedError  no pipeline run has published a file yet
├── UnreadableFileError    the published file lacks what a page needs
└── NoSuchWeekError        a report cannot be about this week
"""

from __future__ import annotations

from contracts.errors import TurretError


class DashboardError(TurretError):
    """Root of the dashboard's errors."""


class OpenToOthersError(DashboardError):
    """The dashboard would be reachable from other machines while sign-in is off."""


class UnclearHeaderError(DashboardError):
    """A proxy's header does not name one person."""


class NotAllowedError(DashboardError):
    """The visitor may look but not change anything."""


class NumbersOnlyError(DashboardError):
    """The visitor's role sees numbers only, and this may hold texts, ids or numbers of few people."""


class DeletedProjectError(DashboardError):
    """The project was deleted, although the published file still has it."""


class PortTakenError(DashboardError):
    """The dashboard cannot listen on the port."""


class NothingPublishedError(DashboardError):
    """There is no published file yet; a page explains how to make one."""


class UnreadableFileError(DashboardError):
    """The published file cannot be opened, or lacks tables of the contract."""


class NoSuchWeekError(DashboardError):
    """The week is none, or has no events."""
