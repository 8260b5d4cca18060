"""The errors of this package.

ProjectsError
├── InvalidValueError      a name, plan, limit, field or type that is not allowed
├── NameTakenError         another project has the name
├── NotFoundError          no such project, key, override or edit
├── UnknownNameError       a field, event or topic that no event has
├── EditRefusedError       an edit of a topic that contradicts another
└── DatabaseError          the database cannot be opened, read or written
"""

from __future__ import annotations

from contracts.errors import TurretError


class ProjectsError(TurretError):
    """Base of every error of this package."""


class InvalidValueError(ProjectsError, ValueError):
    """A value is not allowed; the message names it and what is allowed."""


class NameTakenError(ProjectsError):
    """Another project has the name."""


class NotFoundError(ProjectsError, LookupError):
    """There is no such project, key, override or edit."""


class UnknownNameError(ProjectsError):
    """No event of the project has such a field, name or topic: most likely a typo."""


class EditRefusedError(ProjectsError):
    """An edit of a topic contradicts another that is in force; the message names both topics."""


class DatabaseError(ProjectsError):
    """The projects database cannot be opened, read or written now."""
