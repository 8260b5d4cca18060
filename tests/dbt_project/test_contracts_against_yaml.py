"""The names in contracts.tables are those that the project declares, and the built tables are as declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from contracts import tables
from tests.factories.dbt_factory import DBT_PROJECT

if TYPE_CHECKING:
    from tests.dbt_project.conftest import Built


def _documents() -> list[dict[str, Any]]:
    """Every YAML file beside the models."""
    return [yaml.safe_load(path.read_text()) for path in sorted(DBT_PROJECT.glob("models/**/*.yml"))]


@pytest.mark.parametrize(
    ("schema", "agreed"), [("raw", tables.RAW), ("ml", tables.ML), ("ops", tables.OPS)], ids=["raw", "ml", "ops"]
)
def test_every_declared_source_is_a_known_table(schema: str, agreed: tuple[tables.Table, ...]):
    sources = [source for document in _documents() for source in document.get("sources", [])]
    declared = [table for source in sources if source["schema"] == schema for table in source["tables"]]
    assert sorted(table["name"] for table in declared) == sorted(table.name for table in agreed)


def test_every_model_has_its_yaml_beside_it():
    models = {path.with_suffix(".yml") for path in DBT_PROJECT.glob("models/**/*.sql")}
    assert models
    assert [path for path in models if not path.exists()] == []


def test_built_marts_have_the_declared_columns(built: Built):
    columns = built.rows(
        "select table_name, column_name, data_type from duckdb_columns()"
        " where schema_name = 'marts' order by table_name, column_index"
    )
    declared = [
        (mart.name, column.name, column.type)
        for mart in sorted(tables.MARTS, key=lambda mart: mart.name)
        for column in mart.columns
    ]
    assert columns == declared


def test_messages_for_the_topic_model_have_the_agreed_columns(built: Built):
    columns = built.rows(
        "select column_name from duckdb_columns()"
        " where schema_name = 'intermediate' and table_name = 'int_messages__extracted' order by column_index"
    )
    assert [name for (name,) in columns] == [
        "project_id",
        "event_id",
        "field",
        "text",
        "text_hash",
        "session_id",
        "event_index_in_session",
        "user_id",
        "is_user_id_given",
        "occurred_at",
    ]
