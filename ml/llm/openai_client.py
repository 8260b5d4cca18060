"""Clients for endpoints that speak OpenAI's protocol, hosted or on this machine."""

from __future__ import annotations

from typing import Final

from openai import OpenAI

OPENAI_ADDRESS: Final = "https://api.openai.com/v1"


def make_client(base_url: str, api_key: str, timeout_s: float, max_retries: int) -> OpenAI:
    """Build a client that takes address and key from its arguments alone, never from the environment.

    It sends a request again after 408, 409, 429, 5xx and broken connections, waiting as the endpoint asks.

    Args:
        base_url: address of the endpoint; empty means OpenAI's own.
        api_key: may be empty, as local servers ask for none.
        timeout_s: seconds to wait for one answer.
        max_retries: how often a failed request is sent again.
    """
    return OpenAI(
        api_key=api_key or "none",
        base_url=base_url or OPENAI_ADDRESS,
        timeout=timeout_s,
        max_retries=max_retries,
    )
