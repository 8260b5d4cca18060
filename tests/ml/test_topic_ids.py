"""Lineage: what became of every topic, each with its evidence."""

from __future__ import annotations

import numpy as np

from ml.tracking.topic_ids import LineageLink, assign_ids, match_topics, measure_overlap, trace_lineage


def test_trace_lineage_split_keeps_the_id_with_the_larger_part():
    ids, links = _refit(before="AAAAAAAAAA", after="0000001111")
    assert ids[0] == "A"
    assert ids[1].startswith("top_")
    assert links == {("A", "A", "continued", 6, 0.6), ("A", ids[1], "split", 4, 0.4)}


def test_trace_lineage_merge_keeps_the_larger_id():
    ids, links = _refit(before="AAAAAABBBB", after="0000000000")
    assert ids == ["A"]
    assert links == {("A", "A", "continued", 6, 0.6), ("B", "A", "merged", 4, 0.4)}


def test_trace_lineage_topic_without_texts_left_died():
    _, links = _refit(before="AAAABBBB", after="0000....")
    assert links == {("A", "A", "continued", 4, 1.0), ("B", None, "died", 0, 0.0)}


def test_trace_lineage_group_of_new_texts_is_born():
    ids, links = _refit(before="AAAA....", after="00001111")
    assert links == {("A", "A", "continued", 4, 1.0), (None, ids[1], "born", 0, 0.0)}


def test_trace_lineage_growth_does_not_lower_similarity():
    _, links = _refit(before="AAAA" + "." * 40, after="0" * 44)
    assert links == {("A", "A", "continued", 4, 1.0)}


def test_trace_lineage_every_topic_occurs():
    before, after = "AAAABBBBCCCCDDDD......", "0011223300..4455556666"
    ids, links = _refit(before, after)
    assert {link[0] for link in links} - {None} == set("ABCD")
    assert {link[1] for link in links} - {None} == set(ids)


def test_name_groups_without_a_past_depends_on_members_and_namespace_alone():
    first, _ = _refit(before="....", after="0011")
    again, _ = _refit(before="....", after="0011")
    other, _ = _refit(before="....", after="0011", namespace="other")
    assert first == again
    assert not set(first) & set(other)
    assert len(set(first)) == 2


def test_name_groups_id_of_a_living_topic_is_not_given_twice():
    (made,), _ = _refit(before="....", after="0000")
    before = {"4": made, "5": made, "6": made}
    hashes = [str(number) for number in range(7)]
    groups = [0, 0, 0, 0, 1, 1, 1]
    overlap = measure_overlap(hashes, groups, before)
    ids = assign_ids(hashes, groups, overlap.old_ids, match_topics(overlap), "space")
    assert ids[1] == made
    assert ids[0] != made


def _refit(before: str, after: str, namespace: str = "space") -> tuple[list[str], set[tuple[object, ...]]]:
    """Refit texts 0, 1, …: `before` names each text's old topic, `after` its new group; a dot means none."""
    hashes = [str(number) for number in range(len(before))]
    previous = {text: topic for text, topic in zip(hashes, before, strict=True) if topic != "."}
    groups = [int(group) if group != "." else -1 for group in after]
    overlap = measure_overlap(hashes, groups, previous)
    matched = match_topics(overlap)
    ids = assign_ids(hashes, groups, overlap.old_ids, matched, namespace)
    return ids, {
        _plain(link)
        for link in trace_lineage(overlap, matched, ids, np.bincount([group for group in groups if group >= 0]))
    }


def _plain(link: LineageLink) -> tuple[object, ...]:
    return (link.from_topic_id, link.to_topic_id, link.change, link.n_texts_shared, round(link.similarity, 6))
