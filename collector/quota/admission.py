"""Admit the events of a request against the project's quota."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.errors import RateLimitedError, RejectedError

if TYPE_CHECKING:
    from collector.quota.leases import Lease, Quota
    from contracts.events import LandedEvent

    Judged = LandedEvent | RejectedError
    """An event, or why it is none."""


def good_events(judged: list[Judged]) -> list[LandedEvent]:
    """Return the valid events."""
    return [item for item in judged if not isinstance(item, RejectedError)]


async def admit(quota: Quota, judged: list[Judged]) -> tuple[list[LandedEvent], Lease | None]:
    """Return the events that the quota lets in, one by one; in `judged`, refusals take the place of the others.

    This is the careful way: it may ask the ledger. Where all is at hand, `Quota.spend` does the same at once.

    Raises:
        RateLimitedError: it lets none of them in.
        UnavailableError: the ledger cannot be read or written now.
    """
    admitted: list[LandedEvent] = []
    lease: Lease | None = None
    refusal: RateLimitedError | None = None
    try:
        for index, event in enumerate(judged):
            if isinstance(event, RejectedError):
                continue
            try:
                lease = await quota.ask(event, len(judged) - index)
            except RateLimitedError as error:
                judged[index] = refusal = error
            else:
                admitted.append(event)
    except BaseException:
        quota.refund(admitted)
        raise
    if refusal is not None and not admitted:
        raise refusal
    return admitted, lease
