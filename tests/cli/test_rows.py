"""Rows of any type are printed as a table, as JSON and as CSV that other programs read."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from cli.marts.rows import fitted, printable, unique_names, write_csv, write_json, write_table


def as_json(value: object, type_: str = "ANY") -> Any:
    out = io.StringIO()
    write_json([("v", type_)], [[(value,)]], out)
    return json.loads(out.getvalue())[0]["v"]


def as_csv(*values: object) -> list[str]:
    out = io.StringIO(newline="")
    write_csv([(f"c{number}", "ANY") for number in range(len(values))], [[values]], out)
    return list(csv.reader(io.StringIO(out.getvalue(), newline="")))[1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (2**127, 2**127),
        (1.5, 1.5),
        (float("nan"), None),
        (float("inf"), None),
        (Decimal("2.50"), 2.5),
        (Decimal(3), 3),
        (Decimal("0.1234567890123456789012345"), "0.1234567890123456789012345"),
        (datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "2026-01-02 03:04:05.000006+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (time(3, 4), "03:04:00"),
        (timedelta(days=1, seconds=2), "1 day, 0:00:02"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"\x00\xff", "0x00ff"),
        ([1, None, {"a": float("nan")}], [1, None, {"a": None}]),
        ({date(2026, 1, 2): [Decimal(1)]}, {"2026-01-02": [1]}),
    ],
)
def test_write_json_value_of_each_type_is_readable(value: object, expected: object):
    assert as_json(value) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [('{"a": [1]}', {"a": [1]}), ("1e999", None), ("{broken", "{broken"), ("[" * 100_000, "[" * 100_000), (None, None)],
)
def test_write_json_json_column_stays_json(content: str | None, expected: object):
    assert as_json(content, "JSON") == expected


def test_write_json_no_rows_is_an_empty_array():
    out = io.StringIO()
    write_json([("a", "INTEGER")], [], out)
    assert json.loads(out.getvalue()) == []


def test_write_json_same_name_twice_keeps_both_values():
    out = io.StringIO()
    write_json([("a", "INTEGER"), ("a", "INTEGER")], [[(1, 2)], [(3, 4)]], out)
    assert json.loads(out.getvalue()) == [{"a": 1, "a_1": 2}, {"a": 3, "a_1": 4}]


def test_write_csv_awkward_values_survive_a_reader():
    values = ('say "hi", you', "two\nlines", None, [1, "x"], {"k": None}, True, 1.5)
    assert as_csv(*values) == ['say "hi", you', "two\nlines", "", '[1, "x"]', '{"k": null}', "true", "1.5"]


def test_write_table_aligns_words_left_and_numbers_right():
    out = io.StringIO()
    write_table([("name", "VARCHAR"), ("n", "BIGINT")], [[("a", 1), ("bcd", 100)]], out)
    assert out.getvalue() == "name    n\n────  ───\na       1\nbcd   100\n(2 rows)\n"


def test_write_table_later_pages_are_printed_too():
    out = io.StringIO()
    write_table([("n", "BIGINT")], iter([[(1,)], [(2,)], [(12345,)]]), out)
    assert out.getvalue().splitlines()[2:] == ["1", "2", "12345", "(3 rows)"]


def test_write_table_no_result_prints_nothing():
    out = io.StringIO()
    write_table([], [], out)
    assert out.getvalue() == ""


def test_printable_terminal_commands_and_line_breaks_have_no_power():
    assert printable("a\x1b[2Jb\nc\u202ed\td") == "a\N{REPLACEMENT CHARACTER}[2Jb c\N{REPLACEMENT CHARACTER}d d"


def test_fitted_widest_columns_give_way_first():
    assert fitted([3, 50, 60], 40) == [3, 16, 17]
    assert fitted([3, 5], 40) == [3, 5]
    assert fitted([60, 60], 4) == [8, 8]


def test_unique_names_never_repeat():
    assert unique_names(["a", "a", "a_1", "b", "a"]) == ["a", "a_1", "a_1_1", "b", "a_2"]
