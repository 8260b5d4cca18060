"""Write values as DuckDB literals, for SQL that people read and run elsewhere.

The pages themselves always bind values.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_BOUND = re.compile(r"(?<![:\w])\$([a-z_0-9]+)")
_COMMENT = re.compile(r"--[^\n]*\n?")
_HEAD = re.compile(r"\A(?:--[^\n]*\n)+")


def substitute(sql: str, values: Mapping[str, object]) -> str:
    """Replace each `$name` by its value; the query's own comment comes first, as a block comment.

    A command line would take a text that begins with `--` for an option, and a value in a comment could end it.
    """
    head = _HEAD.match(sql)
    words = " ".join(line.removeprefix("--").strip() for line in head[0].splitlines()) if head else ""
    code = _COMMENT.sub("", sql[head.end() :] if head else sql)
    written = _BOUND.sub(lambda match: literal(values[match[1]]), code)
    return f"/* {words.replace('$', '')} */\n{written}" if words else written


def literal(value: object) -> str:  # one case for each type of value
    """Write a value as SQL.

    Raises:
        TypeError: no query binds a value of this type.
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
