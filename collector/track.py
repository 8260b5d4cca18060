"""`POST /track`: one event, answered once it is on disk."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from collector.answers import Answer, tracked
from collector.decoding import decode_exactly, decode_json
from collector.request_body import read_body

if TYPE_CHECKING:
    from starlette.types import Receive

    from collector.request_body import RequestHead
    from collector.worker import Worker

TRACK_PATH = "/track"


async def take_event(worker: Worker, project_id: str, head: RequestHead, receive: Receive) -> Answer:
    """Judge and keep the one event of a request.

    Raises:
        RejectedError: the event or the request is at fault.
        UnavailableError: the event is not on disk.
        ClientGoneError: the client hung up before the body was whole.
    """
    body = await read_body(receive, head, worker.settings.max_body_bytes)
    event = worker.judge(project_id, decode_json(body), partial(decode_exactly, body))
    lease = worker.quota.spend(event) or await worker.quota.ask(event)
    await worker.keep(event)
    return tracked(event, lease.headers())
