"""The budget of a paid model in one run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Budget:
    """The requests and tokens that a run may use. A request that could exceed it is not sent.

    Attributes:
        max_calls: requests that may be sent, including retries.
        max_tokens: tokens that may be used, of requests and answers together.
        n_calls: requests sent so far.
        n_tokens: tokens used so far, as the endpoint counted them; estimated where it did not.
        n_cached: requests answered from the cache.
        n_left_out: requests that were not sent because the budget was used up.
    """

    max_calls: int
    max_tokens: int
    n_calls: int = 0
    n_tokens: int = 0
    n_cached: int = 0
    n_left_out: int = 0

    @property
    def calls_left(self) -> int:
        """Requests that may still be sent."""
        return max(0, self.max_calls - self.n_calls)

    def allows(self, n_tokens: int) -> bool:
        """Say whether a request of this many tokens may be sent, and count it if not."""
        is_allowed = self.calls_left > 0 and self.n_tokens + n_tokens <= self.max_tokens
        self.n_left_out += not is_allowed
        return is_allowed

    def spend(self, n_calls: int, n_tokens: int) -> None:
        """Count used requests and tokens."""
        self.n_calls += n_calls
        self.n_tokens += n_tokens

    def as_metadata(self) -> dict[str, int]:
        """Return the counts as asset metadata."""
        return {
            "llm_calls": self.n_calls,
            "llm_tokens": self.n_tokens,
            "llm_cached_answers": self.n_cached,
            "llm_requests_left_out": self.n_left_out,
        }
