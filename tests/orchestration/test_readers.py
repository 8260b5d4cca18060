"""Readers in processes of their own while versions are published: the trial of bench/publishing.py, in short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing import read_while_publishing

if TYPE_CHECKING:
    from pathlib import Path


def test_publishing_under_readers_of_every_way_gives_no_failed_mixed_or_older_answer(tmp_path: Path):
    findings = read_while_publishing(tmp_path, 6)
    assert (findings.failed, findings.mixed, findings.older) == ([], [], [])
    assert set(findings.n_answers) == {"reopening", "attached", "keeping"}
    assert findings.n_generations_seen >= 5


def test_publishing_marts_one_by_one_is_noticed_by_the_readers(tmp_path: Path):
    assert read_while_publishing(tmp_path, 2, piecemeal=True).mixed
