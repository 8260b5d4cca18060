"""A second engine needs macros, not models: everything that differs between engines is in macros."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.factories.dbt_factory import DBT_PROJECT

if TYPE_CHECKING:
    from pathlib import Path

MODELS = sorted(DBT_PROJECT.glob("models/**/*.sql"))
MACROS = sorted(DBT_PROJECT.glob("macros/*.sql"))

ENGINES_OWN = re.compile(
    r"""
    -> | ::                                                     # ways into JSON, casts
    | \[ | \]                                                   # lists and places in them
    | \b(json\w* | to_json | from_json)\b
    | \b(list\w* | array\w* | unnest | explode | generate_subscripts | len | string_agg | struct\w* | map\w*)\s*\(
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""How DuckDB, and others in other ways, write JSON and lists."""


def _own_words(sql: str) -> str:
    """The SQL that a model writes itself: without comments, Jinja and strings."""
    for left_out in (r"\{#.*?#\}", r"\{\{.*?\}\}", r"\{%.*?%\}", r"--[^\n]*", r"'[^']*'"):
        sql = re.sub(left_out, " ", sql, flags=re.DOTALL)
    return sql


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_model_handles_json_and_lists_through_macros_alone(model: Path):
    found = [match.group() for match in ENGINES_OWN.finditer(_own_words(model.read_text()))]
    assert found == []


@pytest.mark.parametrize(
    "sql",
    [
        "select metadata ->> '$.a' from t",
        "select json_extract(metadata, 'a') from t",
        "select unnest(path) from t",
        "select list(a order by b) from t",
        "select path[1] from t",
        "select a::varchar from t",
        "select string_agg(a, ',') from t",
    ],
)
def test_engines_own_json_and_lists_are_noticed(sql: str):
    assert ENGINES_OWN.search(_own_words(sql))


@pytest.mark.parametrize("file", MACROS, ids=lambda file: file.stem)
def test_macro_that_uses_json_or_lists_is_dispatched(file: Path):
    macros = re.findall(r"\{%-?\s*macro (\w+)\(.*?-?%\}(.*?)\{%-?\s*endmacro", file.read_text(), flags=re.DOTALL)
    assert macros
    names = {name for name, _ in macros}
    own = {name for name, body in macros if ENGINES_OWN.search(_own_words(body))}
    assert {name for name in own if not name.startswith("duckdb__")} == set()
    for name in own:
        dispatcher = name.removeprefix("duckdb__")
        assert dispatcher in names
        assert f'adapter.dispatch("{dispatcher}", "turret")' in file.read_text()
