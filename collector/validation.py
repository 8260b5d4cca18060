"""Validate events, from HTTP and from imported files: bytes or JSON values in, a `LandedEvent` or the reason out.

Events are always encoded from the decoded values, never passed through: parsers disagree on what they
accept (duplicate keys, bad UTF-8), and one line that the warehouse cannot read fails a whole file there. The last of
duplicate keys counts, as in Python and JavaScript.
"""

from __future__ import annotations

import json
import os
import re
import time
from calendar import monthrange
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn

import orjson

from collector.errors import RejectedError
from contracts.events import (
    FEEDBACK_ID_START,
    FEEDBACK_NAME,
    MAX_AHEAD,
    MAX_DEPTH,
    MAX_ID_CHARACTERS,
    MAX_KEY_CHARACTERS,
    MAX_METADATA_KEYS,
    MAX_NAME_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    LandedEvent,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MIN_INTEGER = -(2**63)
MAX_INTEGER = 2**64 - 1
_WIDE = float(2**63)
EVENT_ID_START = "evt_"
ID_BYTES = 16
POOL_IDS = 256
_VARIANT = "89ab"
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A clock that nobody sets, and that on Linux goes on while the machine is suspended."""

_SECOND = len("2026-01-31T12:00:00.")
_US_PER_S = 1_000_000
_NS_PER_US = 1_000

_WITHOUT_OFFSET = len("2026-01-31T12:00:00.000000")
_ISO_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>\d\d)(?!\d)", re.ASCII)

Validated = LandedEvent | RejectedError
"""A valid event, or the reason why it is not one."""

_pool: list[str] = []
os.register_at_fork(after_in_child=_pool.clear)  # so that no two processes generate the same ids


def decode_json(body: bytes) -> Any:
    """Decode one JSON text in UTF-8. An integer beyond 64 bits becomes a float: see `decode_exactly`.

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
    """Decode JSON that `decode_json` accepted, with exact integers, at fifty times the cost.

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


def validate(
    payload: object,
    *,
    project_id: str,
    received_at: str,
    reread: Callable[[], object] | None = None,
    make_event_id: Callable[[], str] | None = None,
) -> LandedEvent:
    """Validate one decoded event and return its landed form.

    Args:
        payload: The result of `decode_json`.
        project_id: Whose event it is.
        received_at: The server's time in landed form; see `Clock.now`.
        reread: Returns the same payload with exact integers (`decode_exactly`). Called only if a number is so large
            that it may have been a longer integer; omitted if integers are exact already.
        make_event_id: Makes the id of an event without one; random by default.

    Raises:
        RejectedError: with the code and the message for the app.
    """
    if not isinstance(payload, dict):
        reject("An event must be a JSON object.")
    name = _name(payload)
    metadata = _metadata(payload)
    if _check_object(metadata, "metadata", 1) and reread is not None:
        _check_object(_metadata(reread()), "metadata", 1)
    session_id = optional_text(payload, "session_id")
    user_id = optional_text(payload, "user_id")
    return {
        "event_id": _event_id(payload) or (make_event_id or new_event_id)(),
        "project_id": project_id,
        "name": name,
        "session_id": session_id or new_uuid(),
        "session_id_given": bool(session_id),
        "user_id": user_id or new_uuid(),
        "user_id_given": bool(user_id),
        "occurred_at": occurred_at(payload, received_at) or received_at,
        "received_at": received_at,
        "metadata": metadata,
    }


def _name(payload: dict[str, Any]) -> str:
    name = payload.get("name")
    if name is None:
        raise RejectedError("MISSING_REQUIRED_FIELD", "Missing required field: name")
    if not isinstance(name, str):
        reject("name must be a string.")
    if not 1 <= len(name) <= MAX_NAME_CHARACTERS:
        reject(f"name has {len(name)} characters; allowed are 1 to {MAX_NAME_CHARACTERS}.")
    if name == FEEDBACK_NAME:
        reject(f"name is {FEEDBACK_NAME}, which is reserved; send feedback to POST /feedback.")
    _refuse_nul(name, "name")
    return name


def _metadata(payload: Any) -> dict[str, Any]:
    metadata = payload.get("metadata")
    if metadata is None:
        raise RejectedError("MISSING_REQUIRED_FIELD", "Missing required field: metadata")
    if not isinstance(metadata, dict):
        reject("metadata must be an object.")
    return metadata


def optional_text(payload: dict[str, Any], field: str, most: int = MAX_ID_CHARACTERS) -> str:
    """Return the field's text; empty if it is missing, null or empty, because then the server generates one.

    An empty session_id or user_id would otherwise put strangers into one session.

    Raises:
        RejectedError: it is no text, has more than `most` characters, or holds a NUL character.
    """
    value = payload.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        reject(f"{field} must be a string.")
    if len(value) > most:
        reject(f"{field} has {len(value)} characters; allowed are at most {most}.")
    _refuse_nul(value, field)
    return value


def _event_id(payload: dict[str, Any]) -> str:
    """Return the given id, or an empty string without one. An empty id is an error of the app."""
    event_id = optional_text(payload, "event_id")
    if event_id == "" and payload.get("event_id") is not None:
        reject(f"event_id has 0 characters; allowed are 1 to {MAX_ID_CHARACTERS}.")
    if event_id.startswith(FEEDBACK_ID_START):
        reject(f"event_id begins with {FEEDBACK_ID_START}, which is reserved for feedback.")
    return event_id


def occurred_at(payload: dict[str, Any], received_at: str) -> str:
    """Return the app's own time in landed form; empty if it sent none.

    Raises:
        RejectedError: `timestamp` is no ISO 8601 time with an offset, or too far ahead.
    """
    value = payload.get("timestamp")
    if value is None:
        return ""
    if not isinstance(value, str):
        reject("timestamp must be a string such as 2026-01-31T12:00:00Z.")
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        if names_no_day(value):
            reject(f"timestamp is on a day that does not exist: {value[:10]}.")
        reject("timestamp is not ISO 8601; write it as 2026-01-31T12:00:00Z.")
    if time.utcoffset() is None:
        reject("timestamp has no offset from UTC; write it as 2026-01-31T12:00:00Z or 2026-01-31T14:00:00+02:00.")
    try:
        if time - datetime.fromisoformat(received_at) > MAX_AHEAD:
            reject("timestamp lies more than 24 hours ahead of the server's time.")
        return landed_time(time)
    except OverflowError:
        reject("timestamp is out of range; allowed are the years 1 to 9999 in UTC.")


def _check_object(fields: dict[str, Any], path: str, depth: int) -> bool:
    """Check everything below an object; say whether a float in it may have been an integer beyond 64 bits."""
    if len(fields) > MAX_METADATA_KEYS:
        reject(f"{path} has {len(fields)} keys; allowed are at most {MAX_METADATA_KEYS}.")
    holds_wide_float = False
    for key, value in fields.items():
        if len(key) > MAX_KEY_CHARACTERS:
            reject(f"A key of {path} has {len(key)} characters; allowed are at most {MAX_KEY_CHARACTERS}.")
        if "\0" in key:
            reject(f"A key of {path} holds a NUL character.")
        # The path is only built for the rare values that need it; otherwise it would be most of an event's cost.
        kind = type(value)
        if kind is str:
            if len(value) > MAX_TEXT_CHARACTERS or "\0" in value:
                check_text(value, f"{path}.{key}")
        elif kind is int or kind is float:
            if not -_WIDE < value < _WIDE:  # also if it is not finite
                holds_wide_float |= _check_value(value, f"{path}.{key}", depth)
        elif kind is dict or kind is list:
            holds_wide_float |= _check_value(value, f"{path}.{key}", depth)
    return holds_wide_float


def _check_value(value: Any, path: str, depth: int) -> bool:
    match value:
        case str():
            check_text(value, path)
        case bool():
            pass
        case int():
            if not MIN_INTEGER <= value <= MAX_INTEGER:
                reject(f"{path} is an integer beyond 64 bits; send it as a string.")
        case float():
            if not isfinite(value):
                reject(f"{path} is not a finite number.")
            return abs(value) >= _WIDE
        case dict() | list() if depth >= MAX_DEPTH:
            reject(f"metadata is nested too deep; allowed are {MAX_DEPTH} levels.")
        case dict():
            return _check_object(value, path, depth + 1)
        case list():
            # Not any(): it would stop at the first wide float and leave the rest unchecked.
            return sum(_check_value(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)) > 0
    return False


def check_text(text: str, path: str) -> None:
    """Check a text that people wrote.

    Raises:
        RejectedError: it has too many characters, or holds a NUL character.
    """
    if len(text) > MAX_TEXT_CHARACTERS:
        raise RejectedError(
            "TEXT_TOO_LONG", f"{path} has {len(text)} characters; allowed are at most {MAX_TEXT_CHARACTERS}."
        )
    _refuse_nul(text, path)


def _refuse_nul(text: str, path: str) -> None:
    if "\0" in text:
        reject(f"{path} holds a NUL character.")


def reject(sentence: str) -> NoReturn:
    """Raise the error of an invalid request.

    Raises:
        RejectedError: always.
    """
    raise RejectedError("INVALID_REQUEST", sentence)


def new_event_id() -> str:
    """Return `evt_` and 32 random hexadecimal digits."""
    return EVENT_ID_START + _random_digits()


def new_uuid() -> str:
    """Return a random (version 4) UUID; `str(uuid.uuid4())` gives the same at six times the cost."""
    digits = _random_digits()
    variant = _VARIANT[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _random_digits() -> str:
    """Return 32 random hexadecimal digits; many are requested from the kernel at once."""
    try:
        return _pool.pop()
    except IndexError:
        digits = os.urandom(POOL_IDS * ID_BYTES).hex()
        _pool.extend(digits[start : start + 2 * ID_BYTES] for start in range(0, len(digits), 2 * ID_BYTES))
        return _pool.pop()


class Clock:
    """UTC that never runs backwards within a worker, also when the machine's clock is set back.

    It follows the machine's clock until `set` is called. From then on it goes on steadily from the time it was given,
    whatever the machine's clock is set to.

    Attributes:
        is_corrected: whether the time that it was given last was not the machine's.
    """

    def __init__(self) -> None:
        self.is_corrected = False
        self._ahead_us: int | None = None  # of the steady clock
        self._last_us = 0
        self._second = -1
        self._second_text = ""

    def set(self, time_s: float) -> None:
        """Set the time, in seconds since 1970."""
        self._ahead_us = round(time_s * _US_PER_S) - _steady_us()

    def now(self) -> str:
        """Return the time in landed form, never earlier than a previous result; texts compare like times."""
        us = time.time_ns() // _NS_PER_US if self._ahead_us is None else _steady_us() + self._ahead_us
        self._last_us = max(self._last_us, us)
        second, fraction_us = divmod(self._last_us, _US_PER_S)
        if second != self._second:  # usually only the fraction is new, at a fifth of the cost
            self._second = second
            self._second_text = landed_time(datetime.fromtimestamp(second, UTC))[:_SECOND]
        return f"{self._second_text}{fraction_us:06d}Z"


def _steady_us() -> int:
    return time.clock_gettime_ns(_STEADY) // _NS_PER_US


def landed_time(time: datetime) -> str:
    """Return an aware time in landed form: UTC with microseconds, `2026-01-31T12:00:00.000000Z`.

    Raises:
        OverflowError: in UTC it is before year 1 or after year 9999.
    """
    in_utc = time if time.tzinfo is UTC else time.astimezone(UTC)
    return in_utc.isoformat(timespec="microseconds")[:_WITHOUT_OFFSET] + "Z"


def names_no_day(text: str) -> bool:
    """Say whether a text begins like an ISO 8601 day that is in no calendar, such as 2026-02-30."""
    found = _ISO_DAY.match(text)
    if found is None:
        return False
    year, month, day = (int(found[part]) for part in ("year", "month", "day"))
    return year > 0 and not 1 <= day <= monthrange(year, month)[1]
