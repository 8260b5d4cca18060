"""To which addresses webhooks may be sent."""

from __future__ import annotations

import asyncio

import pytest

from alerts.addresses import is_public, resolve
from alerts.errors import AddressRefusedError, UnresolvedNameError


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  # not to listen on
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
    ],
)
def test_address_of_this_machine_or_its_network_is_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_address_of_the_internet_is_public(address: str):
    assert is_public(address)


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "2130706433", "::1"])
def test_host_is_refused_by_what_it_resolves_to_however_it_is_written(host: str):
    with pytest.raises(AddressRefusedError, match=r"which is not public; allowed are public addresses, or any with"):
        asyncio.run(resolve(host, 80, is_private_allowed=False))
    assert asyncio.run(resolve(host, 80, is_private_allowed=True))[0] in {"127.0.0.1", "::1"}


def test_name_without_an_address_says_so():
    with pytest.raises(UnresolvedNameError, match=r"'nowhere\.invalid' has no address"):
        asyncio.run(resolve("nowhere.invalid", 80, is_private_allowed=True))
