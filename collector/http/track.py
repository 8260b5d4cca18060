"""`POST /track`: one event, answered once it is on disk."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from collector.decoding import decode_exactly, decode_json
from collector.http.responses import Answer, tracked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.http.request_body import RequestHead
    from collector.http.responses import Headers
    from collector.http.worker import Worker
    from collector.quota.admission import Judged
    from contracts.events import LandedEvent

TRACK_PATH = "/track"


def judge_event(worker: Worker, project_id: str, _: RequestHead, body: bytes) -> list[Judged]:
    """Judge the one event of a request.

    Raises:
        RejectedError: the event or the request is at fault.
    """
    return [worker.judge(project_id, decode_json(body), partial(decode_exactly, body))]


def answer_event(_: Worker, judged: Sequence[Judged], _head: RequestHead, headers: Headers) -> Answer:
    """Answer once the event is on disk."""
    return tracked(cast("LandedEvent", judged[0]), headers)
