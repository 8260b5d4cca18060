"""`turret project goal …`: what sessions of a project should reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.installation import open_projects
from cli.options import JsonOption, ProjectArgument
from cli.printing import Row, print_rows, say

if TYPE_CHECKING:
    from projects.records import Goal

app = typer.Typer(
    help="Manage goals: an event, a field's value, a topic or feedback that sessions should reach.",
    no_args_is_help=True,
)

NameArgument = Annotated[str, typer.Argument(metavar="GOAL", help="Name of the goal, 1 to 100 characters.")]


@app.command("set")
def set_goal(  # noqa: PLR0913, PLR0917  # one for each option
    project: ProjectArgument,
    name: NameArgument,
    event: Annotated[str | None, typer.Option(help="Reached by an event of this name.")] = None,
    field: Annotated[str | None, typer.Option(help="Reached by a value of this field; needs --value.")] = None,
    value: Annotated[str | None, typer.Option(help="The value of --field that reaches it.")] = None,
    topic: Annotated[str | None, typer.Option(help="Reached by a message of this topic_id.")] = None,
    feedback: Annotated[
        str | None, typer.Option(help="Reached by positive or negative feedback about the session or its events.")
    ] = None,
    *,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Set the goal even if no published event reaches it.")
    ] = False,
) -> None:
    """Set a goal, or change the goal of this name. The next run evaluates all sessions, past ones too.

    An event, field, value or topic that no published event has is refused as a likely typo.

    Example: `turret project goal set "Support bot" solved --field feedback --value thumbs_up`
    """
    from cli.marts.published_names import refuse_typos  # noqa: PLC0415 - `turret --help` need not load it

    kinds = {"event": event, "field": value, "topic": topic, "feedback": feedback}
    given = {kind: reached_by for kind, reached_by in kinds.items() if reached_by is not None}
    if len(given) != 1 or (field is None) is ("field" in given):
        raise typer.BadParameter("give one of --event, --topic, --feedback, or --field with --value")
    kind, reached_by = next(iter(given.items()))
    with open_projects() as projects:
        if not anyway:
            refuse_typos(projects, project, lambda names: names.check_goal(kind, field, reached_by), values_of=field)
        goal = projects.goals.set(project, name, kind, reached_by, field)
    say(f"The goal {goal.name} is reached by {_reached_by(goal)}. It counts from the next run on.")


@app.command("clear")
def clear_goal(project: ProjectArgument, name: NameArgument) -> None:
    """Delete a goal.

    Example: `turret project goal clear "Support bot" solved`
    """
    with open_projects() as projects:
        projects.goals.clear(project, name)
    say(f"The goal {name} is deleted. The next run removes its numbers.")


@app.command("list")
def list_goals(
    project: ProjectArgument,
    as_json: JsonOption = False,  # noqa: FBT002  # a flag
) -> None:
    """List a project's goals; `marts.agg_goals` has how often they are reached.

    Example: `turret project goal list "Support bot" --json`
    """
    with open_projects() as projects:
        rows = [_row(goal) for goal in projects.goals.list(project)]
    print_rows(rows, f"Project {project} has no goals; `turret project goal set` sets one.", as_json=as_json)


def _row(goal: Goal) -> Row:
    return {"goal": goal.name, "kind": goal.kind, "field": goal.field, "value": goal.value}


def _reached_by(goal: Goal) -> str:
    if goal.kind == "field":
        return f"the value {goal.value} of the field {goal.field}"
    if goal.kind == "feedback":
        return f"{goal.value} feedback"
    return f"an event named {goal.value}" if goal.kind == "event" else f"a message of the topic {goal.value}"
