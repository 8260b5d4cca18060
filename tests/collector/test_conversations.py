"""What is new in a call that repeats the history, in the shapes of the libraries that write it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.conversations import answer_text, landable, new_user_texts, read_messages, user_texts
from collector.otlp.messages import find_new
from collector.otlp.messages import read_messages as read_span_messages

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["role", "content", "type", "text", "messages", "parts", "0", "input", "kwargs", "id"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
USER, ASSISTANT = {"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}

INPUTS: list[tuple[str, Any, list[tuple[int, str]]]] = [
    ("bare text", "Where is my order?", [(0, "Where is my order?")]),
    ("text as JSON", '"Where?"', [(0, "Where?")]),
    ("text that only looks like JSON", "[sic] hello", [(0, "[sic] hello")]),
    ("first call", [{"role": "system", "content": "Be kind."}, USER], [(0, "hi")]),
    ("later call", [USER, ASSISTANT, {"role": "user", "content": "and now?"}], [(1, "and now?")]),
    ("two messages at once", [USER, ASSISTANT, USER, {"role": "user", "content": "hey"}], [(1, "hi"), (2, "hey")]),
    ("ends with the answer", [USER, ASSISTANT], []),
    ("loop of tools", [USER, {"role": "assistant", "content": None}, {"role": "tool", "content": "42"}], []),
    (
        "tool's result as user, Anthropic",
        [USER, ASSISTANT, {"role": "user", "content": [{"type": "tool_result", "content": "42"}]}],
        [],
    ),
    (
        "tool's result as user, OpenTelemetry",
        [{"role": "user", "parts": [{"type": "tool_call_response", "response": "42"}]}],
        [],
    ),
    ("reminder behind it", [USER, {"role": "system", "content": "Answer in French."}], [(0, "hi")]),
    (
        "picture behind it",
        [USER, {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
        [(0, "hi")],
    ),
    (
        "parts",
        [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "input_text", "text": "b"}]}],
        [(0, "a\nb")],
    ),
    ("OpenTelemetry", json.dumps([{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]), [(0, "hi")]),
    ("Gemini", {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}, [(0, "hi")]),
    ("with tools", {"tools": [], "messages": [USER]}, [(0, "hi")]),
    ("LangChain, typed", {"messages": [{"type": "human", "content": "hi"}]}, [(0, "hi")]),
    (
        "LangChain, serialized",
        {"messages": [[{"lc": 1, "type": "constructor", "id": ["x", "HumanMessage"], "kwargs": {"content": "hi"}}]]},
        [(0, "hi")],
    ),
    ("LangChain, stored", [{"type": "human", "data": {"content": "hi"}}], [(0, "hi")]),
    ("pairs", {"messages": [["system", "Be kind."], ["human", "hi"]]}, [(0, "hi")]),
    ("OpenInference", [{"message.role": "user", "message.content": "hi"}], [(0, "hi")]),
    ("OpenInference, numbered", {"142": {"message": {"role": "user", "content": "hi"}}}, [(0, "hi")]),
    ("arguments of a function", {"args": [], "kwargs": {"question": "hi"}}, [(0, "hi")]),
    ("fields of a chain", {"language": "en", "question": "hi"}, [(0, "hi")]),
    ("people", [{"speaker": "Agent", "text": "Hello"}, {"speaker": "Customer", "text": "hi"}], [(0, "hi")]),
    ("dialogue", [{"speaker": "USER", "utterance": "hi"}, {"speaker": "SYSTEM", "utterance": "hello"}], []),
    ("hidden", [{"role": "user", "content": "__REDACTED__"}], []),
    ("nothing that a user said", {"language": "en", "k": 3}, []),
]


@pytest.mark.parametrize(("value", "texts"), [one[1:] for one in INPUTS], ids=[one[0] for one in INPUTS])
def test_user_texts_are_those_that_are_new(value: Any, texts: list[tuple[int, str]]):
    assert user_texts(value) == texts


ALSO_SPANS = [
    one[1:] for one in INPUTS if isinstance(one[1], list) and isinstance(one[1][0], dict) and "role" in one[1][0]
]
"""Lists of messages as spans hold them, too."""


@pytest.mark.parametrize(("value", "texts"), ALSO_SPANS)
def test_spans_and_archives_agree_on_what_is_new(value: Any, texts: list[tuple[int, str]]):
    assert [new.text for new in find_new(read_span_messages(value))] == [text for _, text in texts]


@pytest.mark.parametrize(
    "output",
    [
        "hello",
        {"choices": [{"message": {"role": "assistant", "content": "hello"}}]},
        {"generations": [[{"text": "hello", "message": {"type": "ai"}}]]},
        {"messages": [USER, ASSISTANT]},
        {"output": {"role": "assistant", "content": [{"type": "text", "text": "hello"}]}},
        [
            {
                "role": "assistant",
                "parts": [{"type": "reasoning", "content": "hm"}, {"type": "text", "content": "hello"}],
            }
        ],
    ],
)
def test_answer_text_is_what_the_assistant_said(output: Any):
    assert answer_text(output) == "hello"


@given(JSON)
def test_any_json_gives_texts_or_none(value: Any):
    assert all(new.text.strip() for new in user_texts(value))
    assert isinstance(answer_text(value), str)
    messages = read_messages(value)
    assert messages is None or len(new_user_texts(messages)) <= len(messages)


def test_deep_nesting_is_no_text():
    value: Any = "hi"
    for _ in range(10_000):
        value = {"content": [value]}
    assert user_texts({"messages": [{"role": "user", **value}]}) == []


def test_landable_text_holds_no_nul_and_no_half_a_character():
    assert landable("a\0b\ud83dc" + "x" * 20_000) == "ab�c" + "x" * 9_996
