"""People's edits through the whole pipeline: applied by a run, held by a refit, gone without a trace if undone."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field

import duckdb
import pytest

from contracts.home import Home
from tests.factories.support_texts import texts_about
from tests.factories.turret_command import Turret

pytestmark = pytest.mark.pipeline

NASTY = "<b onmouseover='x'>\"; drop table marts.dim_topics; --</b> 👩‍👩‍👧 استرداد الأموال " + "n" * 100
FIRST_SUBJECTS = ("password", "refund", "delivery", "invoice", "crash")
STRAY = "Seventeen violins fell over the garden fence"
TIMES = {"agg_pipeline_runs"}
"""Marts that tell about runs: the same again only where nothing was run."""


@dataclass
class Shop:
    """An installation of two projects that got the same messages, and the marts after each run."""

    turret: Turret
    folder: object
    project_ids: dict[str, str] = field(default_factory=dict)
    n_events: int = 0
    versions: dict[str, object] = field(default_factory=dict)

    def send(self, texts):
        """Send texts to both projects, in sessions of three."""
        for name in ("Shop", "Other"):
            file = self.folder / "events.jsonl"
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
            file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
            self.turret.json("import", str(file), "--project", name)
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
    for name in ("Shop", "Other"):
        shop.project_ids[name] = shop.turret.create_project(name)
    shop.send([*mixed(0, 12), STRAY])
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
    shop.run("edited")
    undone = [shop.topic("undo", str(number))["edit"] for number in reversed(numbers)]
    shop.run("undone")
    for number in reversed(undone):
        shop.topic("undo", str(number))
    shop.turret.run("project", "goal", "set", "Shop", "asked back", "--topic", refund, "--anyway")
    shop.send([*mixed(12, 20), *texts_about("coffee")])
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
    assert shop.differing("found", "undone") == set()


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


def test_edit_without_effect_makes_no_work_for_a_run(shop):
    number = shop.topic("pin", NASTY)["edit"]
    shop.topic("undo", str(number))
    assert shop.turret.json("run")["is_unchanged"]
