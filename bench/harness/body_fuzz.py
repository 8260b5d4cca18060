"""Sends odd bodies to a running collector and judges every answer."""

from __future__ import annotations

import http.client
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from harness.installation import Installation
    from harness.odd_bodies import OddRequest

ANSWER_TIMEOUT_S = 20.0
OK = 200
REFUSALS = {
    400: {"INVALID_REQUEST", "MISSING_REQUIRED_FIELD", "TEXT_TOO_LONG"},
    413: {"INVALID_REQUEST"},
    415: {"INVALID_REQUEST"},
}


class WrongAnswerError(AssertionError):
    """An answer that the contract does not allow."""


@dataclass
class BodyFuzz:
    """Counts the answers and remembers the events that were accepted, as they come back in the answers."""

    installation: Installation
    statuses: Counter[int] = field(default_factory=Counter)
    event_ids: list[str] = field(default_factory=list)

    def send(self, request: OddRequest) -> None:
        """Send one body.

        Raises:
            WrongAnswerError: neither an acceptance nor one of the refusals that an event's fault may have.
            TimeoutError: there was no answer.
        """
        headers = {"X-API-Key": self.installation.key, "Content-Type": "application/json"}
        if request.encoding:
            headers["Content-Encoding"] = request.encoding
        connection = http.client.HTTPConnection("127.0.0.1", self.installation.port, timeout=ANSWER_TIMEOUT_S)
        try:
            connection.request("POST", request.path, request.body, headers)
            answer = connection.getresponse()
            self._judge(request.path, answer.status, orjson.loads(answer.read()))
        finally:
            connection.close()

    def _judge(self, path: str, status: int, answer: Any) -> None:
        self.statuses[status] += 1
        if status == OK:
            items = answer["results"] if path == "/batch" else [answer]
            self.event_ids += [item["event_id"] for item in items if item["success"]]
            return
        if answer.keys() != {"success", "error", "code"} or answer["code"] not in REFUSALS.get(status, set()):
            raise WrongAnswerError(f"The answer {status} {answer} is not one that a body may get.")
