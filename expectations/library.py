"""Great Expectations, imported without packages that Turret's suites do not use.

The library imports PySpark wherever it is installed, and Altair and SciPy's statistics for single expectations. They
would be a fifth of a run's imports.
"""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

UNUSED = ["pyspark"]
"""Packages that the library can do without."""
RARELY_USED = ["altair", "scipy.stats"]
"""Modules that it needs only when one of those expectations is evaluated."""


class _Deferred(ModuleType):
    """Imports the module of its name once one of the module's names is used."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


@contextmanager
def _deferring() -> Iterator[None]:
    """Import none of these modules within the body."""
    absent: dict[str, Any] = dict.fromkeys(UNUSED)  # None means that a module cannot be imported
    modules = absent | {name: _Deferred(name) for name in RARELY_USED}
    added = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(added)
    try:
        yield
    finally:
        for name in added:
            del sys.modules[name]


with _deferring():
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.core import expectationSuiteValidationResultSchema
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )
    from great_expectations.expectations.metadata_types import FailureSeverity

# It would log each temporary folder, on the terminal once dbt has been imported.
logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)

__all__ = [
    "ExpectationSuiteIdentifier",
    "FailureSeverity",
    "ProgressBarsConfig",
    "RunIdentifier",
    "ValidationResultIdentifier",
    "expectationSuiteValidationResultSchema",
    "gx",
    "gxe",
]
