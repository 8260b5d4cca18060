"""A field's type changes on clear evidence only, and its history says when and why."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tests.dbt_project.conftest import CHANGING_PROJECT
from tests.factories.warehouse_factory import START_AT

if TYPE_CHECKING:
    from tests.dbt_project.conftest import Built


def _day(number: int) -> date:
    """A day of the changing project, from 0."""
    return START_AT.date() + timedelta(days=number)


def _history(built: Built, field: str) -> list[tuple[Any, ...]]:
    return built.rows(
        "select type, previous_type, is_settled, evidence_from, evidence_to from marts.dim_field_history"
        " where project_id = ? and field = ? order by version",
        CHANGING_PROJECT,
        field,
    )


def test_type_that_changes_in_mid_life_is_changed_by_two_days_of_evidence(built: Built):
    assert _history(built, "size") == [
        ("number", None, True, _day(0), _day(0)),
        ("text", "number", True, _day(3), _day(4)),
    ]


def test_type_of_field_that_wavers_from_day_to_day_stays(built: Built):
    assert _history(built, "price") == [("number", None, True, _day(0), _day(0))]


def test_type_of_number_field_with_stray_words_stays(built: Built):
    assert _history(built, "stray") == [("number", None, True, _day(0), _day(0))]


def test_type_of_short_values_that_come_back_becomes_enum(built: Built):
    assert [row[0] for row in _history(built, "seat")] == ["text", "enum"]


def test_types_of_numeric_strings_booleans_and_blanks(built: Built):
    found = built.rows(
        "select field, effective_type, is_type_settled, n_values, n_distinct_values from marts.dim_fields"
        " where project_id = ? and field in ('code', 'agreed', 'empty', 'sometimes') order by field",
        CHANGING_PROJECT,
    )
    assert found == [
        ("agreed", "enum", True, 360, 2),
        ("code", "enum", True, 360, 60),
        ("sometimes", "enum", False, 1, 1),
    ]


def test_reason_of_a_type_names_values_and_days(built: Built):
    found = dict(
        built.rows(
            "select field, reason from marts.dim_fields where project_id = ? and field in ('agreed', 'size')",
            CHANGING_PROJECT,
        )
    )
    assert found["agreed"] == f"Every value is true or false; 60 seen on {_day(4)}."
    assert found["size"].startswith("Written language: 60 different, 60 seen, 60 longer than 3 words")


def test_newest_version_of_each_field_is_its_detected_type(built: Built):
    found = built.rows(
        "select count(*), count(*) filter (where history.type = fields.detected_type and history.is_newest)"
        " from marts.dim_fields as fields left join marts.dim_field_history as history"
        " on fields.project_id = history.project_id and fields.field = history.field and history.is_newest"
    )
    ((n_fields, n_equal),) = found
    assert n_fields == n_equal > 0
