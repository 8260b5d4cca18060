"""Odd bodies at a running collector: each gets an answer of the contract, and what is accepted can be loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from contract_fuzz import fuzz_bodies
from harness.installation import Installation
from harness.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

N_BODIES = 400


def test_odd_bodies_get_an_answer_and_the_accepted_ones_load(tmp_path: Path):
    installation = Installation.create(tmp_path / "home")
    server = installation.start()
    try:
        server.wait_until_answering()
        fuzz = fuzz_bodies(installation, N_BODIES, seed_=1)
        usage = httpx.get(f"http://127.0.0.1:{server.port}/usage", headers={"X-API-Key": installation.key}).json()
    finally:
        server.stop()
    ledger = Ledger(installation.home, tmp_path / "fuzz.duckdb")
    assert len(fuzz.event_ids) > N_BODIES / 10
    assert ledger.loads_quickly()
    assert set(fuzz.event_ids) <= ledger.load_ids()
    # Answers to exports and to Segment's calls name no ids, but each event that was accepted counts.
    assert ledger.count_lines() == (usage["used"], 0)
    assert usage["used"] > len(fuzz.event_ids)
