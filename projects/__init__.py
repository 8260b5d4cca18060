"""Projects, API keys, plans, field overrides and topic edits, in a SQL database.

`open_projects(settings)` in `database.py` is the way in; it gives a `Projects` (`repository.py`), which takes and gives
the plain frozen records of `records.py`. The tables of `models.py` never leave this package.
"""

from projects.database import open_projects
from projects.repository import Projects

__all__ = ["Projects", "open_projects"]
