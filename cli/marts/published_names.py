"""Check names that people type against the published marts, before they are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.errors import NothingPublishedError, QueryError, TypoError
from cli.installation import load_settings
from cli.printing import say
from contracts.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable

    from projects.name_suggestions import KnownNames
    from projects.records import Project
    from projects.repository import Projects


def refuse_typos(
    projects: Projects, project: str, check: Callable[[KnownNames], None], values_of: str | None = None
) -> None:
    """Check names against the published marts before they are stored; say so if nothing is published yet.

    Args:
        projects: the projects database.
        project: id or name of the project.
        check: refuses unknown names.
        values_of: enum field whose values `check` needs.

    Raises:
        NotFoundError: there is no such project.
        TypoError: `check` refused a name.
        QueryError: the published file is damaged, or of another version.
    """
    from projects.errors import UnknownNameError  # noqa: PLC0415 - not for every `turret --help`

    found = projects.get(project)
    names = read_names(projects, found, values_of)
    if names is None:
        say(f"No event of {found.name} is published yet, so the name cannot be checked.")
        return
    try:
        check(names)
    except UnknownNameError as error:
        raise TypoError(f"{error} Add --anyway to set it anyway.") from None


def read_names(projects: Projects, project: Project, values_of: str | None = None) -> KnownNames | None:
    """Return the names in a project's published events; None if none is published.

    Args:
        projects: the projects database.
        project: the project.
        values_of: enum field whose values to read.

    Raises:
        QueryError: the published file is damaged, or of another version.
    """
    import duckdb  # noqa: PLC0415 - the same

    from cli.marts.published import open_published  # noqa: PLC0415 - the same
    from projects.name_suggestions import KnownNames  # noqa: PLC0415 - the same

    try:
        with open_published(Home(load_settings().home)) as marts:
            return KnownNames.read(marts, project, projects.list_overrides(project.project_id), values_of)
    except NothingPublishedError:
        return None
    except duckdb.Error as error:
        raise QueryError(
            "The published file was written by another version of Turret; run `turret run` once."
        ) from error
