"""Sessions behind a number, one conversation, one user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contracts.tables import END, START
from dashboard.data.address import Address
from dashboard.data.downloads import EXPORTS
from dashboard.data.query_parameters import SESSIONS_PER_PAGE, flow_choice, session_choice
from dashboard.data.view import View
from dashboard.pages import render_page
from dashboard.sessions.event_fields import EventFields
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT, FIELD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dashboard.conftest import Marts


def _chosen(view: View, user: str | None = None) -> list[dict[str, Any]]:
    return view.rows("sessions", **session_choice(view, user, is_whole=True))


@pytest.mark.parametrize("search", ["", "?is.plan=pro", "?period=dates&from=2026-04-20&to=2026-05-10&event=follow_up"])
def test_sessions_behind_every_move_are_as_many_as_the_move_says(look: Callable[..., View], search: str):
    view = look(f"/journeys{search}")
    moves = view.rows("transitions", with_ends=True, listed=1_000)
    for move in [*moves[:5], *moves[-3:]]:
        address = view.address.to("sessions").but(source=move["from_topic_id"], target=move["to_topic_id"])
        assert len(_chosen(look(address.href))) == move["n_sessions"]


def test_sessions_behind_every_path_are_as_many_as_the_path_says(look: Callable[..., View]):
    view = look("/journeys?is.plan=team")
    for path in view.rows("journey_variants", listed=6, min_steps=0):
        found = _chosen(look(view.address.to("sessions").but(variant=path["variant_id"]).href))
        assert len(found) == path["n_sessions"]
        assert all(session["path"] == path["path"] for session in found)


def test_sessions_behind_a_topic_are_as_many_as_its_page_says(look: Callable[..., View]):
    view = look("/topics?event=follow_up")
    for topic in view.topics[:4]:
        [page] = view.rows("topic", topic_id=topic["topic_id"])
        found = _chosen(look(view.address.to("sessions").but(topic=topic["topic_id"]).href))
        assert len(found) == page["n_sessions"]


def test_sessions_at_a_step_are_those_of_the_flow(look: Callable[..., View]):
    view = look("/journeys")
    bands = [
        row
        for row in view.rows("journey_flow", **flow_choice(view.address))
        if row["source"] == START and "top_" in row["target"]
    ]
    for band in bands:
        address = Address("/sessions", project=ASSISTANT, source=START, target=band["target"], step=1)
        assert len(_chosen(look(address.href))) == band["n_sessions"]


def test_session_list_turns_pages_and_holds_each_session_once(look: Callable[..., View], marts: Marts):
    view = look("/sessions")
    n_sessions = marts.one("SELECT count(*) FROM marts.fct_sessions WHERE project_id = $p", p=ASSISTANT)
    seen: set[str] = set()
    for page in range(1, n_sessions // SESSIONS_PER_PAGE + 2):
        rows = view.rows("sessions", **session_choice(look(f"/sessions?page={page}"), None))
        assert all(row["n_found"] == n_sessions for row in rows)
        assert not seen & {row["session_id"] for row in rows}
        seen |= {row["session_id"] for row in rows}
    assert len(seen) == n_sessions


def test_session_page_shows_every_event_in_order(look: Callable[..., View], marts: Marts):
    [[session_id, n_events]] = marts.all(
        "SELECT arg_max(session_id, n_events), max(n_events) FROM marts.fct_sessions WHERE project_id = $p",
        p=ASSISTANT,
    )
    view = look(f"/sessions/{session_id}")
    words = words_of(render_page(view))
    texts = marts.all(
        "SELECT text FROM marts.fct_messages WHERE session_id = $s AND field = $f ORDER BY occurred_at, event_id",
        s=session_id,
        f=FIELD,
    )
    assert len(texts) == n_events
    place = 0
    for (text,) in texts:
        place = words.index(text, place) + len(text)
    assert "latency_ms" in words


def test_session_page_marks_what_continues_a_step(
    look: Callable[..., View], marts: Marts, monkeypatch: pytest.MonkeyPatch
):
    session_id = marts.one("SELECT min(session_id) FROM marts.fct_sessions WHERE project_id = $p", p=ASSISTANT)
    rows = View.rows

    def rows_that_continue(view: View, name: str, **values: Any) -> list[Any]:
        found = rows(view, name, **values)
        return [{**row, "message_role": "continues"} for row in found] if name == "session_events" else found

    assert "continues the step" not in words_of(render_page(look(f"/sessions/{session_id}")))
    monkeypatch.setattr(View, "rows", rows_that_continue)
    assert "continues the step" in words_of(render_page(look(f"/sessions/{session_id}")))


def test_session_page_lies_outside_the_filters(look: Callable[..., View], marts: Marts):
    session_id = marts.one("SELECT min(session_id) FROM marts.fct_sessions WHERE project_id = $p", p=ASSISTANT)
    words = words_of(render_page(look(f"/sessions/{session_id}?event=nothing&is.plan=none")))
    assert session_id in words


def test_user_page_lists_the_users_sessions(look: Callable[..., View], marts: Marts):
    [[user_id, n_sessions]] = marts.all(
        "SELECT arg_max(user_id, n_sessions), max(n_sessions) FROM marts.dim_users WHERE project_id = $p",
        p=ASSISTANT,
    )
    view = look(f"/users/{user_id}")
    assert f"{n_sessions:,} sessions of this user" in words_of(render_page(view))
    assert len(view.rows("sessions", **EXPORTS["sessions"](view))) == n_sessions
    [table] = find_all(render_page(view), "Table")
    assert words_of(find_all(table, "Thead")) == "Started (UTC) Path through topics Messages Duration"


METADATA = {
    "first": '{"prompt": "Hi", "plan": "pro", "tokens": {"answer": 7}, "note": "long"}',
    "second": '{"plan": "pro", "rating": 2}',
    "third": None,
}
QUICK = ("plan", "rating", "tokens.answer")


def test_fields_that_tell_events_apart_are_seen_at_once():
    fields = EventFields.of(METADATA, QUICK, "prompt")
    assert words_of(fields.common_chips()).split() == ["plan", "pro"]
    assert [" ".join(words_of(fields.chips(event)).split()) for event in METADATA] == [
        "tokens.answer 7",
        "rating 2",
        "",
    ]
    assert words_of(fields.rest("first")).split() == [
        "3",
        "fields",
        "plan",
        "pro",
        "tokens.answer",
        "7",
        "note",
        "long",
    ]
    assert fields.rest("third") is None


@pytest.mark.parametrize("page", ["/sessions/nothing", "/users/nobody", "/users/a/b", "/sessions//"])
def test_page_of_nothing_says_so(look: Callable[..., View], page: str):
    words = words_of(render_page(look(page)))
    assert "was not found" in words or "Sessions" in words


def test_list_of_no_session_says_so(look: Callable[..., View]):
    words = words_of(render_page(look(f"/sessions?source={END}&target={START}")))
    assert "No session matches" in words
    assert "0 sessions that went from end to start" in " ".join(words.split())


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ("source=START&target={t}&step=1", "that went from start to “{l}” at step 1"),
        ("source=OTHER&target=END&step=3", "that went from other topics to end at step 3"),
        ("target=MORE&step=5", "that came to more steps at step 5"),
        ("source=START&step=1", "that left start at step 1"),
        ("target=END&step=2&from_topic={t}", "that came to end, 2 steps after their first visit to “{l}”"),
        ("source={t}&target=OTHER&step=1&to_topic={t}", "from other topics to “{l}”, 1 step before their first visit"),
        ("visited={t}&goal=Stayed&reached=no", "that passed “{l}” and do not reach the goal “Stayed”"),
        ("goal=Stayed", "that reach the goal “Stayed”"),
    ],
)
def test_list_says_which_sessions_it_holds(look: Callable[..., View], search: str, words: str):
    [first, *_] = look().topics
    page = render_page(look(f"/sessions?{search.format(t=first['topic_id'])}"))
    assert words.format(l=first["label"]) in " ".join(words_of(page).split()).replace(" ,", ",")
