"""Several runs of the whole pipeline: what people's edits and what further days of messages do to the topics.

Edits are applied by a run, held by a refit, and gone without a trace if undone; few new texts cost no refit, and topics
keep their ids. Both are told of the same four runs, in projects of their own, because a run is what costs.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field

import duckdb
import pytest
from playwright.sync_api import expect, sync_playwright

from contracts.home import Home
from contracts.settings import load_settings
from contracts.tables import MARTS
from projects import open_projects
from tests.dashboard.test_browser import ARGUMENTS, CHROMIUM
from tests.factories.dashboard_process import run_dashboard
from tests.factories.days_of_messages import BEGINNINGS, FURTHER, messages
from tests.factories.landing_factory import as_bytes, land, landed_event
from tests.factories.support_texts import texts_about
from tests.factories.turret_command import Turret

pytestmark = pytest.mark.pipeline

NASTY = "<b onmouseover='x'>\"; drop table marts.dim_topics; --</b> 👩‍👩‍👧 استرداد الأموال " + "n" * 100
FIRST_SUBJECTS = ("password", "refund", "delivery", "invoice", "crash")
STRAY = "Seventeen violins fell over the garden fence"
FEW = messages(FURTHER[:1], 2)[:8]
TIMES = {"agg_pipeline_runs"}
"""Marts that tell about runs: the same again only where nothing was run."""


@dataclass
class Shop:
    """An installation of two projects that got the same messages and of one that gets some each day, run after run.

    Attributes:
        turret: the commands of the installation.
        folder: where the marts of each run are kept.
        project_ids: by name: Shop is edited, Other is not, Days gets more messages.
        n_events: how many Shop and Other have got.
        versions: the published file of each run.
    """

    turret: Turret
    folder: object
    project_ids: dict[str, str] = field(default_factory=dict)
    n_events: int = 0
    versions: dict[str, object] = field(default_factory=dict)

    def send(self, name, events):
        """Import events into a project."""
        file = self.folder / "events.jsonl"
        file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        assert self.turret.json("import", str(file), "--project", name)["accepted"] == len(events)

    def say(self, texts):
        """Send texts to Shop and Other, in sessions of three."""
        for name in ("Shop", "Other"):
            events = [
                {
                    "event_id": f"e{self.n_events + number}",
                    "name": "message",
                    "session_id": f"s{(self.n_events + number) // 3}",
                    "user_id": f"u{number % 7}",
                    "timestamp": f"2026-01-{1 + number % 28:02}T10:00:{number % 60:02}Z",
                    "metadata": {"prompt": text},
                }
                for number, text in enumerate(texts)
            ]
            self.send(name, events)
        self.n_events += len(texts)

    def run(self, version):
        """One pass of the pipeline; its marts are kept under a name."""
        result = json.loads(self.turret.run("run", "--json", timeout_s=900))
        assert result["success"], result["failures"]
        kept = self.folder / f"{version}.duckdb"
        shutil.copy(Home(self.turret.home).published.resolve(), kept)
        self.versions[version] = kept

    def topic(self, *words: str):
        """A `turret topic` command on the project Shop."""
        return self.turret.json("topic", *words, "--project", "Shop")

    def rows(self, version, sql, *values: object, project="Shop"):
        """Rows of the marts of a version; the first value is the project."""
        with duckdb.connect(self.versions[version], read_only=True) as connection:
            connection.execute("use marts")
            return connection.execute(sql, [self.project_ids[project], *values]).fetchall()

    def topic_of(self, version, text, project="Shop"):
        """Topic and status of a text."""
        sql = "select distinct topic_id, topic_status from fct_messages where project_id = ? and text = ?"
        (found,) = self.rows(version, sql, text, project=project)
        return found

    def differing(self, one, other, project=None):
        """Marts whose rows two versions do not share."""
        where = f"where project_id = '{self.project_ids[project]}'" if project else ""
        with duckdb.connect() as connection:
            connection.execute(f"attach '{self.versions[one]}' as one (read_only)")
            connection.execute(f"attach '{self.versions[other]}' as other (read_only)")
            tables = connection.execute(
                "select table_name from duckdb_tables() where database_name = 'one' and schema_name = 'marts'"
            ).fetchall()
            assert len(tables) > 20
            return {
                table
                for (table,) in tables
                if table not in TIMES
                and connection.execute(
                    f"from (from one.marts.{table} {where} except all from other.marts.{table} {where})"
                    f" union all from (from other.marts.{table} {where} except all from one.marts.{table} {where})"
                ).fetchall()
            }


def mixed(first, last, subjects=FIRST_SUBJECTS):
    """Messages about several subjects in turn, so that sessions wander between topics."""
    return [
        text for some in zip(*(texts_about(subject, first, last) for subject in subjects), strict=True) for text in some
    ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Four runs: as found, edited, all undone, and edited again with new messages, which means a refit."""
    folder = tmp_path_factory.mktemp("shop")
    shop = Shop(Turret(folder / "home"), folder)
    for name in ("Shop", "Other", "Days", "Gone"):
        shop.project_ids[name] = shop.turret.create_project(name)
    shop.say([*mixed(0, 12), STRAY])
    shop.send("Days", messages(BEGINNINGS, 1))
    shop.send("Gone", FEW)
    shop.turret.run("project", "goal", "set", "Gone", "spoke", "--event", FEW[0]["name"])
    shop.run("found")
    password, refund, delivery, invoice, crash = (
        shop.topic_of("found", texts_about(subject)[0])[0] for subject in FIRST_SUBJECTS
    )
    shop.turret.run("project", "goal", "set", "Shop", "asked back", "--topic", refund)
    edits = [
        ("rename", password, NASTY),
        ("merge", refund, invoice),
        ("hide", crash),
        ("pin", delivery),
        ("move", delivery, "--text", STRAY),
        ("move", password, "--text", texts_about("delivery")[0]),
    ]
    numbers = [shop.topic(*edit)["edit"] for edit in edits]
    shop.turret.run("project", "goal", "clear", "Shop", "asked back")
    shop.send("Days", FEW)
    shop.turret.run("project", "delete", "Gone", "--yes")
    gone = shop.project_ids["Gone"]
    land(Home(shop.turret.home), "late", as_bytes([landed_event(1, project_id=gone)]), gone)
    shop.run("edited")
    undone = [shop.topic("undo", str(number))["edit"] for number in reversed(numbers)]
    shop.run("undone")
    for number in reversed(undone):
        shop.topic("undo", str(number))
    shop.turret.run("project", "goal", "set", "Shop", "asked back", "--topic", refund, "--anyway")
    shop.say([*mixed(12, 20), *texts_about("coffee")])
    shop.send("Days", messages(FURTHER[1:], 3))
    shop.run("refitted")
    return shop


@pytest.fixture(scope="module")
def ids(shop):
    return {subject: shop.topic_of("found", texts_about(subject)[0])[0] for subject in FIRST_SUBJECTS}


AFTER = pytest.mark.parametrize("version", ["edited", "refitted"])


@AFTER
def test_renamed_topic_has_the_persons_name_as_it_was_typed(shop, ids, version):
    sql = "select label, label_source from dim_topics where project_id = ? and topic_id = ?"
    assert shop.rows(version, sql, ids["password"]) == [(NASTY, "person")]
    (own,) = shop.rows("found", sql, ids["password"])
    sql = "select own_label, chosen_label, is_found from dim_topic_edits where project_id = ? and topic_id = ?"
    assert shop.rows(version, sql, ids["password"]) == [(own[0], NASTY, True)]


@AFTER
def test_messages_of_a_merged_topic_count_for_the_other_in_every_mart(shop, ids, version):
    for text in (*texts_about("refund", 0, 12), *texts_about("invoice", 0, 12)):
        assert shop.topic_of(version, text) == (ids["invoice"], "assigned")
    for mart in ("dim_topics", "fct_session_steps", "agg_topic_daily", "agg_topic_flow"):
        sql = f"select distinct topic_id from {mart} where project_id = ?"
        found = {row[0] for row in shop.rows(version, sql)}
        assert ids["invoice"] in found, mart
        assert ids["refund"] not in found, mart
    sql = "select distinct unnest([from_topic_id, to_topic_id]) from agg_transitions where project_id = ?"
    assert {ids["refund"], ids["invoice"]} & {row[0] for row in shop.rows(version, sql)} == {ids["invoice"]}


def test_goal_of_a_merged_topic_is_reached_by_the_other(shop, ids):
    sql = "select value, n_reached from agg_goals where project_id = ?"
    ((value, n_reached),) = shop.rows("refitted", sql)
    assert value == ids["invoice"]
    assert n_reached > 12


@AFTER
def test_hidden_topic_is_no_topic_and_no_step_and_its_messages_stay_counted(shop, ids, version):
    for text in texts_about("crash", 0, 12):
        assert shop.topic_of(version, text) == (None, "filler")
    sql = "select distinct topic_reason from fct_messages where project_id = ? and text = ?"
    assert shop.rows(version, sql, texts_about("crash")[0]) == [("hidden",)]
    sql = "select count(*) from dim_topics where project_id = ? and topic_id = ?"
    assert shop.rows(version, sql, ids["crash"]) == [(0,)]
    ((n_filler, n_messages),) = shop.rows(
        version, "select sum(n_filler), sum(n_messages) from fct_sessions where project_id = ?"
    )
    sql = "select n_messages, is_hidden, shown_topic_id from dim_topic_edits where project_id = ? and topic_id = ?"
    assert shop.rows(version, sql, ids["crash"]) == [(n_filler, True, None)]
    assert (n_filler, n_messages) == {"edited": (12, 61), "refitted": (20, 121)}[version]


@AFTER
def test_moved_text_is_where_it_was_put(shop, ids, version):
    assert shop.topic_of("found", STRAY)[1] == "noise"
    assert shop.topic_of(version, STRAY) == (ids["delivery"], "assigned")
    assert shop.topic_of(version, texts_about("delivery")[0]) == (ids["password"], "assigned")


def test_pinned_topic_and_all_other_topics_live_on_and_new_ones_are_found(shop, ids):
    living = {row[0] for row in shop.rows("refitted", "select topic_id from dim_topics where project_id = ?")}
    assert {ids["password"], ids["delivery"], ids["invoice"]} < living
    assert shop.topic_of("refitted", texts_about("coffee")[0])[0] in living - set(ids.values())


def test_undo_of_everything_brings_the_marts_back_row_for_row(shop):
    assert shop.differing("found", "edited", "Shop") > {
        "fct_messages",
        "dim_topics",
        "agg_transitions",
        "fct_session_paths",
    }
    assert [shop.differing("found", "undone", name) for name in ("Shop", "Other")] == [set(), set()]


def test_edits_of_one_project_never_touch_another(shop):
    assert shop.differing("found", "edited", "Other") == set()
    sql = "select count(*) from dim_topic_edits where project_id = ?"
    assert [shop.rows(version, sql, project="Other") for version in ("edited", "refitted")] == [[(0,)]] * 2


def test_list_names_topics_with_what_people_did(shop, ids):
    topics = {topic["topic_id"]: topic for topic in shop.topic("list")}
    password, refund, crash = topics[ids["password"]], topics[ids["refund"]], topics[ids["crash"]]
    assert (password["label"], password["is_hidden"], password["waits_for_next_run"]) == (NASTY, False, False)
    assert (refund["merged_into"], refund["n_messages"], refund["is_found"]) == (ids["invoice"], 20, True)
    assert (crash["is_hidden"], crash["n_messages"]) == (True, 20)
    assert topics[ids["delivery"]]["is_pinned"]
    text = shop.turret.run("topic", "list", "--project", "Shop")
    assert all(word in text.replace("\n", " ") for word in ("pinned", "hidden", "merged into"))


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"The name is given in Chromium, and {CHROMIUM} is not there.")
def test_name_given_in_the_browser_is_shown_by_a_page_that_stayed_open_while_a_run_published_it(shop, ids):
    name = "Bills & <i>receipts</i>"
    with open_projects(load_settings(home=shop.turret.home, database_url="")) as projects:
        link = projects.people.add("ada", "admin").secret
    with (
        run_dashboard(shop.turret.home, dashboard_sign_in=True, dashboard_refresh_s=0.5) as url,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context()
        page, beside = context.new_page(), context.new_page()
        page.goto(f"{url}/password?link={link}")
        for label in ("Password", "Once more"):
            page.get_by_label(label).fill("correct horse battery")
        page.get_by_role("button", name="Save and sign in").click()
        expect(page.locator("h1").first).to_have_text("Overview", timeout=30_000)
        for opened in (page, beside):
            opened.goto(f"{url}/topics/{ids['invoice']}?project={shop.project_ids['Shop']}")
        own = beside.locator(".topic-head h1").inner_text()
        page.get_by_text("Edit this topic").click()
        page.get_by_label("Name (leave empty for the automatic one)").fill(name)
        page.keyboard.press("Tab")
        page.get_by_role("button", name="Rename").click()
        expect(page.get_by_text(f"is called “{name}”")).to_be_visible()
        assert own != name
        shop.run("named in the browser")
        expect(beside.locator(".topic-head h1")).to_have_text(name, timeout=30_000)
        browser.close()
    sql = "select label, label_source from dim_topics where project_id = ? and topic_id = ?"
    assert shop.rows("named in the browser", sql, ids["invoice"]) == [(name, "person")]
    assert shop.differing("refitted", "named in the browser", "Other") == set()


def test_map_of_messages_keeps_its_places_where_nothing_was_said(shop):
    sql = "select event_id, x, y from fct_message_places where project_id = ? order by all"
    assert len(shop.rows("found", sql)) == 61
    assert shop.rows("edited", sql) == shop.rows("found", sql)
    assert len(shop.rows("refitted", sql)) == 121


def test_events_of_a_deleted_project_leave_the_marts_and_no_more_are_loaded(shop):
    gone = shop.project_ids["Gone"]
    with duckdb.connect(shop.versions["found"], read_only=True) as before:
        had = {mart.name for mart in MARTS if rows_of(before, mart.qualified_name, gone)}
    with duckdb.connect(shop.versions["edited"], read_only=True) as after:
        has = {mart.name for mart in MARTS if rows_of(after, mart.qualified_name, gone)}
    assert {"fct_events", "fct_messages", "fct_sessions", "dim_fields", "agg_goals"} <= had
    assert has == {"agg_pipeline_runs", "fct_topic_lineage"}  # ids and counts of earlier runs
    with duckdb.connect(Home(shop.turret.home).warehouse, read_only=True) as connection:
        assert rows_of(connection, "raw.events", gone) == len(FEW)
    assert shop.turret.json("status")["backlog"]["n_waiting"] == 0


def rows_of(connection, table, project_id):
    ((n_rows,),) = connection.execute(f"select count(*) from {table} where project_id = ?", [project_id]).fetchall()
    return n_rows


def test_edit_without_effect_makes_no_work_for_a_run(shop):
    number = shop.topic("pin", NASTY)["edit"]
    shop.topic("undo", str(number))
    assert shop.turret.json("run")["is_unchanged"]


def day_by_day(shop, version):
    sql = "select event_id, topic_status, topic_id from fct_messages where project_id = ?"
    return {event_id: tuple(found) for event_id, *found in shop.rows(version, sql, project="Days")}


def test_few_new_texts_go_to_known_topics_and_move_no_other(shop):
    first, second = day_by_day(shop, "found"), day_by_day(shop, "edited")
    assert {status for status, _ in first.values()} == {"assigned"}
    assert {event_id: second[event_id] for event_id in first} == first
    assert {second[event["event_id"]] for event in FEW} <= set(first.values())


def test_run_without_new_texts_moves_none(shop):
    assert shop.differing("edited", "undone", "Days") == set()


def test_many_new_texts_mean_a_refit_and_topics_keep_their_ids(shop):
    first, third = day_by_day(shop, "found"), day_by_day(shop, "refitted")
    kept = [third[event_id] == found for event_id, found in first.items()]
    assert sum(kept) >= 0.75 * len(kept)
    of_days = [shop.project_ids["Days"]]
    with duckdb.connect(Home(shop.turret.home).warehouse, read_only=True) as connection:
        reasons = connection.execute(
            "select is_refit, reason from ml.topic_fits where project_id = ? order by recorded_at", of_days
        ).fetchall()
        said = connection.execute(
            "select distinct topic_id from ml.text_topics where project_id = ? and topic_id is not null", of_days
        ).fetchall()
    assert reasons == [(True, "first fit"), (False, None), (True, "29% more texts since the last full fit")]
    assert {topic_id for (topic_id,) in said} == {topic_id for _, topic_id in third.values() if topic_id}
