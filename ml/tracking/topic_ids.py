"""Track topics from fit to fit: match them so that they keep their ids, and trace their lineage.

A topic keeps its id where this fit's group shares most texts with it (`match_topics`, Jaccard index and the Hungarian
method); a new one gets a hash of its texts (`assign_ids`). Between the two, `ml.tracking.reassignment_limit` may undo
what would move too many texts: `ml.topic_model` hands on the ids that are kept in the end.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from ml.clustering.neighbours import NO_GROUP

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from ml.clustering.fit_state import FitState

Change = Literal["born", "continued", "split", "merged", "died"]

_MIN_JACCARD: Final = 0.2
"""A topic keeps its id from this Jaccard index on: of all texts that either group has, a fifth are in both."""
MAX_INHERITED_SHARE: Final = 0.3
"""A new topic is born, not split off, if less than this share of its texts had a topic before."""
_MIN_HANDED_ON_SHARE: Final = 0.3
"""Share of a topic's texts from which they count as coming from, or going to, another topic."""


@dataclass(frozen=True)
class LineageLink:
    """A link between a topic of the last fit and one of this fit.

    Attributes:
        from_topic_id: topic before; None for a birth.
        to_topic_id: topic after; None for a death.
        change: `continued` keeps the id; with `split` and `merged` texts go to another id.
        n_texts_shared: distinct texts in both.
        similarity: Jaccard index of the two sets, over texts that had a topic before and still exist; 0 to 1.
    """

    from_topic_id: str | None
    to_topic_id: str | None
    change: Change
    n_texts_shared: int
    similarity: float


@dataclass(frozen=True)
class Overlap:
    """The contingency table of the last fit's topics (rows) and this fit's groups (columns).

    Attributes:
        old_ids: ids of the rows, sorted.
        shared: int64 (old, new), distinct texts in both.
        old_sizes: int64 (old,), texts that had this topic and still exist.
        new_sizes: int64 (new,), texts of the group that had any topic before.
    """

    old_ids: list[str]
    shared: NDArray[np.int64]
    old_sizes: NDArray[np.int64]
    new_sizes: NDArray[np.int64]

    @property
    def jaccard(self) -> NDArray[np.float64]:
        """The Jaccard index of each pair: float64 (old, new), 0 to 1."""
        union = self.old_sizes[:, np.newaxis] + self.new_sizes[np.newaxis, :] - self.shared
        index: NDArray[np.float64] = self.shared / np.maximum(union, 1)
        return index


def track(state: FitState) -> FitState:
    """Label groups with the numbers of the topics that they continue; new topics and filler get new numbers."""
    overlap = measure_overlap(state.corpus.text_hashes, state.classes.groups.tolist(), state.before)
    n_former, n_found = overlap.shared.shape
    matched, filler = match_topics(overlap), n_former + n_found
    numbers = [matched.get(group, n_former + group) for group in range(n_found)]
    labels = np.array([*numbers, NO_GROUP], dtype=np.int64)[state.classes.groups]
    labels[state.classes.is_filler] = filler
    return replace(state, labels=labels, filler=filler)


def number_topics(hashes: Sequence[str], previous: Mapping[str, str]) -> tuple[NDArray[np.int64], list[str]]:
    """Number the last fit's topics.

    Returns:
        int64 (n,), number of the topic that each text had, -1 for none; and the topics' ids, sorted: 0, 1, …
    """
    old_ids = sorted(set(previous.values()))
    place = {topic_id: number for number, topic_id in enumerate(old_ids)}
    former = [place.get(previous.get(text_hash, ""), -1) for text_hash in hashes]
    return np.array(former, dtype=np.int64), old_ids


def measure_overlap(hashes: Sequence[str], groups: Sequence[int], previous: Mapping[str, str]) -> Overlap:
    """Count the texts that this fit's groups (0, 1, …; -1 for none) share with the last fit's topics.

    Args:
        hashes: the texts' hashes.
        groups: group of each text, -1 for none.
        previous: topic of the last fit by text hash.
    """
    before, old_ids = number_topics(hashes, previous)
    n_new = max(groups, default=-1) + 1
    after = np.asarray(groups, dtype=np.int64)
    both = (before >= 0) & (after >= 0)
    shared = np.zeros((len(old_ids), n_new), dtype=np.int64)
    np.add.at(shared, (before[both], after[both]), 1)
    old_sizes = np.bincount(before[before >= 0], minlength=len(old_ids))
    return Overlap(old_ids, shared, old_sizes.astype(np.int64), shared.sum(axis=0))


def match_topics(overlap: Overlap) -> dict[int, int]:
    """Match old topics and new groups so that the sum of Jaccard indices is greatest (Hungarian method).

    Returns:
        new group → row of the old topic whose id it keeps; pairs with a low index are left out.
    """
    jaccard = overlap.jaccard
    rows, columns = linear_sum_assignment(jaccard, maximize=True)
    return {
        int(column): int(row) for row, column in zip(rows, columns, strict=True) if jaccard[row, column] >= _MIN_JACCARD
    }


def assign_ids(
    hashes: Sequence[str], groups: Sequence[int], old_ids: list[str], matched: Mapping[int, int], namespace: str
) -> list[str]:
    """Give every group (0, 1, …; -1 for none) its id: the old one if it is matched, else a hash of its members.

    Args:
        hashes: the texts' hashes.
        groups: group of each text, -1 for none.
        old_ids: ids of the last fit's topics.
        matched: group → row of the old topic whose id it keeps.
        namespace: goes into the hash.
    """
    members: list[list[str]] = [[] for _ in range(max(groups, default=-1) + 1)]
    for text_hash, group in zip(hashes, groups, strict=True):
        if group >= 0:
            members[group].append(text_hash)
    taken = set(old_ids)
    ids: list[str] = []
    for group, group_members in enumerate(members):
        kept = old_ids[matched[group]] if group in matched else new_id(namespace, group_members, taken)
        taken.add(kept)
        ids.append(kept)
    return ids


def new_id(namespace: str, members: Iterable[str], taken: Collection[str]) -> str:
    """Hash namespace and members to an id; the hash is extended while another topic has the id."""
    digest = hashlib.sha256("\n".join([namespace, *sorted(members)]).encode())
    while (topic_id := f"top_{digest.hexdigest()[:16]}") in taken:
        digest.update(b"\n")
    return topic_id


def trace_lineage_since(
    previous: Mapping[str, str], hashes: Sequence[str], groups: NDArray[np.int64], ids: list[str]
) -> list[LineageLink]:
    """Trace the lineage from the topics of the last fit, by text hash; an id that is kept is the same topic."""
    overlap = measure_overlap(hashes, groups.tolist(), previous)
    place = {topic_id: row for row, topic_id in enumerate(overlap.old_ids)}
    kept = {group: place[topic_id] for group, topic_id in enumerate(ids) if topic_id in place}
    return trace_lineage(overlap, kept, ids, np.bincount(groups[groups != NO_GROUP], minlength=len(ids)))


def trace_lineage(
    overlap: Overlap, matched: Mapping[int, int], ids: Sequence[str], sizes: NDArray[np.int64]
) -> list[LineageLink]:
    """Trace what became of each old topic and where each new one comes from; every topic occurs.

    Args:
        overlap: of old topics and new groups.
        matched: new group → row of the old topic whose id it keeps.
        ids: of the new groups.
        sizes: int64 (new,), texts of each new group. A group with hardly any text of an old topic was born.
    """
    kept_by = {row: group for group, row in matched.items()}
    pairs: dict[tuple[int, int], Change] = {(row, group): "continued" for group, row in matched.items()}
    for row in range(len(overlap.old_ids)):
        if row not in kept_by:
            heirs = _large_shares(overlap.shared[row], overlap.old_sizes[row])
            pairs.update({(row, group): "merged" if len(heirs) == 1 else "split" for group in heirs})
    is_handed_on = overlap.new_sizes >= MAX_INHERITED_SHARE * sizes
    for group in range(len(ids)):
        if group not in matched:
            parents = _large_shares(overlap.shared[:, group], overlap.new_sizes[group]) if is_handed_on[group] else []
            for row in parents:
                pairs.setdefault((row, group), "split")
    return [*_links_of_pairs(overlap, pairs, ids), *_ends(overlap, pairs, ids)]


def _large_shares(shared: NDArray[np.int64], size: np.int64) -> list[int]:
    return [int(place) for place in np.flatnonzero((shared > 0) & (shared >= _MIN_HANDED_ON_SHARE * size))]


def _links_of_pairs(
    overlap: Overlap, pairs: Mapping[tuple[int, int], Change], ids: Sequence[str]
) -> Iterable[LineageLink]:
    jaccard = overlap.jaccard
    for (row, group), change in sorted(pairs.items()):
        n_shared = int(overlap.shared[row, group])
        yield LineageLink(overlap.old_ids[row], ids[group], change, n_shared, float(jaccard[row, group]))


def _ends(overlap: Overlap, pairs: Mapping[tuple[int, int], Change], ids: Sequence[str]) -> Iterable[LineageLink]:
    """Yield deaths and births: topics in no pair."""
    has_heir = Counter(row for row, _ in pairs)
    has_parent = Counter(group for _, group in pairs)
    for row, topic_id in enumerate(overlap.old_ids):
        if not has_heir[row]:
            yield LineageLink(topic_id, None, "died", 0, 0.0)
    for group, topic_id in enumerate(ids):
        if not has_parent[group]:
            yield LineageLink(None, topic_id, "born", 0, 0.0)
