"""Areas: topics that belong together, each in exactly one, with ids that live on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ml.clustering.areas import MIN_TOPICS, MIN_TOPICS_KEPT, Area, find_areas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SUBJECTS = ("bank", "hotel", "music")


def test_find_areas_topics_of_one_subject_share_an_area():
    assert _subjects(_find()) == [{"bank"}, {"hotel"}, {"music"}]


def test_find_areas_every_topic_is_in_exactly_one():
    ids, _ = _topics()
    assert sorted(topic_id for area in _find() for topic_id in area.topic_ids) == sorted(ids)


@pytest.mark.parametrize("n_topics", range(MIN_TOPICS))
def test_find_areas_few_topics_get_none(n_topics: int):
    ids, centres = _topics()
    assert find_areas(ids[:n_topics], centres[:n_topics], [5] * n_topics, {}) == []


def test_find_areas_topics_of_which_no_two_are_alike_get_none():
    ids = [f"t{number}" for number in range(MIN_TOPICS)]
    assert find_areas(ids, np.eye(MIN_TOPICS, dtype=np.float32), [5] * MIN_TOPICS, {}) == []


def test_find_areas_that_are_there_stay_while_some_topics_go():
    ids, centres = _topics()
    before = _area_of(_find())
    for n_left, stay in ((MIN_TOPICS_KEPT, True), (MIN_TOPICS_KEPT - 1, False)):
        assert bool(find_areas(ids[:n_left], centres[:n_left], [5] * n_left, before)) is stay


def test_find_areas_order_of_topics_means_nothing():
    ids, centres = _topics()
    assert find_areas(ids[::-1], centres[::-1], [5] * len(ids), {}) == _find()


def test_find_areas_again_with_the_areas_found_changes_nothing():
    rng = np.random.default_rng(3)
    for _ in range(20):
        centres = rng.normal(size=(30, 12)).astype(np.float32)
        ids = [f"top_{number:02d}" for number in range(30)]
        first = find_areas(ids, centres, [5] * 30, {})
        again = find_areas(ids, centres, [5] * 30, _area_of(first))
        assert _area_of(again) == _area_of(first)
        assert {area.similarity for area in again} == {1.0}


def test_find_areas_id_lives_on_when_topics_come_go_and_grow():
    ids, centres = _topics()
    first = _area_of(_find())
    kept = [place for place, topic_id in enumerate(ids) if topic_id != "bank_0"]
    new_ids = [*(ids[place] for place in kept), "bank_new"]
    new_centres = np.concatenate([centres[kept], centres[:1]])
    later = _area_of(find_areas(new_ids, new_centres, [9] * len(new_ids), first))
    assert {topic_id: later[topic_id] for topic_id in ids if topic_id != "bank_0"} == {
        topic_id: area for topic_id, area in first.items() if topic_id != "bank_0"
    }
    assert later["bank_new"] == first["bank_1"]


def test_find_areas_that_split_leaves_the_id_with_the_most_texts():
    ids, centres = _topics()
    everything = dict.fromkeys((topic_id for topic_id in ids if topic_id.startswith(("bank", "hotel"))), "area_old")
    sizes = [50 if topic_id.startswith("hotel") else 5 for topic_id in ids]
    later = _area_of(find_areas(ids, centres, sizes, everything))
    assert later["hotel_0"] == "area_old"
    assert later["music_0"] != "area_old"


def test_find_areas_ids_differ_by_namespace_and_never_look_like_topics():
    ids, centres = _topics()
    one, other = (find_areas(ids, centres, [5] * len(ids), {}, namespace=name) for name in ("a/prompt", "b/prompt"))
    assert {area.area_id for area in one}.isdisjoint(area.area_id for area in other)
    assert all(area.area_id.startswith("area_") for area in one)


def test_find_areas_topics_without_direction_are_put_somewhere():
    ids, centres = _topics()
    centres[:] = centres[0]
    assert sum(len(area.topic_ids) for area in find_areas(ids, centres, [5] * len(ids), {})) == len(ids)


def _find() -> list[Area]:
    ids, centres = _topics()
    return find_areas(ids, centres, [5] * len(ids), {})


def _topics() -> tuple[list[str], NDArray[np.float32]]:
    """Four topics of each subject, all of which have much in common."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=32)
    ids, rows = [], []
    for subject in SUBJECTS:
        direction = rng.normal(size=32)
        for number in range(4):
            ids.append(f"{subject}_{number}")
            rows.append(3 * shared + 2 * direction + 0.5 * rng.normal(size=32))
    return ids, np.array(rows, dtype=np.float32)


def _area_of(areas: Sequence[Area]) -> dict[str, str]:
    return {topic_id: area.area_id for area in areas for topic_id in area.topic_ids}


def _subjects(areas: Sequence[Area]) -> list[set[str]]:
    return sorted(({topic_id.split("_")[0] for topic_id in area.topic_ids} for area in areas), key=sorted)
