"""Retry steps after transient errors: a locked file, or an endpoint that is busy or unreachable.

All other errors fail the step at once, since the same data would give the same error.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

from ml.errors import EmbedderUnavailableError
from orchestration.errors import WarehouseBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_RETRIES = 3
FIRST_WAIT_S = 5.0
_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = range(500, 600)


@contextmanager
def retrying(retry_number: int) -> Iterator[None]:
    """Ask Dagster to run the step again, each time after twice the wait, where the body fails for a passing reason.

    Args:
        retry_number: How often the step was tried before: `context.retry_number`.

    Raises:
        RetryRequested: the reason may pass; Dagster shows the error all the same once the tries are used up.
    """
    try:
        yield
    except (WarehouseBusyError, EmbedderUnavailableError) as error:
        if not is_transient(error):
            raise
        raise dg.RetryRequested(MAX_RETRIES, FIRST_WAIT_S * 2**retry_number) from error


def is_transient(error: Exception) -> bool:
    """Say whether an error is transient: a locked file, too many requests, a server error or no connection."""
    if isinstance(error, WarehouseBusyError):
        return True
    cause = error.__cause__
    status = getattr(cause, "status_code", None)
    if status is None:  # no answer at all: only an endpoint has a cause, a missing file of the local model has none
        return cause is not None and type(cause).__module__.startswith("openai")
    return status == _TOO_MANY_REQUESTS or status in _SERVER_ERRORS
