"""The routes for events: read the body, authenticate, validate, check the quota, make durable, answer.

They are a plain ASGI application in front of the FastAPI application.

FastAPI remains the application for everything else, and its OpenAPI page describes these routes like any other. As a
normal route, the same code had a quarter of this throughput: there the framework is the cost, not the disk.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from collector.errors import ClientGoneError, RefusedRequestError, RejectedError, UnavailableError
from collector.http.events import (
    BATCH_PATH,
    FEEDBACK_PATH,
    TRACK_PATH,
    answer_batch,
    answer_event,
    answer_feedback,
    validate_batch,
    validate_event,
    validate_one_feedback,
)
from collector.http.exchange import FORM_TYPE, PROTOBUF_TYPE, RequestBody, read_head, refused
from collector.http.otlp_routes import (
    LANGFUSE_PATH,
    LOGS_PATH,
    TRACES_PATH,
    answer_logs,
    answer_spans,
    refuse_records,
    validate_logs,
    validate_spans,
)
from collector.http.segment_calls import (
    EVENT_CALLS,
    PERSON_CALLS,
    SEGMENT_BATCH_PATH,
    answer_calls,
    call_validator,
    refuse_calls,
    validate_calls,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from collector.http.exchange import Headers, RequestHead, Response
    from collector.http.worker import Worker
    from collector.validation import Validated
    from contracts.settings import Settings

LOW_DISK_RETRY_S = 30

_log = logging.getLogger(__name__)


class EventRoute(NamedTuple):
    """The functions of a route: validate a body, answer once its events are on disk, and refuse a whole request."""

    validate: Callable[[Worker, str, RequestHead, bytes], list[Validated]]
    answer: Callable[[Worker, list[Validated], RequestHead, Headers], Response]
    max_bytes: Callable[[Settings], int]
    refuse: Callable[[RejectedError | UnavailableError, RequestHead], Response] = refused
    other_type: bytes = b""
    """A content type besides JSON."""


def _max_batch_bytes(settings: Settings) -> int:
    return settings.max_batch_bytes


ROUTES = {
    TRACK_PATH: EventRoute(validate_event, answer_event, lambda settings: settings.collector_max_body_bytes),
    FEEDBACK_PATH: EventRoute(
        validate_one_feedback, answer_feedback, lambda settings: settings.collector_max_body_bytes
    ),
    BATCH_PATH: EventRoute(validate_batch, answer_batch, _max_batch_bytes),
    TRACES_PATH: EventRoute(validate_spans, answer_spans, _max_batch_bytes, refuse_records, PROTOBUF_TYPE),
    LANGFUSE_PATH: EventRoute(validate_spans, answer_spans, _max_batch_bytes, refuse_records, PROTOBUF_TYPE),
    LOGS_PATH: EventRoute(validate_logs, answer_logs, _max_batch_bytes, refuse_records, PROTOBUF_TYPE),
    SEGMENT_BATCH_PATH: EventRoute(validate_calls, answer_calls, _max_batch_bytes, refuse_calls, FORM_TYPE),
}
ROUTES |= {
    f"/v1/{kind}": EventRoute(call_validator(kind), answer_calls, ROUTES[TRACK_PATH].max_bytes, refuse_calls, FORM_TYPE)
    for kind in (*EVENT_CALLS, *PERSON_CALLS)
}


class EventRoutes:
    """Answers the paths of `ROUTES` and passes the others to `app`. `worker` is set while the application runs."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.worker: Worker | None = None

    def running_worker(self) -> Worker:
        """Return the worker.

        Raises:
            UnavailableError: it is starting or stopping.
        """
        if self.worker is None:
            raise UnavailableError("The collector is starting; send the request again.")
        return self.worker

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        route = ROUTES.get(scope["path"]) if scope["type"] == "http" else None
        if route is None:
            await self.app(scope, receive, send)
            return
        body = RequestBody(receive, scope["headers"])
        head = read_head(scope["headers"])
        try:
            response = await self._answer(route, scope, head, body)
        except ClientGoneError:
            return
        except Exception as error:  # noqa: BLE001  # every error is answered
            response = route.refuse(self._refusal(error), head)
            await body.discard_rest()
        await response.send(send)

    async def _answer(self, route: EventRoute, scope: Scope, head: RequestHead, body: RequestBody) -> Response:
        if scope["method"] != "POST":
            raise RefusedRequestError(405, f"{scope['path']} allows only POST.", ((b"allow", b"POST"),))
        worker = self.running_worker()
        worker.transport.check(scope["scheme"], scope.get("client"), scope["headers"])
        if worker.space.is_low:
            raise UnavailableError(
                "The collector's disk is nearly full; send the request again later.", LOW_DISK_RETRY_S
            )
        project_id = await worker.keys.project_of(head)
        content = await body.read(head, route.max_bytes(worker.settings), route.other_type)
        validated = route.validate(worker, project_id, head, content)
        await worker.maskers.mask(project_id, validated)
        events, lease = await worker.quota.admit(validated)
        if events:
            await worker.commits.commit(events)
        return route.answer(worker, validated, head, lease.headers() if lease else ())

    def _refusal(self, error: Exception) -> RejectedError | UnavailableError:
        if not isinstance(error, RejectedError | UnavailableError):
            # An internal error must not look like an error of the app, and is logged with its traceback.
            _log.error("A request could not be handled.", exc_info=error)
            error = UnavailableError("The collector could not process the request; send it again.")
        self._count(error.code)
        return error

    def _count(self, code: str) -> None:
        if self.worker is not None:
            self.worker.metrics.rejected.labels(code).inc()
