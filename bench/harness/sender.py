"""A client that sends numbered events over many connections and remembers which were acknowledged, and when.

It speaks HTTP over bare sockets, because a client library costs more than the server it would load. Every event has an
event_id and a text that follow from its number, and is sent once: whatever is in the warehouse can be checked.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAUSE_S = 0.02
ANSWER_TIMEOUT_S = 30.0


class UnexpectedAnswerError(RuntimeError):
    """The server gave an answer that is neither an acknowledgement nor one of the refusals that were looked for."""


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


@dataclass
class Sender:
    """Sends to one port with one or several keys; connections take them in turn.

    Attributes:
        acknowledged: Numbers of the events whose 200 arrived, by key.
        statuses: How often each status came.
        n_sent: Events that were sent, answered or not.
        batch_events: Every third connection sends batches of so many events; 0: none does.
    """

    port: int
    keys: Sequence[str]
    batch_events: int = 0
    acknowledged: dict[str, set[int]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
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
        n_events = self.batch_events if place % 3 == 2 else 0  # noqa: PLR2004  # every third
        while not self.is_stopped:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(PAUSE_S)
                continue
            try:
                await self._send_over(reader, writer, key, n_events)
            except (OSError, asyncio.IncompleteReadError):
                pass  # killed in the middle: unanswered events may or may not be kept
            finally:
                writer.close()

    async def _send_over(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str, n_events: int
    ) -> None:
        while not self.is_stopped:
            numbers = list(itertools.islice(self.numbers, n_events or 1))
            if not numbers:
                self.is_stopped = True
                return
            events = [make_event(number) for number in numbers]
            self.n_sent += len(numbers)
            writer.write(
                http_request(key, "/batch" if n_events else "/track", {"events": events} if n_events else events[0])
            )
            answer = await asyncio.wait_for(read_answer(reader), ANSWER_TIMEOUT_S)
            self._remember(answer, key, numbers, is_batch=n_events > 0)
            if answer.status != 200:  # noqa: PLR2004  # OK
                await asyncio.sleep(PAUSE_S)

    def _remember(self, answer: Answer, key: str, numbers: list[int], *, is_batch: bool) -> None:
        self.statuses[answer.status] += 1
        if answer.status not in {200, 429, 503}:
            raise UnexpectedAnswerError(f"The server answered {answer.status}: {answer.body}")
        mine = self.acknowledged.setdefault(key, set())
        if is_batch:
            mine.update(numbers[place] for place in taken_places(answer))
        elif answer.status == 200:  # noqa: PLR2004  # OK
            mine.update(numbers)


def taken_places(answer: Answer) -> list[int]:
    """Return the places of the events of a batch that were taken."""
    if not isinstance(answer.body, dict):
        return []
    return [result["index"] for result in answer.body.get("results", []) if result["success"]]


def http_request(key: str, path: str, document: object) -> bytes:
    """Return the bytes of a POST."""
    body = orjson.dumps(document)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-API-Key: {key}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read one answer with a Content-Length and a JSON body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Answer(int(head[0].split()[1]), headers, orjson.loads(body) if body else None)
