"""Masking inside a worker: a large request lets others through."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter

from collector.event_masking import ProjectMaskers, mask_row
from collector.validation import validate
from contracts.masking.masker import Masker, MaskingRule

if TYPE_CHECKING:
    from contracts.events import LandedEvent


def test_masking_a_large_batch_serves_other_requests_in_between():
    registry = CollectorRegistry()
    maskers = ProjectMaskers(Counter("masked", "-", ["kind", "project_id"], registry=registry))
    maskers.set_rule("prj_1", MaskingRule(frozenset({"phone", "card", "email"})))
    payload = {"name": "message", "metadata": {"prompt": "a@example.com " + "12 " * 3000}}
    events: list[LandedEvent] = [
        validate(payload, project_id="prj_1", received_at="2026-03-01T00:00:00.000Z") for _ in range(60)
    ]

    async def count_turns() -> int:
        masking, turns = asyncio.create_task(maskers.mask("prj_1", events)), 0
        while not masking.done():
            await asyncio.sleep(0)
            turns += 1
        await masking
        return turns

    assert asyncio.run(count_turns()) > 5
    assert all(event["metadata"]["prompt"].startswith("‹email› ") for event in events)
    assert registry.get_sample_value("masked_total", {"kind": "email", "project_id": "prj_1"}) == 60


def test_row_whose_keys_repeat_is_masked_as_a_whole():
    row = b'{"metadata": {"prompt": "leaky@example.com", "prompt": "hi"}, "timestamp": "bad"}'
    assert mask_row(row, Masker(MaskingRule(frozenset({"email"}))), None) == row.replace(
        b"leaky@example.com", "‹email›".encode()
    )
