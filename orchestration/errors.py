"""The errors between a landed file and the published marts.

OrchestrationError
├── WarehouseBusyError      another process holds the warehouse
├── DbtProjectError         dbt cannot read its project
├── DbtBuildError           dbt could not build a model, or a test failed
├── DagsterHomeError        Dagster does not read the generated settings
├── RunHistoryError         Dagster cannot record a run
├── NothingPublishedError   there are no marts to publish
├── PublishedFileError      a new published file is not what the warehouse has
├── ErasureError            what was erased may still be on disk
├── BackupError             a backup cannot be written or restored
├── SparkUnavailableError   Spark is the engine and cannot start
├── SparkFailedError        Spark could not do a stage's work
└── SparkFolderError        the folder of Spark's tables is not where the settings say
"""

from __future__ import annotations

from contracts.errors import TurretError


class OrchestrationError(TurretError):
    """The pipeline cannot continue."""


class WarehouseBusyError(OrchestrationError):
    """Another run or program holds the warehouse for longer than the wait."""


class DbtProjectError(OrchestrationError):
    """dbt cannot parse its project."""


class DbtBuildError(OrchestrationError):
    """dbt could not build a model, or a test of one failed."""


class DagsterHomeError(OrchestrationError):
    """Dagster does not read its settings from DAGSTER_HOME."""


class ErasureError(OrchestrationError):
    """The bytes of erased events may still be on disk."""


class BackupError(OrchestrationError):
    """A backup cannot be written or restored."""


class RunHistoryError(OrchestrationError):
    """Dagster cannot record a run: the disk is full, or its database is damaged."""


class NothingPublishedError(OrchestrationError):
    """The warehouse lacks a mart of the contract."""


class PublishedFileError(OrchestrationError):
    """A published file that was just written does not have the rows of the warehouse, so it is not linked."""


class SparkUnavailableError(OrchestrationError):
    """Spark is the engine, but pyspark or Java is missing, or its master cannot be reached."""


class SparkFailedError(OrchestrationError):
    """Spark could not do what a stage asked of it."""


class SparkFolderError(OrchestrationError):
    """The folder of Spark's tables is not the one that the settings name."""
