"""Fields whose values come in several shapes: every value ends in one field, under one type, or nowhere at all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt_project.conftest import Built
from tests.factories.dbt_factory import run_dbt
from tests.factories.warehouse_factory import PROJECT_ID, START_AT, Event, make_warehouse

if TYPE_CHECKING:
    from pathlib import Path


N_EVENTS = 90
MODELS = ("run", "--select", "+dim_fields", "+fct_event_values")

DEEP: dict[str, Any] = {"end": 1}
for _depth in range(8):
    DEEP = {"in": DEEP}
DEEP_FIELD = ".".join(["deep", *["in"] * 8, "end"])


def _metadata(index: int) -> dict[str, Any]:
    third = index % 3
    return {
        "shape": index if third else {"kind": "round"},
        "flags": [index % 2 == 0, True],
        "sizes": [1, 2.5, "3"],
        "mostly_one": "vip" if third else ["vip", "trial"],
        "quoted": f"{index}.50",
        "padded": f" {index % 4} ",
        "said": "true" if third else "false",
        "really": bool(third),
        "sevens": ("7.0", "7", 7)[third],
        "zeros": ("007", "7", 7)[third],
        "void": ("", None, [])[third],
        "hollow": ({}, [[]], [None, ""])[third],
        "baskets": [{"sku": "a1"}, {"sku": "b2", "n": index}],
        "deep": DEEP,
        "tiny": -0.0 if third else 1e-300,
        "scientific": f"{index}e3",
        "not_finite": ("NaN", "Infinity", "-inf")[third],
    }


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory, scratch: Path) -> Built:
    path = tmp_path_factory.mktemp("mixed") / "warehouse.duckdb"
    events = [
        Event(f"evt_{index:02}", START_AT + timedelta(hours=index), _metadata(index), "s", "u")
        for index in range(N_EVENTS)
    ]
    make_warehouse(path, events)
    run_dbt(path, *MODELS, scratch=scratch)
    return Built(path, events, [], scratch)


def _values(mixed: Built, field: str) -> set[tuple[Any, ...]]:
    return set(
        mixed.rows(
            "select value_index, enum_value, number_value from marts.fct_event_values"
            " where project_id = ? and field = ?",
            PROJECT_ID,
            field,
        )
    )


def test_each_field_has_the_type_that_its_values_speak_for(mixed: Built):
    found = dict(mixed.rows("select field, effective_type from marts.dim_fields"))
    assert found == {
        "shape": "number",
        "shape.kind": "enum",
        "flags": "enum",
        "sizes": "enum",
        "mostly_one": "enum",
        "quoted": "number",
        "padded": "enum",
        "said": "enum",
        "really": "enum",
        "sevens": "number",
        "zeros": "enum",
        "baskets.sku": "enum",
        "baskets.n": "number",
        DEEP_FIELD: "number",
        "tiny": "number",
        "scientific": "number",
        "not_finite": "enum",
    }


def test_key_that_is_a_number_here_and_an_object_there_is_two_fields(mixed: Built):
    assert len(_values(mixed, "shape")) == N_EVENTS * 2 // 3
    assert _values(mixed, "shape.kind") == {(1, "round", None)}


def test_arrays_have_a_value_for_each_element_whatever_its_kind(mixed: Built):
    assert _values(mixed, "sizes") == {(1, "1", None), (2, "2.5", None), (3, "3", None)}
    assert _values(mixed, "flags") == {(1, "true", None), (1, "false", None), (2, "true", None)}
    assert _values(mixed, "mostly_one") == {(1, "vip", None), (2, "trial", None)}
    assert _values(mixed, "baskets.sku") == {(1, "a1", None), (2, "b2", None)}


def test_codes_with_zeros_in_front_keep_them(mixed: Built):
    assert _values(mixed, "zeros") == {(1, "007", None), (1, "7", None)}


def test_numbers_written_in_several_ways_are_the_same_number(mixed: Built):
    assert _values(mixed, "sevens") == {(1, None, 7.0)}
    assert (1, None, 5000.0) in _values(mixed, "scientific")
    assert (1, None, 1e-300) in _values(mixed, "tiny")


def test_booleans_and_the_words_for_them_are_the_same_values(mixed: Built):
    assert _values(mixed, "said") == _values(mixed, "really") == {(1, "true", None), (1, "false", None)}


def test_words_for_no_number_are_words(mixed: Built):
    assert {value for _, value, _ in _values(mixed, "not_finite")} == {"NaN", "Infinity", "-inf"}


def test_counts_of_a_field_leave_out_what_is_no_value(mixed: Built):
    found = dict(
        mixed.rows("select field, n_values from marts.dim_fields where field in ('flags', 'baskets.sku', 'quoted')")
    )
    assert found == {"flags": 2 * N_EVENTS, "baskets.sku": 2 * N_EVENTS, "quoted": N_EVENTS}
