"""Bytes to JSON values, strictly.

What lands is always encoded anew from the decoded values, never passed through: parsers disagree on what they let
pass (duplicate keys, bad UTF-8), and one line that the warehouse cannot read fails a whole file there. Of duplicate
keys the last counts, as in Python and JavaScript.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from collector.errors import RejectedError


def decode_json(body: bytes) -> Any:
    """Decode one JSON text in UTF-8. An integer beyond 64 bits comes back as a float: see `decode_exactly`.

    Raises:
        RejectedError: not JSON, not UTF-8, with NaN, Infinity, a byte order mark or a lone surrogate, or nested
            more than about a thousand levels deep.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        reason = str(error) if _is_utf8(body) else "it is not UTF-8"
        raise RejectedError("INVALID_REQUEST", f"The JSON cannot be read: {reason}.") from None


def decode_exactly(body: bytes) -> Any:
    """Decode JSON that `decode_json` took, with every integer as it was written, at fifty times the cost.

    Raises:
        RejectedError: it is nested too deep for this slower reader.
    """
    try:
        return json.loads(body)
    except RecursionError:
        raise RejectedError("INVALID_REQUEST", "The JSON is nested too deep.") from None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
