"""The trial of cuts between two operations on files, in short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from harness import fault_shim
from startup_cuts import cut_everywhere

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not fault_shim.is_available(), reason="the shim is built with cc, which is not here")

EVERY = 17


def test_collector_that_was_cut_between_two_operations_starts_again_and_lands_each_event_once(tmp_path: Path):
    reports = cut_everywhere(tmp_path / "cuts", EVERY)
    assert [fault for report in reports.values() for fault in report.faults] == []
    assert all(len(report.operations) >= 3 for report in reports.values())
