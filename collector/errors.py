"""The errors of the collector, each with its HTTP status; `refused` of `http/exchange.py` makes responses of them.

CollectorError
├── RejectedError              the event or its key is not valid: a code of contracts.events and a message
│   ├── RefusedRequestError    the request is not valid: 404, 405, 413, 415
│   ├── RateLimitedError       the project's plan allows no more events now
│   └── RowError               a row of a file does not match its columns
│       └── UnknownFieldsError the row has unknown fields
├── UnavailableError           the event cannot be made durable now; try again
├── ClientGoneError            the client disconnected before its request was complete
├── ServerStartError           the server cannot listen or start
└── ImportFileError            a file cannot be imported, or only partly
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contracts.errors import TurretError
from contracts.events import HTTP_STATUS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contracts.events import ErrorCode


class CollectorError(TurretError):
    """Base of every error of this package."""


class RejectedError(CollectorError):
    """An event that is not accepted. The app receives `code` and the message.

    `status` is the HTTP status; `headers` and `details` go into the response's head and body.
    """

    def __init__(self, code: ErrorCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code: ErrorCode = code
        self.status = HTTP_STATUS[code]
        self.headers: tuple[tuple[bytes, bytes], ...] = ()
        self.details: dict[str, Any] = {}


class RefusedRequestError(RejectedError):
    """A request that is refused before its event is read."""

    def __init__(self, status: int, sentence: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__("INVALID_REQUEST", sentence)
        self.status = status
        self.headers = headers


class RateLimitedError(RejectedError):
    """The project's plan allows no more events now. `retry_after_s` is the time until it does, in seconds."""

    def __init__(self, sentence: str, retry_after_s: int, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        super().__init__("RATE_LIMIT_EXCEEDED", sentence)
        self.headers = ((b"retry-after", b"%d" % retry_after_s), *headers)
        self.details = {"retry_after": retry_after_s}


class RowError(RejectedError):
    """A row of a file does not match its columns. `value` is the wrong value as short text, or empty."""

    def __init__(self, sentence: str, value: object = None) -> None:
        super().__init__("INVALID_REQUEST", sentence)
        self.value = "" if value is None else repr(value)[:60]


class UnknownFieldsError(RowError):
    """A row has unknown fields. `unknown` has them with their types, `known` all fields of the row."""

    def __init__(self, sentence: str, unknown: Mapping[str, str], known: Iterable[str]) -> None:
        super().__init__(sentence)
        self.unknown = unknown
        self.known = tuple(known)


class UnavailableError(CollectorError):
    """The event cannot be made durable now. `retry_after_s` is the time until a retry makes sense, in seconds."""

    code: ErrorCode = "UNAVAILABLE"

    def __init__(self, sentence: str, retry_after_s: int = 1) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class ClientGoneError(CollectorError):
    """The client disconnected before its request was complete."""


class ServerStartError(CollectorError):
    """The server cannot listen, or a worker could not start."""


class ImportFileError(CollectorError):
    """A file cannot be imported at all; single bad rows are counted, not raised."""
