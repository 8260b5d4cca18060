"""What can go wrong with projects, as a tree.

ProjectsError
├── InvalidValueError      a name, plan, limit, field or type that is not allowed
├── NameTakenError         another project has the name
├── NotFoundError          no such project, key or override
├── UnknownNameError       a field, event or topic that no event has
└── DatabaseError          the database cannot be opened, read or written
"""

from __future__ import annotations

from contracts.errors import TurretError


class ProjectsError(TurretError):
    """Base of every error of this package."""


class InvalidValueError(ProjectsError, ValueError):
    """A value is not allowed; the message names it and what is allowed."""


class NameTakenError(ProjectsError):
    """Another project has the name already."""


class NotFoundError(ProjectsError, LookupError):
    """There is no such project, key or override."""


class UnknownNameError(ProjectsError):
    """No event of the project has such a field, name or topic: most likely a typo."""


class DatabaseError(ProjectsError):
    """The projects database cannot be opened, read or written now."""
