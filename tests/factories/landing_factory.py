"""Landed files as the collector seals them, for tests that begin where the pipeline begins."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import zstandard

from contracts.home import SEGMENT_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from contracts.home import Home

PROJECT_ID = "prj_0123456789abcdef"
RECEIVED_AT = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """A time in the format of a landed line."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def landed_event(number: int, **changes: Any) -> dict[str, Any]:
    """A good landed event; `number` makes it different from the others."""
    return {
        "event_id": f"event-{number}",
        "project_id": PROJECT_ID,
        "name": "message",
        "session_id": f"session-{number // 4}",
        "session_id_given": True,
        "user_id": f"user-{number // 8}",
        "user_id_given": True,
        "occurred_at": stamp(RECEIVED_AT - timedelta(days=1) + timedelta(seconds=number)),
        "received_at": stamp(RECEIVED_AT + timedelta(milliseconds=number)),
        "metadata": {"prompt": f"How do I reset password number {number}, please?", "plan": "pro"},
        **changes,
    }


def as_bytes(lines: Iterable[dict[str, Any] | bytes]) -> bytes:
    """The content of a sealed file; raw bytes are damaged lines."""
    whole = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    return zstandard.ZstdCompressor().compress(whole)


def land(home: Home, name: str, content: bytes, project_id: str = PROJECT_ID) -> Path:
    """Put a sealed file where the collector would."""
    folder = home.segment_folder(project_id, RECEIVED_AT)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{SEGMENT_SUFFIX}"
    path.write_bytes(content)
    return path
