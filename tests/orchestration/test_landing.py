"""Listing landed files."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from contracts.home import Home
from orchestration.ingest.segments import chunk_segments, list_segments
from tests.factories.landing_factory import PROJECT_ID, RECEIVED_AT, land

OTHER_PROJECT = "prj_fedcba9876543210"


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_list_segments_without_landing_folder_is_empty(home):
    assert list_segments(home.landing) == []


def test_list_segments_reads_project_date_and_hour_from_the_folder(home):
    path = land(home, "a", b"12345")
    (segment,) = list_segments(home.landing)
    assert (segment.path, segment.project_id, segment.n_bytes) == (path, PROJECT_ID, 5)
    assert (segment.received_date, segment.received_hour) == (date(2026, 3, 2), 14)
    assert segment.name == f"project_id={PROJECT_ID}/date=2026-03-02/hour=14/a.ndjson.zst"


def test_list_segments_orders_by_hour_received_before_project(home):
    late = home.segment_folder(PROJECT_ID, datetime(2026, 3, 3, tzinfo=UTC))
    late.mkdir(parents=True)
    (late / "0.ndjson.zst").touch()
    land(home, "z", b"", project_id=OTHER_PROJECT)
    assert [segment.path.name for segment in list_segments(home.landing)] == ["z.ndjson.zst", "0.ndjson.zst"]


@pytest.mark.parametrize("stranger", ["a.ndjson.zst.tmp", "notes.txt"])
def test_list_segments_ignores_files_that_are_not_sealed(home, stranger):
    land(home, "a", b"")
    (home.segment_folder(PROJECT_ID, RECEIVED_AT) / stranger).touch()
    assert len(list_segments(home.landing)) == 1


def test_list_segments_of_one_project_leaves_the_others_out(home):
    land(home, "a", b"")
    land(home, "b", b"", project_id=OTHER_PROJECT)
    assert [segment.project_id for segment in list_segments(home.landing, [OTHER_PROJECT])] == [OTHER_PROJECT]


def test_chunk_segments_keeps_order_and_both_bounds(home):
    for name, size in (("a", 10), ("b", 10), ("c", 100), ("d", 1), ("e", 1), ("f", 1)):
        land(home, name, b"x" * size)
    chunks = chunk_segments(list_segments(home.landing), max_files=2, max_bytes=20)
    assert [[segment.path.name[0] for segment in chunk] for chunk in chunks] == [["a", "b"], ["c"], ["d", "e"], ["f"]]
