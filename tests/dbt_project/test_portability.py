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


ENGINES = ("duckdb", "spark")
ONLY_HERE = re.compile(r"_?(duckdb|spark)_")
"""How a macro's name begins if it is the variant of an engine (`duckdb__name`), or helps one (`_duckdb_name`)."""


def _macros() -> dict[str, str]:
    """The body of every macro, by name."""
    text = "\n".join(path.read_text() for path in MACROS)
    return dict(re.findall(r"\{%-?\s*macro (\w+)\(.*?-?%\}(.*?)\{%-?\s*endmacro", text, flags=re.DOTALL))


def _dispatched() -> set[str]:
    return {
        name
        for name, body in _macros().items()
        if re.search(rf'return\(adapter\.dispatch\("{name}", "turret"\)\(', body)
    }


def test_macro_that_uses_json_or_lists_belongs_to_an_engine():
    own = {name for name, body in _macros().items() if ENGINES_OWN.search(_own_words(body))}
    assert own
    assert {name for name in own if not ONLY_HERE.match(name)} == set()


@pytest.mark.parametrize("engine", ENGINES)
def test_every_dispatched_macro_has_a_variant_for_each_engine_and_no_other_has(engine: str):
    variants = {name.removeprefix(f"{engine}__") for name in _macros() if name.startswith(f"{engine}__")}
    assert len(variants) > 20
    assert variants == _dispatched()


@pytest.mark.parametrize("engine", ENGINES)
def test_what_helps_the_variants_of_an_engine_is_called_by_them_alone(engine: str):
    callers = {name for name, body in _macros().items() if re.search(rf"\b_{engine}_\w+\(", body)}
    assert callers
    assert {name for name in callers if not re.match(rf"_?{engine}_", name)} == set()


def test_models_call_no_variant_themselves():
    found = {path.stem for path in MODELS if re.search(r"\b_?(duckdb|spark)_\w+\(", path.read_text())}
    assert found == set()
