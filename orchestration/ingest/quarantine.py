"""Released lines of landed files: kept in quarantine, and never loaded again.

The landed file still has the line; the file here says why it does not count. So a warehouse that is rebuilt from the
landed files leaves out the same lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from contracts.durable_files import write_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from orchestration.ingest.segments import Segment

_SUFFIX = ".released.ndjson"


def keep_released(quarantine: Path, segment: str, lines: Iterable[dict[str, Any]]) -> Path:
    """Add lines of one landed file to those that never count, durably; each has `line_number`, `reason` and `line`."""
    place = _place(quarantine, segment)
    place.parent.mkdir(parents=True, exist_ok=True)
    kept = {record["line_number"]: record for record in [*_read(place), *lines]}
    records = [{"segment": segment, **record} for _, record in sorted(kept.items())]
    write_file(place, b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records))
    return place


def leave_out_released(
    connection: duckdb.DuckDBPyConnection, quarantine: Path, chunk: Sequence[Segment]
) -> dict[str, int]:
    """Remove released lines from `temp.landed`; return the number for each file of the chunk with any."""
    numbers = released_lines(quarantine, [segment.name for segment in chunk])
    released = released_table(numbers)
    if not released.num_rows:
        return {}
    connection.register("released", released)
    connection.execute(
        "delete from landed using released"
        " where landed.segment = released.segment and landed.line_number = released.line_number"
    )
    connection.unregister("released")
    return {name: len(listed) for name, listed in numbers.items() if listed}


def released_lines(quarantine: Path, segments: Iterable[str]) -> dict[str, list[int]]:
    """Return the numbers of the lines that never count, by segment."""
    if not _folder(quarantine).exists():
        return {}
    return {name: [record["line_number"] for record in _read(_place(quarantine, name))] for name in segments}


def renumber_released(quarantine: Path, segment: str, kept: Sequence[int]) -> None:
    """Follow a file that was written again with only the lines `kept`, by their former numbers."""
    place = _place(quarantine, segment)
    if not place.exists():
        return
    new_number = {former: number for number, former in enumerate(kept, 1)}
    records = [
        {**record, "line_number": new_number[record["line_number"]]}
        for record in _read(place)
        if record["line_number"] in new_number
    ]
    write_file(place, b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records))


def forget_released_texts(quarantine: Path, segment: str, numbers: Collection[int]) -> None:
    """Keep of these lines of a file only that they never count, and why."""
    place = _place(quarantine, segment)
    if not numbers or not place.exists():
        return
    records = [{**record, "line": None} if record["line_number"] in numbers else record for record in _read(place)]
    write_file(place, b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records))


def released_table(numbers: Mapping[str, Sequence[int]]) -> pa.Table:
    """Return lines as a table of their places."""
    rows = [{"segment": name, "line_number": number} for name, listed in numbers.items() for number in listed]
    return pa.Table.from_pylist(rows, schema=pa.schema([("segment", pa.string()), ("line_number", pa.int64())]))


def _read(place: Path) -> list[dict[str, Any]]:
    if not place.exists():
        return []
    return [orjson.loads(line) for line in place.read_bytes().splitlines()]


def _folder(quarantine: Path) -> Path:
    return quarantine / "released"


def _place(quarantine: Path, segment: str) -> Path:
    return _folder(quarantine) / f"{segment.replace('/', '~')}{_SUFFIX}"
