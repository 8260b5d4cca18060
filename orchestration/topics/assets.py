"""Assets from texts to vectors, topics and labels, around the pure functions of `ml`.

No postponed annotations here: Dagster reads them when it decorates.
"""

from collections.abc import Iterator
from dataclasses import replace

import dagster as dg

from contracts.home import Home
from contracts.settings import Settings
from contracts.tables import (
    ML_BOILERPLATE,
    ML_CANDIDATE_FITS,
    ML_CANDIDATE_LINEAGE,
    ML_CANDIDATE_TEXTS,
    ML_CANDIDATE_TOPICS,
    ML_EDITED_TOPICS,
    ML_EMBEDDINGS,
    ML_MOVED_TEXTS,
    ML_OWN_TEXTS,
    ML_PLACED_EXAMPLES,
    ML_REMOVED_TEXTS,
    ML_RETIRED_TEXTS,
    ML_TEXT_PLACES,
    ML_TEXT_TOPICS,
    ML_TEXT_WANTS,
    ML_TOPIC_FITS,
    ML_TOPIC_LINEAGE,
    ML_TOPIC_ROLES,
    ML_TOPICS,
)
from ml.messages.courtesy import CourtesyClassifier
from ml.messages.kept_vectors import KeptVectors
from ml.naming.labellers import make_budget, make_labeller
from orchestration.embedding.embedder_switch import choose_space, embed_texts, fields_to_update
from orchestration.embedding.vectors import list_text_fields
from orchestration.ingest.assets import asset_spec
from orchestration.runs.retries import retrying
from orchestration.runs.stage_timings import StageRecorder
from orchestration.spark.session import SparkRun
from orchestration.topics.candidates import fit_candidates, has_candidates, promote_candidates
from orchestration.topics.choices.definitions import apply_definitions, place_definition_examples
from orchestration.topics.choices.edits import apply_edits
from orchestration.topics.choices.retired import place_retired_texts
from orchestration.topics.fitting import drop_vanished_fields, update_field
from orchestration.topics.naming import WarehouseResponseCache, fields_to_name, name_field, settle_past_topics
from orchestration.topics.projection import drop_vanished_maps, fields_to_map, map_field
from orchestration.topics.roles import classify_roles, score_requests
from orchestration.topics.run_context import TopicRun
from orchestration.warehouse.resource import Warehouse
from orchestration.warehouse.table_metadata import count_rows

SEED = 0
"""Random seed of the topic model: equal runs over equal texts give equal topics."""

MESSAGES = [dg.AssetKey(["intermediate", f"int_{name}__extracted"]) for name in ("messages", "comments")]
CHOICES = [dg.AssetKey(["raw", "topic_choices"]), dg.AssetKey(["raw", "text_choices"])]
GROUP = "topics"
CANDIDATES = (ML_CANDIDATE_FITS, ML_CANDIDATE_TEXTS, ML_CANDIDATE_TOPICS, ML_CANDIDATE_LINEAGE)


@dg.multi_asset(
    name="embed",
    outs={table.name: asset_spec(table, GROUP) for table in (ML_BOILERPLATE, ML_OWN_TEXTS, ML_EMBEDDINGS)},
    deps=MESSAGES,
)
def embed(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    settings: dg.ResourceParam[Settings],
    recorder: dg.ResourceParam[StageRecorder],
    spark: dg.ResourceParam[SparkRun],
) -> Iterator[dg.Output[None]]:
    """Strip boilerplate and embed the rest of each distinct text, once per embedding model."""
    with (
        retrying(context.retry_number),
        recorder.measure("embed", context.run.run_id, warehouse) as stage,
        warehouse.connect() as connection,
    ):
        stage.n_rows_in = stage.n_rows_out = embed_texts(connection, settings, context.log.info, spark)
        space = choose_space(connection, settings)
        shared, own, rows = (count_rows(connection, table) for table in (ML_BOILERPLATE, ML_OWN_TEXTS, ML_EMBEDDINGS))
    yield dg.Output(None, ML_BOILERPLATE.name, metadata=shared)
    yield dg.Output(None, ML_OWN_TEXTS.name, metadata=own)
    model = {"model": space.model_id}
    left = {"texts_to_reembed": space.n_to_embed}
    yield dg.Output(None, ML_EMBEDDINGS.name, metadata={**rows, **stage.as_metadata(), **model, **left})


@dg.multi_asset(
    name="find_topics",
    outs={
        table.name: asset_spec(table, GROUP)
        for table in (
            *(ML_TEXT_TOPICS, ML_TOPIC_LINEAGE, ML_TOPIC_FITS, ML_TEXT_WANTS, ML_PLACED_EXAMPLES),
            *CANDIDATES,
        )
    },
    deps=[
        dg.AssetKey(["ml", "embeddings"]),
        *(dg.AssetKey(["raw", name]) for name in ("goals", "projects", "topic_candidates")),
        *CHOICES,
    ],
)
def find_topics(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    settings: dg.ResourceParam[Settings],
    recorder: dg.ResourceParam[StageRecorder],
    spark: dg.ResourceParam[SparkRun],
) -> Iterator[dg.Output[None]]:
    """Assign the new texts of every text field to topics, and refit a field if drift makes it due."""
    with (
        retrying(context.retry_number),
        recorder.measure("topics", context.run.run_id, warehouse) as stage,
        warehouse.connect() as connection,
    ):
        space = choose_space(connection, settings)
        run = replace(_topic_run(context, settings, space.model_id), spark=spark if spark.is_engine else None)
        drop_vanished_fields(connection)
        models = Home(settings.home).models
        embedder = space.embedder and KeptVectors(space.embedder, models)  # of seeds
        has_new = fields_to_update(connection, list_text_fields(connection), space) or has_candidates(connection)
        if has_new and embedder is not None:
            run = replace(run, seeds=CourtesyClassifier(embedder, settings.more_courtesy))
        n_promoted = promote_candidates(connection, list_text_fields(connection), run)
        pending = fields_to_update(connection, list_text_fields(connection), space)
        done = [update_field(connection, text_field, run) for text_field in pending]
        n_defined = apply_definitions(connection, space.embedder, run) if space.embedder is not None else 0
        if space.embedder is not None:
            place_definition_examples(connection, space.embedder, run)
        n_candidates = fit_candidates(connection, list_text_fields(connection), space.embedder, run)
        n_scored = score_requests(connection, embedder, models) if embedder is not None else 0
        stage.n_rows_in = sum(field_run.n_new for field_run in done)
        stage.n_rows_out = sum(field_run.n_texts if field_run.is_refit else field_run.n_new for field_run in done)
        texts, lineage, fits, wants, placed = (
            count_rows(connection, table)
            for table in (ML_TEXT_TOPICS, ML_TOPIC_LINEAGE, ML_TOPIC_FITS, ML_TEXT_WANTS, ML_PLACED_EXAMPLES)
        )
        candidates = [count_rows(connection, table) for table in CANDIDATES]
    judged = {
        "fields_refitted": sum(field_run.is_refit for field_run in done),
        "texts_waiting": sum(field_run.n_waiting for field_run in done),
        "topics_born": sum(field_run.n_born for field_run in done),
        "texts_of_definitions": n_defined,
        "candidates_promoted": n_promoted,
        "candidates_fitted": n_candidates,
    }
    yield dg.Output(None, ML_TEXT_TOPICS.name, metadata={**texts, **stage.as_metadata(), **judged})
    yield dg.Output(None, ML_TOPIC_LINEAGE.name, metadata=lineage)
    yield dg.Output(None, ML_TOPIC_FITS.name, metadata=fits)
    yield dg.Output(None, ML_TEXT_WANTS.name, metadata={**wants, "texts_scored": n_scored})
    yield dg.Output(None, ML_PLACED_EXAMPLES.name, metadata=placed)
    for table, counted in zip(CANDIDATES, candidates, strict=True):
        yield dg.Output(None, table.name, metadata=counted)


@dg.multi_asset(
    name="map_texts",
    outs={ML_TEXT_PLACES.name: asset_spec(ML_TEXT_PLACES, GROUP)},
    deps=[dg.AssetKey(["ml", "text_topics"])],
)
def map_texts(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    settings: dg.ResourceParam[Settings],
    recorder: dg.ResourceParam[StageRecorder],
) -> Iterator[dg.Output[None]]:
    """Compute the map coordinates of the texts of all fields with new assignments."""
    with (
        retrying(context.retry_number),
        recorder.measure("map", context.run.run_id, warehouse) as stage,
        warehouse.connect() as connection,
    ):
        run = _topic_run(context, settings, choose_space(connection, settings).model_id)
        drop_vanished_maps(connection)
        stale = fields_to_map(connection, list_text_fields(connection), run)
        stage.n_rows_out = stage.n_rows_in = sum(map_field(connection, text_field, run) for text_field in stale)
        rows = count_rows(connection, ML_TEXT_PLACES)
    yield dg.Output(None, ML_TEXT_PLACES.name, metadata={**rows, **stage.as_metadata()})


@dg.multi_asset(
    name="name_topics",
    outs={table.name: asset_spec(table, GROUP) for table in (ML_TOPICS, ML_REMOVED_TEXTS)},
    deps=[dg.AssetKey(["ml", "text_topics"]), dg.AssetKey(["ml", "topic_lineage"]), CHOICES[0]],
)
def name_topics(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    settings: dg.ResourceParam[Settings],
    recorder: dg.ResourceParam[StageRecorder],
) -> Iterator[dg.Output[None]]:
    """Name the topics that are new or have changed; the others keep their names."""
    with (
        retrying(context.retry_number),
        recorder.measure("label", context.run.run_id, warehouse) as stage,
        warehouse.connect() as connection,
    ):
        space = choose_space(connection, settings)
        run = _topic_run(context, settings, space.model_id)
        budget = make_budget(settings)
        labeller = make_labeller(settings, space.embedder, budget, WarehouseResponseCache(connection))
        stale = fields_to_name(connection, list_text_fields(connection), run)
        stage.n_rows_in = stage.n_rows_out = sum(name_field(connection, field, labeller, run) for field in stale)
        settle_past_topics(connection)
        stage.details = budget.as_metadata() if settings.has_llm else {}
        rows, removed = count_rows(connection, ML_TOPICS), count_rows(connection, ML_REMOVED_TEXTS)
    yield dg.Output(None, ML_TOPICS.name, metadata={**rows, **stage.as_metadata()})
    yield dg.Output(None, ML_REMOVED_TEXTS.name, metadata=removed)


@dg.multi_asset(
    name="apply_edits",
    outs={table.name: asset_spec(table, GROUP) for table in (ML_EDITED_TOPICS, ML_MOVED_TEXTS, ML_RETIRED_TEXTS)},
    deps=[dg.AssetKey(["ml", "topics"]), dg.AssetKey(["ml", "placed_examples"]), *CHOICES],
)
def apply_topic_edits(
    context: dg.AssetExecutionContext, warehouse: Warehouse, settings: dg.ResourceParam[Settings]
) -> Iterator[dg.Output[None]]:
    """Resolve people's edits against the current topics; dbt applies the result."""
    with retrying(context.retry_number), warehouse.connect() as connection:
        summary = apply_edits(connection)
        n_retired = place_retired_texts(connection, choose_space(connection, settings).model_id)
    rows = {"edits_waiting": summary.n_waiting}
    yield dg.Output(None, ML_EDITED_TOPICS.name, metadata={"dagster/row_count": summary.n_topics, **rows})
    yield dg.Output(None, ML_MOVED_TEXTS.name, metadata={"dagster/row_count": summary.n_texts})
    yield dg.Output(None, ML_RETIRED_TEXTS.name, metadata={"dagster/row_count": n_retired})


@dg.multi_asset(
    name="classify_roles",
    outs={ML_TOPIC_ROLES.name: asset_spec(ML_TOPIC_ROLES, GROUP)},
    deps=[dg.AssetKey(["ml", name]) for name in ("edited_topics", "moved_texts", "retired_texts", "text_wants")],
)
def classify_topic_roles(
    context: dg.AssetExecutionContext, warehouse: Warehouse, settings: dg.ResourceParam[Settings]
) -> Iterator[dg.Output[None]]:
    """Classify topics: those that are requests, and those that only continue a step of a journey."""
    with retrying(context.retry_number), warehouse.connect() as connection:
        n_topics = classify_roles(connection, choose_space(connection, settings).model_id)
    yield dg.Output(None, ML_TOPIC_ROLES.name, metadata={"dagster/row_count": n_topics})


def _topic_run(context: dg.AssetExecutionContext, settings: Settings, model_id: str) -> TopicRun:
    return TopicRun(
        run_id=context.run.run_id,
        model_id=model_id,
        seed=SEED,
        uses_llm=settings.has_llm,
    )
