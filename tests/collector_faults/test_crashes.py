"""The crash trials of bench/, in short, and the proof that they would catch a collector that acknowledges too early."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from crash import crash, crash_uploads, fail_syncs, fail_writes
from harness import fault_shim

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not fault_shim.is_available(), reason="the shim is built with cc, which is not here")


def test_kills_and_power_cuts_lose_no_acknowledged_event_and_double_none(tmp_path: Path):
    verdict, note = crash(tmp_path, 1, 2, batch_events=20)
    assert verdict.is_clean, f"{verdict} ({note})"


def test_kills_before_an_object_store_that_fails_lose_no_event_and_double_none(tmp_path: Path):
    verdict, note = crash_uploads(tmp_path, 2, batch_events=20)
    assert verdict.is_clean, f"{verdict} ({note})"


def test_failing_syncs_lose_no_acknowledged_event_and_no_file_is_synced_again(tmp_path: Path):
    verdict, note = fail_syncs(tmp_path, 1)
    assert verdict.is_clean, f"{verdict} ({note})"


def test_writes_cut_short_lose_no_acknowledged_event(tmp_path: Path):
    verdict, note = fail_writes(tmp_path, 1)
    assert verdict.is_clean, f"{verdict} ({note})"


@pytest.mark.parametrize("variant", ["acknowledge-early", "no-sync"])
def test_collector_that_acknowledges_before_the_disk_confirms_is_caught(tmp_path: Path, variant: str):
    rounds = (crash(tmp_path / str(number), 0, 2, variant=variant) for number in range(6))
    assert any(verdict.lost for verdict, _ in rounds)  # by chance every cut may fall between two events
