"""What can go wrong between a landed file and the published marts.

OrchestrationError
├── WarehouseBusyError      another process holds the warehouse
├── DbtProjectError         dbt cannot read its project
├── DbtBuildError          dbt could not build a model, or a test failed
├── DagsterHomeError        Dagster does not read the settings we gave it
├── RunHistoryError         Dagster cannot write down what a run does
└── NothingPublishedError   there are no marts to publish
"""

from __future__ import annotations

from contracts.errors import TurretError


class OrchestrationError(TurretError):
    """The pipeline cannot go on."""


class WarehouseBusyError(OrchestrationError):
    """Another run or program holds the warehouse for longer than we wait."""


class DbtProjectError(OrchestrationError):
    """dbt cannot parse its project."""


class DbtBuildError(OrchestrationError):
    """dbt could not build a model, or a test of one failed."""


class DagsterHomeError(OrchestrationError):
    """Dagster does not take its settings from DAGSTER_HOME."""


class RunHistoryError(OrchestrationError):
    """Dagster cannot write down what a run does: the disk is full, or its database is damaged."""


class NothingPublishedError(OrchestrationError):
    """A mart that the contract names is not in the warehouse."""
