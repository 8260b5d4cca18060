"""The memory that DuckDB may use in a run before it spills to disk. Imports neither DuckDB nor Dagster."""

from __future__ import annotations

import os
from pathlib import Path

_GB = 1_000_000_000
_USUAL_BYTES = 4 * _GB
"""Enough for a full build of three million events without spilling to disk."""
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def memory_limit() -> str:
    """Return DuckDB's `memory_limit`: a quarter of the memory, or 4 GB if that is more and no more than half."""
    return f"{_limit_of(_memory_bytes()) // 1_000_000}MB"


def _limit_of(memory_bytes: int) -> int:
    return min(memory_bytes // 2, max(memory_bytes // 4, _USUAL_BYTES))


def _memory_bytes() -> int:
    """Return the memory of this machine, or of the container if that may have less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = (path.read_text(encoding="ascii").strip() for path in _CGROUP_LIMITS if path.exists())
    return min([machine, *(int(limit) for limit in limits if limit.isdigit())])
