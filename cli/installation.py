"""The installation that a command works on: its settings and its projects database, imported only when needed.

Reading settings imports pydantic, and projects import SQLAlchemy: half of the time of `turret --help`.
"""

from __future__ import annotations

import os
import pwd
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.settings import Settings
    from projects.repository import Projects


def load_settings(**overrides: object) -> Settings:
    """Read the settings from the environment; `overrides` take precedence.

    Raises:
        SettingsError: a value is not allowed.
    """
    from contracts import settings  # noqa: PLC0415 - see above

    return settings.load_settings(**overrides)


@contextmanager
def open_projects() -> Iterator[Projects]:
    """Open the projects database until the block ends; the audit log names the user of this machine.

    Raises:
        DatabaseError: it cannot be opened.
    """
    from projects import database  # noqa: PLC0415 - see above
    from projects.audit.actor import acting  # noqa: PLC0415 - see above

    with acting(f"{login_name()} (command)"), database.open_projects(load_settings()) as projects:
        yield projects


def login_name() -> str:
    """Return the login name, or the number of a user without a name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
