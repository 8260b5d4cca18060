"""The errors of the commands.

TurretError
└── CommandError
   ├── PortTakenError        a port that a part needs is in use
   ├── AlreadyUpError        another `turret up` serves the home
   ├── ChildError            a part did not start, or ended too often
   ├── CollectorError        the collector that answers cannot be used
   ├── SealingError          events were not sealed in time
   ├── PipelineError         a pipeline run failed
   ├── NothingPublishedError there are no marts to read yet
   ├── ProjectNeededError    there are several projects, and none was named
   ├── QueryError            DuckDB refuses the SQL
   ├── ExportError           the marts cannot be exported to that folder
   ├── NotDeletedError       the name typed as confirmation does not match
   ├── TypoError             a name that no event has, or that would have no effect
   ├── TopicNameError        no topic, text or edit matches, or several do
   ├── ErasureError          what to erase is not named
   └── BackupFileError       a backup cannot be written there, or has no passphrase
"""

from __future__ import annotations

from contracts.errors import TurretError


class CommandError(TurretError):
    """A command cannot continue."""


class PortTakenError(CommandError):
    """A port that a part needs is in use."""


class AlreadyUpError(CommandError):
    """Another `turret up` serves the home."""


class ChildError(CommandError):
    """A part did not start, or ended too often."""


class CollectorError(CommandError):
    """The collector that answers cannot be used."""


class SealingError(CommandError):
    """Events were not sealed in time."""


class PipelineError(CommandError):
    """A pipeline run failed."""


class NothingPublishedError(CommandError):
    """There are no marts to read yet."""


class ProjectNeededError(CommandError):
    """There are several projects, or none, and none was named."""


class QueryError(CommandError):
    """DuckDB refuses the SQL."""


class ExportError(CommandError):
    """The marts cannot be exported to that folder."""


class NotDeliveredError(CommandError):
    """The test of a channel did not arrive."""


class NotDeletedError(CommandError):
    """The name typed as confirmation does not match."""


class TypoError(CommandError):
    """A name that no event has, or that would have no effect."""


class TopicNameError(CommandError):
    """No topic, text or edit matches, or several do."""


class ErasureError(CommandError):
    """What to erase is not named."""


class BackupFileError(CommandError):
    """A backup cannot be written there, or there is no passphrase for it."""
