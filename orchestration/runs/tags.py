"""Tags of runs: the projects to which a run is limited, and the projects with new events."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECTS_TAG = "turret/project_ids"
"""Limits a run to some projects: their ids, separated by commas."""

PROJECT_TAG_PREFIX = "turret.project/"
"""Prefix of the id of a project with new events; the tag's value is their number."""

MAX_PROJECT_TAGS = 50


def project_tags(n_loaded: Mapping[str, int]) -> dict[str, str]:
    """Return one tag for each project with new files, by which Dagster's list of runs can be filtered.

    If there are very many, those with the most new events are tagged.
    """
    largest = sorted(n_loaded, key=lambda project_id: (-n_loaded[project_id], project_id))[:MAX_PROJECT_TAGS]
    return {f"{PROJECT_TAG_PREFIX}{project_id}": str(n_loaded[project_id]) for project_id in sorted(largest)}
