"""The days on which landed files were received, as Dagster partitions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from pathlib import Path

DATE_FORMAT = "%Y-%m-%d"
_FOLDER = "date="


def received_days(landing: Path) -> dg.DailyPartitionsDefinition:
    """Return every day (UTC) from the first with a landed file to today; only today without any file."""
    found = (path.name.removeprefix(_FOLDER) for path in landing.glob(f"*/{_FOLDER}*"))
    first = min((day for day in found if _is_date(day)), default=f"{datetime.now(UTC):{DATE_FORMAT}}")
    return dg.DailyPartitionsDefinition(start_date=first, end_offset=1, timezone="UTC")


def _is_date(text: str) -> bool:
    try:
        datetime.strptime(text, DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True
