"""Events for whole runs of the pipeline: real conversations, or simulated ones in disorder and with odd metadata."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from contracts.events import MAX_KEY_CHARACTERS, MAX_METADATA_KEYS, MAX_TEXT_CHARACTERS, PLACEHOLDER_IDS
from demo.simulation import Scenario, simulate
from harness.odd_bodies import PLAIN_VALUES

if TYPE_CHECKING:
    from pathlib import Path

Events = tuple[dict[str, Any], ...]

N_GENERATED = 60
SHARES = {"odd": 0.1, "only_odd": 0.02, "late": 0.03, "odd_session": 0.01, "odd_user": 0.01, "odd_name": 0.005}
"""Shares of the events with odd metadata, nothing but odd metadata, another time, other ids or another name."""
DUPLICATE_SHARE = 0.05
CHANGED_SHARE = 0.5
"""Share of the duplicates whose content is not that of the first copy."""
MAX_LATE = timedelta(days=40)
HISTORY = [{"role": "assistant", "content": "hi"}, {"role": "user", "content": [{"type": "text", "text": "My plan?"}]}]
DEEPEST: Any = 1
for _ in range(30):
    DEEPEST = {"a": DEEPEST}
KEYS = (
    "plan",
    "prompt",
    "a",
    "a.b",
    "",
    " ",
    "$.a",
    "a[0]",
    "it's",
    "é",
    "İ",
    "role",
    "messages",
    "x" * MAX_KEY_CHARACTERS,
)
ODD_TEXTS = (
    "", " ", "\u00a0\u200b x \u3000", "e\u0301", "👩‍👩‍👧", "שלום", "a\r\n\tb", "\u2028\x7f\x1b", "'\"\\", "NaN", "1e5",
    "true", "null", "0x1F", "12,5", "2026-02-30", "2026-01-31T12:00:00Z", "00000000-0000-0000-0000-000000000000",
    "%s {} ${x}", "[1,]", json.dumps(HISTORY), json.dumps({"messages": HISTORY}), "é" * MAX_TEXT_CHARACTERS,
    "Σίσυφος ΟΔΟΣ", "İstanbul", "\ud7ff\ue000",
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    *ODD_TEXTS, None, True, False, 0, -0.0, 2**53 + 1, 2**64 - 1, -(2**63), 5e-324, 1e308, -1e308, 1e21, 1e-7, [], {},
    [[]], [None], HISTORY, {"messages": HISTORY}, DEEPEST, {"a": {"b": 1, "b.c": 2}, "a.b": [3, {"c": 4}]},
    [1, "1", 1.0, True, None, [2]],
)  # fmt: skip
ODD_IDS = (*PLACEHOLDER_IDS, " s1", "s1 ", "S1", "s1", "é", "e\u0301", "👩‍👩‍👧", "x" * 255, "a/b", "\u2028")


def read_conversations(data: Path, now: datetime) -> Events:
    """Read the users' turns of SGD dev: a session each, in the days before `now`, three sessions a user."""
    events = []
    with (data / "sgd_dev.jsonl").open(encoding="utf-8") as file:
        for number, conversation in enumerate(map(json.loads, file)):
            began = now - timedelta(days=14) + timedelta(minutes=9 * number)
            for place, turn in enumerate(conversation["turns"]):
                metadata = {"prompt": turn["text"], "services": conversation["services"], "informs": turn["informs"]}
                events.append(
                    {
                        "name": "message",
                        "event_id": f"{conversation['dialogue_id']}-{place}",
                        "session_id": conversation["dialogue_id"],
                        "user_id": f"user-{number // 3}",
                        "timestamp": (began + timedelta(seconds=40 * place)).isoformat(),
                        "metadata": metadata,
                    }
                )
    return tuple(events)


def make_disorder(n_users: int, now: datetime) -> Events:
    """Simulate users whose events come out of order, late and twice, some with odd ids and odd metadata."""
    rng = random.Random(n_users)  # noqa: S311 - invented events, nothing secret
    values = [*ODD_VALUES, *_generate_values()]
    events = [_disturb(event, values, rng) for event in simulate(Scenario(users=n_users), now).events]
    again = [
        _disturb(event, values, rng) if rng.random() < CHANGED_SHARE else event
        for event in rng.sample(events, int(DUPLICATE_SHARE * len(events)))
    ]
    wide = {f"key {number}": number for number in range(MAX_METADATA_KEYS)}
    events += [*again, {**events[0], "event_id": "wide", "metadata": wide}]
    rng.shuffle(events)
    return tuple(events)


def _disturb(event: dict[str, Any], values: list[Any], rng: random.Random) -> dict[str, Any]:
    """Return the event as a careless app might send it."""
    does = {kind for kind, share in SHARES.items() if rng.random() < share}
    odd = {rng.choice(KEYS): rng.choice(values) for _ in range(rng.randint(1, 3))}
    changed = dict(event)
    if does & {"odd", "only_odd"}:
        changed["metadata"] = odd if "only_odd" in does else {**event["metadata"], **odd}
    if "late" in does:
        moved = datetime.fromisoformat(event["timestamp"]) - rng.random() * MAX_LATE
        changed["timestamp"] = moved.isoformat()
    for kind, key in (("odd_session", "session_id"), ("odd_user", "user_id")):
        if kind in does:
            changed[key] = rng.choice(ODD_IDS)
    if "odd_name" in does:
        changed["name"] = rng.choice([text[:255] for text in ODD_TEXTS if text])
    return changed


def _generate_values() -> list[Any]:
    """Let hypothesis make up JSON values, always the same ones."""
    found: list[Any] = []

    @seed(0)
    @settings(max_examples=N_GENERATED, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(PLAIN_VALUES)
    def keep(value: object) -> None:
        found.append(value)

    keep()
    return found
