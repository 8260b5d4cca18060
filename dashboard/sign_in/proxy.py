"""Sign-in through a trusted proxy, which gives the e-mail address of whoever signed in there in a header.

The header counts only if the connection itself comes from a trusted proxy, whatever `X-Forwarded-For` says. A request
with several such headers is refused: nobody could tell the proxy's from one that the browser sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from typing import TYPE_CHECKING

from contracts.settings import Networks, is_within, networks_of, unmapped_address
from dashboard.errors import OpenToOthersError, UnclearHeaderError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from contracts.settings import Settings

_PEER = "turret.peer"
_SHOWN_CHARACTERS = 80
_SHORTEST_PREFIX = {4: 8, 6: 16}
"""Bits of the largest networks of proxies, by IP version."""


class NotedPeer:
    """Notes who connected, outside uvicorn's middleware, which puts the client of `X-Forwarded-For` in its place.

    An IPv4 address is noted as such, although a socket for both families sees ::ffff:10.0.0.7: uvicorn's middleware
    would not find it among the trusted ones.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if client := scope.get("client"):
            scope["client"] = (unmapped_address(client[0]), *client[1:])
        scope[_PEER] = scope.get("client")
        await self._app(scope, receive, send)


@dataclass(frozen=True)
class ProxySignIn:
    """What the settings say about sign-in through a proxy.

    Attributes:
        header: the name of the header.
        proxies: where the proxies connect from.
        new_people_role: role of people who are not known; empty refuses them.
        sign_out_path: where the proxy ends its own sign-in; empty if it is not known.
    """

    header: str
    proxies: Networks
    new_people_role: str
    sign_out_path: str

    @classmethod
    def of(cls, settings: Settings) -> ProxySignIn | None:
        """Read the settings; None if no header is set.

        Raises:
            OpenToOthersError: sign-in is off, or too many addresses are trusted.
        """
        if not settings.proxy_user_header:
            return None
        if not settings.dashboard_sign_in:
            message = (
                f"TURRET_PROXY_USER_HEADER is {settings.proxy_user_header!r}; without sign-in "
                "(TURRET_DASHBOARD_SIGN_IN) allowed is none, because nobody would be asked who they are."
            )
            raise OpenToOthersError(message)
        proxies = networks_of(settings.trusted_proxies)
        if any(network.prefixlen < _SHORTEST_PREFIX[network.version] for network in _joined(proxies)):
            message = (
                f"TURRET_TRUSTED_PROXIES is {settings.trusted_proxies!r}; with TURRET_PROXY_USER_HEADER allowed are "
                "only the proxy's own addresses, in networks no larger than an IPv4 /8 or an IPv6 /16, because "
                "everybody else could sign in as anybody."
            )
            raise OpenToOthersError(message)
        names = settings.proxy_user_header, settings.proxy_new_people_role, settings.proxy_sign_out_path
        return cls(names[0], proxies, *names[1:])

    def named(self, scope: Scope) -> str | None:
        """Return the e-mail address that the proxy gives; None if the request is not from one, or names nobody.

        Raises:
            UnclearHeaderError: the header came several times, or contains anything but one e-mail address.
        """
        peer = scope.get(_PEER)
        if peer is None or not is_within(peer[0], self.proxies):
            return None
        own = self.header.lower().encode()
        values = [value.strip() for name, value in scope["headers"] if name.lower() == own]
        if not any(values):
            return None
        if len(values) > 1:
            message = (
                f"The header {self.header} came {len(values)} times; the proxy has to replace the one that a browser "
                "sends, not to add its own."
            )
            raise UnclearHeaderError(message)
        try:
            named: str = values[0].decode()
        except UnicodeDecodeError:
            named = ""
        if not named.isprintable() or named.count("@") != 1 or set(named) & set(" ,;"):
            message = (
                f"The header {self.header} is {named[:_SHOWN_CHARACTERS]!r}; allowed is one e-mail address, which the "
                "proxy has checked."
            )
            raise UnclearHeaderError(message)
        return named


def _joined(networks: Networks) -> Iterator[IPv4Network | IPv6Network]:
    """Join adjacent networks: 0.0.0.0/1 and 128.0.0.0/1 are all addresses."""
    yield from collapse_addresses(network for network in networks if isinstance(network, IPv4Network))
    yield from collapse_addresses(network for network in networks if isinstance(network, IPv6Network))
