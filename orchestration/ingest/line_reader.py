"""Read a landed file line by line, separate good lines from bad ones, and give the reasons.

DuckDB reads whole files faster, but one bad line fails a file. This reader is for files that are damaged, truncated, or
put there by hand.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import zstandard

from contracts.events import MAX_AHEAD, MAX_ID_CHARACTERS, MAX_NAME_CHARACTERS
from orchestration.spark.metadata_values import as_written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK_BYTES = 1 << 20

LANDED_SCHEMA = pa.schema(
    [
        ("project_id", pa.string()),
        ("event_id", pa.string()),
        ("name", pa.string()),
        ("session_id", pa.string()),
        ("session_id_given", pa.bool_()),
        ("user_id", pa.string()),
        ("user_id_given", pa.bool_()),
        ("occurred_at", pa.timestamp("us")),
        ("received_at", pa.timestamp("us")),
        ("metadata", pa.string()),
        ("segment", pa.string()),
        ("line_number", pa.int64()),
    ]
)
"""The columns of a landed event, and its place."""

_TEXTS = {
    "event_id": MAX_ID_CHARACTERS,
    "project_id": MAX_ID_CHARACTERS,
    "name": MAX_NAME_CHARACTERS,
    "session_id": MAX_ID_CHARACTERS,
    "user_id": MAX_ID_CHARACTERS,
}
_WRITTEN_OTHERWISE = re.compile(r"[0-9]e|\\u00[01][a-f]")
"""Where orjson's JSON may differ from DuckDB's: numbers with an exponent, and control characters."""
_FLAGS = ("session_id_given", "user_id_given")
_TIMES = ("occurred_at", "received_at")


class _LineError(ValueError):
    """A line is not a landed event; the message says why, without quoting the user."""


@dataclass(frozen=True)
class RejectedLine:
    """A line that could not be read. `line_number` 0 stands for the whole file."""

    line_number: int
    reason: str
    line: bytes

    def as_record(self, segment: str) -> dict[str, Any]:
        """Return the record for quarantine: the line as text, or in base64 if it is not UTF-8."""
        record: dict[str, Any] = {"segment": segment, "line_number": self.line_number, "reason": self.reason}
        try:
            return {**record, "line": self.line.decode()}
        except UnicodeDecodeError:
            return {**record, "line_base64": base64.b64encode(self.line).decode()}


@dataclass
class LandedLines:
    """The content of a file: good events with their line numbers, and the rejected lines."""

    events: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[RejectedLine] = field(default_factory=list)


def is_whole(path: Path) -> bool:
    """Return whether every compressed frame of the file is complete and matches its checksum, if it has one.

    DuckDB accepts a file that was truncated between two lines.
    """
    try:
        for _block in _decompress(path):
            pass
    except (zstandard.ZstdError, _LineError):
        return False
    return True


def read_landed_lines(path: Path, project_id: str) -> LandedLines:
    """Read a segment of `project_id`. Damage ends up in `rejected`; only an unreadable disk raises `OSError`."""
    lines = LandedLines()
    number = 0
    rest = b""
    try:
        for block in _decompress(path):
            *whole, rest = (rest + block).split(b"\n")
            for line in whole:
                number += 1
                _judge(line, number, project_id, lines)
        damage = "the line has no end: the file was truncated" if rest else ""
    except (zstandard.ZstdError, _LineError) as error:
        damage = f"the file is damaged here: {error}"
    if damage:
        lines.rejected.append(RejectedLine(number + 1 if number or rest else 0, damage, rest))
    return lines


def read_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a segment, without their ends; those before the damage of a damaged file.

    Raises:
        OSError: the disk failed.
    """
    rest = b""
    try:
        for block in _decompress(path):
            *whole, rest = (rest + block).split(b"\n")
            yield from whole
    except (zstandard.ZstdError, _LineError):
        pass  # `read_landed_lines` keeps what it is in quarantine
    if rest:
        yield rest


def _decompress(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        frame = None
        while block := handle.read(CHUNK_BYTES):
            while block:
                frame = frame or zstandard.ZstdDecompressor().decompressobj()
                yield frame.decompress(block)
                block = frame.unused_data if frame.eof else b""
                frame = None if frame.eof else frame
        if handle.tell() == 0:
            raise _LineError("it is empty, without even a compressed frame")
        if frame is not None:
            raise _LineError("its last compressed frame is truncated")


def _judge(line: bytes, number: int, project_id: str, lines: LandedLines) -> None:
    try:
        event = _parse(line, project_id)
    except _LineError as error:
        lines.rejected.append(RejectedLine(number, str(error), line))
    else:
        lines.events.append({**event, "line_number": number})


def _parse(line: bytes, project_id: str) -> dict[str, Any]:
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _LineError(f"the line is not JSON: {error.msg} at byte {error.pos}") from None
    if not isinstance(event, dict):
        raise _LineError(f"the line is a JSON {type(event).__name__}; allowed is an object")
    for key, most in _TEXTS.items():
        _check_text(event, key, most)
    if event["project_id"] != project_id:
        raise _LineError(f"project_id is not {project_id}, the project of its folder")
    for key in _FLAGS:
        if not isinstance(event.get(key), bool):
            raise _LineError(f"{key} is not true or false")
    if not isinstance(event.get("metadata"), dict):
        raise _LineError("metadata is not an object")
    times = {key: _time(event, key) for key in _TIMES}
    if times["occurred_at"] > times["received_at"] + MAX_AHEAD:
        raise _LineError("occurred_at is more than 24 hours after received_at")
    return {**event, **times, "metadata": _as_json(event["metadata"])}


def _as_json(metadata: dict[str, Any]) -> str:
    """Write metadata as DuckDB does when it reads the file itself; almost always, that is what orjson writes."""
    text = orjson.dumps(metadata).decode()
    return as_written(text) if _WRITTEN_OTHERWISE.search(text) else text


def _check_text(event: dict[str, Any], key: str, most: int) -> None:
    value = event.get(key)
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        raise _LineError(f"{key} is not a text of 1 to {most} characters")


def _time(event: dict[str, Any], key: str) -> datetime:
    try:
        moment = datetime.fromisoformat(event[key])
    except (KeyError, TypeError, ValueError):
        raise _LineError(f"{key} is not an ISO 8601 time") from None
    if moment.tzinfo is None:
        raise _LineError(f"{key} has no offset from UTC")
    return moment.astimezone(UTC).replace(tzinfo=None)
