"""Great Expectations is imported without what no suite uses, which is there once it is used."""

from __future__ import annotations

import subprocess
import sys

from tests.factories.turret_process import ROOT

SCRIPT = """
import sys
import logging
import expectations.gate, expectations.marts
print(logging.getLogger("great_expectations.data_context.types.base").isEnabledFor(logging.INFO))
print(*sorted({"altair", "pyspark", "scipy.stats"} & set(sys.modules)))
from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as module
print(module.stats.norm.cdf(0), module.alt.Chart.__name__)
print("scipy.stats" in sys.modules, hasattr(module.alt, "__missing__"))
"""


def test_packages_that_no_suite_uses_are_imported_only_once_they_are_used():
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False", "", "0.5 Chart", "True False"]
    assert not done.stderr  # PySpark, where it is installed, would warn of pandas
