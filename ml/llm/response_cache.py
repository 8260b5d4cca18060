"""Cache the answers of a paid model by a hash of the request."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openai.types.chat import ChatCompletionMessageParam


class ResponseCache(Protocol):
    """A cache of answers that persists after the run."""

    def get(self, request_hash: str) -> str | None:
        """Return the answer to a request, or None if there is no usable one."""
        ...

    def put(self, request_hash: str, answer: str) -> None:
        """Keep a usable answer."""
        ...


class InMemoryResponseCache:
    """A cache that lives as long as the process."""

    def __init__(self) -> None:
        self._responses: dict[str, str] = {}

    def get(self, request_hash: str) -> str | None:
        """See `ResponseCache.get`."""
        return self._responses.get(request_hash)

    def put(self, request_hash: str, answer: str) -> None:
        """See `ResponseCache.put`."""
        self._responses[request_hash] = answer


def hash_request(address: str, model: str, messages: Sequence[ChatCompletionMessageParam]) -> str:
    """Hash everything an answer depends on: address, model and messages (SHA-256)."""
    return hashlib.sha256(json.dumps([address, model, list(messages)], sort_keys=True).encode()).hexdigest()
