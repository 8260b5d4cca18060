"""Group a field's topics into areas by complete linkage; areas keep their ids from run to run.

The topics of one field are about one product, so their centres are alike. They are centred first: a cosine above 0
then means that two topics are more alike than two topics of this field are on average. Every two topics of an area
have such a cosine. This needs no tuning, does not chain, and lets no area swallow the rest; docs/decisions/0013 has the
alternatives that were tried.
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
"""Fewer topics get no areas: they can be read at a glance."""
MIN_TOPICS_KEPT: Final = 6
"""Existing areas stay down to this number of topics, so that they do not come and go."""
_STABILITY_BONUS: Final = 0.1
"""Added to the similarity of two topics that shared an area before, and taken from that of two that did not."""
_MIN_JACCARD: Final = 0.2
"""An area keeps its id from this Jaccard index on; below it, most of its texts are elsewhere."""
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
    """Group a field's topics into areas. The same input gives the same areas.

    Args:
        topic_ids: n topics, all different, in any order.
        centres: float32 (n, d), mean vectors of their texts.
        n_texts: number of texts of each topic.
        previous: area of each topic that had one before.
        namespace: keeps the ids of projects and fields apart.

    Returns:
        The areas in the order of their ids; none if there are few topics, or no two of them are alike.
    """
    order = sorted(range(len(topic_ids)), key=lambda place: topic_ids[place])
    ids = [topic_ids[place] for place in order]
    before = {topic_id: previous[topic_id] for topic_id in ids if topic_id in previous}
    if len(ids) < (MIN_TOPICS_KEPT if before else MIN_TOPICS):
        return []
    similarities = _centred_similarities(np.asarray(centres, dtype=np.float64)[order]) + _stability_bonus(ids, before)
    groups = _complete_linkage(similarities)
    if len(np.unique(groups)) == len(ids):
        return []
    return _assign_ids(ids, groups, [n_texts[place] for place in order], before, namespace)


def _centred_similarities(centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cosine of every two topics after centring."""
    directions = _unit(centres)
    apart = _unit(directions - directions.mean(axis=0))
    cosines: NDArray[np.float64] = apart @ apart.T
    return cosines


def _stability_bonus(ids: Sequence[str], before: Mapping[str, str]) -> NDArray[np.float64]:
    """Return the bonus for pairs that shared an area before, and the penalty for pairs that did not."""
    areas = np.array([before.get(topic_id, "") for topic_id in ids])
    known = areas != ""
    both_known = known[:, np.newaxis] & known[np.newaxis, :]
    same = areas[:, np.newaxis] == areas[np.newaxis, :]
    bonus: NDArray[np.float64] = np.where(both_known, np.where(same, _STABILITY_BONUS, -_STABILITY_BONUS), 0.0)
    return bonus


def _complete_linkage(similarities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Group by complete linkage, int64 (n,): every two members of a group have a similarity of at least 0."""
    max_similarity = similarities.max() + 1.0  # Linkage expects distances, which are never negative.
    distances = (max_similarity - similarities)[np.triu_indices(len(similarities), k=1)]
    groups = fcluster(linkage(distances, method="complete"), max_similarity + _ROUNDING, criterion="distance")
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _assign_ids(
    ids: Sequence[str], groups: NDArray[np.int64], n_texts: Sequence[int], before: Mapping[str, str], namespace: str
) -> list[Area]:
    """Give each area its id: areas that keep most of their texts keep theirs, as topics do (`topic_ids`)."""
    old_ids = sorted(set(before.values()))
    jaccard = _jaccard(ids, groups, n_texts, before, old_ids)
    rows, columns = linear_sum_assignment(jaccard, maximize=True)
    kept = {
        int(group): int(row) for row, group in zip(rows, columns, strict=True) if jaccard[row, group] >= _MIN_JACCARD
    }
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
    """Return the Jaccard index of old areas and groups over texts of topics that had an area: float64 (old, groups)."""
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
