"""Tags of runs: which projects a run is limited to, and which it brought something new."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECTS_TAG = "turret/project_ids"
"""Limits a run to some projects: their ids, separated by commas."""

PROJECT_TAG_PREFIX = "turret.project/"
"""Before the id of a project that got something new; the tag's value is how many events."""

MAX_PROJECT_TAGS = 50


def project_tags(n_loaded: Mapping[str, int]) -> dict[str, str]:
    """One tag for each project with new files, so that Dagster's list of runs can be filtered by project.

    Of very many projects those with the most new events are tagged.
    """
    largest = sorted(n_loaded, key=lambda project_id: (-n_loaded[project_id], project_id))[:MAX_PROJECT_TAGS]
    return {f"{PROJECT_TAG_PREFIX}{project_id}": str(n_loaded[project_id]) for project_id in sorted(largest)}
