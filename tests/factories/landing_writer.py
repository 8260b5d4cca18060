"""Lines for the write-ahead files of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from collector.validation import landed_time, validate
from collector.wal.wal_file import encode_line

if TYPE_CHECKING:
    from datetime import datetime


def wal_line(project_id: str, received_at: datetime, **fields: Any) -> bytes:
    """One good line; `fields` are those of /track."""
    payload = {"name": "m", "metadata": {}, **fields}
    return encode_line(orjson.dumps(validate(payload, project_id=project_id, received_at=landed_time(received_at))))
