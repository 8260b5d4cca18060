"""Reads back what landed, as the pipeline will: every sealed segment, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import zstandard

from contracts.home import SEGMENT_SUFFIX, Home

if TYPE_CHECKING:
    from pathlib import Path


def segment_paths(home: Path) -> list[Path]:
    """All segments, in order of their paths."""
    return sorted(Home(home).landing.glob(f"*/*/*/*{SEGMENT_SUFFIX}"))


def segment_lines(path: Path) -> list[bytes]:
    """The lines of one segment."""
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        return reader.read().splitlines()


def landed_events(home: Path) -> list[dict[str, Any]]:
    """Every event of every segment."""
    return [orjson.loads(line) for path in segment_paths(home) for line in segment_lines(path)]
