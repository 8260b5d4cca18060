"""What instrumentations really sent, recorded by `bench/otlp_libraries.py --write`."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collector.otlp import protobuf_reader
from collector.otlp.events import Reading, read_records

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path(__file__).with_name("recorded")
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


@dataclass(frozen=True)
class Request:
    """One export."""

    path: str
    content_type: str
    body: bytes

    @property
    def signal_path(self) -> str:
        """The path without a host's prefix: /v1/traces or /v1/logs."""
        return "/v1/traces" if self.path.endswith("/v1/traces") else "/v1/logs"

    def read(self) -> Reading:
        """Read it as the collector does."""
        spans, logs = protobuf_reader.read_spans, protobuf_reader.read_logs
        return read_records((spans if self.signal_path == "/v1/traces" else logs)(self.body))


@cache
def recording(name: str) -> list[Request]:
    """Return the exports of one run, in order."""
    document = json.loads((FOLDER / f"{name}.json").read_text())
    return [
        Request(one["path"], one["content_type"], gzip.decompress(base64.b64decode(one["gzip_base64"])))
        for one in document["requests"]
    ]


def events_of(requests: Iterable[Request]) -> dict[str, list[dict[str, Any]]]:
    """Return the payloads of requests by event_id."""
    found: dict[str, list[dict[str, Any]]] = {}
    for request in requests:
        for payload in request.read().payloads:
            found.setdefault(payload["event_id"], []).append(payload)
    return found
