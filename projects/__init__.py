"""Projects, API keys, plans, field overrides and topic edits, in a SQL database.

`open_projects(settings)` in `database.py` is the entry point; it yields a `Projects` (`repository.py`), which takes and
returns the plain frozen records of `records.py`. The tables of `models.py` never leave this package.

Both are imported lazily: `projects.plans` and `projects.errors` alone need no SQLAlchemy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projects.database import open_projects
    from projects.repository import Projects

__all__ = ["Projects", "open_projects"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from projects import database  # noqa: PLC0415 - SQLAlchemy takes half a second to import

    return getattr(database, name)
