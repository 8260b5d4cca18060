"""What can go wrong in the commands themselves.

TurretError
└── CommandError
    ├── PortTakenError        a port that a part needs is in use
    ├── AlreadyUpError        another `turret up` serves the home
    ├── ChildError            a part did not start, or died too often
    ├── CollectorError        the collector that answers cannot be used
    ├── SealingError          what was sent did not become landed files in time
    ├── PipelineError         a pass of the pipeline failed
    ├── NothingPublishedError there are no marts to read yet
    ├── ProjectNeededError    there are several projects, and none was named
    ├── QueryError            DuckDB refuses the SQL
    ├── ExportError           the marts cannot be exported to that folder
    ├── NotDeletedError       a name typed to confirm is another
    ├── TypoError             a name that no event has, or that would have no effect
    └── TopicNameError        words that name no topic, text or edit, or several
"""

from __future__ import annotations

from contracts.errors import TurretError


class CommandError(TurretError):
    """A command cannot go on."""


class PortTakenError(CommandError):
    """A port that a part needs is in use."""


class AlreadyUpError(CommandError):
    """Another `turret up` serves the home."""


class ChildError(CommandError):
    """A part did not start, or died too often."""


class CollectorError(CommandError):
    """The collector that answers cannot be used."""


class SealingError(CommandError):
    """What was sent did not become landed files in time."""


class PipelineError(CommandError):
    """A pass of the pipeline failed."""


class NothingPublishedError(CommandError):
    """There are no marts to read yet."""


class ProjectNeededError(CommandError):
    """There are several projects, or none, and none was named."""


class QueryError(CommandError):
    """DuckDB refuses the SQL."""


class ExportError(CommandError):
    """The marts cannot be exported to that folder."""


class NotDeletedError(CommandError):
    """A name that was typed to confirm is another one."""


class TypoError(CommandError):
    """A name that no event has, or that would have no effect."""


class TopicNameError(CommandError):
    """Words that name no topic, text or edit, or several."""
