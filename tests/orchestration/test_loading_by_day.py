"""Loading as an asset: without a day all new files, for a day its files again; Dagster records both."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg
import duckdb
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from orchestration.definitions import received_days
from orchestration.ingest.assets import build_landing
from orchestration.runs.stage_timings import StageRecorder
from orchestration.runs.tags import PROJECT_TAG_PREFIX, project_tags
from orchestration.spark.session import SparkRun
from orchestration.warehouse.resource import Warehouse
from tests.factories.landing_factory import PROJECT_ID, RECEIVED_AT, as_bytes, landed_event

EVENTS = dg.AssetKey(["raw", "events"])
DAYS = ["2026-03-02", "2026-03-03"]


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    for number in range(len(DAYS)):
        folder = home.segment_folder(PROJECT_ID, RECEIVED_AT + timedelta(days=number))
        folder.mkdir(parents=True)
        (folder / "a.ndjson.zst").write_bytes(as_bytes([landed_event(number), landed_event(number + 1)]))
    return home


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def load(home, instance, day=None):
    assets, settings = build_landing(received_days(home.landing)), load_settings(home=home.root)
    resources = {
        "settings": settings,
        "recorder": StageRecorder(),
        "spark": SparkRun(settings),
        "warehouse": Warehouse(path=str(home.warehouse), lock_path=str(home.warehouse_lock), wait_s=5),
    }
    result = dg.materialize(assets, instance=instance, resources=resources, partition_key=day, selection=[assets[0]])
    assert result.success
    return result


def rows(home, columns="* exclude (segment)"):
    with duckdb.connect(home.warehouse) as connection:
        return connection.execute(f"select {columns} from raw.events order by all").fetchall()


def test_load_for_no_day_loads_all_and_tells_each_day_with_its_rows(home, instance):
    load(home, instance)
    assert [event_id for (event_id,) in rows(home, "event_id")] == ["event-0", "event-1", "event-2"]
    assert instance.get_materialized_partitions(EVENTS) == set(DAYS)
    latest = instance.get_latest_materialization_event(EVENTS).asset_materialization
    assert latest.metadata["dagster/row_count"].value == 3


def test_load_for_a_day_loads_its_files_again_and_no_others(home, instance):
    load(home, instance, DAYS[1])
    assert [event_id for (event_id,) in rows(home, "event_id")] == ["event-1", "event-2"]
    load(home, instance)
    before = rows(home)
    load(home, instance, DAYS[0])
    assert rows(home) == before


def test_load_tells_a_day_that_dagster_has_forgotten(home, instance):
    load(home, instance)
    with dg.DagsterInstance.ephemeral() as another:
        load(home, another)
        assert another.get_materialized_partitions(EVENTS) == set(DAYS)


def test_load_tags_its_run_with_the_projects_that_got_something(home, instance):
    run_id = load(home, instance).run_id
    assert instance.get_run_by_id(run_id).tags[f"{PROJECT_TAG_PREFIX}{PROJECT_ID}"] == "3"


def test_project_tags_of_very_many_projects_are_those_with_most_events():
    tags = project_tags({f"prj_{number}": number for number in range(80)})
    assert len(tags) == 50
    assert tags[f"{PROJECT_TAG_PREFIX}prj_79"] == "79"
    assert f"{PROJECT_TAG_PREFIX}prj_0" not in tags


@pytest.mark.parametrize(("folder", "first"), [("date=2026-03-05", "2026-03-05"), ("date=soon", None), ("other", None)])
def test_received_days_begin_with_the_first_day_that_landed(tmp_path, folder, first):
    (tmp_path / "project_id=x" / folder).mkdir(parents=True)
    days = received_days(tmp_path)
    assert days.get_first_partition_key() == (first or days.get_last_partition_key())


def test_load_of_a_day_again_and_again_notes_each_former_row_once(home, instance):
    load(home, instance)
    for _ in range(2):
        load(home, instance, DAYS[0])
    with duckdb.connect(home.warehouse) as connection:
        twice = "select event_id, replaced_by from raw.replaced_events group by all having count(*) > 1"
        assert connection.execute(twice).fetchall() == []
        assert connection.execute("select count(*) > 0 from raw.replaced_events").fetchall() == [(True,)]
