"""The gates over a real warehouse: sound data passes, and a deliberate fault for every rule shows that it can fail."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta

import duckdb
import orjson
import pytest

from contracts.settings import load_settings
from expectations.errors import UnknownMeasureError
from expectations.gate import run_gate
from orchestration.checks import batches as judging
from orchestration.checks.batches import mart_batches, raw_batches, topic_batches
from tests.factories import gate_faults
from tests.factories.dbt_factory import run_dbt
from tests.factories.gate_faults import A_DAY, GOALS, NOW, PUBLISHED, WEEKS, one
from tests.factories.warehouse_factory import (
    FILLER_TEXTS,
    NOISE_TEXTS,
    PROJECT_ID,
    TOPIC_TEXTS,
    judge_texts,
    make_events,
    make_feedback,
    make_warehouse,
)

BUILD = ("run", "--select")
FAULTS = {
    "raw": gate_faults.RAW,
    "topics": gate_faults.TOPICS,
    "marts": gate_faults.MARTS,
}
WARNINGS = {
    "raw": gate_faults.RAW_WARNINGS,
    "topics": gate_faults.TOPIC_WARNINGS,
    "marts": gate_faults.MART_WARNINGS,
}
TEXTS = [*FILLER_TEXTS, *NOISE_TEXTS, *(text for texts in TOPIC_TEXTS.values() for text in texts)]


def make_tables_of_views(connection):
    """Give the marts that are views rows of their own, so that a fault can be put into each alone."""
    for (name,) in connection.execute("select view_name from duckdb_views() where schema_name = 'marts'").fetchall():
        connection.execute(f"create table marts.{name}_rows as from marts.{name}")
        connection.execute(f"drop view marts.{name}")
        connection.execute(f"alter table marts.{name}_rows rename to {name}")


@pytest.fixture(scope="module")
def built(tmp_path_factory, parsed_project):
    path = tmp_path_factory.mktemp("gates") / "warehouse.duckdb"
    events = make_events(600)
    make_warehouse(path, [*events, *make_feedback(events)], goals=GOALS, journey_fields={PROJECT_ID: "prompt"})
    with duckdb.connect(path) as connection:  # a file as the collector seals it, nothing rejected
        connection.execute("update raw.segments set n_lines = n_loaded, n_duplicates = 0, n_rejected = 0")
        # Feedback is looked up among deleted events, even those of other projects.
        connection.execute("insert into raw.set_apart_events values ('prj_0000000000000000', 'evt_gone', 'deleted')")
    shutil.copytree(parsed_project, path.parent / "dbt" / "target")
    run_dbt(path, *BUILD, "tag:before_ml")
    judge_texts(path)
    run_dbt(path, *BUILD, "tag:after_ml")
    with duckdb.connect(path) as connection:
        make_tables_of_views(connection)
        connection.execute("insert into ml.embeddings values ('model', 'hash', [0.6, 0.8])")
        yield connection


@pytest.fixture
def warehouse(built):
    """The sound warehouse; what a test does to it is undone."""
    built.begin()
    yield built
    built.rollback()


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return load_settings(home=tmp_path_factory.mktemp("home"))


def batches(gate, connection, settings, now=NOW):
    if gate == "raw":
        return raw_batches(connection, settings, now)
    return {"topics": topic_batches, "marts": mart_batches}[gate](connection)


def judge(gate, connection, settings, now=NOW):
    return run_gate(gate, batches(gate, connection, settings, now)).report


def judge_by(rule, gate, connection, settings, now=NOW):
    """What one rule finds: the gate's own frame and rule, without the others, which takes a tenth of the time."""
    (chosen,) = [
        replace(batch, rules=[one])
        for batch in batches(gate, connection, settings, now)
        for one in batch.rules
        if one.name == rule
    ]
    (finding,) = run_gate(gate, [chosen]).report.findings
    return finding


def each(faults):
    return [pytest.param(gate, rule, id=f"{gate}-{rule}") for gate, rules in faults.items() for rule in rules]


@pytest.fixture(scope="module", params=FAULTS)
def sound(request, built, settings):
    """A gate, and its report of the sound warehouse."""
    return request.param, judge(request.param, built, settings)


def test_gate_over_sound_data_passes_with_every_rule(sound):
    _, report = sound
    assert [finding for finding in report.findings if not finding.passed] == []
    assert all(finding.n_judged for finding in report.findings)


def test_every_rule_of_a_gate_has_its_deliberate_fault(sound):
    gate, report = sound
    rules = {finding.rule: finding.is_warning for finding in report.findings}
    assert rules == dict.fromkeys(FAULTS[gate], False) | dict.fromkeys(WARNINGS[gate], True)
    assert len(rules) == len(report.findings)


@pytest.mark.parametrize(("gate", "rule"), each(FAULTS))
def test_gate_with_a_fault_blocks_and_tells_how_many_rows_and_which(gate, rule, warehouse, settings):
    warehouse.execute(FAULTS[gate][rule])
    finding = judge_by(rule, gate, warehouse, settings)
    assert not finding.passed
    assert not finding.is_warning
    assert finding.n_failing >= 1
    assert all(finding.failing_keys)
    assert finding.because in finding.summary
    assert not any(text.encode() in orjson.dumps(finding) for text in TEXTS)


@pytest.mark.parametrize(("gate", "rule"), each(WARNINGS))
def test_gate_with_something_to_look_at_warns_in_a_sentence_and_does_not_block(gate, rule, warehouse, settings):
    warehouse.execute(WARNINGS[gate][rule])
    finding = judge_by(rule, gate, warehouse, settings)
    assert not finding.passed
    assert finding.is_warning
    assert finding.summary.startswith(f"{PROJECT_ID}: ")


@pytest.mark.parametrize("gate", FAULTS)
def test_gate_over_an_empty_warehouse_passes(gate, warehouse, settings):
    for schema, name in warehouse.execute("select schema_name, table_name from duckdb_tables()").fetchall():
        warehouse.execute(f"delete from {schema}.{name}")
    assert [finding for finding in judge(gate, warehouse, settings).findings if not finding.passed] == []


def test_raw_gate_leaves_published_rows_alone(warehouse, settings):
    warehouse.execute(gate_faults.RAW["name_missing"])
    warehouse.execute("insert into ops.stage_runs select distinct run_id, 'publish', now(), 1, 1, 1 from raw.segments")
    assert judge("raw", warehouse, settings).blocking == ()


def test_gate_names_at_most_ten_keys_and_counts_all(warehouse, settings):
    warehouse.execute("update raw.events set name = '' where name = 'message'")
    finding = judge_by("name_missing", "raw", warehouse, settings)
    assert finding.n_failing == 600
    assert 1 <= len(finding.failing_keys) <= 10


def test_a_reconciliation_that_fails_shows_both_numbers(warehouse, settings):
    warehouse.execute(gate_faults.MARTS["projects_events_equal_events_not_deleted"])
    finding = judge_by("projects_events_equal_events_not_deleted", "marts", warehouse, settings)
    assert "(events 599, events_not_deleted 600)" in finding.summary


def test_a_fault_that_no_rule_knows_is_an_error_and_no_pass(warehouse, settings, monkeypatch):
    from expectations import raw  # noqa: PLC0415 - the module whose rules are cut short

    monkeypatch.setattr(raw, "EVENT_FAULTS", {"event_twice": "an event counts twice"})
    warehouse.execute(one("raw.events", "name = null"))
    with pytest.raises(UnknownMeasureError, match="counts name_missing, but no rule uses it"):
        judge("raw", warehouse, settings)


# ------------------------------------------------------------------------------------------- the clock of the warnings


@pytest.mark.parametrize(
    ("days_before", "n_events", "warns"),
    [
        (WEEKS, None, "5,000 of the same weekday of the weeks before"),
        (A_DAY.format(days=[1, 2, 3], n=5_000), None, "5,000 of the days before"),
        (A_DAY.format(days=[1, 2, 3], n=1_100), None, ""),  # 600 of 1,100: less than half is gone
        (A_DAY.format(days=[2], n=5_000), None, ""),  # too young
        (A_DAY.format(days=[1, 2, 3], n=90), 1, ""),  # too small
    ],
)
def test_volume_is_compared_with_the_weekday_or_the_days_before(warehouse, settings, days_before, n_events, warns):
    warehouse.execute(days_before + PUBLISHED)
    if n_events is not None:
        warehouse.execute(f"update raw.segments set n_loaded = {n_events}, n_lines = {n_events} where run_id = 'run_1'")
    finding = judge_by("drop_share", "raw", warehouse, settings)
    assert finding.passed is not bool(warns)
    assert warns in finding.summary


def test_volume_of_a_day_without_any_event_counts_as_none(warehouse, settings):
    warehouse.execute(A_DAY.format(days=[1, 2, 3], n=5_000) + PUBLISHED)
    finding = judge_by("drop_share", "raw", warehouse, settings, NOW + timedelta(days=1))
    assert "0 events on 2026-01-06, 100% fewer" in finding.summary


def test_volume_threshold_of_one_never_warns(warehouse, settings):
    warehouse.execute(A_DAY.format(days=[1, 2, 3], n=5_000) + PUBLISHED)
    never = settings.model_copy(update={"warn_volume_drop_share": 1.0})
    assert judge_by("drop_share", "raw", warehouse, never, NOW + timedelta(days=1)).passed


@pytest.mark.parametrize(
    ("days", "silent_for", "warns"),
    [
        ([1, 2, 3], timedelta(hours=30), False),  # nine hours longer than the setting counts from the file's own hour
        ([1, 2, 3], timedelta(hours=80), True),
        ([1, 6], timedelta(hours=80), False),  # it was silent for five days before
        ([3], timedelta(hours=80), False),  # it never used to send
        ([1, 2, 3], timedelta(days=20), False),  # it has stopped for good
    ],
)
def test_silence_is_what_is_longer_than_ever_where_events_used_to_arrive(warehouse, settings, days, silent_for, warns):
    warehouse.execute(A_DAY.format(days=days, n=100) + PUBLISHED)
    hour_of_file = NOW.replace(day=5, hour=8)
    allowed = settings.model_copy(update={"warn_silence_hours": 36})
    finding = judge_by("silent_hours", "raw", warehouse, allowed, hour_of_file + silent_for)
    assert finding.passed is not warns


def test_a_changed_type_warns_for_some_days_of_data_only(warehouse, settings, monkeypatch):
    warehouse.execute(
        gate_faults.MART_WARNINGS["type_changed"]
        + "; update marts.dim_fields set last_seen_at = last_seen_at + interval 8 days"
    )
    assert judge_by("type_changed", "marts", warehouse, settings).passed
    monkeypatch.setattr(judging, "TYPE_CHANGE_DAYS", 30)
    assert not judge_by("type_changed", "marts", warehouse, settings).passed


def test_shares_of_too_few_messages_do_not_warn(warehouse, settings, monkeypatch):
    warehouse.execute(gate_faults.TOPIC_WARNINGS["noise_share"])
    monkeypatch.setattr(judging, "MIN_JUDGED", 10_000)
    assert judge_by("noise_share", "topics", warehouse, settings).passed
