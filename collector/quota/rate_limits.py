"""The RateLimit fields of every response, and the sentence of a refusal.

The fields are those of draft-ietf-httpapi-ratelimit-headers-11: `RateLimit-Policy` has the quota (q) and its window in
seconds (w), `RateLimit` what remains (r) and the seconds until it starts anew (t).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from collector.errors import RateLimitedError
from projects.plans import TRIAL_DAYS

if TYPE_CHECKING:
    from projects.plans import Allowance

POLICY_HEADER = b"ratelimit-policy"
LIMIT_HEADER = b"ratelimit"
NO_RESET_RETRY_S = 3600
"""A trial that is used up never starts anew; an app may look once an hour whether the plan has changed."""

Headers = tuple[tuple[bytes, bytes], ...]


class RateLimitFields:
    """The header fields of one allowance, put together once, so that an answer only fills in two numbers."""

    def __init__(self, allowance: Allowance) -> None:
        self._resets_at = allowance.ends_at.timestamp()
        self._plan = allowance.plan.encode()
        window_s = round((allowance.ends_at - allowance.starts_at).total_seconds())
        self._policy = (
            None
            if allowance.limit is None
            else (POLICY_HEADER, b'"%b";q=%d;w=%d' % (self._plan, allowance.limit, window_s))
        )

    def headers(self, remaining: int) -> Headers:
        """Return the fields; none where there is no limit."""
        if self._policy is None:
            return ()
        resets_in_s = max(0, self._resets_at - time.time())
        return (self._policy, (LIMIT_HEADER, b'"%b";r=%d;t=%d' % (self._plan, remaining, resets_in_s)))


def limit_reached(allowance: Allowance) -> RateLimitedError:
    """Return the refusal to events beyond an allowance, in words."""
    fields = RateLimitFields(allowance)
    if allowance.is_trial:
        return RateLimitedError(_trial_sentence(allowance), NO_RESET_RETRY_S, fields.headers(0))
    sentence = (
        f"The plan {allowance.plan} of this project allows {allowance.limit:,} events a month, and they are used up. "
        f"The count starts anew on {_day(allowance.ends_at)} at 00:00 UTC; a larger plan helps at once."
    )
    seconds = (allowance.ends_at - datetime.now(UTC)).total_seconds()
    return RateLimitedError(sentence, max(1, int(seconds) + 1), fields.headers(0))


def _trial_sentence(allowance: Allowance) -> str:
    if allowance.is_over:
        return (
            f"The trial of this project ended on {_day(allowance.ends_at)} at {allowance.ends_at:%H:%M} UTC, "
            f"{TRIAL_DAYS} days after it began. Another plan lets it take events again."
        )
    return (
        f"The trial of this project allows {allowance.limit:,} events in all, and they are used up. "
        "Another plan lets it take events again; waiting does not."
    )


def _day(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d}"
