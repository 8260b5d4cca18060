"""An erased user is in no file of the home any more, and in no number."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from contracts.events import COMMENT_FIELD
from contracts.home import Home
from contracts.tables import (
    AGG_PIPELINE_RUNS,
    DIM_FIELD_HISTORY,
    DIM_FIELDS,
    DIM_TOPIC_CANDIDATES,
    DIM_TOPICS,
    DIM_USERS,
    FCT_EVENT_VALUES,
    FCT_EVENTS,
    FCT_FEEDBACK,
    FCT_MESSAGE_PLACES,
    FCT_MESSAGES,
    FCT_TOPIC_CANDIDATE_MOVES,
    MARTS,
)
from tests.factories.byte_search import files_with
from tests.factories.support_texts import texts_about
from tests.factories.turret_command import Turret

if TYPE_CHECKING:
    from collections.abc import Iterable

ADA = {
    "user": "ada-lovelace-1815",
    "session": "analytical-engine-talk",
    "event": "ada-event-1843",
    "text": "zanzibarquokka",
    "plan": "difference-engine-plan",
    "comment": "bernoulli-comment",
}
ADA_TEXTS = [f"{ADA['text']} write to ada-canary@example.org about my refund {number}" for number in range(3)]
COMMENTS = [text for subject in ("coffee", "crash") for text in texts_about(subject)]
ADA_COMMENT = f"{COMMENTS[0]} {ADA['comment']}"
HASHES = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in (ADA_TEXTS[0], ADA_COMMENT)]
"""What tables of texts have in place of the text."""
GRACE = {"session": "grace-session-1906", "text": "mothinrelay"}
SINGLE = {"event": "single-event-1936", "text": "haltingtuesday"}
ALAN = {"user": "alan-without-sessions", "text": "bombeletchworth"}
KEPT = "returning-user-1912"
OLD = {
    "user": "babbage-of-old-1791",
    "session": "difference-session-1822",
    "event": "old-event-1834",
    "text": "cogwheelquince",
    "email": "charles-canary@example.org",
    "comment": "jacquard-comment",
    "rejected": "rejected-loom-row",
}
OLD_TEXT = f"{OLD['text']} write to {OLD['email']} about my parcel"
OLD_HASH = hashlib.sha256(OLD_TEXT.encode()).hexdigest()[:32]
SILENT = {
    "text": "marmaladequill",
    "history": "assistant-of-chat-history",
    "reply": "reply-of-many-words-canary",
    "call": "tool-call-canary",
    "comment": "velvet-comment-canary",
}
"""In texts of the first day, which the project keeps for less time than their events."""
SILENT_TEXT = f"please refund my order of the red shoes {SILENT['text']}"
SILENT_HASH = hashlib.sha256(SILENT_TEXT.encode()).hexdigest()[:32]
FIRST_TEXT_DAY = date(2026, 3, 2)
"""Of the days that events of this file have, the first whose texts the project keeps later on."""
FIRST_KEPT_DAY = date(2026, 3, 3)
"""Of the days that events of this file have, the first that the project keeps later on."""
COUNTED_BEFORE = {
    "agg_removed_days": """
        with journey_messages as (select event_id from fct_messages where is_journey_field)
        select
            occurred_at::date as event_date,
            count(*) as n_events,
            count(*) filter (where event_id in (from journey_messages)) as n_messages,
            count(distinct session_id) as n_sessions,
            count(distinct user_id) as n_users
        from fct_events where occurred_at < '2026-03-03' group by all order by all""",
    "agg_removed_topics_daily": """
        select * exclude (project_id) from agg_topic_daily where message_date < '2026-03-03' order by all""",
    "agg_removed_transitions_daily": """
        select * exclude (project_id, from_share) from agg_transitions_daily
        where session_date < '2026-03-03' order by all""",
}
"""What the marts count of the days that are removed, by the mart that has it afterwards."""
UNTOUCHED = (FCT_EVENTS, FCT_EVENT_VALUES, DIM_USERS, DIM_FIELDS, FCT_FEEDBACK)
"""Marts that do not depend on how topics were found."""


def _said(number: int, text: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": "message",
        "event_id": f"said-{number}",
        "user_id": f"user-{number // 6}",
        "session_id": f"session-{number // 3}",
        "timestamp": f"2026-03-{1 + number // 15:02d}T09:{number % 60:02d}:00Z",
        "metadata": {"prompt": text, "plan": "pro" if number % 2 else "free"},
        **changes,
    }


def _everybody_else() -> list[dict[str, Any]]:
    texts = [text for subject in ("refund", "password", "delivery") for text in texts_about(subject)]
    given = [
        {
            "type": "feedback",
            "feedback_id": f"c{number}",
            "event_id": f"said-{number}",
            "timestamp": "2026-03-20T10:00:00Z",
            "score": 1,
            "comment": text,
        }
        for number, text in enumerate(COMMENTS)
    ]
    said = [_said(number, text) for number, text in enumerate(texts)]
    old = _said(21, OLD_TEXT, user_id=OLD["user"], session_id=OLD["session"], event_id=OLD["event"])
    history = [{"role": "assistant", "content": SILENT["history"]}, {"role": "user", "content": "where is my parcel"}]
    prompts = [SILENT_TEXT, "my red shoes order please refund", json.dumps(history), f'{{"tool": "{SILENT["call"]}"}}']
    silent = [
        _said(5, prompt, user_id="silent", session_id="silent", event_id=f"silent-{number}")
        for number, prompt in enumerate(prompts)
    ]
    silent[1]["metadata"]["reply"] = f"We will refund it, says the {SILENT['reply']}"
    remark = {"type": "feedback", "feedback_id": "silent", "event_id": "silent-0", "timestamp": "2026-03-01T10:00:00Z"}
    silent.append({**remark, "score": 1, "comment": f"{COMMENTS[0]} {SILENT['comment']}"})
    about = {"type": "feedback", "feedback_id": "late", "event_id": OLD["event"], "timestamp": "2026-03-20T09:00:00Z"}
    return [*said, *given, *silent, old, {**about, "score": 1, "comment": OLD["comment"]}]


def _erased() -> list[dict[str, Any]]:
    ada = [
        _said(300 + number, text, user_id=ADA["user"], session_id=ADA["session"], event_id=f"{ADA['event']}-{number}")
        for number, text in enumerate(ADA_TEXTS)
    ]
    ada[0]["metadata"]["plan"] = ADA["plan"]
    reply = _said(310, f"{ADA['text']} was refunded", session_id=ADA["session"])
    del reply["user_id"]
    grace = _said(320, f"{GRACE['text']} stops the parcel", session_id=GRACE["session"])
    single = _said(330, f"{SINGLE['text']} and nothing else", event_id=SINGLE["event"])
    feedback = {"type": "feedback", "event_id": f"{ADA['event']}-0", "score": -1, "comment": ADA_COMMENT}
    alan = [_said(334 + number, f"{ALAN['text']} {number}", user_id=ALAN["user"]) for number in range(2)]
    for event in alan:  # a minute apart, so they are stitched into one session
        del event["session_id"]
    return [*ada, reply, grace, single, feedback, *alan]


def _kept() -> list[dict[str, Any]]:
    return [_said(340, "where is my refund", user_id=KEPT, session_id="kept-session")]


def _import(turret: Turret, folder: Path, name: str, rows: Iterable[dict[str, Any]], status: int = 0) -> None:
    file = folder / f"{name}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    turret.run("import", str(file), "--project", "Shop", status=status)


def _rows(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the untouched marts, without the ids of projects, the times of receipt, and topics."""
    left_out = {"project_id", "received_at", "topic_id", "comment_topic_id", "comment_topic_status"}
    with duckdb.connect(Home(home).published.resolve(), read_only=True) as marts:
        return {
            table.name: marts.execute(
                f"select * exclude ({', '.join(left_out.intersection(table.column_names))}) "
                f"from {table.qualified_name} order by all"
            ).fetchall()
            for table in UNTOUCHED
        }


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Erase a user, a session and an event of a home, in a run that fails halfway and another; and what was seen."""
    folder = tmp_path_factory.mktemp("erasure")
    turret = Turret(folder / "home")
    project_id = turret.create_project("Shop")
    _import(turret, folder, "all", [*_everybody_else(), *_erased(), *_kept()])
    _import(turret, folder, "bad", [{"name": "", "user_id": ADA["user"], "metadata": {}}], status=1)
    _import(turret, folder, "old", [{"name": "", "user_id": "x", "metadata": {"plan": OLD["rejected"]}}], status=1)
    turret.run("run")
    report = Home(turret.home).reports / f"project_id={project_id}" / "2026-W10.md"
    report.parent.mkdir(parents=True)
    report.write_text(f"| {ADA_TEXTS[0]} | 3 |\n", encoding="utf-8")
    turret.run("topic", "refit", "--candidate", "--project", "Shop")
    turret.run("run")
    seen: dict[str, Any] = {"turret": turret, "folder": folder, "before": _find(turret.home)}
    shutil.copytree(turret.home, folder / "control", symlinks=True)
    seen["asked"] = turret.run("person", "erase", ADA["user"], "--project", "Shop", "--yes")
    for option, target in (("--session", GRACE["session"]), ("--event", SINGLE["event"])):
        turret.run("person", "erase", option, target, "--project", "Shop", "--yes")
    turret.run("person", "erase", ALAN["user"], "--project", "Shop", "--yes")
    turret.run("person", "erase", KEPT, "--project", "Shop", "--later", "keep", "--yes")
    blocked = Home(turret.home).warehouse.with_suffix(".rewritten")
    (blocked / "x").mkdir(parents=True)
    seen["failed"] = turret.json("run", status=1)
    seen["open"] = turret.json("person", "erasures", "--project", "Shop")
    shutil.rmtree(blocked)
    turret.run("run")
    seen["receipts"] = turret.json("person", "erasures", "--project", "Shop")
    seen["after"] = _find(turret.home)
    seen["rows"] = _rows(turret.home)
    seen["again"] = turret.json("run")
    return seen


def _find(home: Path) -> dict[str, set[str]]:
    return files_with(
        home, *ADA.values(), "ada-canary@example.org", *GRACE.values(), *SINGLE.values(), *ALAN.values(), KEPT, *HASHES
    )


def test_erase_says_first_what_it_would_erase(story: dict[str, Any]):
    assert "4 events in 1 session" in story["asked"]
    assert "1 of feedback" in story["asked"]


def test_search_finds_what_is_there_in_files_of_every_kind(story: dict[str, Any]):
    folders = {name.partition("/")[0] for names in story["before"].values() for name in names}
    assert {"landing", "published", "quarantine", "reports", "warehouse.duckdb"} <= folders
    assert all(story["before"].values())


def test_search_finds_what_a_plain_delete_leaves(story: dict[str, Any]):
    control = Home(story["folder"] / "control")
    with duckdb.connect(control.warehouse) as warehouse:
        tables = warehouse.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
        ).fetchall()
        for schema, table in tables:
            warehouse.execute(
                f'delete from "{schema}"."{table}" as rows where rows::varchar like ?', [f"%{ADA['text']}%"]
            )
    assert "warehouse.duckdb" in files_with(control.root, ADA["text"])[ADA["text"]]


def test_comment_of_the_erased_was_in_a_topic(story: dict[str, Any]):
    with duckdb.connect(Home(story["folder"] / "control").warehouse, read_only=True) as warehouse:
        found = "select field, topic_status from ml.text_topics where text_hash = ?"
        judged = warehouse.execute(found, [HASHES[1]]).fetchall()
    assert judged == [(COMMENT_FIELD, "assigned")]


def test_run_that_fails_halfway_leaves_the_requests_open(story: dict[str, Any]):
    assert "rewritten" in " ".join(story["failed"]["failures"])
    assert all(row["finished_at"] is None and row["id"] for row in story["open"])


def test_erased_ids_and_texts_are_in_no_file(story: dict[str, Any]):
    assert story["after"] == {canary: set() for canary in story["before"]}


def test_marts_are_those_of_a_home_that_never_had_the_erased(story: dict[str, Any], tmp_path: Path):
    other = Turret(tmp_path / "home")
    other.create_project("Shop")
    _import(other, tmp_path, "all", _everybody_else())
    other.run("run")
    assert story["rows"] == _rows(other.home)


def test_receipts_count_what_was_erased_and_have_no_id(story: dict[str, Any]):
    counted = sorted((row["of"], row["events"], row["sessions"], row["texts"]) for row in story["receipts"])
    assert counted == [
        ("event", 1, 1, 1),
        ("session", 1, 1, 1),
        ("user", 1, 1, 1),
        ("user", 2, 1, 2),
        ("user", 5, 1, 5),
    ]
    assert all(row["id"] is None and row["finished_at"] and row["files"] for row in story["receipts"])


def test_second_run_finds_nothing_new(story: dict[str, Any]):
    assert story["again"]["is_unchanged"] is True


def test_later_events_are_dropped_or_kept_as_chosen(story: dict[str, Any]):
    turret, folder = story["turret"], story["folder"]
    again = [
        _said(400, f"{ADA['text']} once more", user_id=ADA["user"], session_id="ada-again"),
        _said(410, "I am back about a refund", user_id=KEPT, session_id="kept-again"),
        _said(420, "a new user has a refund too", user_id="new-user", session_id="new-session"),
    ]
    late_reply = _said(430, f"{ADA['text']} was refunded later", session_id="ada-again")
    del late_reply["user_id"]
    late_feedback = [
        {"type": "feedback", "event_id": f"{ADA['event']}-1", "score": -1, "comment": f"{ADA['comment']} again"},
        {"type": "feedback", "session_id": ADA["session"], "score": -1, "comment": f"{ADA['comment']} again"},
    ]
    _import(turret, folder, "later", again)
    turret.run("run")
    _import(turret, folder, "replies", [late_reply])
    _import(turret, folder, "feedback", late_feedback)
    turret.run("run")
    users = {row["user_id"] for row in turret.query("select user_id from fct_events where occurred_at >= '2026-03-14'")}
    assert users == {KEPT, "new-user"}
    left = files_with(turret.home, ADA["user"], ADA["text"], ADA["comment"])
    assert left == {ADA["user"]: set(), ADA["text"]: set(), ADA["comment"]: set()}


@pytest.fixture(scope="module")
def silenced(story: dict[str, Any]) -> dict[str, Any]:
    """Let the project keep texts from a day on, of which the first run is cut short; and what was seen."""
    turret: Turret = story["turret"]
    home = Home(turret.home)
    days = (datetime.now(UTC).date() - FIRST_TEXT_DAY).days
    seen: dict[str, Any] = {"before": files_with(turret.home, *SILENT.values(), SILENT_HASH)}
    seen["marts before"] = _marts(turret.home)
    seen["asked"] = turret.run("project", "retention", "Shop", "--texts-days", str(days), "--yes")
    with closing(sqlite3.connect(home.projects_database)) as database, database:  # a day later
        database.execute("update projects set next_texts_days_at = '2026-03-01 00:00:00'")
    blocked = home.warehouse.with_suffix(".rewritten")
    (blocked / "x").mkdir(parents=True)
    seen["failed"] = turret.json("run", status=1)
    shutil.rmtree(blocked)
    turret.run("run")
    seen["after"] = files_with(turret.home, *SILENT.values(), SILENT_HASH)
    seen["state"] = turret.json("project", "retention", "Shop")
    seen["marts"] = _marts(turret.home)
    seen["again"] = turret.json("run")
    return seen


def _marts(home: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows of the published marts, but of those about runs."""
    with duckdb.connect(Home(home).published.resolve(), read_only=True) as marts:
        return {
            table.name: marts.execute(f"from {table.qualified_name} order by all").to_arrow_table().to_pylist()
            for table in MARTS
            if table != AGG_PIPELINE_RUNS
        }


def test_texts_that_are_too_old_are_in_no_file(silenced: dict[str, Any]):
    assert "the texts of 19 messages and 1 comment are older" in silenced["asked"]
    assert "rewritten" in " ".join(silenced["failed"]["failures"])
    assert all(silenced["before"].values())
    assert silenced["after"] == {canary: set() for canary in silenced["before"]}
    state = silenced["state"]
    assert (state["texts_removed_before"], state["events_without_texts"]) == (FIRST_TEXT_DAY.isoformat(), 20)
    assert silenced["again"]["is_unchanged"] is True


def test_all_numbers_stay_when_texts_go(silenced: dict[str, Any]):
    quoting = {
        FCT_EVENTS.name: {"metadata"},
        FCT_MESSAGES.name: {"text"},
        FCT_FEEDBACK.name: {"comment"},
        DIM_FIELDS.name: {"n_distinct_values", "reason"},  # of texts that are said before and after the day
        DIM_FIELD_HISTORY.name: {"reason"},
        DIM_TOPICS.name: {"label", "description", "keywords", "label_coverage", "example_event_ids", "is_mixed"},
    }
    before, after = silenced["marts before"], silenced["marts"]
    days = {row["event_id"]: row["occurred_at"].date() for row in before[FCT_MESSAGES.name]}
    places = [{row["event_id"] for row in marts[FCT_MESSAGE_PLACES.name]} for marts in (before, after)]
    assert places[1] == {event_id for event_id in places[0] if days[event_id] >= FIRST_TEXT_DAY} != places[0]
    (waiting,) = (row for row in before[FCT_MESSAGES.name] if row["field"] == "reply")
    assert waiting["topic_status"] == "pending"
    waiting |= {"topic_status": "noise", "topic_reason": "text removed"}
    made_again = {DIM_TOPIC_CANDIDATES.name, FCT_TOPIC_CANDIDATE_MOVES.name}  # of the texts that are left
    for name in before.keys() - {FCT_MESSAGE_PLACES.name} - made_again:
        left_out = quoting.get(name, set())
        rows = [
            sorted(repr({key: value for key, value in row.items() if key not in left_out}) for row in marts[name])
            for marts in (before, after)
        ]
        assert rows[0] == rows[1], name


def test_session_that_asked_in_other_words_still_did(silenced: dict[str, Any]):
    of_session = [row for row in silenced["marts"]["fct_session_topics"] if row["session_id"] == "silent"]
    assert any(row["is_rephrased"] for row in of_session)
    shown = {row["text"] for row in silenced["marts"]["fct_messages"] if row["session_id"] == "silent"}
    assert shown == {"‹text removed›"}


@pytest.fixture(scope="module")
def aged(story: dict[str, Any], silenced: dict[str, Any]) -> dict[str, Any]:  # in this order
    """Let the project keep its events from a day on, of which the first run is cut short; and what was seen."""
    turret: Turret = story["turret"]
    home = Home(turret.home)
    days = (datetime.now(UTC).date() - FIRST_KEPT_DAY).days
    seen: dict[str, Any] = {"before": _find_old(turret.home), "rows before": _rows(turret.home)}
    seen["counts before"] = {name: turret.query(sql) for name, sql in COUNTED_BEFORE.items()}
    seen["asked"] = turret.run("project", "retention", "Shop", "--events-days", str(days), "--yes")
    seen["while it waits"] = turret.json("run")
    with closing(sqlite3.connect(home.projects_database)) as database, database:  # a day later
        database.execute("update projects set next_events_days_at = '2026-03-01 00:00:00'")
    (rejected,) = (path for path in home.quarantine.glob("import/*") if OLD["rejected"] in path.read_text())
    received = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
    os.utime(rejected, (received, received))
    blocked = home.warehouse.with_suffix(".rewritten")
    (blocked / "x").mkdir(parents=True)
    seen["failed"] = turret.json("run", status=1)
    shutil.rmtree(blocked)
    turret.run("run")
    seen["state"] = turret.json("project", "retention", "Shop")
    seen["after"], seen["rows"] = _find_old(turret.home), _rows(turret.home)
    seen["again"] = turret.json("run")
    turret.run("run", "--rebuild")
    seen["rows rebuilt"] = _rows(turret.home)
    seen["counts removed"] = {
        name: turret.query(f"select * exclude (project_id) from {name} order by all") for name in COUNTED_BEFORE
    }
    return seen


def _find_old(home: Path) -> dict[str, set[str]]:
    return files_with(home, *OLD.values(), OLD_HASH)


def test_preview_counts_what_is_older_and_waits_a_day(aged: dict[str, Any]):
    assert "35 events in 12 sessions, with 35 messages, are older" in aged["asked"]
    assert "the oldest of 3 March 2026" in aged["asked"]
    assert aged["while it waits"]["is_unchanged"] is True


def test_events_that_are_too_old_are_in_no_file(aged: dict[str, Any]):
    assert all(aged["before"].values())
    assert aged["after"] == {canary: set() for canary in aged["before"]}


def test_search_finds_what_a_plain_delete_leaves_of_old_events(story: dict[str, Any]):
    control = Home(story["folder"] / "control")
    with duckdb.connect(control.warehouse) as warehouse:
        warehouse.execute("delete from raw.events where event_id = ?", [OLD["event"]])
    assert "warehouse.duckdb" in files_with(control.root, OLD["text"])[OLD["text"]]


def test_numbers_are_those_of_the_events_that_are_kept(aged: dict[str, Any]):
    at = FCT_EVENTS.column_names.index("occurred_at") - 1  # without project_id
    kept = [row for row in aged["rows before"][FCT_EVENTS.name] if row[at].date() >= FIRST_KEPT_DAY]
    assert aged["rows"][FCT_EVENTS.name] == kept
    assert aged["rows"] == aged["rows rebuilt"]


def test_run_that_fails_halfway_goes_on_and_the_next_finds_nothing(aged: dict[str, Any]):
    assert "rewritten" in " ".join(aged["failed"]["failures"])
    assert aged["again"]["is_unchanged"] is True
    assert (aged["state"]["removed_before"], aged["state"]["events_removed"]) == (FIRST_KEPT_DAY.isoformat(), 67)


def test_daily_aggregates_of_removed_days_stay(aged: dict[str, Any]):
    assert all(aged["counts before"].values())
    assert aged["counts removed"] == aged["counts before"]


def test_sum_of_the_page_counts_every_day(aged: dict[str, Any], story: dict[str, Any]):
    page = (Path(__file__).resolve().parents[2] / "docs" / "retention.md").read_text(encoding="utf-8")
    (sql,) = re.findall(r"^```sql\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE)
    days = {str(row["message_date"])[:10] for row in story["turret"].query(sql)}
    assert days >= {str(row["message_date"])[:10] for row in aged["counts before"]["agg_removed_topics_daily"]}
    assert max(days) >= FIRST_KEPT_DAY.isoformat()
