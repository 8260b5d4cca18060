"""Loading, embedding and comparing texts on Spark: what counts, when, and what a killed run leaves."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from ml.embedding.embedders import make_embedder
from orchestration.checks.release import find_blocked
from orchestration.embedding import spark_embedder
from orchestration.embedding.spark_embedder import SparkEmbedder
from orchestration.errors import SparkFailedError, SparkFolderError
from orchestration.ingest.loader import forget_segments, load_segments
from orchestration.ingest.quarantine import keep_released
from orchestration.ingest.segments import list_segments
from orchestration.ingest.spark_loader import load_segments_on_spark
from orchestration.spark.session import SparkRun
from orchestration.topics import spark_neighbours
from orchestration.topics.spark_neighbours import find_on_spark
from orchestration.warehouse.engine_tables import (
    LANDED,
    events_folder,
    folder_of,
    partitions_of,
    use_engine,
    version_of,
)
from orchestration.warehouse.resource import create_tables
from tests.factories.landing_factory import RECEIVED_AT, as_bytes, land, landed_event, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contracts.settings import Settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(home=tmp_path_factory.mktemp("home"), engine="spark", spark_master="local[2]")


@pytest.fixture(scope="module")
def spark(settings: Settings) -> Iterator[SparkRun]:
    spark = SparkRun(settings)
    yield spark
    spark.stop()


@pytest.fixture
def home(settings: Settings, spark: SparkRun) -> Iterator[Home]:
    """An empty home on Spark."""
    home = Home(settings.home)
    with opened(home) as connection:
        use_engine(connection, spark.folder, lambda _sentence: None)
    yield home
    with opened(home) as connection:
        use_engine(connection, None, lambda _sentence: None)
    home.warehouse.unlink()
    for folder in (home.landing, home.quarantine):
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def opened(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(home.warehouse) as connection:
        create_tables(connection)
        yield connection


def load(home: Home, spark: SparkRun, run_id: str = "run") -> dict[str, tuple[int, int, int]]:
    """Load what is new; return how many events of each file count, are duplicates, and were rejected."""
    with opened(home) as connection:
        load_segments_on_spark(connection, spark, home, list_segments(home.landing), run_id)
        return counts(connection)


def counts(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int, int]]:
    found = connection.execute("select segment, n_loaded, n_duplicates, n_rejected from raw.segments").fetchall()
    return {name.rsplit("/", 1)[1].removesuffix(".ndjson.zst"): tuple(numbers) for name, *numbers in found}


def events(home: Home, table: str = "events") -> list[tuple[object, ...]]:
    with opened(home) as connection:
        return connection.execute(f"select * from raw.{table} order by all").fetchall()


def test_same_copy_stays_as_on_duckdb_in_whatever_order_files_are_loaded(home: Home, spark: SparkRun, tmp_path: Path):
    plain = Home(tmp_path)
    steps = (
        {
            "b": [landed_event(number) for number in range(30)],
            "a": [landed_event(number, session_id_given=number % 2 == 0) for number in range(10)],
        },
        {"0": [landed_event(number) for number in range(5, 40)]},
        {"z": [landed_event(number, received_at=stamp(RECEIVED_AT)) for number in range(20, 25)]},
    )
    for number, files in enumerate(steps):
        for name, lines in files.items():
            for each in (home, plain):
                land(each, name, as_bytes(lines))
        on_spark = load(home, spark, str(number))
        with opened(plain) as connection:
            load_segments(connection, plain, list_segments(plain.landing), str(number))
            assert on_spark == counts(connection)
    assert events(home) == events(plain)
    assert events(home, "replaced_events") == events(plain, "replaced_events") != []


def test_load_writes_only_the_days_of_its_events_and_of_their_copies(home: Home, spark: SparkRun):
    days = [RECEIVED_AT - timedelta(days=n) for n in range(3)]
    first = [landed_event(n, occurred_at=stamp(day)) for n, day in enumerate(days)]
    land(home, "a", as_bytes(first))
    land(
        home,
        "other",
        as_bytes([landed_event(n, project_id="prj_00000000000000aa") for n in range(2)]),
        "prj_00000000000000aa",
    )
    load(home, spark)
    before = partition_files(home)
    assert len(before) == 4
    earlier = {**first[1], "received_at": stamp(RECEIVED_AT - timedelta(hours=1)), "occurred_at": stamp(days[2])}
    land(home, "b", as_bytes([earlier]))
    land(
        home,
        "c",
        as_bytes([landed_event(9, project_id="prj_00000000000000aa", occurred_at=stamp(days[0]))]),
        "prj_00000000000000aa",
    )
    assert load(home, spark) == {"a": (2, 1, 0), "other": (2, 0, 0), "b": (1, 0, 0), "c": (1, 0, 0)}
    after = partition_files(home)
    gone = before.keys() - after.keys()
    assert [day for _, day in gone] == [str(days[1].date())]  # its only event moved to another day
    assert {place for place in before.keys() & after.keys() if before[place] != after[place]} == {
        place for place in before if place[1] == str(days[2].date())
    }
    assert len(after.keys() - before.keys()) == 1
    assert len(events(home)) == 6


def partition_files(home: Home) -> dict[tuple[str, str], list[int]]:
    """The files of each partition of `raw.events`, as the file system numbers them."""
    with opened(home) as connection:
        found = partitions_of(events_folder(folder_of(connection), version_of(connection)))
    return {key: sorted(file.stat().st_ino for file in place.glob("*.parquet")) for key, place in found.items()}


def test_run_without_new_files_writes_nothing(home: Home, spark: SparkRun):
    land(home, "a", as_bytes([landed_event(1)]))
    load(home, spark)
    before = sorted(spark.folder.rglob("*.parquet"))
    assert load(home, spark) == {"a": (1, 0, 0)}
    assert sorted(spark.folder.rglob("*.parquet")) == before


def test_load_that_was_killed_before_its_end_leaves_nothing(home: Home, spark: SparkRun):
    land(home, "a", as_bytes([landed_event(1)]))
    load(home, spark)
    left = spark.folder / LANDED / "load=7"
    left.mkdir()
    (left / "part.parquet").write_bytes(next((spark.folder / LANDED / "load=1").glob("*.parquet")).read_bytes())
    written = spark.folder / "raw.db" / "events" / "version=2"
    shutil.copytree(written.with_name("version=1"), written)  # its file would count twice
    land(home, "b", as_bytes([landed_event(2)]))
    assert load(home, spark) == {"a": (1, 0, 0), "b": (1, 0, 0)}
    assert len(events(home)) == 2
    assert not left.exists()


def test_rows_that_somebody_removed_are_loaded_again(home: Home, spark: SparkRun):
    land(home, "a", as_bytes([landed_event(1)]))
    load(home, spark)
    for path in (spark.folder / LANDED / "load=1").iterdir():
        path.unlink()
    (spark.folder / LANDED / "load=1").rmdir()
    assert load(home, spark) == {"a": (1, 0, 0)}
    assert len(events(home)) == 1


def test_forgotten_file_is_loaded_again_with_what_it_holds_now(home: Home, spark: SparkRun):
    path = land(home, "a", as_bytes([landed_event(1), landed_event(2)]))
    land(home, "b", as_bytes([landed_event(2)]))
    assert load(home, spark) == {"a": (2, 0, 0), "b": (0, 1, 0)}
    path.write_bytes(as_bytes([landed_event(1)]))
    with opened(home) as connection:
        forget_segments(connection, [path.relative_to(home.landing).as_posix()])
    assert load(home, spark) == {"a": (1, 0, 0), "b": (1, 0, 0)}


def test_released_lines_do_not_count_any_more(home: Home, spark: SparkRun, settings: Settings):

    land(home, "a", as_bytes([landed_event(1), landed_event(2)]))
    load(home, spark)
    segment = list_segments(home.landing)[0].name
    keep_released(home.quarantine, segment, [{"line_number": 2, "reason": "chosen by a person", "line": "{}"}])
    with opened(home) as connection:
        forget_segments(connection, [segment])
    assert load(home, spark) == {"a": (1, 0, 1)}
    assert find_blocked(settings).is_empty


def test_deleted_projects_files_are_not_read(home: Home, spark: SparkRun):
    segment = land(home, "a", as_bytes([landed_event(1)])).relative_to(home.landing)
    with opened(home) as connection:
        project_id = segment.parts[0].removeprefix("project_id=")
        report = load_segments_on_spark(connection, spark, home, list_segments(home.landing), "run", [project_id])
    assert (report.n_segments, report.n_lines) == (1, 0)
    assert events(home) == []


def test_events_move_between_engines_without_their_landed_files(home: Home, spark: SparkRun):
    path = land(home, "a", as_bytes([landed_event(number) for number in range(5)]))
    load(home, spark)
    before = events(home)
    path.unlink()
    for folder in (None, spark.folder):
        with opened(home) as connection:
            use_engine(connection, folder, lambda _sentence: None)
        assert events(home) == before
    assert load(home, spark) == {"a": (5, 0, 0)}
    assert events(home) == before


def test_move_to_duckdb_without_the_files_of_spark_loads_everything_again(home: Home, spark: SparkRun):
    land(home, "a", as_bytes([landed_event(number) for number in range(5)]))
    load(home, spark)
    before = events(home)
    shutil.rmtree(spark.folder)
    said: list[str] = []
    with opened(home) as connection:
        use_engine(connection, None, said.append)
        create_tables(connection)
        load_segments(connection, home, list_segments(home.landing), "again")
    assert "every landed file is loaded" in said[0]
    assert events(home) == before


def test_run_after_the_folder_of_spark_was_lost_loads_everything_again(home: Home, spark: SparkRun):
    land(home, "a", as_bytes([landed_event(number) for number in range(5)]))
    load(home, spark)
    before = events(home)
    shutil.rmtree(spark.folder)
    with opened(home) as connection:
        use_engine(connection, spark.folder, lambda _sentence: None)
    assert events(home) == []
    load(home, spark)
    assert events(home) == before


def test_folder_with_tables_of_others_is_refused_and_untouched(tmp_path: Path):
    others = tmp_path / "shared" / "marts.db" / "sales" / "part.parquet"
    others.parent.mkdir(parents=True)
    others.write_bytes(b"rows")
    plain = Home(tmp_path / "home")
    plain.root.mkdir()
    with opened(plain) as connection, pytest.raises(SparkFolderError, match=r"where marts.db belongs to another"):
        use_engine(connection, tmp_path / "shared", lambda _sentence: None)
    assert others.read_bytes() == b"rows"


def test_folders_without_tables_are_nobodys(tmp_path: Path):
    (tmp_path / "warehouse" / "raw.db").mkdir(parents=True)  # as Spark makes them when it starts
    plain = Home(tmp_path)
    with opened(plain) as connection:
        use_engine(connection, tmp_path / "warehouse", lambda _sentence: None)
        assert folder_of(connection) == tmp_path / "warehouse"


def test_other_folder_than_that_of_the_tables_is_refused(home: Home, tmp_path: Path):
    with opened(home) as connection, pytest.raises(SparkFolderError, match=r"TURRET_SPARK_WAREHOUSE is '.*/other'"):
        use_engine(connection, tmp_path / "other", lambda _sentence: None)


def test_vectors_of_executors_are_those_of_the_driver(
    settings: Settings, spark: SparkRun, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(spark_embedder, "MIN_TEXTS", 3)
    monkeypatch.setattr(spark_embedder, "TEXTS_PER_ROW", 2)
    embedder, texts = make_embedder(settings), [f"Where is parcel {number}?" for number in range(7)]
    assert np.array_equal(SparkEmbedder(embedder, spark, settings).embed(texts), embedder.embed(texts))


def test_executor_without_the_model_is_named(settings: Settings, spark: SparkRun, monkeypatch: pytest.MonkeyPatch):
    class Newer:
        model_id, dimensions = "model/of/tomorrow", 3

    monkeypatch.setattr(spark_embedder, "MIN_TEXTS", 1)
    with pytest.raises(SparkFailedError, match=r"could not embed the texts: .*model/of/tomorrow is not installed"):
        SparkEmbedder(Newer(), spark, settings).embed(["text"])  # type: ignore[arg-type]


def test_neighbours_found_by_executors_are_those_of_the_driver(spark: SparkRun, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spark_neighbours, "MAX_ROWS_PER_TASK", 7)
    random = np.random.default_rng(0)
    known, queries = (random.normal(size=(n, 8)).astype(np.float32) for n in (300, 40))
    order = random.permutation(len(known)).astype(np.int32)
    chunks = [(rows, known[rows]) for rows in (order[:170], order[170:])]
    found = find_on_spark(spark, queries, chunks, len(known))
    similarities = queries @ known.T
    expected = np.argsort(-similarities, axis=1, kind="stable")[:, : found.rows.shape[1]]
    assert np.array_equal(found.rows, expected)
    assert np.allclose(found.similarities, np.take_along_axis(similarities, expected, axis=1))
    assert not list(spark.folder.glob("ml.db/*"))
