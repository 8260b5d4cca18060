"""`GET /usage`: how much of its allowance the project of a key has used."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

from collector.errors import UnavailableError
from collector.http.exchange import read_head
from collector.quota import RateLimitFields
from collector.validation import landed_time
from projects.errors import ProjectsError

if TYPE_CHECKING:
    from starlette.requests import Request

    from collector.http.worker import Worker
    from projects.records import Usage

USAGE_PATH = "/usage"

_log = logging.getLogger(__name__)


async def answer_usage(worker: Worker, request: Request) -> Response:
    """Answer with plan, limit, used and remaining events, and the times between which they count.

    Raises:
        RejectedError: the key is not valid.
        UnavailableError: the projects database cannot be used now.
    """
    worker.transport.check(request.scope["scheme"], request.scope.get("client"), request.scope["headers"])
    project_id = await worker.keys.project_of(read_head(request.scope["headers"]))
    try:
        await worker.quota.flush(project_id)
        usage = await asyncio.to_thread(worker.projects.ledger.usage, project_id, datetime.now(UTC))
    except ProjectsError as error:
        _log.error("The usage cannot be read.", extra={"reason": str(error)})
        raise UnavailableError("The usage cannot be read now; try again.") from error
    fields = RateLimitFields(usage.allowance).headers(usage.remaining or 0)
    headers = {name.decode(): value.decode() for name, value in fields}
    return Response(orjson.dumps({"success": True, **as_json(usage)}), 200, headers, "application/json")


def as_json(usage: Usage) -> dict[str, Any]:
    """Return a usage in machine-readable form, for this route and `turret project usage --json`."""
    return {
        "project_id": usage.project.project_id,
        "plan": usage.allowance.plan,
        "limit": usage.allowance.limit,
        "used": usage.used,
        "remaining": usage.remaining,
        "starts_at": landed_time(usage.allowance.starts_at),
        "ends_at": landed_time(usage.allowance.ends_at),
    }
