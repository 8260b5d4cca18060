"""The routes for events as a plain ASGI class around the FastAPI application.

FastAPI stays the application for everything else, and its OpenAPI page describes these routes like any other. As a
normal route the same code reached a quarter of this throughput: there the framework is the cost, not the disk.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from collector.answers import refused, unavailable
from collector.batch import BATCH_PATH, take_batch
from collector.errors import ClientGoneError, RefusedRequestError, RejectedError, UnavailableError
from collector.request_body import read_head
from collector.track import TRACK_PATH, take_event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from collector.answers import Answer
    from collector.request_body import RequestHead
    from collector.worker import Worker
    from contracts.events import ErrorCode

    Handler = Callable[[Worker, str, RequestHead, Receive], Awaitable[Answer]]

LOW_DISK_RETRY_S = 30

_log = logging.getLogger(__name__)


class EventRoutes:
    """Answers `/track` and `/batch`, hands the rest to `app`. `worker` is set while the application is running."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.worker: Worker | None = None
        self._handlers: dict[str, Handler] = {TRACK_PATH: take_event, BATCH_PATH: take_batch}

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
        handler = self._handlers.get(scope["path"]) if scope["type"] == "http" else None
        if handler is None:
            await self.app(scope, receive, send)
            return
        try:
            answer = await self._answer(handler, scope, receive)
        except (RejectedError, UnavailableError) as error:
            self._count(error.code)
            answer = refused(error)
        except ClientGoneError:
            return
        except Exception:  # noqa: BLE001  # a fault of ours must not look like a fault of the app, and is logged whole
            _log.exception("A request could not be handled.")
            self._count("UNAVAILABLE")
            answer = unavailable("The collector could not handle the request; send it again.")
        await answer.send(send)

    async def _answer(self, handler: Handler, scope: Scope, receive: Receive) -> Answer:
        if scope["method"] != "POST":
            raise RefusedRequestError(405, f"{scope['path']} takes only POST.", ((b"allow", b"POST"),))
        worker = self.running_worker()
        worker.transport.check(scope)
        if worker.space.is_low:
            raise UnavailableError(
                "The collector's disk is nearly full; send the request again later.", LOW_DISK_RETRY_S
            )
        head = read_head(scope["headers"])
        project_id = await worker.keys.project_of_request(head)
        return await handler(worker, project_id, head, receive)

    def _count(self, code: ErrorCode) -> None:
        if self.worker is not None:
            self.worker.metrics.n_rejected[code] += 1
