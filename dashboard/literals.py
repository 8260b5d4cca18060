"""Values as DuckDB writes them, for SQL that people read and run elsewhere. What a page runs itself is always bound."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_BOUND = re.compile(r"(?<![:\w])\$([a-z_0-9]+)")


def substitute(sql: str, values: Mapping[str, object]) -> str:
    """Put each value where its `$name` stands."""
    return _BOUND.sub(lambda match: literal(values[match[1]]), sql)


def literal(value: object) -> str:  # one for each kind of value
    """Write a value as SQL.

    Raises:
        TypeError: it is of a kind that no query binds.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, datetime | date):
        kind = "timestamp" if isinstance(value, datetime) else "date"
        return f"{kind} '{value}'"
    if isinstance(value, list):
        return f"[{', '.join(literal(item) for item in value)}]"
    message = f"No SQL is written for a {type(value).__name__}."
    raise TypeError(message)
