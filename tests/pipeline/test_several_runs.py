"""What people's edits and what further days of messages do to the topics, run after run.

Edits are applied by a run, held by a refit and gone without a trace if undone; few new texts cost no refit, and topics
keep their ids. The first run of a new version changes nothing of that.
"""

from __future__ import annotations

from contextlib import contextmanager

import duckdb
import pytest
from playwright.sync_api import expect, sync_playwright

from contracts.settings import load_settings
from contracts.tables import MARTS
from projects import open_projects
from tests.factories.browser import ARGUMENTS, CHROMIUM
from tests.factories.dashboard_process import run_dashboard
from tests.factories.older_version import take_away_what_is_new
from tests.factories.support_texts import texts_about
from tests.pipeline.conftest import FEW, NASTY
from tests.pipeline.events import STRAY, SUBJECTS, in_sessions_of_three

pytestmark = pytest.mark.pipeline

NAME = "Bills & <i>receipts</i>"
AFTER = pytest.mark.parametrize("version", ["edited", "refitted"])


@pytest.fixture(scope="module")
def ids(installation):
    return {subject: installation.topic_of("found", "Shop", texts_about(subject)[0])[0] for subject in SUBJECTS}


@AFTER
def test_renamed_topic_has_the_persons_name_as_it_was_typed(installation, ids, version):
    sql = "select label, label_source from dim_topics where topic_id = ?"
    assert installation.rows(version, "Shop", sql, ids["password"]) == [(NASTY, "person")]
    [own] = installation.rows("found", "Shop", sql, ids["password"])
    sql = "select own_label, chosen_label, is_found from dim_topic_edits where topic_id = ?"
    assert installation.rows(version, "Shop", sql, ids["password"]) == [(own[0], NASTY, True)]


@AFTER
def test_messages_of_a_merged_topic_count_for_the_other_in_every_mart(installation, ids, version):
    for text in (*texts_about("refund", 0, 12), *texts_about("invoice", 0, 12)):
        assert installation.topic_of(version, "Shop", text) == (ids["invoice"], "assigned")
    for mart in ("dim_topics", "fct_session_steps", "agg_topic_daily", "agg_topic_flow"):
        found = {row[0] for row in installation.rows(version, "Shop", f"select distinct topic_id from {mart}")}
        assert ids["invoice"] in found, mart
        assert ids["refund"] not in found, mart
    sql = "select distinct unnest([from_topic_id, to_topic_id]) from agg_transitions"
    moved = {row[0] for row in installation.rows(version, "Shop", sql)}
    assert {ids["refund"], ids["invoice"]} & moved == {ids["invoice"]}


def test_goal_of_a_merged_topic_is_reached_by_the_other(installation, ids):
    [(value, n_reached)] = installation.rows("refitted", "Shop", "select value, n_reached from agg_goals")
    assert value == ids["invoice"]
    assert n_reached > 12


@AFTER
def test_hidden_topic_is_no_topic_and_no_step_and_its_messages_stay_counted(installation, ids, version):
    for text in texts_about("crash", 0, 12):
        assert installation.topic_of(version, "Shop", text) == (None, "filler")
    sql = "select distinct topic_reason from fct_messages where text = ?"
    assert installation.rows(version, "Shop", sql, texts_about("crash")[0]) == [("hidden",)]
    sql = "select count(*) from dim_topics where topic_id = ?"
    assert installation.rows(version, "Shop", sql, ids["crash"]) == [(0,)]
    [(n_filler, n_messages)] = installation.rows(
        version, "Shop", "select sum(n_filler), sum(n_messages) from fct_sessions"
    )
    sql = "select n_messages, is_hidden, shown_topic_id from dim_topic_edits where topic_id = ?"
    assert installation.rows(version, "Shop", sql, ids["crash"]) == [(n_filler, True, None)]
    assert (n_filler, n_messages) == {"edited": (12, 61), "refitted": (20, 121)}[version]


@AFTER
def test_moved_text_is_where_it_was_put(installation, ids, version):
    assert installation.topic_of("found", "Shop", STRAY)[1] == "noise"
    assert installation.topic_of(version, "Shop", STRAY) == (ids["delivery"], "assigned")
    assert installation.topic_of(version, "Shop", texts_about("delivery")[0]) == (ids["password"], "assigned")


def test_pinned_topic_and_all_other_topics_live_on_and_new_ones_are_found(installation, ids):
    living = {row[0] for row in installation.rows("refitted", "Shop", "select topic_id from dim_topics")}
    assert {ids["password"], ids["delivery"], ids["invoice"]} < living
    assert installation.topic_of("refitted", "Shop", texts_about("coffee")[0])[0] in living - set(ids.values())


def test_undo_of_everything_brings_the_marts_back_row_for_row(installation):
    assert installation.differing("found", "edited")["Shop"] > {
        "fct_messages",
        "dim_topics",
        "agg_transitions",
        "fct_session_paths",
    }
    assert installation.differing("found", "undone")["Shop"] == set()


def test_edits_of_one_project_never_touch_another(installation):
    assert installation.differing("found", "edited")["Other"] == set()
    sql = "select count(*) from dim_topic_edits"
    assert [installation.rows(version, "Other", sql) for version in ("edited", "refitted")] == [[(0,)]] * 2


def test_list_names_topics_with_what_people_did(installation, ids):
    topics = {topic["topic_id"]: topic for topic in installation.topic("list")}
    password, refund, crash = topics[ids["password"]], topics[ids["refund"]], topics[ids["crash"]]
    assert (password["label"], password["is_hidden"], password["waits_for_next_run"]) == (NASTY, False, False)
    assert (refund["merged_into"], refund["n_messages"], refund["is_found"]) == (ids["invoice"], 20, True)
    assert (crash["is_hidden"], crash["n_messages"]) == (True, 20)
    assert topics[ids["delivery"]]["state"] == "kept"
    text = installation.turret.run("topic", "list", "--project", "Shop")
    assert all(word in text.replace("\n", " ") for word in ("kept", "hidden", "merged into"))


@contextmanager
def renamed_in_the_browser(installation, topic_id, name):
    """Rename a topic on its page while another page of it stays open; that one must show the name in the end."""
    with open_projects(load_settings(home=installation.turret.home, database_url="")) as projects:
        link = projects.people.add("ada", "admin").secret
    with (
        run_dashboard(installation.turret.home, dashboard_sign_in=True, dashboard_refresh_s=0.5) as url,
        sync_playwright() as replay,
    ):
        browser = replay.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(reduced_motion="reduce")
        page, beside = context.new_page(), context.new_page()
        page.goto(f"{url}/password?link={link}")
        for label in ("Password", "Repeat password"):
            page.get_by_label(label, exact=True).fill("correct horse battery")
        page.get_by_role("button", name="Save and sign in").click()
        expect(page.locator("h1").first).to_have_text("Overview", timeout=30_000)
        for opened in (page, beside):
            opened.goto(f"{url}/topics/{topic_id}?project={installation.project_ids['Shop']}")
        assert beside.locator(".topic-head h1").inner_text() != name
        page.get_by_text("Edit this topic").click()
        page.get_by_label("Name (leave empty for the automatic one)").fill(name)
        page.keyboard.press("Tab")
        page.get_by_role("button", name="Rename").click()
        expect(page.get_by_text(f"will be called “{name}”")).to_be_visible()
        yield
        expect(beside.locator(".topic-head h1")).to_have_text(name, timeout=30_000)
        browser.close()


@contextmanager
def renamed_by_command(installation, topic_id, name):
    installation.topic("rename", topic_id, name)
    yield


@pytest.fixture(scope="module")
def upgraded(installation, ids):
    """A run in a home of a version before, after a rename and after a topic was retired."""
    rename = renamed_in_the_browser if CHROMIUM.exists() else renamed_by_command
    installation.topic("retire", installation.topic_of("refitted", "Shop", texts_about("coffee")[0])[0])
    installation.topic("refit", "--candidate")
    with rename(installation, ids["invoice"], NAME):
        take_away_what_is_new(installation.home)
        installation.run("upgraded")
    return installation


@pytest.fixture(scope="module")
def promoted(upgraded):
    """A run after the candidate was compared and promoted, with a message that arrived in between."""
    upgraded.notes["comparison"] = upgraded.topic("candidate", "show")
    upgraded.notes["comparison in words"] = upgraded.turret.run("topic", "candidate", "show", "--project", "Shop")
    upgraded.topic("candidate", "promote")
    upgraded.send("Shop", in_sessions_of_three(texts_about("delivery")[:1], 900))
    upgraded.run("promoted")
    return upgraded


@pytest.mark.browser
def test_name_given_in_the_browser_is_shown_by_a_page_that_stayed_open_while_a_run_published_it(upgraded, ids):
    sql = "select label, label_source from dim_topics where topic_id = ?"
    assert upgraded.rows("upgraded", "Shop", sql, ids["invoice"]) == [(NAME, "person")]


def test_retired_topic_is_in_no_list_and_its_messages_count_elsewhere(upgraded, ids):
    coffee = upgraded.topic_of("refitted", "Shop", texts_about("coffee")[0])[0]
    sql = "select state, is_pinned, shown_topic_id, n_messages from dim_topic_edits where topic_id = ?"
    [(state, is_pinned, shown, n_messages)] = upgraded.rows("upgraded", "Shop", sql, coffee)
    assert (state, is_pinned, shown) == ("retired", False, None)
    sql = "select count(*) from dim_topics where topic_id = ?"
    assert upgraded.rows("upgraded", "Shop", sql, coffee) == [(0,)]
    sql = "select state from dim_topics where topic_id = ?"
    assert [upgraded.rows("upgraded", "Shop", sql, ids[name]) for name in ("delivery", "invoice")] == [
        [("kept",)],
        [("proposed",)],
    ]
    sql = """select count(*), count(*) filter (topic_status = 'noise' and topic_reason = 'retired'),
        count(*) filter (topic_status = 'assigned') from fct_messages where list_contains(?, text)"""
    [(n_found, n_without, n_assigned)] = upgraded.rows("upgraded", "Shop", sql, texts_about("coffee"))
    assert n_found == n_messages == n_without + n_assigned > 0


def test_candidate_counts_each_message_once_and_changes_nothing_that_is_published(upgraded):
    sql = "select status, n_messages, n_later from dim_topic_candidates"
    assert upgraded.rows("upgraded", "Shop", sql) == [("open", 121, 0)]
    sql = "select coalesce(from_topic_id, ''), sum(n_messages) from fct_topic_candidate_moves group by all order by all"
    today = "select coalesce(topic_id, ''), count(*) from fct_messages where field = 'prompt' group by all order by all"
    assert upgraded.rows("upgraded", "Shop", sql) == upgraded.rows("upgraded", "Shop", today)


def test_promoted_candidate_gives_the_messages_that_it_announced(promoted):
    compared = promoted.notes["comparison"]
    assert (compared["n_messages"], compared["status"]) == (121, "open")
    after = {topic["topic"]: topic["messages_after"] for topic in compared["topics"]}
    assert sum(after.values()) == 121
    assert "messages (" in promoted.notes["comparison in words"]
    sql = """select coalesce(topics.label, 'no topic'), count(*) from fct_messages as messages
        left join dim_topics as topics on messages.topic_id = topics.topic_id
        where messages.field = 'prompt' and messages.event_id != 'e900' group by all"""
    assert dict(promoted.rows("promoted", "Shop", sql)) == {label: n for label, n in after.items() if n}
    assert promoted.rows("promoted", "Shop", "select status from dim_topic_candidates") == [("live",)]
    assert promoted.rows("promoted", "Shop", "from fct_topic_candidate_moves") == []
    sql = "select topic_status from fct_messages where event_id = 'e900'"
    assert promoted.rows("promoted", "Shop", sql) == [("assigned",)]


def test_first_run_of_a_new_version_gives_the_marts_of_the_runs_before_row_for_row(upgraded):
    assert upgraded.differing("refitted", "upgraded") | {"Shop": set()} == {
        name: set() for name in upgraded.project_ids
    }


def test_map_of_messages_keeps_its_places_where_nothing_was_said(installation):
    sql = "select event_id, x, y from fct_message_places order by all"
    assert len(installation.rows("found", "Shop", sql)) == 61
    assert installation.rows("edited", "Shop", sql) == installation.rows("found", "Shop", sql)
    assert len(installation.rows("refitted", "Shop", sql)) == 121


def test_events_of_a_deleted_project_leave_the_marts_and_no_more_are_loaded(installation):
    def filled(version: str) -> set[str]:
        with installation.marts(version, "Gone") as marts:
            return {mart.name for mart in MARTS if marts.execute(f"from {mart.name} limit 1").fetchall()}

    assert {"dim_projects", "fct_events", "fct_messages", "fct_sessions", "dim_fields", "agg_goals"} <= filled("found")
    assert filled("edited") == {"agg_pipeline_runs", "fct_topic_lineage"}  # ids and counts of earlier runs
    with duckdb.connect(installation.home.warehouse, read_only=True) as connection:
        sql = "select count(*) from raw.events where project_id = ?"
        assert connection.execute(sql, [installation.project_ids["Gone"]]).fetchone() == (len(FEW),)
    assert installation.turret.json("status")["backlog"]["n_waiting"] == 0


def test_run_with_nothing_new_changes_nothing(installation):
    assert installation.notes["again"]["success"]
    assert installation.notes["again"]["is_unchanged"]
    assert installation.notes["is the same file again"]


def test_edit_without_effect_makes_no_work_for_a_run(installation):
    assert installation.notes["after an edit without effect"]["is_unchanged"]


def day_by_day(installation, version):
    sql = "select event_id, topic_status, topic_id from fct_messages"
    return {event_id: tuple(found) for event_id, *found in installation.rows(version, "Days", sql)}


def test_few_new_texts_go_to_known_topics_and_move_no_other(installation):
    first, second = day_by_day(installation, "found"), day_by_day(installation, "edited")
    assert {status for status, _ in first.values()} == {"assigned"}
    assert {event_id: second[event_id] for event_id in first} == first
    assert {second[event["event_id"]] for event in FEW} <= set(first.values())


def test_many_new_texts_mean_a_refit_and_topics_keep_their_ids(installation):
    first, third = day_by_day(installation, "found"), day_by_day(installation, "refitted")
    kept = [third[event_id] == found for event_id, found in first.items()]
    assert sum(kept) >= 0.75 * len(kept)
    of_days = [installation.project_ids["Days"]]
    with duckdb.connect(installation.home.warehouse, read_only=True) as connection:
        reasons = connection.execute(
            "select is_refit, reason from ml.topic_fits where project_id = ? order by recorded_at", of_days
        ).fetchall()
        said = connection.execute(
            "select distinct topic_id from ml.text_topics where project_id = ? and topic_id is not null", of_days
        ).fetchall()
    assert reasons == [(True, "first fit"), (False, None), (True, "29% more texts since the last full fit")]
    assert {topic_id for (topic_id,) in said} == {topic_id for _, topic_id in third.values() if topic_id}
