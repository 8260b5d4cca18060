"""Masking inside a worker: a large request lets others through."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry, Counter

from collector.event_masking import ProjectMaskers, mask_row
from collector.validation import validate
from contracts.events import MAX_ID_CHARACTERS, MAX_TEXT_CHARACTERS
from contracts.masking.masker import ALL_KINDS, Masker, MaskingRule
from contracts.masking.own_patterns import OwnPattern

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


@pytest.mark.parametrize(
    ("row", "masked"),
    [
        (rb'{"p": {"a": "leaky@example.com", "a": "hi"}}', '{"p": {"a": "‹email›", "a 2": "hi"}}'),
        (rb'{"a": "l\u0065aky\u0040ex\u0061mple.com", "a": 1}', '{"a": "‹email›", "a 2": 1}'),
        (rb'{"a": 4111111111111111.0, "a": 1}', '{"a": "‹card›", "a 2": 1}'),
        (rb'{"a": 1, "a": 2, "a 2": "a@example.com", "a": 3}', '{"a": 1, "a 3": 2, "a 2": "‹email›", "a 4": 3}'),
        (rb'{"a": 1, "a": "h\u0069"}', r'{"a": 1, "a": "h\u0069"}'),
    ],
)
def test_row_whose_keys_repeat_is_masked_with_all_its_values(row: bytes, masked: str):
    assert mask_row(row, Masker(ALL_KINDS), None).decode() == masked


def test_row_and_source_that_a_pattern_makes_longer_have_limits():
    rule = MaskingRule(own=(OwnPattern("a" * 20, "a"),))
    for row in (b'["' + b"a" * 50_000 + b'"]', b"a" * 50_000):
        assert len(mask_row(row, Masker(rule), None).decode()) == 2 * len(row) + MAX_TEXT_CHARACTERS
    maskers = ProjectMaskers(Counter("masked", "-", ["kind", "project_id"], registry=CollectorRegistry()))
    maskers.set_rule("prj_1", rule)
    (source,) = maskers.mask_sources("prj_1", {("a" * 255, "a" * 255): [1]})
    assert 200 < max(map(len, source)) <= MAX_ID_CHARACTERS
