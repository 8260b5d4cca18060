"""Areas that topics belong to, and whether a picture by area tells more than one by topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.data.published import Row

MIN_AREA_SHARE = 0.5
"""Minimum share of messages with a topic that must have an area, for a picture by area."""


def areas_of(topics: list[Row]) -> list[Row]:
    """Sum topics (`area_id`, `area`, `n_messages`) by area: `topic_id`, `label` and `n_messages`, largest first."""
    sizes: dict[str, int] = {}
    for topic in topics:
        if topic["area_id"]:
            sizes[topic["area_id"]] = sizes.get(topic["area_id"], 0) + topic["n_messages"]
    labels = {topic["area_id"]: topic["area"] for topic in topics}
    ranked = sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"topic_id": area_id, "label": labels[area_id], "n_messages": size} for area_id, size in ranked]


def are_by_area(topics: list[Row]) -> bool:
    """Return whether most messages of the topics have an area, and there are at least two areas."""
    areas = areas_of(topics)
    total = sum(topic["n_messages"] for topic in topics)
    return len(areas) > 1 and sum(area["n_messages"] for area in areas) >= MIN_AREA_SHARE * total
