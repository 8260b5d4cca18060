"""What the projects of the whole pipeline's tests are sent."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.factories.landing_factory import RECEIVED_AT, as_bytes, land, landed_event, stamp
from tests.factories.shared_data import read_jsonl
from tests.factories.support_texts import texts_about

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contracts.home import Home

Line = dict[str, Any]

CONVERSATIONS = "sgd_dev.jsonl"
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


ORDINARY: dict[str, Callable[[], list[Line]]] = {
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


def message(text: str, **fields: str) -> Line:
    """An event as an app would send it."""
    return {"name": "message", "metadata": {"prompt": text}, **fields}


SMALL: dict[str, list[Line]] = {
    "three events": [
        message("How do I reset my password?"),
        message("Thanks"),
        message("What does the team plan cost?"),
    ],
    "one user": [message(f"Please translate page {n} into French", user_id="ada") for n in range(12)],
    "all texts equal": [message("ping", session_id=f"s{n // 3}", event_id=f"equal-{n}") for n in range(30)],
    "no texts": [{"name": "click", "metadata": {"latency_ms": n, "ok": n % 2 == 0}} for n in range(10)],
    "no metadata": [{"name": "ping", "metadata": {}}],
    "odd texts": [
        message(text)
        for text in ("", "   ", "👋", "<script>alert(1)</script>", "x" * 10_000, "'; drop table raw.events; --")
    ],
}
BROKEN_LINES = [
    b"{broken json\n",
    b'{"name": "message"}\n',
    b'{"name": 7, "metadata": {}}\n',
    b'{"name": "message", "metadata": []}\n',
    b'{"name": "message", "metadata": {}, "timestamp": "yesterday"}\n',
    b"\xff\xfe\n",
]


def land_damaged_files(home: Home, project: str) -> None:
    """A cut-off segment, one with rubbish inside, an empty one, and one that is no compressed file."""
    whole = as_bytes(landed_event(n, project_id=project) for n in range(1000))
    land(home, "cut-off", whole[:-2000], project_id=project)
    land(home, "rubbish", as_bytes([b"\x00\xff\n", landed_event(9001, project_id=project)]), project_id=project)
    land(home, "empty", b"", project_id=project)
    land(home, "binary", gzip.compress(b"not zstd"), project_id=project)


SUBJECTS = ("password", "refund", "delivery", "invoice", "crash")
COMMENTED = ("delivery", "invoice")
"""What comments of feedback are about."""
STRAY = "Seventeen violins fell over the garden fence"


def said_in_turn(first: int, last: int) -> list[str]:
    """Messages about several subjects in turn, so that sessions wander between topics."""
    return [
        text for some in zip(*(texts_about(subject, first, last) for subject in SUBJECTS), strict=True) for text in some
    ]


def in_sessions_of_three(texts: Sequence[str], first: int) -> list[Line]:
    """Events that say `texts`, numbered from `first` on."""
    return [
        {
            "event_id": f"e{first + number}",
            "name": "message",
            "session_id": f"s{(first + number) // 3}",
            "user_id": f"u{number % 7}",
            "timestamp": f"2026-01-{1 + number % 28:02}T10:00:{number % 60:02}Z",
            "metadata": {"prompt": text},
        }
        for number, text in enumerate(texts)
    ]


def comments() -> list[Line]:
    """Comments on the first of these events, about two of the subjects."""
    return [
        {
            "type": "feedback",
            "feedback_id": f"c{number}",
            "event_id": f"e{number}",
            "score": -1 if subject == "delivery" else 1,
            "comment": text,
        }
        for number, (subject, text) in enumerate(
            (subject, text) for subject in COMMENTED for text in texts_about(subject, last=16)
        )
    ]


N_DAYS = 3
EVENTS_A_DAY = 40
PAST_DAY = "2026-03-03"


def land_days(home: Home, project_id: str) -> None:
    """Land three days of events, each again with the last ones of the day before: a copy must count once."""
    for day in range(N_DAYS):
        received = RECEIVED_AT + timedelta(days=day)
        folder = home.segment_folder(project_id, received)
        folder.mkdir(parents=True)
        numbers = range(max(0, day * EVENTS_A_DAY - 5), (day + 1) * EVENTS_A_DAY)
        lines = [
            landed_event(number, project_id=project_id, received_at=stamp(received + timedelta(seconds=number)))
            for number in numbers
        ]
        (folder / "a.ndjson.zst").write_bytes(as_bytes(lines))


def real_conversations() -> list[Line]:
    """One event for each turn of every eighth dialogue: three dialogues a user."""
    dialogues = read_jsonl(CONVERSATIONS)[::8]
    return [
        {
            "event_id": f"{dialogue['dialogue_id']}/{place}",
            "name": "message",
            "session_id": dialogue["dialogue_id"],
            "user_id": f"user-{number % 88}",
            "timestamp": f"2026-0{1 + number % 6}-{1 + number // 6 % 28:02}T10:{place:02}:00+00:00",
            "metadata": {"prompt": turn["text"], "service": dialogue["services"]},
        }
        for number, dialogue in enumerate(dialogues)
        for place, turn in enumerate(dialogue["turns"])
    ]
