"""`POST /batch`: many events in one request, each judged on its own, all of them made durable together."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import orjson

from collector.answers import batch_processed
from collector.decoding import decode_exactly, decode_json
from collector.errors import RateLimitedError, RejectedError
from collector.request_body import read_body
from contracts.events import MAX_BATCH_EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive

    from collector.answers import Answer
    from collector.quota import Lease
    from collector.request_body import RequestHead
    from collector.worker import Worker
    from contracts.events import LandedEvent

BATCH_PATH = "/batch"


async def take_batch(worker: Worker, project_id: str, head: RequestHead, receive: Receive) -> Answer:
    """Judge every event of a request and keep the good ones; the answer lists all of them by index.

    Raises:
        RejectedError: the request is no batch, or the quota lets no event of it in.
        UnavailableError: the good events are not on disk; none of the batch was taken.
        ClientGoneError: the client hung up before the body was whole.
    """
    body = await read_body(receive, head, worker.settings.max_batch_bytes)
    items = _items(decode_json(body))
    judged = _judge_all(worker, project_id, items, body)
    events, lease = await _admit(worker, judged)
    if events:
        await worker.keep(*events)
    worker.metrics.n_rejected.update(item.code for item in judged if isinstance(item, RejectedError))
    return batch_processed(judged, lease.headers() if lease else ())


def _items(payload: Any) -> list[Any]:
    if not isinstance(payload, dict):
        raise RejectedError("INVALID_REQUEST", 'A batch must be a JSON object: {"events": [...]}.')
    items = payload.get("events")
    if items is None:
        raise RejectedError("MISSING_REQUIRED_FIELD", "Missing required field: events")
    if not isinstance(items, list):
        raise RejectedError("INVALID_REQUEST", "events must be a list.")
    if len(items) > MAX_BATCH_EVENTS:
        raise RejectedError("INVALID_REQUEST", f"events has {len(items)} items; allowed are {MAX_BATCH_EVENTS}.")
    return items


def _judge_all(worker: Worker, project_id: str, items: list[Any], body: bytes) -> list[LandedEvent | RejectedError]:
    reread = cache(partial(decode_exactly, body))  # at most once for the whole body, whichever items ask
    max_bytes = worker.settings.max_body_bytes
    judged: list[LandedEvent | RejectedError] = []
    for index, item in enumerate(items):
        try:
            event = worker.judge(project_id, item, partial(_item, reread, index))
            if len(body) > max_bytes:
                _check_size(item, max_bytes)
        except RejectedError as problem:
            judged.append(problem)
        else:
            judged.append(event)
    return judged


async def _admit(worker: Worker, judged: list[LandedEvent | RejectedError]) -> tuple[list[LandedEvent], Lease | None]:
    """Return the events that the quota lets in; in `judged`, refusals take the place of the others.

    Raises:
        RateLimitedError: it lets none of them in.
    """
    admitted: list[LandedEvent] = []
    lease: Lease | None = None
    refusal: RateLimitedError | None = None
    try:
        for index, event in enumerate(judged):
            if isinstance(event, RejectedError):
                continue
            try:
                lease = worker.quota.spend(event) or await worker.quota.ask(event, len(judged) - index)
            except RateLimitedError as error:
                judged[index] = refusal = error
            else:
                admitted.append(event)
    except BaseException:
        worker.quota.refund(admitted)
        raise
    if refusal is not None and not admitted:
        raise refusal
    return admitted, lease


def _check_size(item: Any, max_bytes: int) -> None:
    """Keep out what /track would refuse: readers of the landed files have limits for the length of a line."""
    if len(orjson.dumps(item)) > max_bytes:
        raise RejectedError("INVALID_REQUEST", f"The event is too large; allowed are {max_bytes} bytes.")


def _item(reread: Callable[[], Any], index: int) -> Any:
    return reread()["events"][index]
