"""Switch from one embedder to another: topics stay in the old space until every text has a vector of the new model.

Vectors of two models are never compared. As long as texts remain to be embedded, everything stays in the old space: new
texts get vectors of both models if the settings still describe the old one, and wait otherwise. The run that embeds the
last text refits every field in the new space; topics keep their ids by the texts that both fits share.
docs/decisions/0012 has the reasons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.embedding.embedders import find_embedder, is_remote, make_embedder, missing_languages
from orchestration.embedding.boilerplate import separate_boilerplate
from orchestration.embedding.spark_embedder import SparkEmbedder
from orchestration.embedding.vectors import TextField, count_missing, embed_missing
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import duckdb

    from contracts.settings import Settings
    from ml.embedding.embedders import Embedder
    from orchestration.spark.session import SparkRun

TEXTS_PER_SPARK_JOB = 65_536
"""Texts per job of Spark, after which their vectors are stored: 100 MB at 384 dimensions."""


@dataclass(frozen=True)
class EmbeddingSpace:
    """The vector space of this run's topics.

    Args:
        model_id: Embedding model.
        embedder: The model, or None if the settings do not describe it any more.
        n_to_embed: Texts that still need a vector of the embedder that the settings name.
    """

    model_id: str
    embedder: Embedder | None
    n_to_embed: int


def embed_texts(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    say: Callable[[str], None],
    spark: SparkRun | None = None,
) -> int:
    """Embed the texts that have no vector yet, and during a switch a bounded share of the others.

    Returns:
        How many texts were embedded.
    """
    if (sentence := missing_languages(settings)) is not None:
        say(sentence)
    wanted = make_embedder(settings)
    fitted = _fitted_model(connection)
    if fitted is None or fitted == wanted.model_id:
        separate_boilerplate(connection, wanted, say)
        return _embed(connection, wanted, settings, spark, say)
    former = find_embedder(settings, fitted)
    if former is not None:
        separate_boilerplate(connection, wanted, say)
    n_new = _embed(connection, former, settings, spark, say) if former is not None else 0
    return n_new + _embed(connection, wanted, settings, spark, say, settings.reembed_max_s)


def _embed(  # noqa: PLR0913, PLR0917 - those of `embed_missing`, and the engine
    connection: duckdb.DuckDBPyConnection,
    embedder: Embedder,
    settings: Settings,
    spark: SparkRun | None,
    say: Callable[[str], None],
    max_s: float = math.inf,
) -> int:
    """Embed what is missing: on Spark's executors if it is the engine, unless an endpoint does the work."""
    if spark is None or not spark.is_engine or is_remote(embedder):
        return embed_missing(connection, embedder, say, max_s)
    spread = SparkEmbedder(embedder, spark, settings)
    return embed_missing(connection, spread, say, max_s, texts_per_chunk=TEXTS_PER_SPARK_JOB)


def choose_space(connection: duckdb.DuckDBPyConnection, settings: Settings) -> EmbeddingSpace:
    """Return the space of the embedder in the settings if all texts have a vector in it, else the previous one."""
    wanted = make_embedder(settings)
    n_to_embed = count_missing(connection, wanted.model_id)
    fitted = _fitted_model(connection)
    if fitted is None or fitted == wanted.model_id or n_to_embed == 0:
        return EmbeddingSpace(wanted.model_id, wanted, n_to_embed)
    return EmbeddingSpace(fitted, find_embedder(settings, fitted), n_to_embed)


def is_switching(connection: duckdb.DuckDBPyConnection, settings: Settings) -> bool:
    """Return whether texts remain to be embedded by the new model."""
    (n_models,) = next(iter(connection.execute("select count(distinct model_id) from ml.embeddings").fetchall()), (0,))
    return n_models > 1 and choose_space(connection, settings).n_to_embed > 0


def fields_to_update(
    connection: duckdb.DuckDBPyConnection, fields: Iterable[TextField], space: EmbeddingSpace
) -> list[TextField]:
    """Return the fields with new texts that have a vector in the space, or with topics in another space."""
    statement = read_sql("list_fields_of_other_models")
    moved = set(connection.execute(statement, {"model_id": space.model_id}).fetchall())
    judgeable = set(
        connection.execute(read_sql("list_fields_with_new_vectors"), {"model_id": space.model_id}).fetchall()
    )
    return [each for each in fields if (each.project_id, each.field) in moved | judgeable]


def _fitted_model(connection: duckdb.DuckDBPyConnection) -> str | None:
    (model_id,) = next(iter(connection.execute(read_sql("read_fitted_model")).fetchall()), (None,))
    return None if model_id is None else str(model_id)
