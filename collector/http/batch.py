"""`POST /batch`: many events in one request, each judged on its own, all of them made durable together."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import orjson

from collector.decoding import decode_exactly, decode_json
from collector.errors import RejectedError
from collector.http.responses import batch_processed
from contracts.events import MAX_BATCH_EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collector.http.request_body import RequestHead
    from collector.http.responses import Answer, Headers
    from collector.http.worker import Worker
    from collector.quota.admission import Judged

BATCH_PATH = "/batch"


def judge_events(worker: Worker, project_id: str, _: RequestHead, body: bytes) -> list[Judged]:
    """Judge every event of a request on its own.

    Raises:
        RejectedError: the request is no batch.
    """
    items = _items(decode_json(body))
    return _judge_all(worker, project_id, items, body)


def answer_events(worker: Worker, judged: Sequence[Judged], _: RequestHead, headers: Headers) -> Answer:
    """Answer once the good events are on disk; all of them are listed by index."""
    worker.count_refused(judged)
    return batch_processed(judged, headers)


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


def _judge_all(worker: Worker, project_id: str, items: list[Any], body: bytes) -> list[Judged]:
    reread = cache(partial(decode_exactly, body))  # at most once for the whole body, whichever items ask
    max_bytes = worker.settings.collector_max_body_bytes
    judged: list[Judged] = []
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


def _check_size(item: Any, max_bytes: int) -> None:
    """Keep out what /track would refuse: readers of the landed files have limits for the length of a line."""
    if len(orjson.dumps(item)) > max_bytes:
        raise RejectedError("INVALID_REQUEST", f"The event is too large; allowed are {max_bytes} bytes.")


def _item(reread: Callable[[], Any], index: int) -> Any:
    return reread()["events"][index]
