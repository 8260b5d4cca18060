"""Whatever metadata an app sends, its values end under the field that a person would look for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.dbt_project.conftest import (
    ANSWERED_PROJECT,
    CHANGING_PROJECT,
    ENDLESS_PROJECT,
    ODD_PROJECT,
    ONE_USER_PROJECT,
    TEXTLESS_PROJECT,
)
from tests.factories.warehouse_factory import PROJECT_ID, text_hash

if TYPE_CHECKING:
    from tests.dbt_project.conftest import Built


def _values(built: Built, event_id: str) -> list[tuple[Any, ...]]:
    return built.rows(
        "select field, value_index, value from intermediate.int_event_values__flattened"
        " where project_id = ? and event_id = ? order by field, value_index",
        ODD_PROJECT,
        event_id,
    )


def test_nested_objects_and_arrays_become_dotted_names_and_several_values(built: Built):
    assert _values(built, "odd_0") == [
        ("a.b.c", 1, "flat"),
        ("a.b.c", 2, "deep"),
        ("list", 1, "1"),
        ("list", 2, "two"),
        ("list", 3, "3"),
    ]


def test_keys_with_quotes_sql_and_other_scripts_are_only_names(built: Built):
    assert _values(built, "odd_1") == [
        ("", 1, "no name"),
        ('"; drop table marts.fct_events; --', 1, "one"),
        ("emoji 🎉", 1, "x"),
        ("it's", 1, "1"),
        ("über größe", 1, "true"),
    ]
    assert built.rows("select count(*) from marts.fct_events") == [(len(built.events),)]


def test_keys_that_look_like_paths_keep_their_name(built: Built):
    assert _values(built, "odd_2") == [
        ("$.a", 1, "b"),
        ("item[0]", 1, "a"),
        ("items.n", 1, "1"),
        ("items.n", 2, "2"),
        ("items.sku", 1, "s1"),
        ("items.sku", 2, "s2"),
        ("nul\x00key", 1, "v\x00w"),
    ]


def test_numbers_that_are_none_are_no_number_values(built: Built):
    found = built.rows(
        "select field, number_value from marts.fct_event_values"
        " where project_id = ? and event_id = 'odd_3' and value_type = 'number' order by field",
        ODD_PROJECT,
    )
    assert found == [("number", 12.5)]


def test_a_whole_number_beyond_2_to_the_53_keeps_its_digits(built: Built):
    found = built.rows(
        "select enum_value from marts.fct_event_values where project_id = ? and event_id = 'odd_3' and field = 'big'",
        ODD_PROJECT,
    )
    assert found == [("123456789012345678901234567890",)]


def test_blank_values_and_empty_metadata_have_no_fields(built: Built):
    fields = {field for field, _, _ in _values(built, "odd_3")}
    assert fields == {"big", "huge", "nan", "number", "zip"}
    assert _values(built, "odd_4") == []


def test_detected_types_of_ordinary_fields(built: Built):
    found = built.rows(
        "select field, detected_type, effective_type from marts.dim_fields where project_id = ? order by field",
        PROJECT_ID,
    )
    assert found == [
        ("bot.fallback", "enum", "enum"),
        ("client.is_beta", "enum", "enum"),
        ("client.platform", "enum", "text"),
        ("latency_ms", "number", "number"),
        ("plan", "enum", "enum"),
        ("prompt", "text", "text"),
        ("resolved", "enum", "enum"),
        ("tags", "enum", "enum"),
    ]


def test_journey_field_is_one_of_each_project_with_text(built: Built):
    found = built.rows("select project_id, field from marts.dim_fields where is_journey_field order by project_id")
    projects = [project_id for project_id, _ in found]
    assert projects == sorted(
        [PROJECT_ID, ONE_USER_PROJECT, ODD_PROJECT, ANSWERED_PROJECT, CHANGING_PROJECT, ENDLESS_PROJECT]
    )
    assert dict(found)[PROJECT_ID] == "prompt"


def test_journey_field_among_the_apps_own_words_is_what_users_say(built: Built):
    found = built.rows(
        "select field, effective_type, is_journey_field from marts.dim_fields where project_id = ? order by field",
        ANSWERED_PROJECT,
    )
    assert found == [("a_system", "text", False), ("answer", "text", False), ("prompt", "text", True)]


def test_only_the_journey_field_makes_steps(built: Built):
    steps = built.rows("select distinct topic_id from marts.fct_session_steps where project_id = ?", PROJECT_ID)
    overridden = built.rows("select count(*) from marts.fct_messages where field = 'client.platform'")
    assert all(topic_id.endswith("__prompt") for (topic_id,) in steps)
    assert overridden[0][0] > 0


def test_values_of_an_array_stand_in_its_order(built: Built):
    event = next(event for event in built.events if len(event.metadata.get("tags", ())) > 1)
    found = built.rows(
        "select enum_value from marts.fct_event_values"
        " where project_id = ? and event_id = ? and field = 'tags' order by value_index",
        event.project_id,
        event.event_id,
    )
    assert [value for (value,) in found] == event.metadata["tags"]


def test_text_hash_is_the_one_that_python_computes(built: Built):
    found = built.rows("select distinct text, text_hash from intermediate.int_messages__extracted")
    assert found
    assert all(text_hash(text) == found_hash for text, found_hash in found)


def test_project_without_texts_has_sessions_but_no_journeys(built: Built):
    found = built.rows(
        "select path, n_sessions, session_share from marts.agg_journey_variants where project_id = ?", TEXTLESS_PROJECT
    )
    moves = built.rows("select count(*) from marts.fct_transitions where project_id = ?", TEXTLESS_PROJECT)
    assert found == [([], 20, 1.0)]
    assert moves == [(0,)]


def test_project_of_one_user_has_one_user(built: Built):
    found = built.rows("select user_id, n_events from marts.dim_users where project_id = ?", ONE_USER_PROJECT)
    assert found == [("only_user", 120)]
