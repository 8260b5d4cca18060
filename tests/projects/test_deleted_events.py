"""Events that people delete: kept by project, restored by id."""

from __future__ import annotations

import pytest

from projects.errors import InvalidValueError, NotFoundError


def test_deleted_events_add_the_same_twice_counts_once(projects):
    project_id = projects.create_project("Shop").project_id
    assert projects.deleted_events.add("Shop", ["a", "b", "a"]) == 2
    assert projects.deleted_events.add(project_id, ["b", "c"]) == 1
    assert [event.event_id for event in projects.deleted_events.list("Shop")] == ["a", "b", "c"]


def test_deleted_events_remove_restores_and_refuses_what_is_not_deleted(projects):
    projects.create_project("Shop")
    projects.deleted_events.add("Shop", ["a", "b"])
    with pytest.raises(NotFoundError, match="The event 'c' of project 'Shop' is not deleted"):
        projects.deleted_events.remove("Shop", ["a", "c"])
    projects.deleted_events.remove("Shop", ["a"])
    assert [event.event_id for event in projects.deleted_events.list()] == ["b"]


@pytest.mark.parametrize("event_id", ["", "x" * 256])
def test_deleted_events_add_an_id_that_cannot_be_is_refused_with_its_length(projects, event_id):
    projects.create_project("Shop")
    with pytest.raises(InvalidValueError, match=f"The event's id has {len(event_id)} characters; allowed are 1 to 255"):
        projects.deleted_events.add("Shop", ["good", event_id])
    assert projects.deleted_events.list() == []
