"""`turret project …` as people and scripts use it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from contracts.settings import load_settings
from projects import open_projects
from projects.secrets import hash_key
from tests.factories.turret_process import run_turret

if TYPE_CHECKING:
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
    assert done.stderr == "Error: There is a project named 'a [/b]' already; choose another name.\n"


def test_key_commands_make_show_and_end_keys(home: Path):
    with open_projects(load_settings(home=home)) as projects:
        projects.create_project("shop")

        made = json.loads(run_turret(home, "project", "key", "create", "shop", "--json").stdout)
        assert projects.find_key(hash_key(made["api_key"])) is not None

        listed = run_turret(home, "project", "key", "list", "shop")
        assert made["key_id"] in listed.stdout
        assert made["api_key"] not in listed.stdout

        revoked = run_turret(home, "project", "key", "revoke", "shop", made["key_id"])
        assert revoked.returncode == 0, revoked.stderr
        assert projects.find_key(hash_key(made["api_key"])) is None


def test_field_and_journey_field_commands_reach_the_database(home: Path):
    with open_projects(load_settings(home=home)) as projects:
        projects.create_project("shop")

        assert run_turret(home, "project", "field", "set", "shop", "order.code", "enum").returncode == 0
        assert run_turret(home, "project", "journey-field", "shop", "prompt").returncode == 0
        assert [override.field for override in projects.list_overrides("shop")] == ["order.code"]
        assert projects.get("shop").journey_field == "prompt"

        assert run_turret(home, "project", "field", "clear", "shop", "order.code").returncode == 0
        assert run_turret(home, "project", "journey-field", "shop", "--clear").returncode == 0
        assert projects.list_overrides("shop") == []
        assert projects.get("shop").journey_field is None
