"""`turret project …` as people and scripts use it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from cli.errors import NotDeletedError
from cli.main import app
from contracts.settings import load_settings
from projects import open_projects
from projects.access.api_keys import hash_key
from tests.factories.turret_process import run_turret

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_create_json_prints_the_four_agreed_values_and_a_working_key(home: Path):
    done = run_turret(home, "project", "create", "Support [b] desk", "--plan", "enterprise", "--limit", "50", "--json")

    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert list(printed) == ["project_id", "name", "plan", "api_key"]
    with open_projects(load_settings(home=home)) as projects:
        project = projects.get("Support [b] desk")
        assert projects.find_key(hash_key(printed["api_key"])) == project.project_id == printed["project_id"]
    assert (project.plan, project.event_limit) == ("enterprise", 50)


def test_create_taken_name_fails_with_one_sentence(home: Path):
    run_turret(home, "project", "create", "a [/b]")
    done = run_turret(home, "project", "create", "a [/b]")

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "Error: A project named 'a [/b]' already exists; choose another name.\n"


@pytest.fixture
def turret(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command in this process, which is faster where its exit status is not the point; return what it prints."""
    monkeypatch.setenv("TURRET_HOME", str(home))
    monkeypatch.delenv("TURRET_DATABASE_URL", raising=False)

    def run(*arguments: str) -> str:
        app(arguments, standalone_mode=False)
        return capsys.readouterr().out

    return run


def test_rename_and_delete_commands_ask_for_the_name_and_say_that_events_stay(
    home: Path, turret: Callable[..., str], monkeypatch: pytest.MonkeyPatch
):
    with open_projects(load_settings(home=home)) as projects:
        made = projects.create_project("shop")
        assert turret("project", "rename", "shop", "web shop") == f"Project {made.project_id} is now named web shop.\n"

        monkeypatch.setattr("sys.stdin", StringIO("shop\n"))
        with pytest.raises(NotDeletedError, match="'web shop' was not deleted"):
            turret("project", "delete", made.project_id)
        assert projects.get("web shop").project_id == made.project_id

        said = turret("project", "delete", "web shop", "--yes")
        assert "The next run removes its events from the marts" in said
        assert projects.list_projects() == []


def test_key_commands_make_show_and_end_keys(home: Path, turret: Callable[..., str]):
    with open_projects(load_settings(home=home)) as projects:
        projects.create_project("shop")

        made = json.loads(turret("project", "key", "create", "shop", "--json"))
        assert projects.find_key(hash_key(made["api_key"])) is not None

        listed = turret("project", "key", "list", "shop")
        assert made["key_id"] in listed
        assert made["api_key"] not in listed

        reads = json.loads(turret("project", "key", "create", "shop", "--scope", "read", "--json"))
        assert (reads["scope"], projects.find_key(hash_key(reads["api_key"]))) == ("read", None)
        assert projects.find_key(hash_key(reads["api_key"]), "read") == reads["project_id"]

        turret("project", "key", "revoke", "shop", made["key_id"])
        assert projects.find_key(hash_key(made["api_key"])) is None


def test_field_and_journey_field_commands_reach_the_database(home: Path, turret: Callable[..., str]):
    with open_projects(load_settings(home=home)) as projects:
        projects.create_project("shop")

        turret("project", "field", "set", "shop", "order.code", "enum")
        turret("project", "journey-field", "shop", "prompt")
        assert [override.field for override in projects.list_overrides("shop")] == ["order.code"]
        assert projects.get("shop").journey_field == "prompt"
        assert "order.code" in turret("project", "field", "list", "shop")

        turret("project", "field", "outcome", "shop", "escalated", "negative")
        assert "escalated   -     negative" in turret("project", "field", "list", "shop")
        turret("project", "field", "outcome", "shop", "escalated", "by-name")
        assert projects.list_field_outcomes("shop") == []

        turret("project", "field", "clear", "shop", "order.code")
        turret("project", "journey-field", "shop", "--clear")
        assert projects.list_overrides("shop") == []
        assert projects.get("shop").journey_field is None


def test_list_shows_every_project_as_table_and_as_json(home: Path, turret: Callable[..., str]):
    assert "There is no project yet" in turret("project", "list")
    with open_projects(load_settings(home=home)) as projects:
        made = projects.create_project("[bold]shop", "business", 7)

    assert "[bold]shop" in turret("project", "list")
    (row,) = json.loads(turret("project", "list", "--json"))
    assert (row["project_id"], row["name"], row["plan"], row["event_limit"]) == (
        made.project_id,
        "[bold]shop",
        "business",
        7,
    )


def test_usage_and_plan_commands_show_and_change_what_is_allowed(home: Path, turret: Callable[..., str]):
    assert "There is no project yet" in turret("project", "usage")
    with open_projects(load_settings(home=home)) as projects:
        project = projects.create_project("shop", "pro", 100)
        at = datetime.now(UTC)
        projects.ledger.take("a", project.project_id, at, need=7, want=0, unspent=0, ask_others=False)
        projects.ledger.give_back("a", project.project_id, f"{at:%Y-%m}", 0, 0)

    shown = json.loads(turret("project", "usage", "shop", "--json"))
    assert (shown["plan"], shown["limit"], shown["used"], shown["remaining"]) == ("pro", 100, 7, 93)
    assert json.loads(turret("project", "usage", "--json")) == [shown]
    assert "93" in turret("project", "usage")

    assert "10,000,000 events" in turret("project", "plan", "shop", "business")
    assert json.loads(turret("project", "usage", "shop", "--json"))["remaining"] == 9_999_993
    assert "no limit" in turret("project", "plan", "shop", "enterprise")


def test_create_without_plan_has_no_end_and_no_limit(home: Path, turret: Callable[..., str]):
    printed = turret("project", "create", "shop")
    assert "Plan        enterprise: no limit\n" in printed
    with open_projects(load_settings(home=home)) as projects:
        project = projects.get("shop")
    assert (project.plan, project.event_limit) == ("enterprise", None)


def test_create_trial_says_when_it_ends(home: Path, turret: Callable[..., str]):
    printed = turret("project", "create", "shop", "--plan", "trial")
    with open_projects(load_settings(home=home)) as projects:
        ends_at = projects.get("shop").created_at + timedelta(days=14)
    assert f"trial: 250,000 events in all; new events are refused from {ends_at:%Y-%m-%d %H:%M} UTC\n" in printed


def test_list_and_usage_say_when_a_trial_ends_and_what_a_plan_allows(home: Path, turret: Callable[..., str]):
    turret("project", "create", "shop", "--plan", "trial")
    turret("project", "create", "bot", "--plan", "pro")
    with open_projects(load_settings(home=home)) as projects:
        ends_at = projects.get("shop").created_at + timedelta(days=14)
    trial = f"trial: 250,000 events in all; new events are refused from {ends_at:%Y-%m-%d %H:%M} UTC"
    listed = turret("project", "list")
    assert trial in listed
    assert "pro: 1,000,000 events a calendar month" in listed
    assert f"shop is on the plan {trial}.\n" in turret("project", "usage")
