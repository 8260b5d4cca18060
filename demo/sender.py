"""Post events and feedback to a collector over several kept-alive connections.

Every answer is checked, and a refusal is followed by a pause.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from demo.errors import KeyRefusedError, SendError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CONNECTIONS = 8
TIMEOUT_S = 30.0
MAX_ATTEMPTS = 8
MAX_BACKOFF_S = 20.0
INITIAL_BACKOFF_S = 0.2
ASK_AGAIN = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})


@dataclass
class SendCounts:
    """Counts of what was sent."""

    n_sent: int = 0
    n_retries: int = 0


def send_events(
    url: str,
    api_key: str,
    events: Sequence[dict[str, Any]],
    on_sent: Callable[[], None] | None = None,
    *,
    feedback: Sequence[dict[str, Any]] = (),
) -> SendCounts:
    """Post each event to `<url>/track`, and feedback to `<url>/feedback`, until all are acknowledged.

    Args:
        url: address of the collector, without a path.
        api_key: key of the project.
        events: bodies of `POST /track`; each has an event_id, which makes a retry harmless.
        on_sent: called after each acknowledged event or feedback.
        feedback: bodies of `POST /feedback`; each has a feedback_id.

    Raises:
        KeyRefusedError: the collector does not know the key.
        SendError: an event was refused, or was not accepted after several tries.
    """
    posts = [("/track", "event_id", event) for event in events]
    posts += [("/feedback", "feedback_id", given) for given in feedback]
    return asyncio.run(_send_all(url, api_key, posts, on_sent or (lambda: None)))


_Post = tuple[str, str, dict[str, Any]]
"""A path, the key of the id that is acknowledged, and a body."""


async def _send_all(url: str, api_key: str, posts: Sequence[_Post], on_sent: Callable[[], None]) -> SendCounts:
    counts = SendCounts()
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    headers = {"X-API-Key": api_key}
    async with httpx.AsyncClient(
        base_url=url, headers=headers, timeout=TIMEOUT_S, limits=limits, trust_env=False
    ) as client:
        waiting = iter(posts)
        workers = [asyncio.create_task(_work(client, waiting, counts, on_sent)) for _ in range(CONNECTIONS)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
    return counts


async def _work(
    client: httpx.AsyncClient, waiting: Iterator[_Post], counts: SendCounts, on_sent: Callable[[], None]
) -> None:
    """Send until nothing is left; all workers share `waiting`."""
    for post in waiting:
        await _send(client, post, counts)
        counts.n_sent += 1
        on_sent()


async def _send(client: httpx.AsyncClient, post: _Post, counts: SendCounts) -> None:
    """Post one event or feedback until it is acknowledged."""
    path, _, body = post
    pause_s = INITIAL_BACKOFF_S
    for tries_left in reversed(range(MAX_ATTEMPTS)):
        try:
            response = await client.post(path, json=body)
        except httpx.TransportError as error:
            reason, asked_pause_s = f"the connection failed ({type(error).__name__})", 0.0
        else:
            if response.status_code not in ASK_AGAIN:
                _check_answer(response, post)
                return
            reason, asked_pause_s = _told(response), _retry_after_s(response)
        if not tries_left or asked_pause_s > MAX_BACKOFF_S:
            break
        counts.n_retries += 1
        await asyncio.sleep(max(pause_s, asked_pause_s))
        pause_s = min(pause_s * 2, MAX_BACKOFF_S)
    raise SendError(f"The collector at {client.base_url} does not accept events now: {reason}.")


def _check_answer(response: httpx.Response, post: _Post) -> None:
    """Check that the answer acknowledges this event or feedback."""
    path, key, body = post
    what = f"{'event' if path == '/track' else 'feedback'} {body[key]}"
    if response.status_code == httpx.codes.UNAUTHORIZED:
        raise KeyRefusedError(f"The collector at {response.url.copy_with(path='/')} does not know the demo's API key.")
    if response.status_code != httpx.codes.OK:
        raise SendError(f"The collector refused {what} with status {response.status_code}: {_told(response)}.")
    document = _json(response)
    if document.get("success") is not True or document.get(key) != body[key]:
        raise SendError(f"The collector's answer to {what} acknowledges {document.get(key)!r} instead.")


def _told(response: httpx.Response) -> str:
    """Return the error sentence of an answer, without its full stop; else its status."""
    sentence = _json(response).get("error")
    return str(sentence).rstrip(".") if sentence else f"status {response.status_code}"


def _retry_after_s(response: httpx.Response) -> float:
    try:
        return max(float(response.headers.get("Retry-After", "0")), 0.0)
    except ValueError:  # an HTTP date, which our collector never sends
        return INITIAL_BACKOFF_S


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
