"""People's edits as a run takes and respects them: in the snapshot, over the topics, by names and by refits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pytest

from contracts.settings import load_settings
from ml.naming.labellers import MessageLabeller, TopicLabel, TopicTexts
from orchestration.embedding.vectors import TextField
from orchestration.ingest.project_snapshot import read_snapshot, take_snapshot, write_snapshot
from orchestration.publish.fingerprint import fingerprint
from orchestration.topics.choices.edits import EditSummary, apply_edits
from orchestration.topics.fitting import refit_field
from orchestration.topics.naming import fields_to_name, name_field
from orchestration.topics.run_context import TopicRun
from orchestration.warehouse.resource import create_tables
from projects import open_projects
from projects.records import PublishedTopic
from tests.factories.message_tables import create_message_tables
from tests.factories.planted_topics import Planted, plant_topics

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

PROJECT = "prj_1"
PLACE = TextField(PROJECT, "prompt", 0, 0)
RUN = TopicRun(run_id="run_2", model_id="planted", seed=0, uses_llm=False)
TOPICS = [PublishedTopic(f"top_{name}", "prompt", name.title()) for name in "abcd"]


class RecordingLabeller:
    """Names topics like the labeller without a model, and records the requested topics and taken names."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.taken: list[str] = []

    def label(
        self, topics: Sequence[TopicTexts], taken: Collection[str] = (), siblings: Sequence[TopicTexts] = ()
    ) -> list[TopicLabel]:
        """Name topics; see `Labeller.label`."""
        self.asked += [topic.topic_id for topic in topics]
        self.taken += taken
        return MessageLabeller().label(topics, taken, siblings)


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_tables(connection)
        create_message_tables(connection)
        yield connection


def add_topic(warehouse: duckdb.DuckDBPyConnection, topic_id: str, **columns: object) -> None:
    """A living topic."""
    row = {"project_id": PROJECT, "field": "prompt", "label": topic_id, "level": 0, "label_source": "messages"}
    insert(warehouse, "ml.topics", **{**row, "topic_id": topic_id, **columns})


def choose(warehouse: duckdb.DuckDBPyConnection, topic_id: str, **columns: object) -> None:
    """A row of what people chose."""
    row = {"project_id": PROJECT, "field": "prompt", "is_hidden": False, "state": "proposed"}
    insert(warehouse, "raw.topic_choices", **{**row, "topic_id": topic_id, **columns})


def hand_on(warehouse: duckdb.DuckDBPyConnection, gone: str, heir: str, n_texts: int, at: str = "2026-01-01") -> None:
    """A link of the lineage."""
    row = {"project_id": PROJECT, "field": "prompt", "run_id": "run_1", "change": "split", "similarity": 0.5}
    ends = {"from_topic_id": gone, "to_topic_id": heir, "n_texts_shared": n_texts, "recorded_at": at}
    insert(warehouse, "ml.topic_lineage", **row, **ends)


def insert(warehouse: duckdb.DuckDBPyConnection, table: str, **row: object) -> None:
    marks = ", ".join("?" for _ in row)
    warehouse.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))


def shown(warehouse: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    """Topic that each edited topic's messages count for."""
    return dict(warehouse.execute("select topic_id, shown_topic_id from ml.edited_topics").fetchall())


def plant(warehouse: duckdb.DuckDBPyConnection, planted: Planted, topics: Sequence[str]) -> None:
    """Texts with their vectors, and the topics that the last fit gave them."""
    corpus = planted.corpus
    for number, (text, text_hash, topic_id) in enumerate(zip(corpus.texts, corpus.text_hashes, topics, strict=True)):
        message = {"project_id": PROJECT, "event_id": f"e{number}", "field": "prompt", "text": text}
        insert(warehouse, "intermediate.int_messages__extracted", **message, text_hash=text_hash)
        vector = np.asarray(corpus.vectors[number]).tolist()
        insert(warehouse, "ml.embeddings", model_id="planted", text_hash=text_hash, vector=vector)
        judged = {"topic_id": topic_id, "topic_status": "assigned", "topic_confidence": 1.0}
        insert(warehouse, "ml.text_topics", project_id=PROJECT, field="prompt", text_hash=text_hash, **judged)


# ---------------------------------------------------------------------------------------------------------- snapshot


def test_snapshot_holds_what_edits_come_to_and_goals_follow_merges(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
):
    settings = load_settings(home=tmp_path, database_url="")
    with open_projects(settings) as projects:
        project_id = projects.create_project("shop").project_id
        edits, nothing = projects.topic_edits, fingerprint(settings, take_snapshot(settings), [])
        edits.rename("shop", "top_a", "Name", "ada", TOPICS)
        edits.merge("shop", "top_b", "top_c", "ada", TOPICS)
        edits.merge("shop", "top_c", "top_d", "ada", TOPICS)
        edits.choose_step("shop", "top_a", "always", "ada", TOPICS)
        edits.hide("shop", "top_d", "ada", TOPICS)
        edits.move_text("shop", "prompt", "f" * 32, "top_a", "ada", TOPICS)
        projects.goals.set("shop", "there", "topic", "top_a")
        snapshot = take_snapshot(settings)
        assert snapshot.topic_choices == [
            (project_id, "prompt", "top_a", "Name", None, False, "always", None, None, "proposed"),
            (project_id, "prompt", "top_b", None, "top_d", True, None, None, None, "proposed"),
            (project_id, "prompt", "top_c", None, "top_d", True, None, None, None, "proposed"),
            (project_id, "prompt", "top_d", None, None, True, None, None, None, "proposed"),
        ]
        assert snapshot.text_choices == [(project_id, "prompt", "f" * 32, "top_a")]

        write_snapshot(warehouse, snapshot)
        assert read_snapshot(warehouse) == snapshot
        assert fingerprint(settings, snapshot, []) != nothing
        projects.goals.clear("shop", "there")
        for edit in reversed(edits.history("shop")):
            edits.undo("shop", edit.number, "ada")
        assert fingerprint(settings, take_snapshot(settings), []) == nothing

        projects.goals.set("shop", "there", "topic", "top_a")
        edits.merge("shop", "top_a", "top_b", "ada", TOPICS)
        edits.merge("shop", "top_b", "top_c", "ada", TOPICS)
        assert [goal[4] for goal in take_snapshot(settings).goals] == ["top_c"]


# ------------------------------------------------------------------------------------------------------------ apply


def test_apply_edits_shows_each_topic_where_its_messages_count(warehouse: duckdb.DuckDBPyConnection):
    for name in ("renamed", "merged", "target", "hidden", "merged into hidden"):
        add_topic(warehouse, name)
    choose(warehouse, "renamed", label="Name", step_choice="never")
    choose(warehouse, "merged", merged_into_topic_id="target")
    choose(warehouse, "hidden", is_hidden=True)
    choose(warehouse, "merged into hidden", merged_into_topic_id="hidden", is_hidden=True)
    choose(warehouse, "gone", label="Gone")
    assert apply_edits(warehouse) == EditSummary(n_topics=5, n_texts=0, n_waiting=1)
    assert shown(warehouse) == {
        "renamed": "renamed",
        "merged": "target",
        "hidden": None,
        "merged into hidden": None,
        "gone": None,
    }
    found = warehouse.execute(
        "select topic_id from ml.edited_topics where not is_found or own_label is null"
    ).fetchall()
    assert found == [("gone",)]
    steps = warehouse.execute("select topic_id, step_choice from ml.edited_topics where step_choice is not null")
    assert steps.fetchall() == [("renamed", "never")]


def test_apply_edits_largest_heir_of_the_last_refit_stands_for_a_target_that_is_gone(
    warehouse: duckdb.DuckDBPyConnection,
):
    for name in ("merged", "small", "large", "old", "stray"):
        add_topic(warehouse, name)
    choose(warehouse, "merged", merged_into_topic_id="gone")
    insert(warehouse, "raw.text_choices", project_id=PROJECT, field="prompt", text_hash="h", topic_id="gone")
    insert(warehouse, "raw.text_choices", project_id="prj_2", field="prompt", text_hash="h", topic_id="gone")
    choose(warehouse, "stray", merged_into_topic_id="never there")
    hand_on(warehouse, "gone", "old", 99, at="2025-12-01")
    hand_on(warehouse, "gone", "small", 3)
    hand_on(warehouse, "gone", "gone later", 30)
    hand_on(warehouse, "gone later", "large", 20, at="2026-01-02")
    assert apply_edits(warehouse).n_waiting == 1
    assert shown(warehouse) == {"merged": "large", "stray": "stray"}
    assert warehouse.execute("select project_id, topic_id from ml.moved_texts").fetchall() == [(PROJECT, "large")]


def test_apply_edits_heir_that_leads_back_ends_at_a_topic_that_is_there(warehouse: duckdb.DuckDBPyConnection):
    add_topic(warehouse, "first")
    add_topic(warehouse, "heir")
    choose(warehouse, "first", merged_into_topic_id="gone")
    choose(warehouse, "heir", merged_into_topic_id="first")
    hand_on(warehouse, "gone", "heir", 5)
    apply_edits(warehouse)
    assert shown(warehouse) == {"first": "first", "heir": "first"}


# ------------------------------------------------------------------------------------------------------------ names


@pytest.fixture
def named(warehouse: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Four topics of 12 texts each, named."""
    plant(warehouse, plant_topics(range(4), 12), [f"top_{name}" for name in "abcd" for _ in range(12)])
    name_field(warehouse, PLACE, RecordingLabeller(), RUN)
    return warehouse


def own_labels(warehouse: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(warehouse.execute("select topic_id, label from ml.topics").fetchall())


def change_everything(warehouse: duckdb.DuckDBPyConnection) -> None:
    """As if a refit had changed every topic so much that it needs a new name."""
    for name in "abcd":
        link: dict[str, Any] = {"from_topic_id": f"top_{name}", "to_topic_id": f"top_{name}", "similarity": 0.3}
        row = {"project_id": PROJECT, "field": "prompt", "run_id": "killed", "change": "continued"}
        insert(warehouse, "ml.topic_lineage", **row, **link, recorded_at="2026-03-01")


def test_topics_that_a_killed_run_refitted_are_named_by_the_next_one_and_only_by_it(named: duckdb.DuckDBPyConnection):
    stage = "insert into ops.stage_runs (run_id, stage, started_at) values (?, 'label', ?::timestamp)"
    named.execute(stage, ["before", "2026-02-28"])
    assert fields_to_name(named, [PLACE], RUN) == []
    change_everything(named)
    labeller = RecordingLabeller()
    assert fields_to_name(named, [PLACE], RUN) == [PLACE]
    assert name_field(named, PLACE, labeller, RUN) > 0
    named.execute(stage, [RUN.run_id, "2026-03-02"])
    assert fields_to_name(named, [PLACE], RUN) == []


def test_topics_that_people_named_merged_or_hid_are_not_given_to_a_labeller(named: duckdb.DuckDBPyConnection):
    before = own_labels(named)
    choose(named, "top_a", label="A name of ours")
    choose(named, "top_b", merged_into_topic_id="top_c")
    choose(named, "top_d", is_hidden=True)
    change_everything(named)
    labeller = RecordingLabeller()
    assert fields_to_name(named, [PLACE], RUN) == [PLACE]
    name_field(named, PLACE, labeller, RUN)
    assert labeller.asked == ["top_c"]
    assert "A name of ours" in labeller.taken
    after = own_labels(named)
    assert [after[f"top_{name}"] for name in ("a", "b", "d")] == [before[f"top_{name}"] for name in ("a", "b", "d")]


def test_topic_whose_name_people_gave_to_another_gets_a_new_one(named: duckdb.DuckDBPyConnection):
    assert fields_to_name(named, [PLACE], RUN) == []
    before = own_labels(named)
    choose(named, "top_a", label=before["top_b"].upper())
    assert fields_to_name(named, [PLACE], RUN) == [PLACE]
    labeller = RecordingLabeller()
    name_field(named, PLACE, labeller, RUN)
    after = own_labels(named)
    assert labeller.asked == ["top_b"]
    assert after["top_b"].casefold() != before["top_b"].casefold()
    assert fields_to_name(named, [PLACE], RUN) == []


# ------------------------------------------------------------------------------------------------------------ refits


def topics_after_refit(warehouse: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many texts each topic has after a refit."""
    refit_field(warehouse, PLACE, RUN, "asked for")
    sql = "select topic_id, count(*) from ml.text_topics where topic_id is not null group by topic_id"
    return dict(warehouse.execute(sql).fetchall())


@pytest.fixture
def split(warehouse: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Two clouds, the first of which an earlier fit had as two topics: a refit ends the smaller one."""
    plant(warehouse, plant_topics([1, 2], 40), ["top_a"] * 33 + ["top_b"] * 7 + ["top_c"] * 40)
    return warehouse


def test_refit_ends_a_topic_that_nobody_edited(split: duckdb.DuckDBPyConnection):
    assert topics_after_refit(split) == {"top_a": 40, "top_c": 40}


@pytest.mark.parametrize(
    "choice",
    [
        {"topic_id": "top_b", "state": "kept"},
        {"topic_id": "top_b", "state": "retired"},
        {"topic_id": "top_b", "label": "Ours"},
        {"topic_id": "top_b", "is_hidden": True},
        {"topic_id": "top_b", "merged_into_topic_id": "top_c"},
        {"topic_id": "top_c", "merged_into_topic_id": "top_b"},
    ],
    ids=["kept", "retired", "renamed", "hidden", "merged", "target of a merge"],
)
def test_refit_keeps_a_topic_that_people_edited(split: duckdb.DuckDBPyConnection, choice: dict[str, Any]):
    choose(split, **choice)
    assert topics_after_refit(split) == {"top_a": 33, "top_b": 7, "top_c": 40}


def test_refit_keeps_a_topic_that_a_text_was_moved_to_or_a_goal_is_reached_by(split: duckdb.DuckDBPyConnection):
    insert(split, "raw.text_choices", project_id=PROJECT, field="prompt", text_hash="h", topic_id="top_b")
    assert topics_after_refit(split)["top_b"] == 7
    split.execute("delete from raw.text_choices")
    insert(split, "raw.goals", project_id=PROJECT, goal="g", kind="topic", value="top_b")
    assert topics_after_refit(split)["top_b"] == 7
    split.execute("delete from raw.goals")
    assert "top_b" not in topics_after_refit(split)
