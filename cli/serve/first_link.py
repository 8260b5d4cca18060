"""The link with which the first admin chooses a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contracts.settings import Settings


def first_link_lines(settings: Settings, dashboard: str) -> list[str]:
    """Return the lines to print while nobody has a password or is an admin through a proxy; none if sign-in is off.

    Args:
        settings: the installation's settings.
        dashboard: the dashboard's address, without a trailing slash.

    Raises:
        DatabaseError: the projects database cannot be opened.
    """
    from projects.access.people import LINK_HOURS  # noqa: PLC0415 - the same
    from projects.database import open_projects  # noqa: PLC0415 - `turret --help` need not load it

    if not settings.dashboard_sign_in:
        return []
    with open_projects(settings) as projects:
        link = projects.people.first_link(has_proxy=bool(settings.proxy_user_header))
    if link is None:
        return []
    return [
        f"Nobody can sign in to the dashboard yet. Choose the admin's password here (once, within {LINK_HOURS} hours):",
        f"  {dashboard}/password?link={link.secret}",
    ]
