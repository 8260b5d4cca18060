"""The routes for events as a plain ASGI class around the FastAPI application.

FastAPI stays the application for everything else, and its OpenAPI page describes these routes like any other. As a
normal route the same code reached a quarter of this throughput: there the framework is the cost, not the disk.

A request takes one of two ways, which differ in who waits and share everything else. As ASGI calls it, a task of its
own awaits the body, the key, the quota and the disk. The usual request needs to wait for nothing but the disk, and so
`protocol.py` hands it over whole (`take`) and gets called back with the answer.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from collector.errors import ClientGoneError, RefusedRequestError, RejectedError, UnavailableError
from collector.http.batch import BATCH_PATH, answer_events, judge_events
from collector.http.request_body import BodyStream, is_plain_json, read_body, read_head
from collector.http.responses import refused, unavailable
from collector.http.track import TRACK_PATH, answer_event, judge_event
from collector.quota.admission import admit, good_events

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from collector.http.responses import Answer, Headers
    from collector.http.worker import Worker
    from collector.quota.admission import Judged
    from collector.quota.leases import Lease
    from contracts.events import ErrorCode, LandedEvent
    from contracts.settings import Settings

    Reply = Callable[[Answer], None]

LOW_DISK_RETRY_S = 30

_log = logging.getLogger(__name__)


class EventRoute(NamedTuple):
    """What one of the routes does with a body and with what was judged."""

    judge: Callable[[Worker, str, bytes], list[Judged]]
    answer: Callable[[Worker, list[Judged], Headers], Answer]
    max_bytes: Callable[[Settings], int]


ROUTES = {
    TRACK_PATH: EventRoute(judge_event, answer_event, lambda settings: settings.collector_max_body_bytes),
    BATCH_PATH: EventRoute(judge_events, answer_events, lambda settings: settings.max_batch_bytes),
}
_ROUTES_BY_URL = {path.encode(): route for path, route in ROUTES.items()}


class Admitted(NamedTuple):
    """A request that needs nothing but its body and the disk: its route, and the project of its key."""

    worker: Worker
    route: EventRoute
    project_id: str


class EventRoutes:
    """Answers `/track` and `/batch`, hands the rest to `app`. `worker` is set while the application is running."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.worker: Worker | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def running_worker(self) -> Worker:
        """Return the worker.

        Raises:
            UnavailableError: it is starting or stopping.
        """
        if self.worker is None:
            raise UnavailableError("The collector is starting; send the request again.")
        return self.worker

    # ------------------------------------------------------------------------------------------------ as ASGI calls it

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        route = ROUTES.get(scope["path"]) if scope["type"] == "http" else None
        if route is None:
            await self.app(scope, receive, send)
            return
        body = BodyStream(receive, waits_for_continue=(b"expect", b"100-continue") in scope["headers"])
        try:
            answer = await self._answer(route, scope, body)
        except ClientGoneError:
            return
        except Exception as error:  # noqa: BLE001  # every error has its answer
            answer = self._refusal(error)
            await body.discard_rest()
        await answer.send(send)

    async def _answer(self, route: EventRoute, scope: Scope, receive: Receive) -> Answer:
        if scope["method"] != "POST":
            raise RefusedRequestError(405, f"{scope['path']} takes only POST.", ((b"allow", b"POST"),))
        worker = self.running_worker()
        worker.transport.check(scope["scheme"], scope.get("client"), scope["headers"])
        if worker.space.is_low:
            raise UnavailableError(
                "The collector's disk is nearly full; send the request again later.", LOW_DISK_RETRY_S
            )
        head = read_head(scope["headers"])
        project_id = await worker.keys.project_of_request(head)
        body = await read_body(receive, head, route.max_bytes(worker.settings))
        judged = route.judge(worker, project_id, body)
        events = good_events(judged)
        lease = worker.quota.spend(events) if events else None
        return await self._keep(worker, route, judged, events, lease)

    async def _keep(
        self, worker: Worker, route: EventRoute, judged: list[Judged], events: list[LandedEvent], lease: Lease | None
    ) -> Answer:
        if events and lease is None:
            events, lease = await admit(worker.quota, judged)
        if events:
            await worker.keep(events)
        return route.answer(worker, judged, lease.headers() if lease else ())

    # ----------------------------------------------------------------------------------------------- without a task

    def admit(
        self, url: bytes, scheme: str | None, client: tuple[str, int] | None, headers: list[tuple[bytes, bytes]]
    ) -> Admitted | None:
        """Look at the head of a POST; None where ASGI must look: a wait is ahead, or a refusal, or another route."""
        route, worker = _ROUTES_BY_URL.get(url), self.worker
        if route is None or worker is None or worker.space.is_low:
            return None
        head = read_head(headers)
        if not is_plain_json(head, route.max_bytes(worker.settings)) or len(head.keys) != 1:
            return None
        project_id = worker.keys.project_at_hand(head.keys[0])
        if project_id is None or not worker.transport.is_allowed(scheme, client, headers):
            return None
        return Admitted(worker, route, project_id)

    def take(self, admitted: Admitted, body: bytes, reply: Reply) -> None:
        """Judge a body and send its events to the disk; `reply` is called with the answer, now or later."""
        worker, route, project_id = admitted
        try:
            judged = route.judge(worker, project_id, body)
            events = good_events(judged)
            if not events:
                reply(route.answer(worker, judged, ()))
                return
            lease = worker.quota.spend(events)
            if lease is None:
                self._take_slowly(admitted, judged, events, reply)
                return
            worker.submit(events, partial(self._settled, admitted, judged, lease, reply))
        except Exception as error:  # noqa: BLE001  # every error has its answer
            reply(self._refusal(error))

    def _settled(
        self,
        admitted: Admitted,
        judged: list[Judged],
        lease: Lease,
        reply: Reply,
        failure: UnavailableError | None,
    ) -> None:
        if failure is not None:
            reply(self._refusal(failure))
            return
        try:
            answer = admitted.route.answer(admitted.worker, judged, lease.headers())
        except Exception as error:  # noqa: BLE001  # every error has its answer
            answer = self._refusal(error)
        reply(answer)

    def _take_slowly(self, admitted: Admitted, judged: list[Judged], events: list[LandedEvent], reply: Reply) -> None:
        """Go on with a task, because the quota has to be asked for."""

        async def finish() -> None:
            try:
                answer = await self._keep(admitted.worker, admitted.route, judged, events, None)
            except Exception as error:  # noqa: BLE001  # every error has its answer
                answer = self._refusal(error)
            reply(answer)

        task = asyncio.get_running_loop().create_task(finish())
        self._tasks.add(task)  # the loop itself would forget it
        task.add_done_callback(self._tasks.discard)

    # ------------------------------------------------------------------------------------------------------- refusals

    def _refusal(self, error: Exception) -> Answer:
        if isinstance(error, RejectedError | UnavailableError):
            self.count(error.code)
            return refused(error)
        # A fault of ours must not look like a fault of the app, and is logged whole.
        _log.error("A request could not be handled.", exc_info=error)
        self.count("UNAVAILABLE")
        return unavailable("The collector could not handle the request; send it again.")

    def count(self, code: ErrorCode) -> None:
        """Count a refusal."""
        if self.worker is not None:
            self.worker.metrics.rejected.labels(code).inc()
