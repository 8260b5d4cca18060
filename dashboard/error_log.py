"""Log what fails in a callback: Dash answers 500 to the browser and logs nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dash.exceptions import DependencyException, PreventUpdate
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)
_GONE = "turret.gone"
"""Key of a request's scope: a list that is empty until the browser disconnects."""


class ErrorLog:
    """Logs an application's exceptions and raises them again. It wraps Dash inside Dash's own error handling."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await self._app(scope, receive, send)
        except DependencyException:
            await PlainTextResponse("There is no such script.\n", 404)(scope, receive, send)
        except PreventUpdate:  # how a callback says that nothing changes
            raise
        except Exception:
            if not scope.get(_GONE):  # Dash cannot parse the body of a request that was cancelled
                logger.exception("No answer for %s", scope.get("path"))
            raise


class NotedDeparture:
    """Records that the browser cancelled a request, such as by closing the page. It wraps Dash's own error handling."""

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
