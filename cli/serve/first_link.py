"""The link with which the first admin chooses a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contracts.settings import Settings


def first_link_lines(settings: Settings, dashboard: str) -> list[str]:
    """What to print while nobody can sign in yet; nothing as soon as somebody can, or need not.

    Args:
        settings: Of the installation.
        dashboard: Address of the dashboard, without a slash at its end.

    Raises:
        DatabaseError: the projects database cannot be opened.
    """
    from projects.access.people import LINK_HOURS  # noqa: PLC0415 - the same
    from projects.database import open_projects  # noqa: PLC0415 - `turret --help` need not load it

    if not settings.dashboard_sign_in:
        return []
    with open_projects(settings) as projects:
        link = projects.people.first_link()
    if link is None:
        return []
    return [
        f"Nobody can sign in to the dashboard yet. Choose the admin's password here (once, within {LINK_HOURS} hours):",
        f"  {dashboard}/password?link={link.secret}",
    ]
