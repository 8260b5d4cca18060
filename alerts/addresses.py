"""Decide to which addresses a webhook may be sent: those of the public internet, unless a setting allows all.

Whoever may create a channel could otherwise make this machine call services that only it can reach (server-side request
forgery). A name is resolved once, and the call goes to the address that was checked, so that a name cannot
resolve to another one in between (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from alerts.errors import AddressRefusedError, UnresolvedNameError

NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses in which a gateway finds an IPv4 address, in the last 32 bits (RFC 6052)."""


async def resolve(host: str, port: int, *, is_private_allowed: bool) -> list[str]:
    """Resolve a host; return its addresses, all of which may be called.

    Raises:
        UnresolvedNameError: the name has no address, or no name server answers.
        AddressRefusedError: one of the addresses is not public, and only public ones are allowed.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a name"
        raise UnresolvedNameError(f"The host {host!r} has no address: {reason}.") from error
    addresses = list(dict.fromkeys(str(place[4][0]) for place in found))
    refused = [address for address in addresses if not is_public(address)]
    if refused and not is_private_allowed:
        raise AddressRefusedError(
            f"The host {host!r} has the address {refused[0]}, which is not public; allowed are public addresses, or "
            "any with TURRET_ALERTS_ALLOW_PRIVATE_ADDRESSES=true."
        )
    return addresses


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the public internet, not private, loopback, link-local or reserved."""
    parsed = ip_address(address.partition("%")[0])
    return all(one.is_global and not one.is_multicast for one in (parsed, *_embedded(parsed)))


def _embedded(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses to which gateways send what is addressed to an IPv6 address."""
    if isinstance(address, IPv4Address):
        return []
    embedded = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        embedded.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in embedded if one is not None]
