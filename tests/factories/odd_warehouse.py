"""A small warehouse with all that the models tell apart: for comparing what two engines make of it."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from contracts import tables
from tests.factories.warehouse_factory import (
    NOISE_TEXTS,
    PENDING_TEXTS,
    PROJECT_ID,
    START_AT,
    TOPIC_TEXTS,
    Event,
    insert_rows,
    judge_texts,
    make_events,
    make_feedback,
    make_warehouse,
    text_hash,
    topic_id_of,
    with_outcomes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ODD_PROJECT = "prj_00000000000000dd"
CHAT_PROJECT = "prj_00000000000000ee"
MACHINE_PROJECT = "prj_00000000000000ff"
ID_PROJECT = "prj_00000000000000ab"
TEXTS = [text for texts in TOPIC_TEXTS.values() for text in texts]
GOALS: tuple[tuple[str, str, str, str | None, str], ...] = (
    (PROJECT_ID, "refunded", "topic", None, topic_id_of("topic_refund", "prompt")),
    (PROJECT_ID, "on beta", "field", "client.is_beta", "true"),
    (PROJECT_ID, "slow", "field", "latency_ms", "1e3"),
    (PROJECT_ID, "wrote", "event", None, "message"),
    (PROJECT_ID, "liked", "feedback", None, "positive"),
    (PROJECT_ID, "never", "event", None, "no such event"),
    (ODD_PROJECT, "composed", "field", "letter", " e\u0301\u00a0"),
)

ODD_METADATA: tuple[dict[str, Any], ...] = (
    {"a": {"b": {"c": "deep"}}, "a.b.c": "flat", "a.b": {"c": ["x", None, 2]}, "empty": {}, "nothing": None},
    {'"; drop table marts.fct_events; --': "one", "it's": 1, "über größe": True, "emoji 🎉": "x", "": "no name"},
    {"items": [{"sku": "s1", "n": 1}, {"sku": "s2", "n": 2}], "item[0]": "a", "$.a": "b", "nul\x00key": "v\x00w"},
    {"big": 123456789012345678901234567890, "wide": 9007199254740993, "negative": -9223372036854775808},
    {
        "huge": "1e999",
        "nan": "NaN",
        "number": "12.50",
        "zip": "01234",
        "plus": "+5",
        "dot": ".5",
        "tail": "5.",
        "d": "1d",
    },
    {"small": 1e-7, "float": 1e21, "zero": -0.0, "half": 0.5, "exact": 1e5, "truth": "true", "app_version": "1.10"},
    {"blank": " \u00a0\u200b", "none": "", "letter": "e\u0301 ", "wide space": "\u3000x\u3000", "line": "a\nb\x0bc"},
    {
        "letter": "\u00e9",
        "turkish": "İSTANBUL",
        "greek": "ΟΔΟΣ",
        "VERSİON": "1.1",
        "release": "2",
        "back\\slash": "a\\b",
    },
    {"json": '{"a": [1,]}', "no json": "[1, 2", "list": [1, [2, [3, "four"]], {"five": 5}], "quote": 'it\'s "x"'},
    {},
)


REMOVED: tuple[dict[str, Any], ...] = (
    {"n_events": 20, "n_messages": 12, "n_sessions": 5, "n_users": 4},
    {"n_events": 3, "n_messages": 2, "n_sessions": 1, "n_users": 1},
    {"topic_id": "gone", "n_messages": 7, "n_sessions": 4, "n_users": 4},
    {"topic_id": "gone", "to_topic_id": "END", "n_sessions": 3, "n_transitions": 6},
    {"project_id": "prj_00000000000000fe", "n_events": 9, "n_messages": 9, "n_sessions": 9, "n_users": 9},
)
"""What was counted of a day before its events were removed for their age: in two runs, and of a deleted project."""
CANDIDATE = """
insert into ml.candidate_fits by name
select '{project}' as project_id, 'prompt' as field, 1 as candidate_number, 'open' as status,
timestamp '2026-03-01' as made_at, 'planted' as model_id, 9 as n_texts;
insert into ml.candidate_texts by name
select project_id, field, 1 as candidate_number, text_hash,
case when topic_id = '{split}' and text_hash < '8' then 'top_new' else topic_id end as topic_id,
topic_status, topic_confidence, topic_reason
from ml.text_topics where project_id = '{project}' and field = 'prompt';
insert into ml.candidate_topics by name
select '{project}' as project_id, 'prompt' as field, 1 as candidate_number, 'top_new' as topic_id, 'New' as label;
insert into ml.candidate_lineage by name
select '{project}' as project_id, 'prompt' as field, 1 as candidate_number, '{split}' as from_topic_id,
unnest(['{split}', 'top_new']) as to_topic_id, 'split' as change
"""
"""A candidate in which a topic splits."""


def make_odd_warehouse(path: Path) -> None:
    """Write a new warehouse at `path`, in the state after loading."""
    talks = with_outcomes(make_events(220))
    events = [
        *talks,
        *make_feedback(talks),
        *_odd_events(),
        *_chat_events(),
        *_machine_events(),
        *_id_events(),
        *_long_events(),
    ]
    overrides = [(PROJECT_ID, "client.platform", "text"), (PROJECT_ID, "never_seen", "number")]
    make_warehouse(path, events, journey_fields={PROJECT_ID: "prompt"}, overrides=overrides, goals=GOALS)
    with duckdb.connect(str(path)) as connection:
        connection.execute("update raw.projects set are_placeholder_ids_missing = project_id = ?", [ID_PROJECT])
        reasons = {"evt_0003": "deleted", "evt_0007": "implausible_time", "evt_0011": "deleted"}
        apart = [{"project_id": PROJECT_ID, "event_id": event, "reason": reason} for event, reason in reasons.items()]
        insert_rows(connection, tables.RAW_SET_APART_EVENTS, apart)
        removed = [{"project_id": PROJECT_ID, "day": date(2025, 12, 31), **counts} for counts in REMOVED]
        insert_rows(connection, tables.RAW_REMOVED_DAYS, removed)


def judge_and_edit(path: Path) -> None:
    """Write the planted topics of the texts that dbt extracted, and what people changed about them."""
    judge_texts(path)
    refund, login = topic_id_of("topic_refund", "prompt"), topic_id_of("topic_login", "prompt")
    edits: list[dict[str, Any]] = [
        {"topic_id": refund, "merged_into_topic_id": topic_id_of("topic_billing", "prompt")},
        {"topic_id": login, "is_hidden": True, "own_label": "Signing in"},
        {"topic_id": topic_id_of("topic_export", "prompt"), "chosen_label": "Out", "step_choice": "always"},
        {"topic_id": "gone", "is_found": False, "state": "kept"},
    ]
    for edit in edits:
        has_none = edit.get("is_hidden") or not edit.get("is_found", True)
        shown = None if has_none else edit.get("merged_into_topic_id", edit["topic_id"])
        flags = {"is_hidden": False, "state": "proposed", "is_found": True}
        edit |= {"project_id": PROJECT_ID, "field": "prompt", "shown_topic_id": shown, **flags, **edit}
    moved = {"project_id": PROJECT_ID, "field": "prompt", "topic_id": topic_id_of("topic_export", "prompt")}
    with duckdb.connect(str(path)) as connection:
        insert_rows(connection, tables.ML_EDITED_TOPICS, edits)
        texts = (NOISE_TEXTS[0], PENDING_TEXTS[0])
        insert_rows(connection, tables.ML_MOVED_TEXTS, [{**moved, "text_hash": text_hash(text)} for text in texts])
        connection.execute(CANDIDATE.format(project=PROJECT_ID, split=refund))


def _odd_events() -> Iterator[Event]:
    """Odd metadata, each three times: once with ids, without, and at the same instant as another."""
    for index, metadata in enumerate(ODD_METADATA * 3):
        at = START_AT + timedelta(minutes=index % 20, microseconds=index * 333_333)
        session, user = (("s", "u"), (None, "v"), (None, None))[index % 3]
        yield Event(f"odd_{index:02}", at, metadata, session, user, project_id=ODD_PROJECT, name=f"n{index % 3}")


def _chat_events() -> Iterator[Event]:
    """Histories of chats in several forms, agents that log a question at each of their steps, and answers in parts."""
    for index, (question, answer) in enumerate(zip(TEXTS, reversed(TEXTS), strict=True)):
        history: list[dict[str, Any]] = [
            {"role": "system", "content": "Be kind"},
            {
                "role": "user",
                "content": [{"type": "text", "text": question}, {"type": "image", "text": "no"}, "please"],
            },
            {"role": "assistant", "content": answer},
        ]
        shapes: tuple[Any, ...] = (history, json.dumps(history), json.dumps({"messages": history}), question)
        at = START_AT + timedelta(hours=index)
        metadata = {"input": shapes[index % 4], "tags": ["a", "b", f"t{index}"], "model": f"m{index % 2}"}
        yield Event(f"chat_{index:02}", at, metadata, f"c{index % 4}", project_id=CHAT_PROJECT)
        for step in range(4):
            logged = f'{{"tool": "search", "page": {step}}}' if step % 2 else question
            step_at = at + timedelta(seconds=step)
            yield Event(f"step_{index:02}_{step}", step_at, {"prompt": logged}, "agent", "bot", project_id=CHAT_PROJECT)


def _machine_events() -> Iterator[Event]:
    """A bot that says one thing, a monitor with a new session each time, and people."""
    chance = random.Random(3)
    for index in range(60):
        at = START_AT + timedelta(minutes=7 * index)
        yield Event(
            f"bot_{index:02}", at, {"prompt": f"Ping {index:x}"}, f"b{index % 3}", "bot", project_id=MACHINE_PROJECT
        )
        probe = at + timedelta(seconds=chance.random())
        yield Event(
            f"probe_{index:02}", probe, {"prompt": f"Probe ABC {index}"}, f"p{index}", project_id=MACHINE_PROJECT
        )
    for index in range(30):
        at = START_AT + timedelta(minutes=chance.randrange(600))
        metadata = {"prompt": chance.choice(TEXTS), "region": f"r{index % 25:02}"}
        yield Event(f"person_{index:02}", at, metadata, f"h{index}", f"u{index % 9}", project_id=MACHINE_PROJECT)


def _id_events() -> Iterator[Event]:
    """Ids that stand for none, with spaces and letters of several scripts around them."""
    ids = ("undefined", " NULL ", "\u00a0null\u3000", "\tnull", "real", "NİL", "\u200b", "[object Object]", "0")
    for index, one in enumerate(ids * 2):
        at = START_AT + timedelta(minutes=10 * index)
        yield Event(f"id_{index:02}", at, {"prompt": TEXTS[index % 5]}, one, ids[-index % 9], project_id=ID_PROJECT)


def _long_events() -> Iterator[Event]:
    """A session that goes on for eight days, in which the type of a field changes."""
    for index in range(120):
        day = timedelta(days=index // 15, minutes=index)
        size: object = index if index < 70 else f"As large as the box number {index} that came then"
        event = Event(f"long_{index:03}", START_AT + day, {"size": size, "prompt": TEXTS[index % 12]}, "endless", "u1")
        yield replace(event, project_id=MACHINE_PROJECT) if index % 2 else replace(event, session_id=None)
