"""Data as applications send it: one run over projects that each have one oddity, and what users must see of each."""

from __future__ import annotations

import itertools
import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories.turret_command import Turret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

pytestmark = pytest.mark.pipeline

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SAID = [
    f"{opening} {thing} {ending}?"
    for thing in ("my invoice", "the delivery of my order", "the password of my account", "the export of a report")
    for opening in ("How do I change", "Where can I look up", "Why can I not see", "Who takes care of")
    for ending in ("today", "on my phone", "without calling you")
]
SYSTEM = "You are the helpful assistant of a bank. Answer in two short sentences and never promise anything."
ANSWER = "Certainly, I have looked into that for you and everything is in order now."
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"

Line = dict[str, Any]


def _line(number: int, metadata: Line, *, minutes: float | None = None, **given: Any) -> Line:
    at = START + timedelta(minutes=number * 7 if minutes is None else minutes)
    place = {"session_id": f"s{number // 3}", "user_id": f"u{number // 6}", "timestamp": at.isoformat()}
    return {"name": "message", "event_id": f"e{number}", "metadata": metadata, **place, **given}


def _prompts(n: int = 96) -> list[Line]:
    return [_line(number, {"prompt": SAID[number % len(SAID)]}) for number in range(n)]


def _clocks() -> list[Line]:
    wild = ("0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z")
    odd = [_line(900 + n, {"prompt": SAID[n]}, timestamp=time, session_id="s0") for n, time in enumerate(wild)]
    return [*_prompts(), *odd]


def _browsers() -> list[Line]:
    views = [
        _line(100 + n, {"user_agent": BROWSER.format(100 + n % 7), "page_title": f"Page {n % 3} of the documentation"})
        for n in range(200)
    ]
    prompts = [_line(n, {**line["metadata"], "user_agent": BROWSER.format(99)}) for n, line in enumerate(_prompts(60))]
    return [*views, *prompts]


def _history(number: int) -> list[Line]:
    turns = [{"role": "system", "content": SYSTEM}]
    for earlier in range(number % 3):
        turns += [
            {"role": "user", "content": SAID[(number + earlier + 5) % len(SAID)]},
            {"role": "assistant", "content": ANSWER},
        ]
    return [*turns, {"role": "user", "content": SAID[number % len(SAID)]}]


def _histories() -> list[Line]:
    return [_line(n, {"model": "gpt", "messages": _history(n)}) for n in range(60)]


def _parts_of_histories() -> list[Line]:
    def parts(text: str) -> Any:
        return [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": "https://shop.example/i"}}]

    return [
        _line(n, {"messages": [{**turn, "content": parts(turn["content"])} for turn in _history(n)]}) for n in range(60)
    ]


def _histories_as_text() -> list[Line]:
    return [_line(n, {"gen_ai.input.messages": json.dumps(_history(n))}) for n in range(60)]


def _content_parts() -> list[Line]:
    return [
        _line(n, {"author": {"role": "user"}, "content": {"content_type": "text", "parts": [SAID[n % len(SAID)]]}})
        for n in range(60)
    ]


def _steps() -> list[Line]:
    """Each question at four steps of an agent, with calls of a tool between."""
    lines = []
    for number, step in itertools.product(range(40), range(8)):
        call = json.dumps({"tool": "search", "q": SAID[number], "page": step})
        lines.append(
            _line(
                number * 8 + step,
                {"prompt": SAID[number] if step % 2 == 0 else call},
                minutes=number * 30 + step * 1.5,
                session_id=f"s{number // 2}",
            )
        )
    return lines


def _monitor() -> list[Line]:
    """A probe with new ids each five minutes, and people who now and then say the same."""
    chance = random.Random(5)
    probes = [
        _line(1000 + n, {"prompt": SAID[0]}, minutes=n * 5, session_id=f"probe-{n}", user_id=f"probe-{n}")
        for n in range(200)
    ]
    people = [
        _line(n, {"prompt": SAID[0] if n % 20 == 0 else chance.choice(SAID)}, minutes=chance.uniform(0, 1000))
        for n in range(120)
    ]
    return [*probes, *people]


def _kiosk() -> list[Line]:
    """Six shared logins, which ask a minute after one another, most of them one thing."""
    chance = random.Random(6)
    return [
        _line(
            n,
            {"prompt": SAID[0] if n // 6 % 5 < 3 else chance.choice(SAID[1:])},
            minutes=n // 6 * 127 + n % 6,
            session_id=f"s{n}",
            user_id=f"store-{n % 6}",
        )
        for n in range(240)
    ]


def _placeholders() -> list[Line]:
    return [
        _line(n, {"prompt": SAID[n % len(SAID)]}, session_id=("undefined", f"chat-{n}")[n % 2], user_id=f"u{n % 40}")
        for n in range(80)
    ]


def _instructions() -> list[Line]:
    """Each question behind the day's date and the same long instructions, and now and then nothing behind them."""
    policies = " ".join(f"Policy {n}: nobody is told about article {n} of the contract by phone." for n in range(20))
    return [
        _line(
            n,
            {
                "prompt": f"Today is {START + timedelta(days=n % 9):%d %B}. {SYSTEM} {policies}\n\nQuestion: "
                f"{'' if n % 24 == 23 else SAID[n * 5 % len(SAID)]}"
            },
        )
        for n in range(240)
    ]


MADE: dict[str, Callable[[], list[Line]]] = {
    "clocks": _clocks,
    "browsers": _browsers,
    "histories": _histories,
    "parts of histories": _parts_of_histories,
    "histories as text": _histories_as_text,
    "content parts": _content_parts,
    "steps": _steps,
    "monitor": _monitor,
    "kiosk": _kiosk,
    "placeholders": _placeholders,
    "instructions": _instructions,
}


class Seen:
    """One installation after its run."""

    def __init__(self, turret: Turret) -> None:
        self.turret = turret
        self.ids: dict[str, str] = {}
        self.result: Line = {}

    def rows(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query about one project, which it calls $p."""
        return [tuple(row.values()) for row in self.turret.query(sql.replace("$p", f"'{self.ids[name]}'"))]

    def warnings(self, name: str) -> list[str]:
        """What the run warned of a project."""
        return [sentence for sentence in self.result["warnings"] if self.ids[name] in sentence]


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> Seen:
    folder = tmp_path_factory.mktemp("ordinary")
    seen = Seen(Turret(folder / "home"))
    for name, make in MADE.items():
        seen.ids[name] = str(seen.turret.json("project", "create", name, "--plan", "enterprise")["project_id"])
        _import(seen, folder / f"{name}.jsonl", name, make())
    seen.turret.run("project", "goal", "set", seen.ids["monitor"], "wrote", "--event", "message", "--anyway")
    seen.result = seen.turret.json("run")
    return seen


def _import(seen: Seen, file: Path, name: str, lines: Iterable[Line]) -> None:
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    seen.turret.run("import", str(file), "--project", seen.ids[name])


def _journey_field(seen: Seen, name: str) -> str:
    ((field,),) = seen.rows(name, "select field from dim_fields where project_id = $p and is_journey_field")
    return str(field)


def _texts(seen: Seen, name: str) -> list[str]:
    rows = seen.rows(name, "select text from fct_messages where project_id = $p and is_journey_field order by event_id")
    return [text for (text,) in rows]


def test_run_a_clock_at_zero_is_kept_set_apart_and_said(seen):
    apart = seen.rows(
        "clocks",
        "select event_id from fct_events where project_id = $p and set_apart_reason = 'implausible_time' order by 1",
    )
    assert apart == [("e900",), ("e901",)]
    assert seen.rows("clocks", "select count(*) from fct_events where project_id = $p") == [(98,)]
    assert seen.rows(
        "clocks", "select sum(n_events), count(*) filter (is_overlong) from fct_sessions where project_id = $p"
    ) == [(96, 0)]
    assert seen.rows("clocks", "select min(message_date)::varchar from agg_topic_daily where project_id = $p") == [
        ("2026-03-02",)
    ]
    (warning,) = [sentence for sentence in seen.warnings("clocks") if "set apart" in sentence]
    assert "2 events are set apart" in warning
    assert "'e900' of 0001-01-01" in warning


def test_run_journeys_are_made_of_what_people_say_not_of_the_field_with_most_events(seen):
    assert _journey_field(seen, "browsers") == "prompt"


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("histories", "messages"),
        ("parts of histories", "messages"),
        ("histories as text", "gen_ai.input.messages"),
        ("content parts", "content.parts"),
    ],
)
def test_run_a_chat_history_gives_the_users_new_message_alone(seen, name, field):
    assert _journey_field(seen, name) == field
    assert sorted(_texts(seen, name)) == sorted(SAID[n % len(SAID)] for n in range(60))
    text_fields = seen.rows(name, "select field from dim_fields where project_id = $p and effective_type = 'text'")
    assert text_fields == [(field,)]


def test_run_a_question_logged_at_each_step_of_an_agent_is_one_message(seen):
    assert sorted(_texts(seen, "steps")) == sorted(SAID[:40])
    assert seen.rows("steps", "select sum(n_messages) from fct_sessions where project_id = $p") == [(40,)]


def test_run_sessions_of_a_monitor_are_left_out_and_said(seen):
    made = seen.rows(
        "monitor",
        "select count(*), count(*) filter (starts_with(session_id, 'probe')) from fct_sessions"
        " where project_id = $p and is_automated",
    )
    assert made == [(200, 200)]
    assert seen.rows("monitor", "select n_sessions, reached_share from agg_goals where project_id = $p") == [(40, 1.0)]
    assert seen.rows("monitor", "select sum(n_sessions) from agg_journey_variants where project_id = $p") == [(40,)]
    said = "200 of 240 sessions were made by a machine"
    assert [said in sentence for sentence in seen.warnings("monitor") if "machine" in sentence] == [True]


def test_run_people_who_say_what_a_monitor_says_are_not_sent_by_machine(seen):
    rows = seen.rows(
        "monitor",
        "select distinct starts_with(session_id, 'probe'), topic_reason = 'sent by machine' from fct_messages"
        " where project_id = $p and (starts_with(session_id, 'probe') or topic_reason = 'sent by machine')",
    )
    assert rows == [(True, True)]


def test_run_a_popular_question_of_shared_logins_is_not_sent_by_machine(seen):
    assert seen.rows("kiosk", "select count(*) from fct_sessions where project_id = $p and is_automated") == [(0,)]
    assert seen.rows(
        "kiosk", "select count(*) from fct_messages where project_id = $p and topic_reason = 'sent by machine'"
    ) == [(0,)]


def test_run_what_all_messages_begin_with_is_left_out_of_topics_and_names(seen):
    rows = seen.rows(
        "instructions",
        "select topic_status, topic_reason, text from fct_messages where project_id = $p and text like '%Question: '",
    )
    assert {row[:2] for row in rows} == {("filler", "nothing but what nearly all messages share")}
    assert len(rows) == 10
    assert all(SYSTEM in text for _, _, text in rows)
    topics = seen.rows(
        "instructions",
        "select label, count(distinct regexp_extract(text, 'my invoice|my order|my account|a report'))"
        " from fct_messages inner join dim_topics using (project_id, topic_id, field) where project_id = $p group by 1",
    )
    assert len(topics) > 1
    assert {n_things for _, n_things in topics} == {1}
    assert not [label for label, _ in topics if any(word in label.lower() for word in ("bank", "policy", "question"))]
    (warning,) = [sentence for sentence in seen.warnings("instructions") if "longer than" in sentence]
    assert "100% of the texts in 'prompt' are longer than the embedding model reads" in warning


def test_run_a_placeholder_id_is_said_with_its_users_and_can_count_as_missing(seen, tmp_path):
    (warning,) = [sentence for sentence in seen.warnings("placeholders") if "undefined" in sentence]
    assert '"undefined" has 40 events of 20 users' in warning
    seen.turret.run("project", "placeholder-ids", seen.ids["placeholders"], "missing")
    seen.turret.run("event", "delete", "e1", "e3", "--project", seen.ids["placeholders"])
    _import(seen, tmp_path / "again.jsonl", "placeholders", _placeholders()[:4])
    result = seen.turret.json("run")
    assert not [sentence for sentence in result["warnings"] if '"undefined"' in sentence]
    sessions = seen.rows(
        "placeholders",
        "select count(*) filter (session_source = 'given'), count(*) filter (session_id = 'undefined')"
        " from fct_sessions where project_id = $p",
    )
    assert sessions == [(38, 0)]
    assert seen.rows("placeholders", "select count(*) from fct_events where project_id = $p") == [(78,)]
    seen.turret.run("event", "restore", "e1", "--project", seen.ids["placeholders"])
    topics = seen.rows("kiosk", "select topic_id, label, n_messages from dim_topics where project_id = $p order by 1")
    assert seen.turret.json("run", "--rebuild")["success"]
    assert seen.rows("placeholders", "select count(*) from fct_events where project_id = $p") == [(79,)]
    assert topics == seen.rows(
        "kiosk", "select topic_id, label, n_messages from dim_topics where project_id = $p order by 1"
    )
