"""What breaks in a callback is logged: Dash answers 500 to the browser and says nothing to whoever runs the server."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dash.exceptions import PreventUpdate

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)
_GONE = "turret.gone"
"""Key of a request's scope: a list, empty until the browser has gone."""


class ErrorLog:
    """Logs what an application raises, and raises it again. Stands inside Dash's own handling."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await self._app(scope, receive, send)
        except PreventUpdate:  # how a callback says that nothing changes
            raise
        except Exception:
            if not scope.get(_GONE):  # of a request that was broken off Dash reads no body, and breaks on that
                logger.exception("No answer for %s", scope.get("path"))
            raise


class NotedDeparture:
    """Notes that a browser broke its request off, such as by closing the page. Stands outside Dash's own handling."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        scope[_GONE] = gone = []

        async def receive_and_note() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                gone.append(message)
            return message

        await self._app(scope, receive_and_note, send)
