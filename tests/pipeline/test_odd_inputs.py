"""Small, strange and broken input: no traceback, no good event lost, and the pipeline still publishes."""

from __future__ import annotations

import duckdb
import pytest

from tests.pipeline.events import BROKEN_LINES, SMALL

pytestmark = pytest.mark.pipeline


@pytest.mark.parametrize("name", SMALL)
def test_every_event_of_a_small_project_is_published(installation, name):
    assert installation.rows("found", name, "select count(*) from fct_events") == [(len(SMALL[name]),)]


@pytest.mark.parametrize("name", SMALL)
def test_the_variants_of_a_small_project_sum_to_its_sessions(installation, name):
    sessions = installation.rows("found", name, "select count(*) from fct_sessions")
    assert sessions == installation.rows("found", name, "select sum(n_sessions)::bigint from agg_journey_variants")


def test_a_project_without_texts_has_no_messages_and_no_topics(installation):
    for table in ("fct_messages", "dim_topics", "fct_transitions"):
        assert installation.rows("found", "no texts", f"select count(*) from {table}") == [(0,)]


def test_broken_lines_of_a_file_are_counted_and_the_good_one_is_taken(installation):
    counts = installation.notes["broken"]
    assert (counts["accepted"], counts["rejected"]) == (1, len(BROKEN_LINES))


def test_damaged_files_give_their_good_events_and_leave_the_rest_in_quarantine(installation):
    found = installation.rows("found", "broken", "select event_id from fct_events")
    assert len(found) > 2
    assert ("event-9001",) in found
    files = sorted((installation.home.quarantine / "segments").iterdir())
    reasons = " ".join(file.read_text(encoding="utf-8") for file in files)
    assert all(word in reasons for word in ("truncated", "not JSON", "empty", "damaged"))


def test_rejected_lines_are_counted_in_the_marts(installation):
    assert installation.rows("found", "broken", "select n_rejected from agg_pipeline_runs") == [(4,)]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\xff" * 100, b"{}\n"])
def test_import_of_a_file_without_one_good_row_says_so_in_words(installation, tmp_path, content):
    file = tmp_path / "file.jsonl"
    file.write_bytes(content)
    installation.turret.run("import", str(file), "--project", "broken", status=1 if content else 0)


def test_a_failed_blocking_check_stops_publishing_and_readers_keep_the_last_marts(installation):
    home, turret = installation.home, installation.turret
    before = home.published.resolve()
    with duckdb.connect(home.warehouse) as connection:
        connection.execute(
            "insert into raw.segments by name select 'lost' as segment, 10 as n_lines, 9 as n_loaded,"
            " 0 as n_duplicates, 0 as n_rejected, 'run-x' as run_id"
        )
    result = turret.json("run", "--force", status=1)
    assert ["neither loaded" in failure for failure in result["failures"]] == [True]
    assert "model" not in result["stages"]
    assert home.published.resolve() == before
    again = turret.json("run", "--force", status=1)
    assert again["failures"]
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("delete from raw.segments where segment = 'lost'")
