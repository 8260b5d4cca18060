"""The whole pipeline on Spark: the same marts as on DuckDB, whichever engine the runs before used."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from contracts.tables import (
    AGG_PIPELINE_RUNS,
    DIM_TOPIC_CANDIDATES,
    FCT_TOPIC_LINEAGE,
    ML_EMBEDDINGS,
    ML_TEXT_TOPICS,
    read_detail_days,
)
from orchestration.ingest.erasure.landed import erase_landed
from orchestration.publish.published_file import publish
from orchestration.run import run_pipeline
from orchestration.topics import fitting
from orchestration.topics.spark_neighbours import find_on_spark
from orchestration.warehouse.resource import STORAGE_VERSION
from projects.database import open_projects
from projects.name_suggestions import KnownNames
from projects.records import PublishedTopic
from tests.factories.byte_search import files_with
from tests.factories.days_of_messages import BEGINNINGS, FURTHER, messages
from tests.factories.landing_factory import RECEIVED_AT, as_bytes, land, landed_event, stamp
from tests.factories.marts_difference import differing_marts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml.clustering.neighbours import Neighbours
    from orchestration.runs.run_result import RunResult
    from orchestration.spark.session import SparkRun
    from projects import Projects

pytestmark = pytest.mark.pipeline

OF_RUNS = frozenset({AGG_PIPELINE_RUNS.name, FCT_TOPIC_LINEAGE.name, DIM_TOPIC_CANDIDATES.name})
"""Marts that name runs and say when they were; they are compared without that."""
UNKNOWN_ID = "prj_00000000000000ff"
"""A project that the projects database does not have, as after restoring an older copy of it."""
ODD = (
    {"prompt": "Ünïcode 👩‍👩‍👧 and a \\ backslash, 'quotes' and \"more\"", "plan": ["a", "b", None]},
    {"prompt": "  How do I reset my password ", "usage": {"tokens": 12.5, "cost": 1e-7, "deep": {"er": True}}},
    {"prompt": 7, "plan": "pro", "": "no key", "big": 12345678901234567890, "n": -0.0},
    {},
)


@dataclass
class Erased:
    """What a home has of events that were erased, on request or by age.

    Attributes:
        files: its files with them, by canary.
        n_texts: rows of tables with their texts, by table.
        days: rows of `raw.removed_days`.
    """

    files: dict[str, set[str]]
    n_texts: dict[str, int]
    days: list[tuple[Any, ...]]


@dataclass
class Story:
    """Two homes that got the same files: one always runs on DuckDB, the other on the engines of `ENGINES`.

    Attributes:
        plain: the home on DuckDB.
        mixed: the other.
        results: of the other home's runs.
        versions: the files that both published, run by run.
        newest: the files that both published with the details of the newest days only, after the run on Spark.
        topics: the topic ids of the other home after each run.
        compared: how many texts executors have compared with how many known ones.
        erased: what both have of removed events after an erasure between the runs on Spark and back on DuckDB.
    """

    plain: Home
    mixed: Home
    results: list[RunResult]
    versions: list[tuple[Path, Path]]
    newest: list[Path]
    topics: list[set[str]]
    compared: list[tuple[int, int]]
    erased: list[Erased]

    def find_on_spark(self, spark: SparkRun, queries: NDArray[np.float32], chunks: Any, n_known: int) -> Neighbours:
        """Find neighbours on Spark, and note that it was done."""
        self.compared.append((len(queries), n_known))
        return find_on_spark(spark, queries, chunks, n_known)


ENGINES = ("duckdb", "spark", "duckdb")
"""A second run on Spark, which builds in part, is that of test_incremental_models."""
ON_SPARK = 1
CANARIES = ("ada-canary", "ada-event", "zanzibarquokka", "babbage-canary", "old-event", "cogwheelquince")
HASHES = [hashlib.sha256(f"{word} is my word".encode()).hexdigest()[:32] for word in (CANARIES[2], CANARIES[5])]
FITTED, PROMOTED = 1, 2
"""Runs before which people ask for a candidate of topics, on Spark, and promote it."""


def _events(beginnings: tuple[str, ...], day: int, project_id: str) -> list[dict[str, Any]]:
    return [
        landed_event(
            1000 * day + number,
            project_id=project_id,
            event_id=said["event_id"],
            session_id=f"session-{number // 4}-{day}",
            session_id_given=number % 7 != 0,
            user_id=f"user-{number // 8}",
            occurred_at=stamp(RECEIVED_AT - timedelta(days=5 - day) + timedelta(seconds=50 * number)),
            metadata={**said["metadata"], "plan": ("pro", "trial", "free")[number % 3], "seconds": number * 1.25},
        )
        for number, said in enumerate(messages(beginnings, day))
    ]


def _removed(project_id: str) -> list[dict[str, Any]]:
    """Events of a user who is erased later on, and one that is too old then."""
    ada = {"user_id": CANARIES[0], "event_id": CANARIES[1], "metadata": {"prompt": f"{CANARIES[2]} is my word"}}
    old = {"user_id": CANARIES[3], "event_id": CANARIES[4], "metadata": {"prompt": f"{CANARIES[5]} is my word"}}
    old["occurred_at"] = stamp(RECEIVED_AT - timedelta(days=40))
    return [
        landed_event(5000 + number, project_id=project_id, session_id=f"removed-{number}", **changes)
        for number, changes in enumerate((ada, old))
    ]


def _erase(home: Home, project_id: str) -> Erased:
    """Erase them as the load of a run does."""
    settings = load_settings(home=home.root)
    with open_projects(settings) as projects:
        projects.erasures.add(project_id, "user", CANARIES[0], "grace")
        projects.retention.set(project_id, (datetime.now(UTC) - RECEIVED_AT).days + 30)
        with closing(sqlite3.connect(home.projects_database)) as database, database:  # a day later
            database.execute("update projects set next_events_days_at = '2026-03-01 00:00:00'")
        with duckdb.connect(home.warehouse, config={"storage_compatibility_version": STORAGE_VERSION}) as warehouse:
            warehouse.execute("set TimeZone = 'UTC'")
            erase_landed(warehouse, settings, projects, print)
    return _erased(home)


def _erased(home: Home) -> Erased:
    with duckdb.connect(home.warehouse, read_only=True) as warehouse:
        n_texts = {
            table.name: len(warehouse.execute(f"from {table.qualified_name} where text_hash in ?", [HASHES]).fetchall())
            for table in (ML_EMBEDDINGS, ML_TEXT_TOPICS)
        }
        days = warehouse.execute("from raw.removed_days order by all").fetchall()
    return Erased(files_with(home.root, *CANARIES), n_texts, days)


def _files(project_id: str, gone_id: str) -> list[dict[str, tuple[str, bytes]]]:
    """The files that land before each run, by name: their project and content."""
    first = [*_events(BEGINNINGS, 1, project_id), *_removed(project_id)]
    late = _events(FURTHER[:1], 0, project_id)
    again = [{**event, "received_at": stamp(RECEIVED_AT + timedelta(hours=1))} for event in first[:9]]
    earlier = [{**event, "received_at": stamp(RECEIVED_AT - timedelta(hours=1))} for event in first[9:14]]
    odd = [landed_event(9000 + n, project_id=project_id, metadata=metadata) for n, metadata in enumerate(ODD)]
    gone = [landed_event(n, project_id=gone_id) for n in range(30)]
    strange = [landed_event(n, project_id=UNKNOWN_ID) for n in range(3)]
    return [
        {
            "b": (project_id, as_bytes(reversed(first))),
            "gone": (gone_id, as_bytes(gone)),
            "strange": (UNKNOWN_ID, as_bytes(strange)),
        },
        {
            "a": (project_id, as_bytes([*late, *again, b"no event\n", *earlier, *odd])),
            "cut": (project_id, as_bytes(_events(FURTHER[1:], 2, project_id))[:-9]),
            "c": (project_id, as_bytes([*_events(BEGINNINGS[:2], 3, project_id), *late[:5]])),
            "gone2": (gone_id, as_bytes(gone)),
        },
        {"d": (project_id, as_bytes(_events(FURTHER[:1], 4, project_id)))},
    ]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Story:
    folder = tmp_path_factory.mktemp("engines")
    plain, mixed = Home(folder / "plain"), Home(folder / "mixed")
    shutil.copytree(parsed_project, plain.dbt)
    with open_projects(load_settings(home=plain.root)) as projects:
        project_id = projects.create_project("Support bot").project_id
        gone_id = projects.create_project("Trial").project_id
    shutil.copytree(plain.root, mixed.root)
    story = Story(plain, mixed, [], [], [], [], [], [])
    for number, (engine, files) in enumerate(zip(ENGINES, _files(project_id, gone_id), strict=True)):
        for home in (plain, mixed):
            for name, (owner, content) in files.items():
                land(home, name, content, owner)
            if number == 1:
                with _open(home) as projects:
                    projects.delete_project("Trial")
            if number:
                _decide(home, project_id, number)
        assert run_pipeline(load_settings(home=plain.root)).success
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fitting, "MIN_COMPARISONS", 0)  # so that executors compare texts, however few there are
            patch.setattr(fitting, "find_on_spark", story.find_on_spark)
            result = run_pipeline(load_settings(home=mixed.root, engine=engine, spark_master="local[2]"))
        story.results.append(result)
        kept = [folder / f"{home.root.name}-{number}.duckdb" for home in (plain, mixed)]
        for home, file in zip((plain, mixed), kept, strict=True):
            shutil.copy(home.published.resolve(), file)  # an erasure removes older versions
        story.versions.append((kept[0], kept[1]))
        if number == ON_SPARK:
            for home in (plain, mixed):
                publish(home, "newest", "of the newest days", detail_days=2)
                story.newest.append(
                    Path(shutil.copy(home.published.resolve(), folder / f"{home.root.name}-newest.duckdb"))
                )
                story.erased += [_erased(home), _erase(home, project_id)]
        story.topics.append({topic_id for (topic_id,) in rows(mixed, "select topic_id from marts.dim_topics")})
    return story


def _decide(home: Home, project_id: str, number: int) -> None:
    """Before the run on Spark, keep and retire a topic and ask for a candidate; promote it before the last run."""
    with duckdb.connect(home.published.resolve(), read_only=True) as marts, _open(home) as projects:
        sql = "select topic_id, field, label from marts.dim_topics where level = 0 order by topic_id"
        topics = [PublishedTopic(*row) for row in marts.execute(sql).fetchall()]
        if number == FITTED:
            projects.topic_edits.keep(project_id, topics[0].topic_id, "ada", topics)
            projects.topic_edits.retire(project_id, topics[1].topic_id, "ada", topics)
            names = KnownNames.read(marts, projects.get(project_id), ())
            projects.candidates.request(project_id, "prompt", "ada", names)
        elif number == PROMOTED:
            projects.candidates.decide(project_id, 1, "promoted", "ada")


def _open(home: Home) -> Projects:
    return open_projects(load_settings(home=home.root))


def rows(home: Home, query: str) -> list[tuple[Any, ...]]:
    return _read(home.published.resolve(), query)


def _read(file: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(file, read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_runs_on_both_engines_succeed(story: Story):
    assert [(result.success, result.failures) for result in story.results] == [(True, [])] * len(ENGINES)


@pytest.mark.parametrize("number", range(len(ENGINES)), ids=["before", "on_spark", "moved_back"])
def test_marts_are_those_of_duckdb_row_for_row(story: Story, number: int):
    assert differing_marts(*story.versions[number], without=OF_RUNS) == {}


def test_kept_and_retired_topics_and_candidates_are_those_of_duckdb(story: Story):
    states = "select state, count(*) from marts.dim_topic_edits group by all order by all"
    candidates = "select * exclude made_at from marts.dim_topic_candidates"
    for number, status in ((FITTED, "open"), (PROMOTED, "live")):
        plain, mixed = ([_read(file, sql) for sql in (states, candidates)] for file in story.versions[number])
        assert plain == mixed
        assert mixed[0] == [("kept", 1), ("retired", 1)]
        assert [row[3] for row in mixed[1]] == [status]
    assert _read(story.versions[FITTED][1], "from marts.fct_topic_candidate_moves")


def test_details_of_the_newest_days_are_those_of_duckdb(story: Story):
    assert differing_marts(story.newest[0], story.newest[1], without=OF_RUNS) == {}
    with duckdb.connect(story.newest[1], read_only=True) as newest:
        [first] = read_detail_days(newest).values()
        [(earliest,)] = newest.execute("select min(session_date) from marts.fct_sessions").fetchall()
    assert earliest >= first


def test_published_columns_have_the_types_of_the_contract(story: Story):
    columns = "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'marts' order by all"
    assert rows(story.mixed, columns) == rows(story.plain, columns)


def test_loaded_duplicate_and_rejected_lines_are_counted_alike(story: Story):
    counts = (
        "select project_id, sum(n_rows_out), sum(n_duplicates), sum(n_rejected) from marts.agg_pipeline_runs"
        " group by all order by all"
    )
    assert rows(story.mixed, counts) == rows(story.plain, counts)
    assert sum(row[3] for row in rows(story.mixed, counts)) > 1


def test_executors_have_compared_new_texts_with_the_known_ones(story: Story):
    assert story.compared
    assert all(n_new and n_known for n_new, n_known in story.compared)


def test_events_of_a_project_that_the_database_lacks_are_kept_with_a_warning(story: Story):
    assert rows(story.mixed, f"select count(*) from marts.fct_events where project_id = '{UNKNOWN_ID}'") == [(3,)]
    for result in story.results:
        (warning,) = [sentence for sentence in result.warnings if UNKNOWN_ID in sentence]
        assert "no project with this id, so no page shows its events (landed files: 1, events: 3)" in warning


def test_topics_keep_their_ids_on_another_engine(story: Story):
    first, *later = story.topics
    assert first
    assert all(first & topics for topics in later)  # which ones is proven by the marts: they are those of DuckDB


def test_what_is_erased_or_too_old_leaves_the_tables_of_spark_as_those_of_duckdb(story: Story):
    plain_before, plain, mixed_before, mixed = story.erased
    assert all(any(file.startswith("spark/") for file in files) for files in mixed_before.files.values())
    assert plain_before.n_texts == mixed_before.n_texts == {ML_EMBEDDINGS.name: 2, ML_TEXT_TOPICS.name: 2}
    assert plain.n_texts == mixed.n_texts == {ML_EMBEDDINGS.name: 0, ML_TEXT_TOPICS.name: 0}
    assert plain.days == mixed.days != []
    left = {file.partition("/")[0] for files in mixed.files.values() for file in files}
    assert left <= {"warehouse.duckdb", "published", "turret.sqlite"}  # a run writes these again in the end


def test_erasures_wait_for_the_models_of_the_new_engine(story: Story):
    with _open(story.plain) as projects:
        assert (projects.erasures.list(only_open=True), projects.retention.due(datetime.now(UTC))) == ([], {})
    with _open(story.mixed) as projects:
        assert [erasure.begun_at for erasure in projects.erasures.list(only_open=True)] == [None]
        assert projects.retention.due(datetime.now(UTC))


def test_lines_in_quarantine_are_the_same(story: Story):
    folders = [home.quarantine / "segments" for home in (story.plain, story.mixed)]
    one, two = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert one == two
    assert one


def test_move_back_leaves_no_copy_of_the_events(story: Story):
    assert [path.name for path in (story.mixed.spark / "warehouse").iterdir()] == ["turret-home"]
    with duckdb.connect(story.mixed.warehouse, read_only=True) as connection:
        assert connection.execute("select view_name from duckdb_views() where schema_name = 'raw'").fetchall() == []
