"""Refuses keys that came over plain HTTP, where that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contracts.settings import Settings

    Client = tuple[str, int] | None
    HeaderList = Iterable[tuple[bytes, bytes]]

FORWARDED_PROTO = b"x-forwarded-proto"


class Transport:
    """Knows which requests came over HTTPS: by TLS of our own, or as a trusted proxy says."""

    def __init__(self, settings: Settings) -> None:
        self._requires_https = settings.collector_require_https
        self._proxies = {address.strip() for address in settings.trusted_proxies.split(",")}

    def check(self, scheme: str, client: Client, headers: HeaderList) -> None:
        """Let a request pass.

        Raises:
            RejectedError: it came over plain HTTP, and that is not allowed here.
        """
        if self._requires_https and scheme != "https" and not self._is_forwarded_https(client, headers):
            raise RejectedError(
                "INVALID_REQUEST",
                "This collector takes keys only over HTTPS. A key that was sent over plain HTTP should be replaced.",
            )

    def _is_forwarded_https(self, client: Client, headers: HeaderList) -> bool:
        if client is None or client[0] not in self._proxies:
            return False
        # A proxy that is set up right sends exactly one; a second one came from the client.
        said = [value for name, value in headers if name == FORWARDED_PROTO]
        return said == [b"https"]
