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
    """Ask Dagster to retry the step, with doubling waits, if the body fails with a transient error.

    Args:
        retry_number: how often the step was tried before: `context.retry_number`.

    Raises:
        RetryRequested: the error may be transient; Dagster shows it once the retries are used up.
    """
    try:
        yield
    except (WarehouseBusyError, EmbedderUnavailableError) as error:
        if not is_transient(error):
            raise
        raise dg.RetryRequested(MAX_RETRIES, FIRST_WAIT_S * 2**retry_number) from error


def is_transient(error: Exception) -> bool:
    """Return whether an error is transient: a locked file, too many requests, a server error or no connection."""
    if isinstance(error, WarehouseBusyError):
        return True
    cause = error.__cause__
    status = getattr(cause, "status_code", None)
    if status is None:  # no response: only an endpoint's error has a cause, a missing file of the local model has none
        return cause is not None and type(cause).__module__.startswith("openai")
    return status == _TOO_MANY_REQUESTS or status in _SERVER_ERRORS
