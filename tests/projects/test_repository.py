"""What the projects database promises, on every database it may live in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from contracts.home import PROJECT_ID_PATTERN
from projects.access.api_keys import hash_key
from projects.errors import InvalidValueError, NameTakenError, NotFoundError
from projects.records import FieldOutcome, FieldOverride

if TYPE_CHECKING:
    from projects import Projects


def test_create_project_plain_name_can_be_found_by_id_and_name(projects: Projects):
    made = projects.create_project("  Support bot ", "pro", 1000)

    assert PROJECT_ID_PATTERN.fullmatch(made.project_id)
    assert (made.name, made.plan, made.event_limit, made.journey_field) == ("Support bot", "pro", 1000, None)
    assert abs(datetime.now(UTC) - made.created_at) < timedelta(minutes=1)
    assert projects.get(made.project_id) == projects.get("Support bot") == made
    assert projects.list_projects() == [made]


def test_create_project_name_in_use_is_refused(projects: Projects):
    projects.create_project("Café")

    with pytest.raises(NameTakenError, match="'Café'"):
        projects.create_project("Cafe\N{COMBINING ACUTE ACCENT}")  # looks the same


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\nb", "a\x1b[31mb", "prj_0123456789abcdef", "\ud800"])
def test_create_project_bad_name_is_refused_with_a_sentence(projects: Projects, name: str):
    with pytest.raises(InvalidValueError, match=r"^The project's name .*\.$"):
        projects.create_project(name)
    assert projects.list_projects() == []


def test_create_project_odd_but_printable_name_is_kept_as_it_is(projects: Projects):
    name = "'; DROP TABLE projects; -- <b>[red]☃"
    assert projects.get(projects.create_project(name).project_id).name == name


@pytest.mark.parametrize(
    ("plan", "limit", "says"), [("gold", None, "'gold'.*trial, pro, business, enterprise"), ("pro", 0, "is 0")]
)
def test_create_project_bad_plan_or_limit_is_refused(projects: Projects, plan: str, limit: int | None, says: str):
    with pytest.raises(InvalidValueError, match=says):
        projects.create_project("shop", plan, limit)


def test_get_unknown_project_says_so(projects: Projects):
    with pytest.raises(NotFoundError, match="There is no project 'nobody'"):
        projects.get("nobody")


def test_rename_project_new_name_keeps_id_and_keys(projects: Projects):
    made = projects.create_project("shop")
    key = projects.create_key("shop")

    renamed = projects.rename_project("shop", " Web shop ")

    assert renamed == projects.get("Web shop") == projects.get(made.project_id)
    assert (renamed.project_id, renamed.name) == (made.project_id, "Web shop")
    assert projects.find_key(hash_key(key.secret)) == made.project_id
    with pytest.raises(NotFoundError, match="'shop'"):
        projects.get("shop")


def test_rename_project_taken_or_bad_name_is_refused_and_its_own_is_kept(projects: Projects):
    projects.create_project("shop")
    projects.create_project("desk")

    with pytest.raises(NameTakenError, match="'desk'"):
        projects.rename_project("shop", "desk")
    with pytest.raises(InvalidValueError, match=r"^The project's name"):
        projects.rename_project("shop", " ")
    assert projects.rename_project("shop", "shop").name == "shop"


def test_create_key_of_each_scope_is_found_under_its_own_alone(projects: Projects):
    made = projects.create_project("shop")
    ingest, read = projects.create_key("shop"), projects.create_key("shop", "Reports", "read")

    assert [key.scope for key in projects.list_keys("shop")] == ["ingest", "read"]
    assert (ingest.secret[:3], read.secret[:4]) == ("tk_", "tkr_")
    assert projects.find_key(hash_key(ingest.secret)) == projects.find_key(hash_key(read.secret), "read")
    assert projects.find_key(hash_key(read.secret), "read") == made.project_id
    assert projects.find_key(hash_key(read.secret)) is None
    assert projects.find_key(hash_key(ingest.secret), "read") is None
    with pytest.raises(InvalidValueError, match="The scope is 'write'; allowed are ingest, read"):
        projects.create_key("shop", None, "write")


def test_delete_project_is_found_no_more_and_its_keys_and_no_others_end(projects: Projects):
    shop, desk = projects.create_project("shop"), projects.create_project("desk")
    key, other = projects.create_key("shop"), projects.create_key("desk")
    projects.goals.set("shop", "paid", "event", "paid")

    assert projects.delete_project("shop") == shop

    assert projects.list_projects() == [desk]
    assert projects.list_deleted_ids() == [shop.project_id]
    assert projects.find_key(hash_key(key.secret)) is None
    assert projects.find_key(hash_key(other.secret)) == desk.project_id
    for name in ("shop", shop.project_id):
        with pytest.raises(NotFoundError, match="There is no project"):
            projects.get(name)
        with pytest.raises(NotFoundError, match="There is no project"):
            projects.delete_project(name)


def test_delete_project_name_is_free_and_events_in_flight_are_booked(projects: Projects):
    old = projects.create_project("shop")
    projects.delete_project("shop")

    new = projects.create_project("shop")
    projects.ledger.settle("worker", 1, {(old.project_id, "2026-01"): 3})

    assert projects.get("shop") == new
    assert new.project_id != old.project_id


def test_create_key_finds_its_project_and_only_its_hash_is_kept(projects: Projects):
    project = projects.create_project("shop")
    key = projects.create_key("shop")

    assert key.secret.startswith("tk_")
    assert len(key.secret) == 46
    assert key.secret not in repr(key)
    assert projects.find_key(hash_key(key.secret)) == project.project_id
    assert projects.find_key(hash_key("tk_other")) is None
    assert [listed.prefix for listed in projects.list_keys("shop")] == [key.secret[:10]]


def test_create_key_name_is_listed_and_a_key_needs_none(projects: Projects):
    projects.create_project("shop")
    projects.create_key("shop", "  Mobile app ")
    projects.create_key("shop")
    assert [key.name for key in projects.list_keys("shop")] == ["Mobile app", None]
    with pytest.raises(InvalidValueError, match="The key's name has 101 characters; allowed are 1 to 100"):
        projects.create_key("shop", "x" * 101)


def test_create_key_name_of_a_key_that_works_is_refused_and_of_a_revoked_one_is_free(projects: Projects):
    projects.create_project("shop")
    projects.create_project("desk")
    first = projects.create_key("shop", "Mobile app")
    projects.create_key("desk", "Mobile app")
    with pytest.raises(NameTakenError, match=f"'shop' already has a key named 'Mobile app' .{first.key_id}, tk_"):
        projects.create_key("shop", " Mobile app")
    projects.revoke_key("shop", first.key_id)
    projects.create_key("shop", "Mobile app")
    assert len(projects.list_keys("shop")) == 2


@pytest.mark.parametrize("character", "\u202e\u2067\u200f\u200b\u200d\ufeff\u00ad\u3164\U000e0041")
def test_create_key_name_with_an_invisible_or_turning_character_is_refused(projects: Projects, character: str):
    projects.create_project("shop")
    with pytest.raises(InvalidValueError, match=rf"The key's name .*U\+{ord(character):04X}, which is invisible or"):
        projects.create_key("shop", f"Mo{character}bile")
    assert projects.list_keys("shop") == []


def test_create_project_joiners_inside_words_and_emoji_are_letters(projects: Projects):
    for name in ("क्\u200dष", "Team 👩\u200d👧"):
        assert projects.create_project(name).name == name


def test_revoke_key_ends_that_key_and_no_other(projects: Projects):
    project = projects.create_project("shop")
    old, new = projects.create_key("shop"), projects.create_key("shop")

    first = projects.revoke_key("shop", old.key_id)
    again = projects.revoke_key("shop", old.key_id)

    assert first.is_revoked
    assert first.revoked_at == again.revoked_at
    assert projects.find_key(hash_key(old.secret)) is None
    assert projects.find_key(hash_key(new.secret)) == project.project_id


def test_revoke_key_of_another_project_is_refused(projects: Projects):
    projects.create_project("mine")
    projects.create_project("theirs")
    key = projects.create_key("theirs")

    with pytest.raises(NotFoundError, match="Project 'mine' has no key"):
        projects.revoke_key("mine", key.key_id)
    assert projects.find_key(hash_key(key.secret)) is not None


def test_note_key_use_shows_in_the_list(projects: Projects):
    projects.create_project("shop")
    key = projects.create_key("shop")
    assert projects.list_keys("shop")[0].last_used_at is None

    projects.note_key_use(hash_key(key.secret))

    used_at = projects.list_keys("shop")[0].last_used_at
    assert used_at is not None
    assert abs(datetime.now(UTC) - used_at) < timedelta(minutes=1)


def test_field_override_set_twice_and_cleared_leaves_none(projects: Projects):
    project = projects.create_project("shop")
    projects.create_project("other")

    projects.set_field_override("shop", "order.code", "number")
    projects.set_field_override("shop", "order.code", "enum")
    override = FieldOverride(project.project_id, "order.code", "enum")
    assert projects.list_overrides("shop") == projects.list_overrides() == [override]
    assert projects.list_overrides("other") == []

    projects.clear_field_override("shop", "order.code")
    assert projects.list_overrides() == []
    with pytest.raises(NotFoundError, match=r"order\.code"):
        projects.clear_field_override("shop", "order.code")


def test_outcome_of_a_field_is_chosen_changed_and_left_to_its_name(projects: Projects):
    project = projects.create_project("shop")
    projects.create_project("other")

    projects.set_field_outcome("shop", "escalated", "positive")
    projects.set_field_outcome("shop", "escalated", "negative")
    chosen = FieldOutcome(project.project_id, "escalated", "negative")
    assert projects.list_field_outcomes("shop") == projects.list_field_outcomes() == [chosen]
    assert projects.list_field_outcomes("other") == []

    with pytest.raises(InvalidValueError, match=r"outcome.*'good'.*positive, negative"):
        projects.set_field_outcome("shop", "escalated", "good")
    projects.clear_field_outcome("shop", "escalated")
    projects.clear_field_outcome("shop", "never chosen")
    assert projects.list_field_outcomes() == []


@pytest.mark.parametrize(("field", "type_"), [("", "enum"), ("x" * 1001, "enum"), ("a\0b", "enum"), ("plan", "date")])
def test_field_override_bad_field_or_type_is_refused(projects: Projects, field: str, type_: str):
    projects.create_project("shop")
    with pytest.raises(InvalidValueError):
        projects.set_field_override("shop", field, type_)


def test_set_journey_field_is_remembered_and_can_be_undone(projects: Projects):
    projects.create_project("shop")
    projects.set_journey_field("shop", "prompt")
    assert projects.get("shop").journey_field == "prompt"
    projects.set_journey_field("shop", None)
    assert projects.get("shop").journey_field is None
