"""`POST /track`, the hot route: a plain ASGI class around the FastAPI application.

FastAPI stays the application for everything else, and its OpenAPI page describes this route like any other. As a
normal route the same code reached a quarter of this throughput: there the framework is the cost, not the disk.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from collector.answers import Answer, refused, tracked, unavailable
from collector.decoding import decode_exactly, decode_json
from collector.errors import ClientGoneError, RefusedRequestError, RejectedError, UnavailableError
from collector.key_ring import invalid_key
from collector.request_body import read_body, read_head

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from collector.worker import Worker

TRACK_PATH = "/track"

_log = logging.getLogger(__name__)


class TrackRoute:
    """Answers `/track` and hands everything else to `app`. `worker` is set while the application is running."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.worker: Worker | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] != TRACK_PATH:
            await self.app(scope, receive, send)
            return
        try:
            answer = await self._answer(scope, receive)
        except (RejectedError, UnavailableError) as error:
            answer = refused(error)
        except ClientGoneError:
            return
        except Exception:  # noqa: BLE001  # a fault of ours must not look like a fault of the app, and is logged whole
            _log.exception("An event could not be handled.")
            answer = unavailable("The collector could not handle the event; send it again.")
        await answer.send(send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        if scope["method"] != "POST":
            raise RefusedRequestError(405, f"{TRACK_PATH} takes only POST.", {"Allow": "POST"})
        if self.worker is None:
            raise UnavailableError("The collector is starting; send the event again.")
        head = read_head(scope["headers"])
        if len(head.keys) != 1:
            raise invalid_key()
        project_id = await self.worker.keys.project_of(head.keys[0])
        body = await read_body(receive, head, self.worker.settings.max_body_bytes)
        event = self.worker.judge(project_id, decode_json(body), partial(decode_exactly, body))
        await self.worker.keep(event)
        return tracked(event)
