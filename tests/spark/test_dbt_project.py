"""The dbt project on Apache Spark: the same marts as on DuckDB, from macros that mean the same on both."""

from __future__ import annotations

import math
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from contracts import tables
from contracts.settings import load_settings
from orchestration.dbt.project import AFTER_ML, BEFORE_ML, dbt_variables
from orchestration.spark.session import spark_session
from orchestration.spark.warehouse_tables import copy_tables
from tests.factories.dbt_factory import run_dbt
from tests.factories.dbt_macros import macro_sql
from tests.factories.odd_warehouse import judge_and_edit, make_odd_warehouse
from tests.spark.test_metadata_values import ODD_DOCUMENTS, ODD_TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyspark.sql import SparkSession

pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
if not shutil.which("java") and "JAVA_HOME" not in os.environ:
    pytest.skip("Java is not installed", allow_module_level=True)

NOT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
RELATIVE_TOLERANCE = 1e-12
"""Of doubles: sums and medians may add in another order."""
SPARK_TYPES = {
    "VARCHAR": "string",
    "JSON": "string",
    "VARCHAR[]": "array<string>",
    "TIMESTAMP": "timestamp_ntz",
    "DATE": "date",
    "DOUBLE": "double",
    "BIGINT": "bigint",
    "INTEGER": "int",
    "BOOLEAN": "boolean",
}


@dataclass(frozen=True)
class Engines:
    """The same rows in both engines, modelled by both."""

    duckdb: duckdb.DuckDBPyConnection
    spark: SparkSession


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    with spark_session(load_settings(home=tmp_path_factory.mktemp("spark"), spark_master="local[2]")) as session:
        yield session


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path, session: SparkSession) -> Iterator[Engines]:
    home = tmp_path_factory.mktemp("odd")
    shutil.copytree(parsed_project, home / "dbt" / "target")
    warehouse = home / "warehouse.duckdb"
    make_odd_warehouse(warehouse)
    run_dbt(warehouse, "build", "--select", BEFORE_ML, *NOT_UNIT_TESTS)
    judge_and_edit(warehouse)
    run_dbt(warehouse, "build", "--select", AFTER_ML, *NOT_UNIT_TESTS)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        copy_tables(connection, session, (*tables.RAW, *tables.ML, *tables.OPS), home / "spark")
        _build_on_spark(home)
        yield Engines(connection, session)


def _build_on_spark(home: Path) -> None:
    """Run dbt in this process, which has the session."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - importing dbt takes seconds

    places = ["--project-dir", str(tables.DBT_PROJECT), "--profiles-dir", str(tables.DBT_PROJECT)]
    written = ["--target-path", str(home / "target"), "--log-path", str(home / "logs")]
    variables = ["--vars", dbt_variables(load_settings(home=home))]
    quiet = ["--log-level", "none", "--log-level-file", "none", "--no-write-json"]
    done = dbtRunner().invoke(["build", "--target", "spark", "--full-refresh", *places, *written, *variables, *quiet])
    failed = [(result.node.name, result.message) for result in done.result or () if result.status in {"error", "fail"}]
    assert failed == []
    assert done.success, done.exception


TEXT_MACROS = (
    "is_blank",
    "trimmed",
    "lower_case",
    "is_placeholder_id",
    "as_number",
    "is_version_field",
    "as_compared",
    "is_token",
    "is_json_structure",
    "wording",
    "word_characters",
    "word_count",
    "text_hash",
)
NUMBER_TEXTS = (
    *("1", "+5", "-0", "1.", ".5", "5.e3", "1e5", "1E-7", "1e999", "1e-999", "NaN", "inf", "Infinity", "1_000", "1d"),
    *("0x10", "01", "00", "0.0", "9007199254740992", "9007199254740993", "0.1234567890123456789", " 1", "1\n", "1,5"),
    *("\u0663", "-", "1" * 64, "0." + "1" * 62, "123456789012345.6", "2.5"),
)
MORE_TEXTS = (
    *("x\n", "\n", "\r\n", "ΟΔΟΣ", "ΟΔΟΣ ΣΑΣ", "İ", "VERSİON", "my_version", "Build", "abc123def", "face", "a" * 500),
    *("id 5f3c", "deadbeef0", "Straße ẞ", "\u212a", "\u00a0null\u3000", "\tnull", " undefined ", "\U0001d400 ok"),
    *("naïve \u2013 “quoted”", "don't, won\u2019t?", "ไทย ภาษา", "日本語。", "a\x0bb", "a\x00b", "\u200b", "\ufeff"),
    *("\ue000", "emoji 🎉", "'", "\\", "\\d+"),
)


def test_text_macros_mean_the_same_on_both_engines(session: SparkSession):
    texts = [*dict.fromkeys((*ODD_TEXTS, *NUMBER_TEXTS, *MORE_TEXTS))]
    results = {}
    for engine in ("duckdb", "spark"):
        columns = ", ".join(f"{macro_sql(engine, name, 'text')} as {name}" for name in TEXT_MACROS)
        results[engine] = f"select place, {columns} from texts order by place"
    rows = list(enumerate(texts))
    session.createDataFrame(rows, "place int, text string").createOrReplaceTempView("texts")
    found = [tuple(row) for row in session.sql(results["spark"]).collect()]
    with duckdb.connect() as connection:
        connection.execute("create table texts (place integer, text varchar)")
        connection.executemany("insert into texts values (?, ?)", rows)
        expected = connection.execute(results["duckdb"]).fetchall()
    assert len({row[1:-1] for row in expected}) > len(texts) / 4
    assert [(texts[one[0]], *pair) for one, pair in _differences(expected, found)] == []


def _differences(expected: list[tuple[Any, ...]], found: list[tuple[Any, ...]]) -> list[tuple[Any, tuple[Any, ...]]]:
    """What differs between rows, as macro, value in DuckDB and value in Spark."""
    pairs = (
        (one, (name, a, b))
        for one, two in zip(expected, found, strict=True)
        for name, a, b in zip(TEXT_MACROS, one[1:], two[1:], strict=True)
    )
    return [(one, pair) for one, pair in pairs if repr(pair[1]) != repr(pair[2])]


REPHRASED = (
    ("Make a chart of hours", "hm, a bar chart of hours", True),
    ("Make a chart of hours", "What do we pay?", False),
    ("cancel", "Cancel!", True),
    ("two words", "two others here", True),
    ("one of three", "two of four", False),
    ("naïve café", "NAÏVE tea", True),
    ("領収書をください", "領収書をもう一度", True),
    ("領収書をください", "天気は?", False),
    ("ขอใบเสร็จ", "ใบเสร็จ", True),
    ("रसीद भेजो", "रसीद कहाँ है", True),
    ("?!", "...", False),
)


def test_texts_share_half_of_their_words_on_both_engines(session: SparkSession):
    sql = "select {} from pairs order by place"
    rows = [(place, *pair[:2]) for place, pair in enumerate(REPHRASED)]
    session.createDataFrame(rows, "place int, text string, other string").createOrReplaceTempView("pairs")
    spark = sql.format(macro_sql("spark", "share_words", "text", "other", 0.5))
    with duckdb.connect() as connection:
        connection.execute("create table pairs (place integer, text varchar, other varchar)")
        connection.executemany("insert into pairs values (?, ?, ?)", rows)
        found = connection.execute(sql.format(macro_sql("duckdb", "share_words", "text", "other", 0.5))).fetchall()
    assert [shared for (shared,) in found] == [shared for *_, shared in REPHRASED]
    assert [row[0] for row in session.sql(spark).collect()] == [shared for *_, shared in REPHRASED]


def test_scalars_of_odd_documents_are_the_same_on_both_engines(session: SparkSession):
    rows = [(place, text) for place, text in enumerate(ODD_DOCUMENTS) if text.startswith("{")]
    session.createDataFrame(rows, "place int, metadata string").createOrReplaceTempView("documents")
    columns = "place, field, kind, value, position, is_element"
    union = "select {columns} from ({alone}) as alone union all select {columns} from ({nested}) as nested"
    with duckdb.connect() as connection:
        connection.execute("create table documents (place integer, metadata json)")
        connection.executemany("insert into documents values (?, ?)", rows)
        found = {}
        for engine, query in (("duckdb", connection.execute), ("spark", session.sql)):
            macros = {
                name: macro_sql(engine, f"{name}_scalars", "documents", "metadata", ["place"])
                for name in ("alone", "nested")
            }
            result = query(union.format(columns=columns, **macros))
            found[engine] = result.fetchall() if engine == "duckdb" else [tuple(row) for row in result.collect()]
    assert _without_null_positions(found["spark"]) == _without_null_positions(found["duckdb"])


def _without_null_positions(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows in order; a field that has one value in its object needs no position, but may have one."""
    return sorted((*row[:4], list(row[4] or []), row[5]) for row in rows)


LISTS = """
select
    {in_order} as in_order,
    {joined} as joined,
    {hashed} as hashed
from (values (1, 3, 'c'), (1, 1, 'a'), (1, 2, null), (2, 1, null), (3, 1, ''), (3, 2, 'é')) as items (part, place, word)
group by part
order by part
"""


def test_lists_and_times_are_the_same_on_both_engines(session: SparkSession):
    found = {}
    for engine, query in (("duckdb", duckdb.sql), ("spark", session.sql)):
        in_order = macro_sql(engine, "list_in_order", "word", "place")
        lists = LISTS.format(
            in_order=in_order,
            joined=macro_sql(engine, "text_in_order", "word", "chr(10)", "place"),
            hashed=macro_sql(engine, "list_hash", f"coalesce({in_order}, {macro_sql(engine, 'empty_list')})"),
        )
        elements = macro_sql(engine, "list_elements", f"({lists}) as lists", "in_order", ["joined"])
        seconds = macro_sql(
            engine, "seconds_between", "timestamp '1969-12-31 23:59:59.999999'", "timestamp '2026-03-29 02:30:00'"
        )
        missing = macro_sql(engine, "seconds_between", "cast(null as timestamp)", "timestamp '2026-03-29 02:30:00'")
        rows = [
            query(sql) for sql in (lists, f"{elements} order by joined, element_index", f"select {seconds}, {missing}")
        ]
        found[engine] = [
            [tuple(row) for row in (each.fetchall() if engine == "duckdb" else each.collect())] for each in rows
        ]
    assert found["spark"] == found["duckdb"]
    assert found["spark"][0][1][:2] == (None, None)


@pytest.mark.parametrize("mart", tables.MARTS, ids=lambda mart: mart.name)
def test_mart_has_the_rows_and_types_that_duckdb_gives_it(engines: Engines, mart: tables.Table):
    frame = engines.spark.table(mart.qualified_name)
    assert frame.dtypes == [(column.name, SPARK_TYPES[column.type]) for column in mart.columns]
    expected = _sorted(engines.duckdb.execute(f"from {mart.qualified_name}").fetchall())
    found = _sorted(engines.duckdb.from_arrow(frame.toArrow()).fetchall())
    assert expected
    assert len(found) == len(expected)
    assert [pair for pair in zip(found, expected, strict=True) if not _agree(*pair)] == []


def _sorted(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows in an order that does not depend on the last digits of doubles."""
    return sorted(rows, key=lambda row: [repr(None if isinstance(value, float) else value) for value in row])


def _agree(one: tuple[Any, ...], two: tuple[Any, ...]) -> bool:
    return all(
        math.isclose(a, b, rel_tol=RELATIVE_TOLERANCE) if isinstance(a, float) and isinstance(b, float) else a == b
        for a, b in zip(one, two, strict=True)
    )
