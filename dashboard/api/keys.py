"""Authenticate requests by keys of the scope `read`, each for one project, and limit how many run at once."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.api.problems import ApiProblem, retry_later
from projects.access.api_keys import hash_key
from projects.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.datastructures import Headers

    from projects import Projects

TRUST_S = 2.0
"""Seconds for which a key that was looked up is trusted: a revoked key is refused within this time."""
USE_NOTED_EVERY_S = 5.0
MAX_KEY_CHARACTERS = 128
MAX_REMEMBERED = 10_000
MAX_AT_ONCE = 8
"""Maximum number of requests under way for one project; each may use a processor for seconds."""
HOW_TO_ASK = {"www-authenticate": 'Bearer realm="Turret"'}


@dataclass
class _Seen:
    project_id: str | None
    sends: bool
    until: float
    use_noted_at: float


class ReadKeys:
    """A cache of recently used keys, with the number of requests under way for each project."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects
        self._seen: dict[str, _Seen] = {}
        self._under_way: Counter[str] = Counter()

    async def project_of(self, headers: Headers) -> str:
        """Return the project_id of a request's key.

        Raises:
            ApiProblem: 401: there is not exactly one key, or it is unknown or revoked; 403: it is a key for sending
                events;
                503: the projects database does not respond.
        """
        key = _key_of(headers)
        key_hash = hash_key(key)
        seen = self._seen.get(key_hash)
        if seen is None or seen.until < time.monotonic():
            try:
                seen = await asyncio.to_thread(self._look, key_hash, seen.use_noted_at if seen else float("-inf"))
            except DatabaseError as error:
                raise retry_later(503, "Turret's projects database does not respond; try again.", 5) from error
            if len(self._seen) >= MAX_REMEMBERED:  # somebody tries keys: drop the cache, and look valid keys up again
                self._seen.clear()
            self._seen[key_hash] = seen
        if seen.project_id is None:
            raise _sends_only() if seen.sends else _invalid_key()
        return seen.project_id

    @contextmanager
    def turn(self, project_id: str) -> Iterator[None]:
        """Count a request of a project as under way until the block ends.

        Raises:
            ApiProblem: 429: the limit is reached.
        """
        if self._under_way[project_id] >= MAX_AT_ONCE:
            sentence = f"This project already has {MAX_AT_ONCE} requests under way, the maximum; try again later."
            raise retry_later(429, sentence, 1)
        self._under_way[project_id] += 1
        try:
            yield
        finally:
            self._under_way[project_id] -= 1
            if not self._under_way[project_id]:
                del self._under_way[project_id]

    def _look(self, key_hash: str, noted_at: float) -> _Seen:
        project_id = self._projects.find_key(key_hash, "read")
        sends = project_id is None and self._projects.find_key(key_hash) is not None
        now = time.monotonic()
        if project_id is not None and now - noted_at >= USE_NOTED_EVERY_S:
            self._projects.note_key_use(key_hash)
            noted_at = now
        return _Seen(project_id, sends, now + TRUST_S, noted_at)


def _key_of(headers: Headers) -> str:
    given = headers.getlist("x-api-key")
    if not given:
        schemes = [value.partition(" ") for value in headers.getlist("authorization")]
        given = [token.strip() for scheme, _, token in schemes if scheme.lower() == "bearer"]
    if len(given) != 1 or not 0 < len(given[0]) <= MAX_KEY_CHARACTERS:
        raise _invalid_key()
    return given[0]


def _invalid_key() -> ApiProblem:
    """Return the same error for every invalid key, so that nobody learns why it is refused."""
    sentence = "Send one valid key of the scope read, as X-API-Key or Authorization: Bearer."
    return ApiProblem(401, sentence, HOW_TO_ASK)


def _sends_only() -> ApiProblem:
    return ApiProblem(
        403, "This key sends events; reading takes one that `turret project key create PROJECT --scope read` makes."
    )
