"""`DELETE /users/{user_id}`: request that all that a user said be erased. `GET /erasures/{id}`: how far that is."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import orjson
from starlette.responses import Response

from collector.errors import RefusedRequestError, RejectedError, UnavailableError
from collector.http.authentication import MAX_KEY_BYTES, invalid_key
from collector.http.exchange import read_head
from collector.validation import landed_time
from projects.access.api_keys import hash_key, visible_prefix
from projects.audit.actor import acting, current_actor
from projects.errors import InvalidValueError, NotFoundError, ProjectsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from collector.http.worker import Worker
    from projects.records import Erasure

USERS_PATH = "/users/{user_id:path}"
ERASURES_PATH = "/erasures/{erasure_id}"
LATER = "later"

_log = logging.getLogger(__name__)


async def request_erasure(worker: Worker, request: Request, user_id: str) -> Response:
    """Request an erasure of a user; the next run of the pipeline does it.

    Raises:
        RejectedError: the key may not erase, or the id or choice is not allowed.
        UnavailableError: the projects database cannot be used now.
    """
    try:
        unquote_to_bytes(request.scope["raw_path"]).decode()
    except UnicodeDecodeError:
        message = (
            "The user_id in the path is not UTF-8; allowed is UTF-8 with percent-encoding, such as /users/ada%20b."
        )
        raise RejectedError("INVALID_REQUEST", message) from None
    later = request.query_params.get(LATER, "drop")

    def add(project_id: str, by: str) -> Erasure:
        return worker.projects.erasures.add(project_id, "user", user_id, by, later)

    return _answer(await _ask(worker, request, add), 202)


async def answer_erasure(worker: Worker, request: Request, erasure_id: str) -> Response:
    """Answer when an erasure was requested and finished, and what it removed.

    Raises:
        RejectedError: the key may not erase, or its project has no such erasure.
        UnavailableError: the projects database cannot be used now.
    """

    def find(project_id: str, _by: str) -> Erasure:
        found = [erasure for erasure in worker.projects.erasures.list(project_id) if erasure.erasure_id == erasure_id]
        if not found:
            raise NotFoundError("This project has no such erasure.")
        return found[0]

    return _answer(await _ask(worker, request, find), 200)


async def _ask(worker: Worker, request: Request, do: Callable[[str, str], Erasure]) -> Erasure:
    """Find the project of the key, and do something in it, in another thread."""
    worker.transport.check(request.scope["scheme"], request.scope.get("client"), request.scope["headers"])
    keys = read_head(request.scope["headers"]).keys
    if len(keys) != 1 or len(keys[0]) > MAX_KEY_BYTES:
        raise invalid_key()

    def work() -> Erasure:
        key_hash = hash_key(keys[0])
        project_id = worker.projects.find_key(key_hash, "erase")
        if project_id is None:
            raise invalid_key()
        worker.projects.note_key_use(key_hash)
        with acting(f"API key {visible_prefix(keys[0].decode())}…"):
            return do(project_id, current_actor())

    try:
        return await asyncio.to_thread(work)
    except InvalidValueError as error:
        raise RejectedError("INVALID_REQUEST", str(error)) from error
    except NotFoundError as error:
        raise RefusedRequestError(404, str(error)) from error
    except ProjectsError as error:
        _log.error("An erasure cannot be requested or read.", extra={"reason": str(error)})
        raise UnavailableError("The projects database cannot be used now; send the request again.") from error


def _answer(erasure: Erasure, status: int) -> Response:
    return Response(orjson.dumps({"success": True, **_as_json(erasure)}), status, {}, "application/json")


def _as_json(erasure: Erasure) -> dict[str, Any]:
    counts = erasure.counts
    return {
        "erasure_id": erasure.erasure_id,
        "later_events": erasure.later_events,
        "requested_at": landed_time(erasure.requested_at),
        "finished_at": landed_time(erasure.finished_at) if erasure.finished_at else None,
        "n_events": counts.n_events if counts else None,
        "n_sessions": counts.n_sessions if counts else None,
        "n_texts": counts.n_texts if counts else None,
    }
