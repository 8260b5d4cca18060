"""What stands for a removed text: it counts as the text did, and nothing of the text is in it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from orchestration.ingest.erasure.removed_texts import MARK, TextRemoval, is_removed, removed_text
from orchestration.spark.metadata_values import scalars
from orchestration.warehouse.sql_files import sql_files
from tests.factories.dbt_macros import macro_sql

KEY = b"k" * 32
TEXT = "Where is my order 4711, please?"
EVENT = {"event_id": "e", "name": "message", "occurred_at": "2026-03-01T09:00:00Z"}
REMOVAL = TextRemoval(date(2026, 3, 2), KEY, frozenset({"prompt", "steps.thought"}), frozenset({"plan"}), set())


def macro(name: str, text: str) -> Any:
    """What a macro of the dbt project gives for a text."""
    ((found,),) = duckdb.execute(
        f"select {macro_sql('duckdb', name, 'text')} from (select ? as text)", [text]
    ).fetchall()
    return found


def _apply(metadata: dict[str, Any], removal: TextRemoval = REMOVAL, **event: Any) -> dict[str, Any]:
    line = orjson.dumps({**EVENT, "metadata": metadata, **event})
    changed: dict[str, Any] = orjson.loads(removal.apply(line, orjson.loads(line)))
    assert changed.keys() == orjson.loads(line).keys()
    found: dict[str, Any] = changed["metadata"]
    return found


def test_equal_texts_have_equal_tokens_and_other_keys_make_others():
    assert removed_text(KEY, TEXT) == removed_text(KEY, TEXT)
    assert removed_text(KEY, TEXT) != removed_text(b"other" * 8, TEXT)
    assert removed_text(KEY, TEXT) != removed_text(KEY, TEXT, is_reworded=True)


def test_texts_that_differ_in_numbers_are_one_wording():
    first, second = (removed_text(KEY, f"Order {number} is late") for number in (4711, 4712))
    assert first != second
    assert macro("wording", first) == macro("wording", second)
    assert macro("wording", first) != macro("wording", removed_text(KEY, "Another thing is late"))


@pytest.mark.parametrize("text", ["hi", "a few words", "x" * 39, "long " * 60, "字" * 300])
def test_token_is_a_text_to_the_rules_of_field_types(text: str):
    token = removed_text(KEY, text)
    assert macro("is_token", token) is False
    assert macro("word_count", token) > 3
    assert macro("is_json_structure", token) is False
    assert macro("word_characters", token) >= 0.9 * len(token) > 36
    assert len(text) / 2 < len(token) < max(3 * len(text), 90)


def test_token_of_a_tool_call_is_no_message():
    token = removed_text(KEY, '{"tool": "search"}')
    assert macro("is_json_structure", token) is True
    assert is_removed(token)


def test_texts_go_and_other_values_stay_as_they_were_written():
    removal = _apply(
        {"prompt": TEXT, "plan": "a plan with quite a few words in its name", "n": 1.50, "steps": [{"id": 7}]}
    )
    assert removal == {
        "prompt": removed_text(KEY, TEXT),
        "plan": "a plan with quite a few words in its name",
        "n": 1.5,
        "steps": [{"id": 7}],
    }
    line = (
        b'{"event_id":"e","occurred_at":"2026-03-01","metadata":{"prompt":"x y","n":1.50,"big":12345678901234567890}}'
    )
    assert b'"n":1.50,"big":12345678901234567890' in REMOVAL.apply(line, orjson.loads(line))


def test_unknown_fields_lose_what_looks_like_a_text():
    found = _apply({"new": TEXT, "code": "ABC-17", "url": "https://example.org/" + "x" * 60, "short": "two words"})
    assert is_removed(found["new"])
    assert (found["code"], found["short"]) == ("ABC-17", "two words")
    assert found["url"].startswith("https")


def test_chat_history_leaves_one_token_where_its_newest_message_counted():
    history = [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "secret"},
        {"role": "user", "content": TEXT},
    ]
    for value in (history, json.dumps(history), json.dumps({"messages": history})):
        assert _apply({"prompt": value}) == {"prompt": removed_text(KEY, TEXT)}
        assert _apply({"plan": value}) == {"plan": TEXT}  # the value of another field
    assert _apply({"prompt": [history[1]]}) == {"prompt": None}


def test_elements_and_nested_texts_keep_their_fields_and_order():
    metadata = {"prompt": [TEXT, "second text"], "steps": [{"thought": "look it up", "ok": True}, {"thought": ""}]}
    found = _apply(metadata)
    kept = {(scalar.field, scalar.kind) for scalar in scalars(json.dumps(metadata))}
    assert {(scalar.field, scalar.kind) for scalar in scalars(json.dumps(found))} == kept
    assert found["prompt"] == [removed_text(KEY, TEXT), removed_text(KEY, "second text")]
    assert found["steps"][1] == {"thought": ""}


def test_second_time_nothing_changes_and_newer_events_keep_their_texts():
    line = orjson.dumps({**EVENT, "metadata": {"prompt": TEXT, "calls": ['{"a": 1}']}})
    once = REMOVAL.apply(line, orjson.loads(line))
    assert REMOVAL.apply(once, orjson.loads(once)) == once != line
    newer = orjson.dumps({**EVENT, "occurred_at": "2026-03-02T00:00:00Z", "metadata": {"prompt": TEXT}})
    assert REMOVAL.apply(newer, orjson.loads(newer)) is newer


def test_feedback_loses_its_comment_alone():
    found = _apply({"comment": TEXT, "label": "thumbs up and more", "score": 1}, name="turret.feedback")
    assert found == {"comment": removed_text(KEY, TEXT), "label": "thumbs up and more", "score": 1}


def test_every_statement_knows_the_same_mark():
    quoting = [path for path in sql_files().values() if "‹text removed" in path.read_text(encoding="utf-8")]
    assert len(quoting) >= 6
    for path in quoting:
        assert f"'{MARK}'" in path.read_text(encoding="utf-8"), path.name
    macros = Path(__file__).parents[2] / "dbt_project" / "macros" / "text.sql"
    assert f"= '{MARK}'" in macros.read_text(encoding="utf-8")
