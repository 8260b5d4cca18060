"""What Python finds in metadata for Spark, compared with what the macros of DuckDB find."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.spark.metadata_values import as_compared, is_json_structure, scalars
from tests.factories.dbt_macros import macro_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DOCUMENTS = "(select place, cast(document as json) as metadata from documents)"
HISTORY = '[{"role": "system", "content": "Be kind"}, {"role": "user", "content": "hello"}]'
NUMBERS = (
    "0",
    "-0",
    "-0.0",
    "1.10",
    "1e5",
    "1E+21",
    "1e20",
    "1e-7",
    "0.000001",
    "1.5e-10",
    "1e999",
    "-1E999",
    "1e-400",
    "5e-324",
    "123456.789e3",
    "1.7976931348623157e308",
    "9007199254740993",
    "18446744073709551616",
    "-9223372036854775809",
    "123456789012345678901234567890",
)
ODD_DOCUMENTS = (
    "{}",
    "[1, 2]",
    '"text"',
    "null",
    '{"": "no name", "nothing": null, "empty": {}, "list": []}',
    '{"a.b": 1, "a": {"b": 2, "b.c": 3}, "a.b.c": [4, {"d": 5}]}',
    '{"a": {"x": {"deep": 1}, "c": 1}, "a.x": {"deep": 2}, "$.a": 1, "a[0]": 2, "it\'s": true}',
    '{"a": 1, "a": 2, "b": {"c": 3, "c": 4}}',
    '{"nul\\u0000key": "v\\u0000w", "del": "\\u007f", "slash": "\\/", "pair": "\\ud83d\\ude00"}',
    '{"list": [1, [2, [3]], null, "four", {"five": [5]}]}',
    f'{{"chat": {HISTORY}, "as_text": {json.dumps(HISTORY)}, "blanks": {json.dumps(" " + HISTORY)}}}',
    f'{{"request": {json.dumps(f"{{{chr(34)}messages{chr(34)}: {HISTORY}}}")}}}',
    json.dumps({"request": '{"messages": null, "contents": ' + HISTORY + "}"}),
    json.dumps({"lenient": '[{"role": "user", "content": "trailing comma"},]'}),
    json.dumps({"doubled": '[{"role": "user", "role": "system", "content": "first"}]'}),
    json.dumps({"lone": '[{"role": "user", "content": "\\ud800"}]', "control": '[{"role": "user", "content": "\t"}]'}),
    json.dumps({"answers": [{"role": "assistant", "content": "hi"}], "no_role": [{"content": "hi"}], "none": []}),
    json.dumps(
        {
            "parts": [
                {
                    "from": "HUMAN",
                    "value": [{"type": "text", "text": {"value": "o\x1fdd", "n": 1e5}}, "plain", 5, None],
                },
                {"author": {"role": "tool"}, "content": None},
            ]
        }
    ),
    json.dumps({"sender": [{"sender": "client", "message": {"content_type": "text", "parts": ["a", "", "b"]}}]}),
    json.dumps(
        {"deep": "[" * 5000 + "]" * 5000, "deep_history": '[{"role":"user","content":' + "[" * 3000 + "]" * 3000 + "}]"}
    ),
    *(f'{{"number": {number}, "list": [{number}]}}' for number in NUMBERS),
)
ODD_TEXTS = (
    "",
    " ",
    "\u00a0\u200b x \u3000",
    "e\u0301",
    "A\u030a\u3000",
    "\u0378",  # not assigned
    "\ue000x\ufeff",
    "\t\x0bx\x1c\x85",
    "é" * 101 + " ",
    "x" * 100 + " ",
    "[1,]",
    "[,]",
    "[1,,]",
    '{"a":1,}',
    '{"a"}',
    "{1: 2}",
    "[NaN, -Infinity, inf, -nan]",
    "[01]",
    "[1.]",
    "[+1]",
    "[.5]",
    "[1] x",
    "[1]\x0c",
    "\x0c[1]",
    "\x0b[1]",
    "\ufeff[1]",
    '["\\ud800"]',
    '["\\\\ud800"]',
    '["\\x"]',
    '["a\tb"]',
    "['a']",
    "// x\n[1]",
    "[true false]",
    "[nullx]",
    "}",
    "[}",
    "{]",
    '{"a":}',
    '{"a":1:2}',
    '{"a",}',
    "[" * 3000 + "]" * 3000,
    "[" * 3000,
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("create table documents (place integer, document varchar)")
        yield connection


def test_scalars_of_odd_documents_are_those_that_duckdb_finds(connection):
    assert any(scalars(document) for document in ODD_DOCUMENTS)
    assert _found(ODD_DOCUMENTS) == _found_by_duckdb(connection, ODD_DOCUMENTS)


_KEYS = st.sampled_from(["a", "b", "a.b", "role", "content", "parts", "text", "type", "messages", "", "é"])
_WORDS = st.sampled_from(
    ["user", "assistant", "text", "[", " [", '{"a":1}', HISTORY, "\n{", "x\x1fy", "", "İ"]
) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
_SCALARS = st.none() | st.booleans() | _WORDS | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_VALUES: st.SearchStrategy[object] = st.recursive(
    _SCALARS,
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(_KEYS, values, max_size=3)
        | st.lists(st.fixed_dictionaries({"role": st.sampled_from(["user", "ai", "x"]), "content": values}), max_size=3)
        | values.map(json.dumps)
    ),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(_KEYS, _VALUES, max_size=4), min_size=20, max_size=20))
@settings(max_examples=25, deadline=None)
def test_scalars_of_any_documents_are_those_that_duckdb_finds(documents):
    texts = [json.dumps(document, ensure_ascii=index % 2 == 0) for index, document in enumerate(documents)]
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("create table documents (place integer, document varchar)")
        assert _found(texts) == _found_by_duckdb(connection, texts)


def test_texts_are_compared_and_read_as_json_as_in_duckdb(connection):
    compared, structure = macro_sql("duckdb", "as_compared", "text"), macro_sql("duckdb", "is_json_structure", "text")
    sql = f"select text, {compared}, {structure} from (select unnest(?::varchar[]) as text)"
    rows = connection.execute(sql, [list(ODD_TEXTS)]).fetchall()
    assert {is_structure for _, _, is_structure in rows} == {True, False}
    assert [(text, as_compared(text), is_json_structure(text)) for text in ODD_TEXTS] == rows


Found = list[tuple[int, str, str, str, list[int], bool]]


def _found(documents: Sequence[str]) -> Found:
    return sorted(
        (place, field, kind, str(value), position or [], is_element)
        for place, document in enumerate(documents)
        for field, kind, value, position, is_element in scalars(document)
    )


def _found_by_duckdb(connection: duckdb.DuckDBPyConnection, documents: Sequence[str]) -> Found:
    connection.execute("delete from documents")
    connection.executemany("insert into documents values (?, ?)", list(enumerate(documents)))
    alone = macro_sql("duckdb", "alone_scalars", DOCUMENTS, "metadata", ["place"])
    nested = macro_sql("duckdb", "nested_scalars", DOCUMENTS, "metadata", ["place"])
    columns = "place, field, kind, value, coalesce(position, []), is_element"
    sql = f"select {columns} from ({alone}) union all select {columns} from ({nested})"
    return sorted(connection.execute(sql).fetchall())
