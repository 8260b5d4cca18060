"""The head and body of a request to an event route: checked, bounded, unzipped."""

from __future__ import annotations

import asyncio
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.errors import ClientGoneError, RefusedRequestError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Message, Receive

GZIP_WINDOW = 16 + zlib.MAX_WBITS
_MOST_DIGITS = 12
MAX_DISCARDED_BYTES = 64 * 1024 * 1024
MAX_DISCARD_S = 5.0
"""How much of a refused body, and for how long, is read and thrown away so that its client sees the answer."""
_BEARER = b"bearer "
_JSON_TYPES = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})


@dataclass
class RequestHead:
    """The headers that matter.

    `keys` are the X-API-Key headers, or the bearer tokens of Authorization where there are none; a good request has
    exactly one.
    """

    keys: list[bytes]
    content_type: bytes = b""
    content_encoding: bytes = b""
    content_length: bytes = b""


class BodyStream:
    """The messages of a request's body; knows whether the body has arrived whole.

    Args:
        receive: as ASGI gives it.
        waits_for_continue: whether the client sends its body only after `100 Continue`, which asking for it brings.
    """

    def __init__(self, receive: Receive, *, waits_for_continue: bool) -> None:
        self._receive = receive
        self._is_over = waits_for_continue

    async def __call__(self) -> Message:
        """Receive one message."""
        message = await self._receive()
        self._is_over = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    async def discard_rest(self) -> None:
        """Read the rest of a refused body and throw it away, for a bounded time and size.

        Many clients send a body whole before they look for an answer. Where the connection is closed on them, they
        report a broken connection instead of the refusal.
        """
        n_bytes = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(MAX_DISCARD_S):
                while not self._is_over and n_bytes < MAX_DISCARDED_BYTES:
                    n_bytes += len((await self()).get("body", b""))


def read_head(headers: Iterable[tuple[bytes, bytes]]) -> RequestHead:
    """Pick the headers that matter; ASGI gives their names in lower case."""
    head = RequestHead(keys=[])
    bearers: list[bytes] = []
    for name, value in headers:
        if name == b"x-api-key":
            head.keys.append(value)
        elif name == b"authorization":
            if value[: len(_BEARER)].lower() == _BEARER:
                bearers.append(value[len(_BEARER) :].strip())
        elif name == b"content-type":
            head.content_type = value
        elif name == b"content-length":
            head.content_length = value
        elif name == b"content-encoding":
            head.content_encoding = value.strip().lower()
    if not head.keys:
        head.keys = bearers
    return head


def is_plain_json(head: RequestHead, max_bytes: int) -> bool:
    """Whether a body of known, allowed length follows that is JSON as it stands, with nothing to unzip or refuse."""
    length = head.content_length
    return (
        head.content_type in _JSON_TYPES
        and not head.content_encoding
        and length.isdigit()
        and len(length) <= _MOST_DIGITS
        and int(length) <= max_bytes
    )


async def read_body(receive: Receive, head: RequestHead, max_bytes: int) -> bytes:
    """Read the body, unzipped where it was sent with gzip.

    Raises:
        RefusedRequestError: 415 for a body that is not JSON, 413 for more than `max_bytes`, zipped or unzipped.
        RejectedError: the gzip cannot be read.
        ClientGoneError: the client hung up half-way.
    """
    if head.content_type not in _JSON_TYPES:
        _check_content_type(head.content_type)
    if head.content_encoding not in {b"", b"identity", b"gzip"}:
        raise RefusedRequestError(415, "The Content-Encoding is not supported; allowed is gzip, or none.")
    if head.content_length.isdigit() and int(head.content_length) > max_bytes:
        raise _too_large(max_bytes)
    body = await _receive_all(receive, max_bytes)
    return _unzip(body, max_bytes) if head.content_encoding == b"gzip" else body


def _check_content_type(value: bytes) -> None:
    kind, *parameters = value.lower().split(b";")
    charsets = [parameter.strip() for parameter in parameters if parameter.strip().startswith(b"charset=")]
    if kind.strip() != b"application/json":
        raise RefusedRequestError(415, "The Content-Type must be application/json.")
    if any(charset.strip(b'charset="') not in {b"utf-8", b"utf8"} for charset in charsets):
        raise RefusedRequestError(415, "The body must be UTF-8; other charsets are not supported.")


async def _receive_all(receive: Receive, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    n_bytes = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError("The client hung up before its request was whole.")
        chunk: bytes = message.get("body", b"")
        n_bytes += len(chunk)
        if n_bytes > max_bytes:
            raise _too_large(max_bytes)
        if not message.get("more_body", False):
            return b"".join([*chunks, chunk]) if chunks else chunk
        chunks.append(chunk)


def _unzip(body: bytes, max_bytes: int) -> bytes:
    """Unzip at most one byte more than is allowed, whatever the body would grow to."""
    unzipper = zlib.decompressobj(GZIP_WINDOW)
    try:
        data = unzipper.decompress(body, max_bytes + 1)
    except zlib.error:
        raise RejectedError("INVALID_REQUEST", "The gzip body cannot be read.") from None
    if len(data) > max_bytes:
        raise _too_large(max_bytes)
    if not unzipper.eof or unzipper.unused_data:
        raise RejectedError("INVALID_REQUEST", "The gzip body is cut off, or something follows it.")
    return data


def _too_large(max_bytes: int) -> RefusedRequestError:
    return RefusedRequestError(413, f"The body is too large; allowed are {max_bytes} bytes, also when unzipped.")
