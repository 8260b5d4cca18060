"""What breaks in a callback is logged: Dash answers 500 to the browser and says nothing to whoever runs the server."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dash.exceptions import PreventUpdate

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger(__name__)


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
            logger.exception("No answer for %s", scope.get("path"))
            raise
