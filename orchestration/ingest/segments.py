"""List landed files, with the information in their paths. No file is opened here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.home import SEGMENT_SUFFIX, parse_segment_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path


@dataclass(frozen=True)
class Segment:
    """One sealed file.

    Args:
        path: its path.
        name: its path below the landing folder, which is its name in `raw.segments`.
        project_id: the project of its folder.
        received_date: the date of its folder.
        received_hour: the hour of its folder, UTC.
        n_bytes: its size.
    """

    path: Path
    name: str
    project_id: str
    received_date: date
    received_hour: int
    n_bytes: int


def list_segments(landing: Path, project_ids: Iterable[str] | None = None) -> list[Segment]:
    """List the sealed segments below `landing`, oldest hour first; only those of `project_ids` if given."""
    wanted = None if project_ids is None else set(project_ids)
    found = (_segment(landing, path) for path in landing.glob(f"*/*/*/*{SEGMENT_SUFFIX}"))
    kept = (segment for segment in found if segment and (wanted is None or segment.project_id in wanted))
    return sorted(kept, key=lambda segment: (segment.received_date, segment.received_hour, segment.name))


def _segment(landing: Path, path: Path) -> Segment | None:
    name = path.relative_to(landing).as_posix()
    place = parse_segment_name(name)
    if place is None:
        return None
    return Segment(
        path=path,
        name=name,
        project_id=place.project_id,
        received_date=place.received_date,
        received_hour=place.received_hour,
        n_bytes=path.stat().st_size,
    )


def chunk_segments(segments: Iterable[Segment], *, max_files: int, max_bytes: int) -> Iterator[list[Segment]]:
    """Split `segments` into chunks of at most `max_files` files and, unless one file is larger, `max_bytes` bytes."""
    chunk: list[Segment] = []
    n_bytes = 0
    for segment in segments:
        if chunk and (len(chunk) >= max_files or n_bytes + segment.n_bytes > max_bytes):
            yield chunk
            chunk, n_bytes = [], 0
        chunk.append(segment)
        n_bytes += segment.n_bytes
    if chunk:
        yield chunk
