"""`turret project …`: projects, their keys, and what people chose for their fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import NotDeletedError
from cli.installation import open_projects
from cli.options import JsonOption, ProjectArgument
from cli.printing import Row, print_json, print_rows, print_table, say
from projects.plans import DEFAULT_PLAN, allowance_of

if TYPE_CHECKING:
    from projects.records import ApiKey, FieldOverride, Project, Usage

app = typer.Typer(help="Projects, their API keys and the types of their fields.", no_args_is_help=True)
key_app = typer.Typer(help="API keys of a project.", no_args_is_help=True)
field_app = typer.Typer(help="Types of metadata fields that you choose yourself.", no_args_is_help=True)
app.add_typer(key_app, name="key")
app.add_typer(field_app, name="field")

FieldArgument = Annotated[str, typer.Argument(metavar="FIELD", help="Dotted name of the metadata field.")]
AnywayOption = Annotated[bool, typer.Option("--anyway", help="Set it even if no published event has such a name yet.")]


@app.command("create")
def create(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A name of 1 to 100 characters, used by no other project.")
    ],
    plan: Annotated[str, typer.Option(help="trial, pro, business or enterprise.")] = DEFAULT_PLAN,
    limit: Annotated[int | None, typer.Option(help="Events allowed, instead of the plan's own number.")] = None,
    as_json: JsonOption = False,  # noqa: FBT002  # how Typer declares a flag
) -> None:
    """Make a project and its first API key, which is shown only this once.

    Example: `turret project create "Support bot" --plan pro`
    """
    with open_projects() as projects:
        project = projects.create_project(name, plan, limit)
        key = projects.create_key(project.project_id)
    if as_json:
        print_json(
            {"project_id": project.project_id, "name": project.name, "plan": project.plan, "api_key": key.secret}
        )
        return
    say(f"Project {project.name} is ready.")
    say(f"  Project id  {project.project_id}")
    say(f"  Plan        {allowance_of(project, datetime.now(UTC)).in_words()}")
    say(f"  API key     {key.secret}")
    say("Keep the key now: only its fingerprint is stored, so it cannot be shown again.")


@app.command("list")
def list_(as_json: JsonOption = False) -> None:  # noqa: FBT002  # how Typer declares a flag
    """Show all projects.

    Example: `turret project list --json`
    """
    with open_projects() as projects:
        found = projects.list_projects()
    if as_json:
        print_json([_project_row(project) for project in found])
    elif not found:
        say("There is no project yet; `turret project create NAME` makes one.")
    else:
        now = datetime.now(UTC)
        print_table([_project_row(project) | {"plan": allowance_of(project, now).in_words()} for project in found])


@app.command("rename")
def rename(
    project: ProjectArgument,
    new_name: Annotated[
        str, typer.Argument(metavar="NEW", help="A name of 1 to 100 characters, used by no other project.")
    ],
) -> None:
    """Give a project another name; its id, keys and events stay as they are.

    Example: `turret project rename "Support bot" "Help desk"`
    """
    with open_projects() as projects:
        renamed = projects.rename_project(project, new_name)
    say(f"Project {renamed.project_id} is named {renamed.name}.")


@app.command("delete")
def delete(
    project: ProjectArgument,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the name to be typed, for scripts.")] = False,
) -> None:
    """Delete a project: its keys are revoked, and the dashboard's list and all commands show it no more.

    Its events leave all marts and the published file with the next run, and no more are loaded. On disk they stay: in
    landing/, in the warehouse, and in the earlier published files that are kept.

    Example: `turret project delete "Support bot"`
    """
    with open_projects() as projects:
        found = projects.get(project)
        if not yes and typer.prompt(f"Type the project's name, {found.name}, to delete it") != found.name:
            raise NotDeletedError(f"The name does not match; the project {found.name!r} was not deleted.")
        projects.delete_project(found.project_id)
    say(f"Project {found.name} ({found.project_id}) is deleted and its keys are revoked.")
    say("Its events leave the marts with the next run; on disk they stay, in landing/ and in the warehouse.")


@app.command("usage")
def usage(
    project: Annotated[str | None, typer.Argument(metavar="PROJECT", help="One project only, by id or name.")] = None,
    as_json: JsonOption = False,  # noqa: FBT002  # a flag
) -> None:
    """Show how many events were taken of what the plan allows; running collectors report about once a second.

    Example: `turret project usage "Support bot" --json`
    """
    with open_projects() as projects:
        names = [project] if project else [found.project_id for found in projects.list_projects()]
        usages = [projects.ledger.usage(name, datetime.now(UTC)) for name in names]
    rows = [_usage_row(found) for found in usages]
    if as_json:
        print_json(rows[0] if project else rows)
    elif not rows:
        say("There is no project yet; `turret project create NAME` makes one.")
    else:
        print_table(rows)
        for found in usages:
            if found.allowance.is_trial:
                say(f"{found.project.name} is on the plan {found.allowance.in_words()}.")


@app.command("plan")
def plan(
    project: ProjectArgument,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="trial, pro, business or enterprise.")],
    limit: Annotated[int | None, typer.Option(help="Events allowed, instead of the plan's own number.")] = None,
) -> None:
    """Change a project's plan; running collectors follow at once where events are refused, else within a block.

    Example: `turret project plan "Support bot" business`
    """
    with open_projects() as projects:
        changed = projects.set_plan(project, plan, limit)
    say(f"{changed.name} is on the plan {allowance_of(changed, datetime.now(UTC)).in_words()}.")


@app.command("journey-field")
def journey_field(
    project: ProjectArgument,
    field: Annotated[str | None, typer.Argument(metavar="FIELD", help="Dotted name of a text field.")] = None,
    *,
    clear: Annotated[bool, typer.Option("--clear", help="Leave the choice to Turret again.")] = False,
    anyway: AnywayOption = False,
) -> None:
    """Choose the text field whose topics are the steps of journeys; by default it is the one with most events.

    A field that no published event has, or that is no text, is refused as a likely typo.

    Example: `turret project journey-field "Support bot" prompt`
    """
    if (field is None) is not clear:
        raise typer.BadParameter("give either a FIELD or --clear")
    from cli.marts.published_names import refuse_typos  # noqa: PLC0415 - `turret --help` need not load it

    with open_projects() as projects:
        if field is not None and not anyway:
            refuse_typos(projects, project, lambda names: names.check_journey_field(field))
        changed = projects.set_journey_field(project, field)
    if changed.journey_field is None:
        say(f"Journeys of {changed.name} follow the text field with most events.")
    else:
        say(f"Journeys of {changed.name} follow the field {changed.journey_field} from the next run on.")


@app.command("first-day")
def first_day(
    project: ProjectArgument,
    day: Annotated[datetime | None, typer.Argument(metavar="DAY", formats=["%Y-%m-%d"], help="As 2026-01-31.")] = None,
    *,
    clear: Annotated[bool, typer.Option("--clear", help="Leave the choice to Turret again.")] = False,
) -> None:
    """Choose the first day (UTC) whose events count; earlier ones are set apart from the next run on.

    By default it is found: few events that lie far before all others are set apart, as a clock at zero makes them. The
    day 0001-01-01 lets every event count.

    Example: `turret project first-day "Support bot" 2026-01-31`
    """
    if (day is None) is not clear:
        raise typer.BadParameter("give either a DAY or --clear")
    with open_projects() as projects:
        changed = projects.set_first_day(project, None if day is None else day.date())
    if changed.first_day is None:
        say(f"The first day of {changed.name} is found again from the next run on.")
    else:
        say(f"Events of {changed.name} count from {changed.first_day} on, as of the next run.")


@app.command("placeholder-ids")
def placeholder_ids(
    project: ProjectArgument,
    choice: Annotated[str, typer.Argument(metavar="CHOICE", help="keep or missing.")],
) -> None:
    """Choose whether ids that stand for none, such as undefined, null or [object Object], count as not given.

    `keep`, the default, takes them as the app sent them: all events of such an id are one session or user. With
    `missing` they are treated as an event that names none.

    Example: `turret project placeholder-ids "Support bot" missing`
    """
    if choice not in {"keep", "missing"}:
        raise typer.BadParameter(f"{choice!r} is no choice; allowed are keep and missing")
    with open_projects() as projects:
        changed = projects.set_placeholder_ids(project, are_missing=choice == "missing")
    words = "count as not given" if changed.are_placeholder_ids_missing else "count as they were sent"
    say(f"Placeholder ids of {changed.name} {words} from the next run on.")


@key_app.command("create")
def create_key(
    project: ProjectArgument,
    name: Annotated[str | None, typer.Option(help="What the key is for, such as the app that uses it.")] = None,
    scope: Annotated[str, typer.Option(help="ingest sends events; read reads what is published.")] = "ingest",
    *,
    as_json: JsonOption = False,
) -> None:
    """Make another API key, which is shown only this once.

    Example: `turret project key create "Support bot" --name "Mobile app"`
    """
    with open_projects() as projects:
        key = projects.create_key(project, name, scope)
    if as_json:
        document = {"project_id": key.project_id, "key_id": key.key_id, "scope": key.scope, "api_key": key.secret}
        print_json(document)
        return
    say(f"  Key id   {key.key_id}")
    say(f"  Scope    {key.scope}")
    say(f"  API key  {key.secret}")
    say("Keep the key now: only its fingerprint is stored, so it cannot be shown again.")


@key_app.command("revoke")
def revoke_key(
    project: ProjectArgument,
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID", help="As `turret project key list` shows it.")],
) -> None:
    """End an API key; it is refused within seconds.

    Example: `turret project key revoke "Support bot" key_0123456789abcdef`
    """
    with open_projects() as projects:
        key = projects.revoke_key(project, key_id)
    say(f"Key {key.key_id} ({key.prefix}…) was revoked at {_shown_time(key.revoked_at)}.")


@key_app.command("list")
def list_keys(project: ProjectArgument, as_json: JsonOption = False) -> None:  # noqa: FBT002  # a flag
    """Show a project's API keys by name and first characters, revoked ones too.

    Example: `turret project key list "Support bot"`
    """
    with open_projects() as projects:
        rows = [_key_row(key) for key in projects.list_keys(project)]
    print_rows(rows, f"Project {project} has no key; `turret project key create` makes one.", as_json=as_json)


@field_app.command("set")
def set_field(
    project: ProjectArgument,
    field: FieldArgument,
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="number, enum or text.")],
    *,
    anyway: AnywayOption = False,
) -> None:
    """Choose a field's type; it wins over what is detected, from the next run on.

    A field that no published event has is refused as a likely typo.

    Example: `turret project field set "Support bot" order.code enum`
    """
    from cli.marts.published_names import refuse_typos  # noqa: PLC0415 - `turret --help` need not load it

    with open_projects() as projects:
        if not anyway:
            refuse_typos(projects, project, lambda names: names.check_field(field))
        override = projects.set_field_override(project, field, type_)
    say(f"The field {override.field} counts as {override.type} from the next run on.")


@field_app.command("clear")
def clear_field(project: ProjectArgument, field: FieldArgument) -> None:
    """Let a field's type be detected again.

    Example: `turret project field clear "Support bot" order.code`
    """
    with open_projects() as projects:
        projects.clear_field_override(project, field)
    say(f"The type of the field {field} is detected again from the next run on.")


@field_app.command("list")
def list_fields(project: ProjectArgument, as_json: JsonOption = False) -> None:  # noqa: FBT002  # a flag
    """Show the fields whose type you chose.

    Example: `turret project field list "Support bot"`
    """
    with open_projects() as projects:
        rows = [_override_row(override) for override in projects.list_overrides(project)]
    print_rows(rows, f"All types of project {project} are detected.", as_json=as_json)


def _project_row(project: Project) -> Row:
    return {
        "project_id": project.project_id,
        "name": project.name,
        "plan": project.plan,
        "event_limit": project.event_limit,
        "journey_field": project.journey_field,
        "created_at": _shown_time(project.created_at),
    }


def _usage_row(usage: Usage) -> Row:
    return {
        "project_id": usage.project.project_id,
        "name": usage.project.name,
        "plan": usage.allowance.plan,
        "limit": usage.allowance.limit,
        "used": usage.used,
        "remaining": usage.remaining,
        "starts_at": _shown_time(usage.allowance.starts_at),
        "ends_at": _shown_time(usage.allowance.ends_at),
    }


def _key_row(key: ApiKey) -> Row:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "scope": key.scope,
        "prefix": key.prefix,
        "created_at": _shown_time(key.created_at),
        "last_used_at": _shown_time(key.last_used_at),
        "revoked_at": _shown_time(key.revoked_at),
    }


def _override_row(override: FieldOverride) -> Row:
    return {"field": override.field, "type": override.type}


def _shown_time(time: datetime | None) -> str | None:
    return None if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ")
