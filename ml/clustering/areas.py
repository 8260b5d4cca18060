"""Areas: broad subjects over a field's topics, how many comes from the topics themselves, with ids that live on.

Topics of one field have much in common, as all of them are about one product. So their centres are looked at from
the middle of them all: a cosine above 0 then says that two topics are more alike than two topics of this field
usually are. An area holds topics of which every two are so (complete linkage). Nothing has to be tuned, no area
grows by chaining, and none swallows the rest; docs/topics.md has what else was tried.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

MIN_TOPICS: Final = 8
"""Fewer topics are read at a glance: they get no areas."""
MIN_TOPICS_KEPT: Final = 6
"""Areas that are there stay until fewer topics than this are left, so that they do not come and go."""
_HABIT: Final = 0.1
"""How much more alike two topics count that shared an area before, and less alike two that did not."""
_SAME_AREA: Final = 0.2
"""Least Jaccard index at which an area keeps its id: below it, most of what it was is elsewhere."""
_ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Area:
    """A broad subject.

    Attributes:
        area_id: stable while the area keeps most of its texts.
        topic_ids: its topics, sorted; every topic of the field is in exactly one area.
        similarity: Jaccard index of the texts of its topics then and now, 0 to 1; 0 for a new area.
    """

    area_id: str
    topic_ids: tuple[str, ...]
    similarity: float


def find_areas(
    topic_ids: Sequence[str],
    centres: NDArray[np.float32],
    n_texts: Sequence[int],
    previous: Mapping[str, str],
    *,
    namespace: str = "",
) -> list[Area]:
    """Put a field's topics into areas; the same again if nothing has changed.

    Args:
        topic_ids: n topics, all different, in any order.
        centres: float32 (n, d), mean vectors of their texts.
        n_texts: how many texts each has.
        previous: area of the topics that had one before.
        namespace: keeps the ids of projects and fields apart.

    Returns:
        The areas in the order of their ids; none where there are few topics, or no two of them are alike.
    """
    order = sorted(range(len(topic_ids)), key=lambda place: topic_ids[place])
    ids = [topic_ids[place] for place in order]
    before = {topic_id: previous[topic_id] for topic_id in ids if topic_id in previous}
    if len(ids) < (MIN_TOPICS_KEPT if before else MIN_TOPICS):
        return []
    likeness = _likeness(np.asarray(centres, dtype=np.float64)[order]) + _habit(ids, before)
    groups = _link_completely(likeness)
    if len(np.unique(groups)) == len(ids):
        return []
    return _name_areas(ids, groups, [n_texts[place] for place in order], before, namespace)


def _likeness(centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cosine of every two topics, seen from the middle of all."""
    directions = _unit(centres)
    apart = _unit(directions - directions.mean(axis=0))
    cosines: NDArray[np.float64] = apart @ apart.T
    return cosines


def _habit(ids: Sequence[str], before: Mapping[str, str]) -> NDArray[np.float64]:
    """What speaks for the areas as they were. It changes no order within an area: the same topics stay as they are."""
    areas = np.array([before.get(topic_id, "") for topic_id in ids])
    known = areas != ""
    both_known = known[:, np.newaxis] & known[np.newaxis, :]
    same = areas[:, np.newaxis] == areas[np.newaxis, :]
    habit: NDArray[np.float64] = np.where(both_known, np.where(same, _HABIT, -_HABIT), 0.0)
    return habit


def _link_completely(likeness: NDArray[np.float64]) -> NDArray[np.int64]:
    """int64 (n,), groups of which no two members are less alike than 0."""
    furthest = likeness.max() + 1.0  # Linkage wants distances, which are never negative.
    distances = (furthest - likeness)[np.triu_indices(len(likeness), k=1)]
    groups = fcluster(linkage(distances, method="complete"), furthest + _ROUNDING, criterion="distance")
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _name_areas(
    ids: Sequence[str], groups: NDArray[np.int64], n_texts: Sequence[int], before: Mapping[str, str], namespace: str
) -> list[Area]:
    """Areas that keep most of their texts keep their id, as topics do (`topic_ids`); the others get a new one."""
    old_ids = sorted(set(before.values()))
    jaccard = _jaccard(ids, groups, n_texts, before, old_ids)
    rows, columns = linear_sum_assignment(jaccard, maximize=True)
    kept = {int(group): int(row) for row, group in zip(rows, columns, strict=True) if jaccard[row, group] >= _SAME_AREA}
    areas = []
    for group in range(int(groups.max()) + 1):
        members = tuple(topic_id for topic_id, its in zip(ids, groups, strict=True) if its == group)
        if group in kept:
            areas.append(Area(old_ids[kept[group]], members, float(jaccard[kept[group], group])))
        else:
            areas.append(Area(_new_id(namespace, members, set(old_ids)), members, 0.0))
    return sorted(areas, key=lambda area: area.area_id)


def _jaccard(
    ids: Sequence[str],
    groups: NDArray[np.int64],
    n_texts: Sequence[int],
    before: Mapping[str, str],
    old_ids: Sequence[str],
) -> NDArray[np.float64]:
    """float64 (old areas, groups): how alike they are in the texts of topics that had an area before."""
    shared = np.zeros((len(old_ids), int(groups.max()) + 1))
    for topic_id, group, size in zip(ids, groups, n_texts, strict=True):
        if topic_id in before:
            shared[old_ids.index(before[topic_id]), group] += size
    union = shared.sum(axis=1)[:, np.newaxis] + shared.sum(axis=0)[np.newaxis, :] - shared
    jaccard: NDArray[np.float64] = shared / np.maximum(union, 1.0)
    return jaccard


def _new_id(namespace: str, members: Sequence[str], taken: set[str]) -> str:
    digest = hashlib.sha256("\n".join([namespace, *members]).encode())
    while (area_id := f"area_{digest.hexdigest()[:16]}") in taken:
        digest.update(b"\n")
    return area_id


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _ROUNDING)
    return unit
