"""One warehouse of several projects, built once by the real dbt, for all tests of the models."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tests.factories.dbt_factory import run_dbt
from tests.factories.warehouse_factory import (
    PROJECT_ID,
    START_AT,
    TOPIC_TEXTS,
    Event,
    judge_texts,
    make_events,
    make_feedback,
    make_warehouse,
    topic_id_of,
    with_outcomes,
)

if TYPE_CHECKING:
    from pathlib import Path

ONE_USER_PROJECT = "prj_00000000000000bb"
TEXTLESS_PROJECT = "prj_00000000000000cc"
ODD_PROJECT = "prj_00000000000000dd"
ANSWERED_PROJECT = "prj_00000000000000ee"
CHANGING_PROJECT = "prj_00000000000000ff"
ENDLESS_PROJECT = "prj_00000000000000a0"
N_CHANGING_DAYS = 6

GOALS: tuple[tuple[str, str, str, str | None, str], ...] = (
    (PROJECT_ID, "refunded", "topic", None, topic_id_of("topic_refund", "prompt")),
    (PROJECT_ID, "on beta", "field", "client.is_beta", "true"),
    (PROJECT_ID, "wrote", "event", None, "message"),
    (PROJECT_ID, "never", "event", None, "no such event"),
    (ONE_USER_PROJECT, "slow", "field", "latency_ms", "1e3"),
)

BEFORE_ML = ("build", "--select", "tag:before_ml", "--exclude-resource-type", "unit_test")
AFTER_ML = ("build", "--select", "tag:after_ml", "--exclude-resource-type", "unit_test")

ODD_METADATA: tuple[dict[str, Any], ...] = (
    {"a": {"b": {"c": "deep"}}, "a.b.c": "flat", "list": [1, None, "two", [3]], "empty": {}, "nothing": None},
    {'"; drop table marts.fct_events; --': "one", "it's": 1, "über größe": True, "emoji 🎉": "x", "": "no name"},
    {"items": [{"sku": "s1", "n": 1}, {"sku": "s2", "n": 2}], "item[0]": "a", "$.a": "b", "nul\x00key": "v\x00w"},
    {
        "big": 123456789012345678901234567890,
        "huge": "1e999",
        "nan": "NaN",
        "number": "12.50",
        "zip": "01234",
        "blank": " \u00a0\u200b",
        "turret.feedback": {"comment": "a field of the name of comments"},
    },
    {},
)


@dataclass(frozen=True)
class Built:
    """A warehouse that dbt has built, and the events it was built from."""

    path: Path
    events: list[Event]
    feedback: list[Event]
    scratch: Path

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql, values).fetchall()


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Path:
    """Targets of all runs of dbt, which has parsed its project already."""
    scratch = tmp_path_factory.mktemp("dbt")
    shutil.copytree(parsed_project, scratch / "target")
    return scratch


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, scratch: Path) -> Built:
    path = tmp_path_factory.mktemp("built") / "warehouse.duckdb"
    events = [
        *with_outcomes(make_events()),
        *make_events(120, project_id=ONE_USER_PROJECT, users=("only_user",)),
        *_textless_events(),
        *_odd_events(),
        *_answered_events(),
        *changing_events(),
        *_endless_events(),
    ]
    overrides = [(PROJECT_ID, "client.platform", "text"), (PROJECT_ID, "never_seen", "number")]
    feedback = make_feedback(make_events())
    make_warehouse(path, [*events, *feedback], journey_fields={PROJECT_ID: "prompt"}, overrides=overrides, goals=GOALS)
    run_dbt(path, *BEFORE_ML, scratch=scratch)
    judge_texts(path)
    run_dbt(path, *AFTER_ML, scratch=scratch)
    return Built(path, events, feedback, scratch)


def _textless_events() -> list[Event]:
    """Clicks and numbers only."""
    return [
        Event(f"evt_{index}", START_AT + timedelta(minutes=index), {"ms": index}, project_id=TEXTLESS_PROJECT)
        for index in range(20)
    ]


def _odd_events() -> list[Event]:
    """One event for each odd metadata."""
    return [
        Event(f"odd_{index}", START_AT + timedelta(minutes=index), metadata, "s", "u", project_id=ODD_PROJECT)
        for index, metadata in enumerate(ODD_METADATA)
    ]


def _answered_events() -> list[Event]:
    """Messages with the app's own words around them: a system prompt that stays, an answer that is longer."""
    metadata = [
        {
            "a_system": "Be kind and be short.",
            "answer": f"Here is a long and friendly answer, number {index}, to what you have asked me",
            "prompt": f"This is my question number {index}",
        }
        for index in range(30)
    ]
    return [
        Event(f"evt_{index}", START_AT + timedelta(minutes=index), words, "s", "u", project_id=ANSWERED_PROJECT)
        for index, words in enumerate(metadata)
    ]


def changing_events() -> list[Event]:
    """Six days of 60 events each, whose fields change their type in mid-life, waver, or only seem to."""
    return [
        Event(
            f"evt_{day}_{index:02}",
            START_AT + timedelta(days=day, minutes=index),
            _changing_metadata(day, index),
            f"day_{day}",
            project_id=CHANGING_PROJECT,
        )
        for day in range(N_CHANGING_DAYS)
        for index in range(60)
    ]


def _changing_metadata(day: int, index: int) -> dict[str, Any]:
    return {
        "size": index if day < 3 else f"As large as the box number {index} that came on day {day}",
        "price": f"please ask us again after {index} days" if day in {1, 3} else index / 4,
        "stray": f"no number at all, sorry for {index}" if day == 2 and index < 2 else index,
        "seat": f"Row {index % 40}",
        "code": f"{index:04}",
        "agreed": index % 3 == 0,
        "empty": "" if index % 2 else None,
        "sometimes": "none" if day == 0 and index == 0 else None,
    }


def _endless_events() -> list[Event]:
    """One session that goes on for eight days, and 25 short ones from regions of different sizes, one without."""
    words = [next(iter(texts)) for texts in TOPIC_TEXTS.values()]
    endless = [
        Event(f"end_{day}", START_AT + timedelta(days=day), {"prompt": words[day % 2]}, "endless") for day in (0, 8)
    ]
    short = [
        Event(
            f"evt_{index:02}",
            START_AT + timedelta(minutes=index),
            {"region": f"r{index:02}"} if index else {"clicks": 1},
            f"s{index}",
        )
        for index in range(25)
    ]
    return [replace(event, project_id=ENDLESS_PROJECT) for event in (*endless, *short)]
