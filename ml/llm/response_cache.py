"""Answers of a paid model, kept by what was asked: the same question is never paid for twice."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openai.types.chat import ChatCompletionMessageParam


class Answers(Protocol):
    """Keeps answers from run to run."""

    def get(self, request_hash: str) -> str | None:
        """The answer to a request, or None where it was never answered usably."""
        ...

    def put(self, request_hash: str, answer: str) -> None:
        """Keep a usable answer."""
        ...


class AnswersInMemory:
    """Keeps answers as long as the process lives."""

    def __init__(self) -> None:
        self._answers: dict[str, str] = {}

    def get(self, request_hash: str) -> str | None:
        """See `Answers.get`."""
        return self._answers.get(request_hash)

    def put(self, request_hash: str, answer: str) -> None:
        """See `Answers.put`."""
        self._answers[request_hash] = answer


def hash_request(address: str, model: str, messages: Sequence[ChatCompletionMessageParam]) -> str:
    """The SHA-256 of everything an answer depends on: who is asked, and what."""
    return hashlib.sha256(json.dumps([address, model, list(messages)], sort_keys=True).encode()).hexdigest()
