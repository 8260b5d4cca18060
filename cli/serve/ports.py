"""Check that the ports of `turret up` are free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.errors import PortTakenError
from cli.serve.probes import free_port, is_free

if TYPE_CHECKING:
    from contracts.settings import Settings

PARTS = ("collector", "dashboard", "dagster")


def with_free_ports(settings: Settings) -> Settings:
    """Return the settings with a free port in place of each 0, so that all parts know it."""
    chosen = {
        f"{part}_port": free_port(getattr(settings, f"{part}_host"))
        for part in PARTS
        if getattr(settings, f"{part}_port") == 0
    }
    return settings.model_copy(update=chosen)


def check_ports(settings: Settings) -> None:
    """Name every port that cannot be used, before anything starts.

    Raises:
        PortTakenError: a port is in use, or two parts have the same one.
    """
    places = {part: (getattr(settings, f"{part}_host"), getattr(settings, f"{part}_port")) for part in PARTS}
    problems = [
        f"Port {port} on {host} is in use, but the {part} needs it; free it, or set TURRET_{part.upper()}_PORT "
        f"to another."
        for part, (host, port) in places.items()
        if not is_free(host, port)
    ]
    problems += [
        f"TURRET_{one.upper()}_PORT and TURRET_{two.upper()}_PORT are both {places[one][1]}; each needs its own."
        for number, one in enumerate(PARTS)
        for two in PARTS[number + 1 :]
        if places[one][1] == places[two][1]
    ]
    if problems:
        raise PortTakenError(" ".join(problems))
