"""Mask what a project does not want to have written, after an event is valid and before anything keeps it.

Ids are not masked: sessions, feedback and deletion requests need them, and a repeated event has the same one.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson

from collector.conversations import clean
from collector.errors import RejectedError
from contracts.events import (
    FEEDBACK_NAME,
    MAX_ID_CHARACTERS,
    MAX_LABEL_CHARACTERS,
    MAX_NAME_CHARACTERS,
    MAX_TEXT_CHARACTERS,
)
from contracts.masking.masker import Masker, MaskingRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from prometheus_client import Counter as Metric

    from collector.validation import Validated
    from contracts.events import LandedEvent

FEEDBACK_TEXTS = {"label": MAX_LABEL_CHARACTERS, "comment": MAX_TEXT_CHARACTERS}
"""Texts of feedback, and how long they may be; the rest of it are ids and numbers."""
TURN_S = 0.01
"""Masking a large batch of digits takes seconds, in which a worker has other requests to serve."""
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\[nrt]")


def mask_event(event: LandedEvent, masker: Masker) -> LandedEvent:
    """Mask the texts of a landed line in place, and return it."""
    metadata: dict[str, Any] = event["metadata"]
    if event["name"] == FEEDBACK_NAME:
        for key, most in FEEDBACK_TEXTS.items():
            if key in metadata:
                metadata[key] = masker.text(metadata[key], most)
    else:
        event["name"] = masker.text(event["name"], MAX_NAME_CHARACTERS)
        event["metadata"] = masker.value(metadata, MAX_TEXT_CHARACTERS)
    return event


def mask_row(raw: bytes, masker: Masker, encoding: str | None) -> bytes:
    """Return a rejected row of a file in UTF-8, with its texts masked; JSON is masked by its values.

    What can be read neither as JSON nor in the encoding is masked as far as its ASCII characters go. A row that masks
    make more than twice as long, and `MAX_TEXT_CHARACTERS` longer than that, is cut there.
    """
    try:
        text = raw.decode(encoding or "utf-8-sig")
    except (LookupError, UnicodeDecodeError):
        text = raw.decode("latin-1")
    text = clean(text)
    try:
        orjson.loads(text)  # stricter than the other, which keeps all values of a repeated key
        value = json.loads(text, object_pairs_hook=_all_values)
        masked = masker.value(value)
        masked_text = text if masked is value else json.dumps(masked, ensure_ascii=False)
    except (ValueError, RecursionError):
        plain = clean(_ESCAPE.sub(_unescaped, text))
        masked_text = masker.text(plain)
        masked_text = text if masked_text == plain else masked_text
    return masked_text[: 2 * len(text) + MAX_TEXT_CHARACTERS].encode()


def _all_values(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object in which the second value of a key has a 2 behind its key, and so on."""
    fields = dict(pairs)
    if len(fields) == len(pairs):
        return fields
    keys, fields = frozenset(fields), {}
    numbers: Counter[str] = Counter()
    for key, value in pairs:
        new_key = key
        while new_key in fields or (new_key is not key and new_key in keys):
            numbers[key] += 1
            new_key = f"{key} {numbers[key] + 1}"
        fields[new_key] = value
    return fields


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else " "


class ProjectMaskers:
    """The maskers of projects that mask anything, in one worker. Used only in the event loop.

    Args:
        masked: Counts masks by kind and project; own patterns count by their names.
    """

    def __init__(self, masked: Metric) -> None:
        self._masked = masked
        self._maskers: dict[str, Masker] = {}

    def set_rule(self, project_id: str, rule: MaskingRule) -> None:
        """Apply a project's rule from now on."""
        known = self._maskers.get(project_id)
        if rule.is_empty:
            self._maskers.pop(project_id, None)
        elif known is None or known.rule != rule:
            self._maskers[project_id] = Masker(rule)

    async def mask(self, project_id: str, validated: Sequence[Validated]) -> None:
        """Mask the valid events of a request in place; other requests are served in between."""
        masker = self._maskers.get(project_id)
        if masker is None:
            return
        turn_ends = time.monotonic() + TURN_S
        for item in validated:
            if not isinstance(item, RejectedError):
                mask_event(item, masker)
            if time.monotonic() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = time.monotonic() + TURN_S
        if masker.counts:
            for kind, n_masks in masker.counts.items():
                self._masked.labels(kind, project_id).inc(n_masks)
            masker.counts.clear()

    def mask_sources(
        self, project_id: str, sources: Mapping[tuple[str, str], Sequence[int]]
    ) -> dict[tuple[str, str], list[int]]:
        """Mask the names of instrumentations and services, which are counted beside the events."""
        masker = self._maskers.get(project_id)
        masked: dict[tuple[str, str], list[int]] = {}
        for (scope, service), counts in sources.items():
            source = (scope, service)
            if masker is not None:
                source = (masker.text(scope, MAX_ID_CHARACTERS), masker.text(service, MAX_ID_CHARACTERS))
            before = masked.get(source, [0] * len(counts))
            masked[source] = [one + other for one, other in zip(before, counts, strict=True)]
        return masked
