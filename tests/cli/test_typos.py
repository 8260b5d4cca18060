"""Fields, events, values and topics that no event has are refused when people set something by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest
import typer

from cli.errors import QueryError, TypoError
from cli.main import app
from contracts.home import Home
from contracts.settings import load_settings
from projects import open_projects
from projects.errors import InvalidValueError, NotFoundError
from tests.factories.published_factory import SAMPLE, SampleProject, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from projects import Projects

PLANS = """
insert into marts.fct_event_values by name
select project_id, event_id, 'plan' as field, 1 as value_index, 'enum' as value_type, metadata ->> 'plan' as enum_value
from marts.fct_events
"""
TOPIC_LABEL = SAMPLE[0].subjects[0].label


@pytest.fixture
def projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Projects]:
    """A project `shop` whose events are published."""
    monkeypatch.setenv("TURRET_HOME", str(tmp_path))
    monkeypatch.delenv("TURRET_DATABASE_URL", raising=False)
    with open_projects(load_settings()) as opened:
        made = opened.create_project("shop")
        file = publish(tmp_path, (SampleProject(made.project_id, 20, SAMPLE[0].subjects),))
        with duckdb.connect(file) as marts:
            marts.execute(PLANS)
        yield opened


@pytest.fixture
def turret(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def run(*words: str) -> str:
        app(["project", *words], standalone_mode=False)
        return capsys.readouterr().out

    return run


WRONG = {
    "journey-field": (["journey-field", "shop", "prmpt"], "did you mean 'prompt'"),
    "journey-field of another type": (["journey-field", "shop", "plan"], "type enum.*it has 'prompt'"),
    "field": (["field", "set", "shop", "Plan", "text"], "did you mean 'plan'"),
    "field of an outcome": (["field", "outcome", "shop", "Plan", "none"], "did you mean 'plan'"),
    "event": (["goal", "set", "shop", "g", "--event", "usermessage"], "did you mean 'user_message'"),
    "goal's field": (["goal", "set", "shop", "g", "--field", "plans", "--value", "pro"], "did you mean 'plan'"),
    "goal's value": (
        ["goal", "set", "shop", "g", "--field", "plan", "--value", "Pro"],
        "No value 'Pro' was seen in the field 'plan' of project 'shop'; did you mean 'pro'",
    ),
    "topic by its label": (["goal", "set", "shop", "g", "--topic", TOPIC_LABEL], "did you mean top_"),
}


def _choices(projects: Projects) -> list[object]:
    journey_field = projects.get("shop").journey_field
    chosen = [*projects.list_overrides(), *projects.list_field_outcomes(), *projects.goals.list()]
    return [journey_field, *chosen] if journey_field else chosen


@pytest.mark.parametrize(("words", "sentence"), WRONG.values(), ids=WRONG)
def test_name_that_no_event_has_is_refused_until_anyway(
    projects: Projects, turret: Callable[..., str], words: list[str], sentence: str
):
    with pytest.raises(TypoError, match=f"{sentence}.*Add --anyway to set it anyway\\."):
        turret(*words)
    assert not _choices(projects)

    assert "from the next run on" in turret(*words, "--anyway")
    assert _choices(projects)


def test_names_that_events_have_are_set_without_more_words(projects: Projects, turret: Callable[..., str]):
    assert turret("journey-field", "shop", "prompt").startswith("Journeys of shop will follow the field prompt")
    assert turret("field", "set", "shop", "plan", "text").startswith("The field plan will be of type text")
    for goal in (["--event", "user_message"], ["--field", "plan", "--value", "pro"], ["--field", "latency_ms"]):
        turret("goal", "set", "shop", "g", *goal, *(["--value", "250"] if goal[-1] == "latency_ms" else []))
    assert projects.goals.list()[0].value == "250"


def test_journey_field_just_made_a_text_is_no_typo(projects: Projects, turret: Callable[..., str]):
    turret("field", "set", "shop", "plan", "text")
    assert "follow the field plan" in turret("journey-field", "shop", "plan")


def test_names_before_the_first_published_event_are_set_with_a_word_of_warning(
    projects: Projects, turret: Callable[..., str]
):
    projects.create_project("new")
    said = turret("journey-field", "new", "prompt").splitlines()
    assert said[0] == "No event of new is published yet, so the name cannot be checked."
    assert projects.get("new").journey_field == "prompt"


def test_damaged_published_file_is_said_and_anyway_goes_round_it(
    projects: Projects, turret: Callable[..., str], tmp_path: Path
):
    Home(tmp_path).published.resolve().write_bytes(b"no database" * 1000)
    with pytest.raises(QueryError, match="cannot be opened"):
        turret("journey-field", "shop", "prompt")
    turret("journey-field", "shop", "prompt", "--anyway")
    assert projects.get("shop").journey_field == "prompt"


def test_project_and_person_that_come_near_are_asked_about(projects: Projects, turret: Callable[..., str]):
    projects.people.add("ada@example.com", "viewer")
    with pytest.raises(NotFoundError, match=r"There is no project 'Shpo'; did you mean 'shop'\?"):
        turret("usage", "Shpo")
    with pytest.raises(
        NotFoundError, match=r"There is no person named 'adda@example.com'; did you mean 'ada@example.com'\?"
    ):
        projects.people.find("adda@example.com")


def test_deleting_an_event_that_is_not_published_says_so(projects: Projects, capsys: pytest.CaptureFixture[str]):
    with duckdb.connect(Home(load_settings().home).published, read_only=True) as marts:
        [[known]] = marts.execute("select min(event_id) from marts.fct_events").fetchall()
    del projects
    app(["event", "delete", known, "evt_typo", "--project", "shop"], standalone_mode=False)
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "Deleted from the next run on: 2.",
        "No published event has the id evt_typo; if it arrives, it will not count.",
    ]


def test_plan_of_one_event_is_said_in_the_singular(projects: Projects, turret: Callable[..., str]):
    del projects
    assert turret("plan", "shop", "pro", "--limit", "1") == "shop is on the plan pro: 1 event a calendar month.\n"


def test_change_of_an_alert_needs_an_option_and_says_if_nothing_differs(
    projects: Projects, capsys: pytest.CaptureFixture[str]
):
    projects.alerts.create_channel("shop", "ops", "webhook", "https://ops.example.com/turret")
    projects.alerts.create("shop", "growth", "spike", "ops")
    with pytest.raises(typer.BadParameter, match="give what changes, such as --threshold"):
        app(["alert", "change", "shop", "growth"], standalone_mode=False)
    for segment, error, sentence in (
        ("plan", InvalidValueError, "allowed is field=value, such as plan=pro"),
        ("plan=por", TypoError, "did you mean 'pro'"),
        ("prompt=x", TypoError, "of type text, but a segment needs an enum field"),
    ):
        with pytest.raises(error, match=sentence):
            app(["alert", "change", "shop", "growth", "--segment", segment], standalone_mode=False)
    app(["alert", "change", "shop", "growth", "--segment", "plan=pro"], standalone_mode=False)
    app(["alert", "change", "shop", "growth", "--name", "growth"], standalone_mode=False)
    assert projects.alerts.find("shop", "growth").segment == ("plan", "pro")
    capsys.readouterr()
    for threshold, done in (("1.5", "stays as it was"), ("2", "is changed")):
        app(["alert", "change", "shop", "growth", "--threshold", threshold], standalone_mode=False)
        assert done in capsys.readouterr().out
