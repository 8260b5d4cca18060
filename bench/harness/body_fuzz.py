"""Send malformed bodies to a running collector and check every answer."""

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
JSON_TYPE = "application/json"
EXPORT_PATHS = {"/v1/traces", "/v1/logs"}
REFUSALS = {
    400: {"INVALID_REQUEST", "MISSING_REQUIRED_FIELD", "TEXT_TOO_LONG"},
    413: {"INVALID_REQUEST"},
    415: {"INVALID_REQUEST"},
}


class WrongAnswerError(AssertionError):
    """An answer that the contract does not allow."""


@dataclass
class BodyFuzz:
    """Counts the answers and records the accepted events in them."""

    installation: Installation
    statuses: Counter[int] = field(default_factory=Counter)
    event_ids: list[str] = field(default_factory=list)

    def send(self, request: OddRequest) -> None:
        """Send one body.

        Raises:
            WrongAnswerError: neither an acceptance nor one of the refusals that an event's fault may have.
            TimeoutError: there was no answer.
        """
        headers = {"X-API-Key": self.installation.key, "Content-Type": request.kind}
        if request.encoding:
            headers["Content-Encoding"] = request.encoding
        connection = http.client.HTTPConnection("127.0.0.1", self.installation.port, timeout=ANSWER_TIMEOUT_S)
        try:
            connection.request("POST", request.path, request.body, headers)
            answer = connection.getresponse()
            self._judge(request, answer.status, answer.read())
        finally:
            connection.close()

    def _judge(self, request: OddRequest, status: int, body: bytes) -> None:
        self.statuses[status] += 1
        if request.kind != JSON_TYPE:  # an answer in protobuf
            is_allowed = status == OK or status in REFUSALS
        else:
            is_allowed = self._is_allowed(request.path, status, orjson.loads(body))
        if not is_allowed:
            raise WrongAnswerError(f"{request.path} answered {status} {body!r}, which a body may not get.")

    def _is_allowed(self, path: str, status: int, answer: Any) -> bool:
        if status == OK:
            items = {"/batch": lambda: answer["results"], "/track": lambda: [answer]}.get(path, list)()
            self.event_ids += [item["event_id"] for item in items if item["success"]]
            return True
        if path in EXPORT_PATHS:
            return status in REFUSALS and answer.keys() == {"code", "message"}
        keys = {"success", "error", "code"} | ({"message"} if path.startswith("/v1/") else set())
        return answer.keys() == keys and answer["code"] in REFUSALS.get(status, set())
