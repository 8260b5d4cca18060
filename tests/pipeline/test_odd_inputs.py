"""Small, strange and broken input: no traceback, no good event lost, and the pipeline still publishes."""

from __future__ import annotations

import gzip
import json
from typing import Any

import duckdb
import pytest

from contracts.home import Home
from tests.factories.landing_factory import as_bytes, land, landed_event
from tests.factories.turret_command import Turret

pytestmark = pytest.mark.pipeline


def message(text: str, **fields: str) -> dict[str, Any]:
    return {"name": "message", "metadata": {"prompt": text}, **fields}


SMALL = {
    "three events": [
        message("How do I reset my password?"),
        message("Thanks"),
        message("What does the team plan cost?"),
    ],
    "one user": [message(f"Please translate page {n} into French", user_id="ada") for n in range(12)],
    "all texts equal": [message("ping", session_id=f"s{n // 3}", event_id=f"equal-{n}") for n in range(30)],
    "no texts": [{"name": "click", "metadata": {"latency_ms": n, "ok": n % 2 == 0}} for n in range(10)],
    "no metadata": [{"name": "ping", "metadata": {}}],
    "odd texts": [
        message(text)
        for text in ("", "   ", "👋", "<script>alert(1)</script>", "x" * 10_000, "'; drop table raw.events; --")
    ],
}
BROKEN_LINES = [
    b"{broken json\n",
    b'{"name": "message"}\n',
    b'{"name": 7, "metadata": {}}\n',
    b'{"name": "message", "metadata": []}\n',
    b'{"name": "message", "metadata": {}, "timestamp": "yesterday"}\n',
    b"\xff\xfe\n",
]


@pytest.fixture(scope="module")
def turret(tmp_path_factory):
    """All the odd inputs, each in a project of its own, and one run over them."""
    folder = tmp_path_factory.mktemp("odd")
    turret = Turret(folder / "home")
    for name, events in SMALL.items():
        turret.create_project(name)
        file = folder / f"{name}.jsonl"
        file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        assert turret.json("import", str(file), "--project", name)["accepted"] == len(events)
    broken = turret.create_project("broken")
    file = folder / "broken.jsonl"
    file.write_bytes(b"".join([*BROKEN_LINES, json.dumps(message("the good one")).encode() + b"\n"]))
    counts = turret.json("import", str(file), "--project", "broken")
    assert (counts["accepted"], counts["rejected"]) == (1, len(BROKEN_LINES))
    land_damaged_files(Home(turret.home), broken)
    result = turret.json("run")
    assert result["success"], result["failures"]
    return turret


def land_damaged_files(home, project):
    """A cut-off segment, one with rubbish inside, an empty one, and one that is no compressed file."""
    whole = as_bytes(landed_event(n, project_id=project) for n in range(3000))
    land(home, "cut-off", whole[:-2000], project_id=project)
    land(home, "rubbish", as_bytes([b"\x00\xff\n", landed_event(9001, project_id=project)]), project_id=project)
    land(home, "empty", b"", project_id=project)
    land(home, "binary", gzip.compress(b"not zstd"), project_id=project)


@pytest.fixture(scope="module")
def marts(turret):
    with duckdb.connect(Home(turret.home).published.resolve(), read_only=True) as connection:
        connection.execute("use marts")
        yield connection


@pytest.fixture(scope="module")
def project_ids(turret):
    return {project["name"]: project["project_id"] for project in turret.json("project", "list")}


@pytest.mark.parametrize("name", SMALL)
def test_every_event_of_a_small_project_is_published(marts, project_ids, name):
    counted = marts.execute("select count(*) from fct_events where project_id = ?", [project_ids[name]]).fetchone()
    assert counted == (len(SMALL[name]),)


@pytest.mark.parametrize("name", SMALL)
def test_the_variants_of_a_small_project_sum_to_its_sessions(marts, project_ids, name):
    sessions = marts.execute("select count(*) from fct_sessions where project_id = ?", [project_ids[name]]).fetchone()
    variants = marts.execute(
        "select sum(n_sessions)::bigint from agg_journey_variants where project_id = ?", [project_ids[name]]
    ).fetchone()
    assert sessions == variants


def test_a_project_without_texts_has_no_messages_and_no_topics(marts, project_ids):
    for table in ("fct_messages", "dim_topics", "fct_transitions"):
        assert marts.execute(
            f"select count(*) from {table} where project_id = ?", [project_ids["no texts"]]
        ).fetchone() == (0,)


def test_damaged_files_give_their_good_events_and_leave_the_rest_in_quarantine(turret, marts, project_ids):
    (n_events,) = marts.execute(
        "select count(*) from fct_events where project_id = ?", [project_ids["broken"]]
    ).fetchone()
    assert n_events > 2
    found = marts.execute("select event_id from fct_events where project_id = ?", [project_ids["broken"]]).fetchall()
    assert ("event-9001",) in found
    reasons = " ".join(
        file.read_text(encoding="utf-8") for file in sorted((Home(turret.home).quarantine / "segments").iterdir())
    )
    assert all(word in reasons for word in ("cut off", "not JSON", "empty", "damaged"))


def test_rejected_lines_are_counted_in_the_marts_and_warned_of(turret, marts, project_ids):
    (n_rejected,) = marts.execute(
        "select n_rejected from agg_pipeline_runs where project_id = ?", [project_ids["broken"]]
    ).fetchone()
    assert n_rejected == 4


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\xff" * 100, b"{}\n"])
def test_import_of_a_file_without_one_good_row_says_so_in_words(turret, tmp_path, content):
    file = tmp_path / "file.jsonl"
    file.write_bytes(content)
    turret.run("import", str(file), "--project", "broken", status=1 if content else 0)


def test_a_failed_blocking_check_stops_publishing_and_readers_keep_the_last_marts(turret):
    home = Home(turret.home)
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
