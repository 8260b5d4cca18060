"""One HTTP exchange of an event route: the request's head and body, checked, limited and decompressed; the response."""

from __future__ import annotations

import asyncio
import base64
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from collector.errors import ClientGoneError, RefusedRequestError, RejectedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Receive, Send

    from contracts.events import ErrorCode

    RequestHeaders = Iterable[tuple[bytes, bytes]]
    Headers = tuple[tuple[bytes, bytes], ...]

GZIP_WINDOW = 16 + zlib.MAX_WBITS
EXPECTS_CONTINUE = (b"expect", b"100-continue")
MAX_DISCARDED_BYTES = 64 * 1024 * 1024
MAX_DISCARD_S = 5.0
"""Limits for reading and discarding a refused body, so that its client sees the response."""
JSON_TYPE = b"application/json"
PROTOBUF_TYPE = b"application/x-protobuf"
FORM_TYPE = b"application/x-www-form-urlencoded"
"""Content type of gzipped JSON from RudderStack's library for Node."""
MAX_BASIC_BYTES = 1024
_BEARER = b"bearer "
_BASIC = b"basic "
_JSON_TYPES = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})


@dataclass(slots=True)
class RequestHead:
    """The headers that the routes use.

    `keys` are the X-API-Key headers, or else the keys of Authorization; a valid request has exactly one.
    """

    keys: list[bytes]
    content_type: bytes = b""
    content_encoding: bytes = b""
    content_length: bytes = b""


class RequestBody:
    """The body of a request, which is read once; knows whether it has arrived completely.

    Args:
        receive: From ASGI.
        headers: Those of the request.
    """

    def __init__(self, receive: Receive, headers: RequestHeaders) -> None:
        self._receive = receive
        self._headers = headers
        self._has_begun = False
        self._is_over = False

    async def read(self, head: RequestHead, max_bytes: int, other_type: bytes = b"") -> bytes:
        """Return the body, decompressed if it was sent with gzip; it is JSON, or of the route's other type.

        Raises:
            RefusedRequestError: 415 for a body of another type, 413 for more than `max_bytes`, compressed or not.
            RejectedError: the gzip data is not valid.
            ClientGoneError: the client disconnected halfway.
        """
        _check_head(head, max_bytes, other_type)
        self._has_begun = True
        chunks: list[bytes] = []
        n_bytes = 0
        while not self._is_over:
            chunk = await self._receive_chunk()
            n_bytes += len(chunk)
            if n_bytes > max_bytes:
                raise _too_large(max_bytes)
            chunks.append(chunk)
        body = b"".join(chunks)
        return _unzip(body, max_bytes) if head.content_encoding == b"gzip" else body

    async def discard_rest(self) -> None:
        """Read the rest of a refused body and discard it, within limits of time and size.

        Many clients send the whole body before they read the response. If the connection is closed meanwhile, they
        report a broken connection instead of the refusal. A client that waits for `100 Continue` sends none.
        """
        if not self._has_begun and EXPECTS_CONTINUE in self._headers:
            return
        n_bytes = 0
        with suppress(TimeoutError, ClientGoneError):
            async with asyncio.timeout(MAX_DISCARD_S):
                while not self._is_over and n_bytes < MAX_DISCARDED_BYTES:
                    n_bytes += len(await self._receive_chunk())

    async def _receive_chunk(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError("The client disconnected before its request was complete.")
        self._is_over = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk


def read_head(headers: RequestHeaders) -> RequestHead:
    """Pick the headers that the routes use; ASGI passes their names in lower case."""
    head = RequestHead(keys=[])
    others: list[bytes] = []
    for name, value in headers:
        if name == b"x-api-key":
            head.keys.append(value)
        elif name == b"authorization":
            if value[: len(_BEARER)].lower() == _BEARER:
                others.append(value[len(_BEARER) :].strip())
            elif value[: len(_BASIC)].lower() == _BASIC:
                others += _basic_key(value[len(_BASIC) :])
        elif name == b"content-type":
            head.content_type = value
        elif name == b"content-length":
            head.content_length = value
        elif name == b"content-encoding":
            head.content_encoding = value.strip().lower()
    if not head.keys:
        head.keys = others
    return head


def _basic_key(credentials: bytes) -> list[bytes]:
    """Return the key of basic authentication: the password, as Langfuse sends it, or else the user name.

    Segment's libraries send their key as the user name, without a password.
    """
    if len(credentials) > MAX_BASIC_BYTES:
        return []
    try:
        user, _, password = base64.b64decode(credentials.strip(), validate=True).partition(b":")
    except ValueError:
        return []
    return [password or user]


def _check_head(head: RequestHead, max_bytes: int, other_type: bytes) -> None:
    if head.content_type not in _JSON_TYPES:
        _check_content_type(head.content_type, other_type)
    if head.content_encoding not in {b"", b"identity", b"gzip"}:
        raise RefusedRequestError(415, "The Content-Encoding is not supported; allowed is gzip, or none.")
    if head.content_length.isdigit() and int(head.content_length) > max_bytes:
        raise _too_large(max_bytes)


def _check_content_type(value: bytes, other_type: bytes) -> None:
    kind, *parameters = value.lower().split(b";")
    if other_type and kind.strip() == other_type:
        return
    charsets = [parameter.strip() for parameter in parameters if parameter.strip().startswith(b"charset=")]
    if kind.strip() != b"application/json":
        allowed = f"application/json or {other_type.decode()}" if other_type else "application/json"
        raise RefusedRequestError(415, f"The Content-Type must be {allowed}.")
    if any(charset.strip(b'charset="') not in {b"utf-8", b"utf8"} for charset in charsets):
        raise RefusedRequestError(415, "The body must be UTF-8; other charsets are not supported.")


def _unzip(body: bytes, max_bytes: int) -> bytes:
    """Decompress at most one byte more than is allowed, whatever the size of the body."""
    unzipper = zlib.decompressobj(GZIP_WINDOW)
    try:
        data = unzipper.decompress(body, max_bytes + 1)
    except zlib.error:
        raise RejectedError("INVALID_REQUEST", "The gzip body cannot be read.") from None
    if len(data) > max_bytes:
        raise _too_large(max_bytes)
    if not unzipper.eof or unzipper.unused_data:
        raise RejectedError("INVALID_REQUEST", "The gzip body is truncated, or data follows it.")
    return data


def _too_large(max_bytes: int) -> RefusedRequestError:
    return RefusedRequestError(413, f"The body is too large; allowed are {max_bytes} bytes, also when decompressed.")


class Response(NamedTuple):
    """An HTTP response; its body is JSON by default."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    content_type: bytes = JSON_TYPE

    async def send(self, send: Send) -> None:
        """Send it whole."""
        length = (b"content-length", b"%d" % len(self.body))
        headers = [(b"content-type", self.content_type), length, *self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def error_body(code: ErrorCode, sentence: str) -> dict[str, Any]:
    """Return the body of an error."""
    return {"success": False, "error": sentence, "code": code}


def refusal_body(error: RejectedError) -> dict[str, Any]:
    """Return the body of a refusal."""
    return {**error_body(error.code, str(error)), **error.details}


def refused(error: RejectedError | UnavailableError, _: RequestHead | None = None) -> Response:
    """Return the response to a refused request; an unavailable service asks for a retry."""
    if isinstance(error, UnavailableError):
        body = orjson.dumps(error_body("UNAVAILABLE", str(error)))
        return Response(503, body, ((b"retry-after", b"%d" % error.retry_after_s),))
    return Response(error.status, orjson.dumps(refusal_body(error)), error.headers)
