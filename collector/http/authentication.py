"""Authenticate a request: which project its API key may write to, and whether the key may come over this transport.

The project of a key is cached for a few seconds, so that events do not wait for the database.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.errors import RejectedError, UnavailableError
from contracts.masking.masker import MaskingRule
from contracts.settings import is_within, networks_of
from projects.access.api_keys import hash_key
from projects.errors import DatabaseError

if TYPE_CHECKING:
    from collector.event_masking import ProjectMaskers
    from collector.http.exchange import RequestHead, RequestHeaders
    from contracts.settings import Settings
    from projects.repository import Projects

    Client = tuple[str, int] | None

MAX_KEY_BYTES = 128
MAX_REMEMBERED = 10_000
USE_NOTED_EVERY_S = 5.0
FORWARDED_PROTO = b"x-forwarded-proto"

_log = logging.getLogger(__name__)


@dataclass
class _CacheEntry:
    project_id: str | None
    good_until: float  # from time.monotonic()
    use_noted_at: float
    masking: MaskingRule


class ApiKeyCache:
    """A cache of recently used keys, valid and invalid. A revoked key stops working after `memory_s` seconds.

    With a key it looks up what its project masks, and tells `maskers`.
    """

    def __init__(self, projects: Projects, maskers: ProjectMaskers, *, memory_s: float) -> None:
        self._projects = projects
        self._maskers = maskers
        self._memory_s = memory_s
        self._entries: dict[bytes, _CacheEntry] = {}
        self._under_way: dict[bytes, asyncio.Task[_CacheEntry]] = {}

    async def project_of(self, head: RequestHead) -> str:
        """Return the project_id that the one key of a request may write to.

        Raises:
            RejectedError: INVALID_API_KEY: there is not exactly one key, or it is unknown or revoked.
            UnavailableError: the projects database cannot be read now.
        """
        if len(head.keys) != 1:
            raise invalid_key()
        key = head.keys[0]
        answer = self._entries.get(key)
        if answer is None or answer.good_until < time.monotonic():
            answer = await self._look_up(key)
        if answer.project_id is None:
            raise invalid_key()
        return answer.project_id

    async def _look_up(self, key: bytes) -> _CacheEntry:
        """Query the database once for all requests that wait for the same key."""
        if len(key) > MAX_KEY_BYTES:
            raise invalid_key()
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._refresh(key))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)  # a client that disconnects must not cancel it for the others

    async def _refresh(self, key: bytes) -> _CacheEntry:
        old = self._entries.get(key)
        noted_at = old.use_noted_at if old else float("-inf")
        try:
            answer = await asyncio.to_thread(self._ask, key, noted_at)
        except DatabaseError as error:
            _log.error("The projects database cannot be read.", extra={"reason": str(error)})
            raise UnavailableError("The API key cannot be checked now; send the event again.") from error
        if len(self._entries) >= MAX_REMEMBERED:  # somebody is guessing keys; valid ones are looked up again
            self._entries.clear()
        self._entries[key] = answer
        if answer.project_id is not None:
            self._maskers.set_rule(answer.project_id, answer.masking)
        return answer

    def _ask(self, key: bytes, noted_at: float) -> _CacheEntry:
        key_hash = hash_key(key)
        project_id = self._projects.find_key(key_hash)
        now = time.monotonic()
        if project_id is not None and now - noted_at >= USE_NOTED_EVERY_S:
            self._note_use(key_hash)
            noted_at = now
        project = None if project_id is None else self._projects.find(project_id)
        masking = MaskingRule() if project is None else project.masking
        return _CacheEntry(project_id, now + self._memory_s, noted_at, masking)

    def _note_use(self, key_hash: str) -> None:
        try:
            self._projects.note_key_use(key_hash)
        except DatabaseError as error:
            # The time of a key's last use is only displayed, so no event waits for it.
            _log.warning("The use of a key could not be noted.", extra={"reason": str(error)})


def invalid_key() -> RejectedError:
    """Return the same error for every invalid key, so as not to reveal why it is refused."""
    return RejectedError("INVALID_API_KEY", "Invalid API key")


class Transport:
    """Decides whether a request came over HTTPS: through our own TLS, or according to a trusted proxy."""

    def __init__(self, settings: Settings) -> None:
        self._requires_https = settings.collector_require_https
        self._proxies = networks_of(settings.trusted_proxies)

    def check(self, scheme: str, client: Client, headers: RequestHeaders) -> None:
        """Check the transport of a request.

        Raises:
            RejectedError: it came over plain HTTP, which is not allowed here.
        """
        if self._requires_https and scheme != "https" and not self._is_forwarded_https(client, headers):
            raise RejectedError(
                "INVALID_REQUEST",
                "This collector accepts API keys over HTTPS only. Replace the key, because it was sent over "
                "plain HTTP.",
            )

    def _is_forwarded_https(self, client: Client, headers: RequestHeaders) -> bool:
        if client is None or not is_within(client[0], self._proxies):
            return False
        # A correctly configured proxy sends exactly one; a second one came from the client.
        said = [value for name, value in headers if name == FORWARDED_PROTO]
        return said == [b"https"]
