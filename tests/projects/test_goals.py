"""Goals of projects, in the database and by command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer

from cli.main import app
from projects.errors import InvalidValueError, NotFoundError
from projects.records import Goal

if TYPE_CHECKING:
    from pathlib import Path

    from projects import Projects


def test_goal_set_again_replaces_the_one_of_its_name(projects: Projects):
    project_id = projects.create_project("shop").project_id
    projects.goals.set("shop", "bought", "event", "purchase")
    changed = projects.goals.set(project_id, " bought ", "field", "true", "is_paid")

    assert projects.goals.list() == projects.goals.list("shop") == [changed]
    assert changed == Goal(project_id, "bought", "field", "is_paid", "true")


def test_goals_of_two_projects_are_apart(projects: Projects):
    projects.create_project("one")
    projects.create_project("two")
    projects.goals.set("one", "solved", "topic", "topic_1")
    projects.goals.set("two", "solved", "topic", "topic_2")
    projects.goals.clear("one", "solved")

    assert [goal.value for goal in projects.goals.list()] == ["topic_2"]
    with pytest.raises(NotFoundError, match="has no goal 'solved'"):
        projects.goals.clear("one", "solved")


@pytest.mark.parametrize(
    "goal",
    [
        ("", "event", "purchase", None),
        ("a\nb", "event", "purchase", None),
        ("g", "page", "purchase", None),
        ("g", "event", "", None),
        ("g", "event", "x" * 1001, None),
        ("g", "event", "purchase", "field"),
        ("g", "field", "yes", None),
        ("g", "feedback", "great", None),
    ],
)
def test_goal_that_is_not_allowed_is_refused_with_a_sentence(
    projects: Projects, goal: tuple[str, str, str, str | None]
):
    projects.create_project("shop")

    with pytest.raises(InvalidValueError, match=r"^The .* allowed |^The field of the goal .*\.$"):
        projects.goals.set("shop", *goal)
    assert projects.goals.list() == []


def test_goal_commands_set_list_and_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("TURRET_HOME", str(tmp_path))

    def turret(*words: str) -> str:
        app(["project", *words], standalone_mode=False)
        return capsys.readouterr().out

    turret("create", "shop")
    said = turret("goal", "set", "shop", "[b]good", "--field", "stars", "--value", "5")
    assert (
        said.splitlines()[-1]
        == "The goal [b]good is reached by the value 5 of the field stars. It counts from the next run on."
    )
    assert json.loads(turret("goal", "list", "shop", "--json")) == [
        {"goal": "[b]good", "kind": "field", "field": "stars", "value": "5"}
    ]
    turret("goal", "clear", "shop", "[b]good")
    assert "has no goal" in turret("goal", "list", "shop")
    with pytest.raises(typer.BadParameter):
        turret("goal", "set", "shop", "g", "--event", "a", "--topic", "b")
