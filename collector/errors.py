"""What can go wrong in the collector, as a tree; `http/responses.py` maps it to HTTP.

CollectorError
├── RejectedError              the event or its key is at fault: a code of contracts.events and a sentence
│   ├── RefusedRequestError    the request around it is at fault: 404, 405, 413, 415
│   ├── RateLimitedError       the project's plan allows no further events now
│   └── RowError               a row of a file cannot be what its columns say
│       └── UnknownFieldsError it has fields that mean nothing here
├── UnavailableError           nothing is wrong with the event, but it cannot be made durable now; try again
├── ClientGoneError            the client hung up before its request was whole; nobody waits for an answer
├── ServerStartError           the server cannot listen or start
└── ImportFileError            a file cannot be imported, or not to its end
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
    """An event that is not taken. `code` and the sentence go to the app as they are.

    `status` is the HTTP status, `headers` go into the answer, `details` into its body.
    """

    def __init__(self, code: ErrorCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code: ErrorCode = code
        self.status = HTTP_STATUS[code]
        self.headers: tuple[tuple[bytes, bytes], ...] = ()
        self.details: dict[str, Any] = {}


class RefusedRequestError(RejectedError):
    """A request that is refused before its event is looked at."""

    def __init__(self, status: int, sentence: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__("INVALID_REQUEST", sentence)
        self.status = status
        self.headers = headers


class RateLimitedError(RejectedError):
    """The project's plan allows no further events now. `retry_after_s` is when it may, in seconds."""

    def __init__(self, sentence: str, retry_after_s: int, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        super().__init__("RATE_LIMIT_EXCEEDED", sentence)
        self.headers = ((b"retry-after", b"%d" % retry_after_s), *headers)
        self.details = {"retry_after": retry_after_s}


class RowError(RejectedError):
    """A row of a file cannot be what its columns say. `value` is the value at fault, as short text; it may be empty."""

    def __init__(self, sentence: str, value: object = None) -> None:
        super().__init__("INVALID_REQUEST", sentence)
        self.value = "" if value is None else repr(value)[:60]


class UnknownFieldsError(RowError):
    """A row has fields that mean nothing here. `unknown` are these with their types, `known` all that the row has."""

    def __init__(self, sentence: str, unknown: Mapping[str, str], known: Iterable[str]) -> None:
        super().__init__(sentence)
        self.unknown = unknown
        self.known = tuple(known)


class UnavailableError(CollectorError):
    """Durability cannot be given now. `retry_after_s` is when to try again, in seconds."""

    code: ErrorCode = "UNAVAILABLE"

    def __init__(self, sentence: str, retry_after_s: int = 1) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class ClientGoneError(CollectorError):
    """The client hung up before its request was whole."""


class ServerStartError(CollectorError):
    """The server cannot listen, or a worker could not start."""


class ImportFileError(CollectorError):
    """A file cannot be imported at all; rows that are bad one by one are counted, not raised."""
