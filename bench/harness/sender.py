"""A client that sends numbered events over many connections and records which were acknowledged, and when.

It speaks HTTP over bare sockets, because a client library costs more than the server it would load. Every event has an
event_id and a text that follow from its number, and is sent once: whatever is in the warehouse can be checked. A span
has its number and text; the collector makes the id of its event.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

JSON_TYPE, PROTOBUF_TYPE = "application/json", "application/x-protobuf"
OK = 200
PAUSE_S = 0.02
ANSWER_TIMEOUT_S = 30.0


class UnexpectedAnswerError(RuntimeError):
    """The server gave an answer that is neither an acknowledgement nor an expected refusal."""


class Answer(NamedTuple):
    """An HTTP answer with a JSON body."""

    status: int
    headers: dict[str, str]
    body: Any


def event_id(number: int) -> str:
    """Return the id of an event."""
    return f"event-{number:09d}"


def text(number: int) -> str:
    """Return the text of an event: of several lengths, with letters of several bytes and characters to escape."""
    return f'Where is my order {number}? "Größe" \\ ☃\n' + "please " * (number % 40)


def make_event(number: int) -> dict[str, Any]:
    """Return an event."""
    return {
        "name": "message",
        "event_id": event_id(number),
        "session_id": f"chat-{number // 8}",
        "user_id": f"user-{number % 97}",
        "metadata": {"prompt": text(number), "number": number, "plan": "pro"},
    }


def make_spans(numbers: Sequence[int]) -> bytes:
    """Return an export of a span for each number, as OpenTelemetry's instrumentation of openai writes them."""
    request = ExportTraceServiceRequest()
    scoped = request.resource_spans.add().scope_spans.add()
    for number in numbers:
        span = scoped.spans.add(name="chat", trace_id=os.urandom(16), span_id=os.urandom(8), kind=3)
        messages = [{"role": "user", "parts": [{"type": "text", "content": text(number)}]}]
        span.attributes.add(key="gen_ai.operation.name").value.string_value = "chat"
        span.attributes.add(key="gen_ai.input.messages").value.string_value = orjson.dumps(messages).decode()
        span.attributes.add(key="session.id").value.string_value = f"chat-{number // 8}"
        span.attributes.add(key="traceloop.association.properties.number").value.int_value = number
    return bytes(request.SerializeToString())


@dataclass
class Sender:
    """Sends to one port with one or several keys; connections take them in turn.

    Attributes:
        acknowledged: Numbers of the events whose 200 arrived, by key.
        statuses: How often each status came.
        n_spans: Spans among the acknowledged.
        n_sent: Events that were sent, answered or not.
        batch_events: Every third connection sends batches of so many events; 0: none does.
        span_events: Every other third sends exports of so many spans; 0: none does.
    """

    port: int
    keys: Sequence[str]
    batch_events: int = 0
    span_events: int = 0
    acknowledged: dict[str, set[int]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    n_spans: int = 0
    n_sent: int = 0
    numbers: Iterator[int] = field(default_factory=itertools.count)
    is_stopped: bool = False

    @property
    def n_acknowledged(self) -> int:
        """Events whose 200 arrived, of all keys."""
        return sum(map(len, self.acknowledged.values()))

    async def send_until_stopped(self, connections: int) -> None:
        """Send over so many connections at once until `is_stopped`, or until there are no numbers left.

        Broken connections are opened again.

        Raises:
            UnexpectedAnswerError: an answer was not 200, 429 or 503.
        """
        self.is_stopped = False
        tasks = [self._use_connection(place) for place in range(connections)]
        await asyncio.gather(*tasks)

    async def _use_connection(self, place: int) -> None:
        key = self.keys[place % len(self.keys)]
        n_events = [0, self.span_events, self.batch_events][place % 3]
        path = "/v1/traces" if place % 3 == 1 else "/batch"
        while not self.is_stopped:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(PAUSE_S)
                continue
            try:
                await self._send_over(reader, writer, key, path if n_events else "/track", n_events or 1)
            except (OSError, asyncio.IncompleteReadError):
                pass  # killed in the middle: unanswered events may or may not be kept
            finally:
                writer.close()

    async def _send_over(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str, path: str, n_events: int
    ) -> None:
        while not self.is_stopped:
            numbers = list(itertools.islice(self.numbers, n_events))
            if not numbers:
                self.is_stopped = True
                return
            self.n_sent += len(numbers)
            writer.write(_request(key, path, numbers))
            answer = await asyncio.wait_for(read_answer(reader), ANSWER_TIMEOUT_S)
            self._remember(answer, key, numbers, is_batch=path == "/batch")
            self.n_spans += len(numbers) if path == "/v1/traces" and answer.status == OK else 0
            if answer.status != OK:
                await asyncio.sleep(PAUSE_S)

    def _remember(self, answer: Answer, key: str, numbers: list[int], *, is_batch: bool) -> None:
        self.statuses[answer.status] += 1
        if answer.status not in {200, 429, 503}:
            raise UnexpectedAnswerError(f"The server answered {answer.status}: {answer.body}")
        if isinstance(answer.body, bytes) and answer.status == OK:
            raise UnexpectedAnswerError("Some spans of an export were refused.")
        mine = self.acknowledged.setdefault(key, set())
        if is_batch:
            mine.update(numbers[place] for place in taken_places(answer))
        elif answer.status == OK:
            mine.update(numbers)


def taken_places(answer: Answer) -> list[int]:
    """Return the positions of the accepted events of a batch."""
    if not isinstance(answer.body, dict):
        return []
    return [result["index"] for result in answer.body.get("results", []) if result["success"]]


def _request(key: str, path: str, numbers: Sequence[int]) -> bytes:
    if path == "/v1/traces":
        return http_request(key, path, make_spans(numbers), PROTOBUF_TYPE)
    events = [make_event(number) for number in numbers]
    return http_request(key, path, orjson.dumps({"events": events} if path == "/batch" else events[0]))


def http_request(key: str, path: str, body: bytes, kind: str = JSON_TYPE) -> bytes:
    """Return the bytes of a POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nX-API-Key: {key}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read one answer with a Content-Length; its body where that is JSON."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    is_json = headers.get("content-type", "").startswith(JSON_TYPE)
    return Answer(int(head[0].split()[1]), headers, orjson.loads(body) if is_json else body or None)
