"""`turret project …`: manage projects, their keys, and overrides of their fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import NotDeletedError
from cli.installation import open_projects
from cli.options import JsonOption, ProjectArgument
from cli.printing import Row, print_json, print_rows, print_table, say
from cli.projects import mask, retention
from projects.plans import DEFAULT_PLAN, allowance_of

if TYPE_CHECKING:
    from projects.records import ApiKey, Project, Usage

app = typer.Typer(help="Manage projects, their API keys and the types of their fields.", no_args_is_help=True)
key_app = typer.Typer(help="Manage API keys of a project.", no_args_is_help=True)
field_app = typer.Typer(help="Override the types and outcomes of metadata fields.", no_args_is_help=True)
BY_NAME = "by-name"
app.add_typer(key_app, name="key")
app.add_typer(field_app, name="field")
app.add_typer(mask.app, name="mask")
app.command("retention")(retention.retention)

FieldArgument = Annotated[str, typer.Argument(metavar="FIELD", help="Dotted name of the metadata field.")]
AnywayOption = Annotated[bool, typer.Option("--anyway", help="Set it even if no published event has this name yet.")]


@app.command("create")
def create(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A name of 1 to 100 characters, used by no other project.")
    ],
    plan: Annotated[str, typer.Option(help="trial, pro, business or enterprise.")] = DEFAULT_PLAN,
    limit: Annotated[int | None, typer.Option(help="Number of events allowed, instead of the plan's.")] = None,
    as_json: JsonOption = False,  # noqa: FBT002  # how Typer declares a flag
) -> None:
    """Create a project and its first API key, which is shown only once.

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
    say("Save the key now: only its hash is stored, so it cannot be shown again.")


@app.command("list")
def list_(as_json: JsonOption = False) -> None:  # noqa: FBT002  # how Typer declares a flag
    """List all projects.

    Example: `turret project list --json`
    """
    with open_projects() as projects:
        found = projects.list_projects()
    if as_json:
        print_json([_project_row(project) for project in found])
    elif not found:
        say("There is no project yet; run `turret project create NAME`.")
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
    """Rename a project. Its id, keys and events stay the same.

    Example: `turret project rename "Support bot" "Help desk"`
    """
    with open_projects() as projects:
        renamed = projects.rename_project(project, new_name)
    say(f"Project {renamed.project_id} is now named {renamed.name}.")


@app.command("delete")
def delete(
    project: ProjectArgument,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation, for scripts.")] = False,
) -> None:
    """Delete a project: revoke its keys, and hide it from the dashboard and all commands.

    The next run removes its events from all marts and the published file, and loads no more of them. They stay on disk:
    in landing/, in the warehouse, and in the earlier published files that are kept.

    Example: `turret project delete "Support bot"`
    """
    with open_projects() as projects:
        found = projects.get(project)
        if not yes and typer.prompt(f"Type the project's name, {found.name}, to delete it") != found.name:
            raise NotDeletedError(f"The name does not match; the project {found.name!r} was not deleted.")
        projects.delete_project(found.project_id)
    say(f"Project {found.name} ({found.project_id}) is deleted and its keys are revoked.")
    say("The next run removes its events from the marts. They stay on disk, in landing/ and in the warehouse.")


@app.command("usage")
def usage(
    project: Annotated[
        str | None, typer.Argument(metavar="PROJECT", help="Show only this project, by id or name.")
    ] = None,
    as_json: JsonOption = False,  # noqa: FBT002  # a flag
) -> None:
    """Show how many events of the plan are used. Running collectors report about once a second.

    Example: `turret project usage "Support bot" --json`
    """
    with open_projects() as projects:
        names = [project] if project else [found.project_id for found in projects.list_projects()]
        usages = [projects.ledger.usage(name, datetime.now(UTC)) for name in names]
    rows = [_usage_row(found) for found in usages]
    if as_json:
        print_json(rows[0] if project else rows)
    elif not rows:
        say("There is no project yet; run `turret project create NAME`.")
    else:
        print_table(rows)
        for found in usages:
            if found.allowance.is_trial:
                say(f"{found.project.name} is on the plan {found.allowance.in_words()}.")


@app.command("plan")
def plan(
    project: ProjectArgument,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="trial, pro, business or enterprise.")],
    limit: Annotated[int | None, typer.Option(help="Number of events allowed, instead of the plan's.")] = None,
) -> None:
    """Change a project's plan. Running collectors apply it within seconds.

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
    clear: Annotated[bool, typer.Option("--clear", help="Let Turret choose again.")] = False,
    anyway: AnywayOption = False,
) -> None:
    """Choose the text field whose topics are the steps of journeys. Default: the one with most events.

    A field that no published event has, or that is not text, is refused as a likely typo.

    Example: `turret project journey-field "Support bot" prompt`
    """
    if (field is None) is not clear:
        raise typer.BadParameter("give either a FIELD or --clear")
    from cli.marts.published_names import refuse_typos  # noqa: PLC0415 - `turret --help` need not load it

    with open_projects() as projects:
        if field is not None and not anyway:
            refuse_typos(projects, project, lambda names: names.check_text_field(field, "journeys"))
        changed = projects.set_journey_field(project, field)
    if changed.journey_field is None:
        say(f"Journeys of {changed.name} will follow the text field with most events from the next run on.")
    else:
        say(f"Journeys of {changed.name} will follow the field {changed.journey_field} from the next run on.")


@app.command("first-day")
def first_day(
    project: ProjectArgument,
    day: Annotated[
        datetime | None, typer.Argument(metavar="DAY", formats=["%Y-%m-%d"], help="A date such as 2026-01-31.")
    ] = None,
    *,
    clear: Annotated[bool, typer.Option("--clear", help="Let Turret choose again.")] = False,
) -> None:
    """Choose the first day (UTC) whose events count. The next run excludes earlier ones.

    By default it is detected: a few events long before all others, as a reset clock creates them, are excluded. The
    day 0001-01-01 includes every event.

    Example: `turret project first-day "Support bot" 2026-01-31`
    """
    if (day is None) is not clear:
        raise typer.BadParameter("give either a DAY or --clear")
    with open_projects() as projects:
        changed = projects.set_first_day(project, None if day is None else day.date())
    if changed.first_day is None:
        say(f"The first day of {changed.name} will be detected again by the next run.")
    else:
        say(f"The next run counts events of {changed.name} from {changed.first_day} on.")


@app.command("late-after")
def late_after(
    project: ProjectArgument,
    seconds: Annotated[int | None, typer.Argument(metavar="SECONDS", help="1 to 3600; 10 by default.")] = None,
    *,
    clear: Annotated[bool, typer.Option("--clear", help="Take the default again.")] = False,
) -> None:
    """Choose after how many seconds an answer is late.

    Example: `turret project late-after "Support bot" 5`
    """
    if (seconds is None) is not clear:
        raise typer.BadParameter("give either SECONDS or --clear")
    with open_projects() as projects:
        changed = projects.set_late_after(project, seconds)
    after = "the default time" if changed.late_after_s is None else f"{changed.late_after_s} seconds"
    say(f"The next run counts answers of {changed.name} as late after {after}.")


@app.command("placeholder-ids")
def placeholder_ids(
    project: ProjectArgument,
    choice: Annotated[str, typer.Argument(metavar="CHOICE", help="keep or missing.")],
) -> None:
    """Choose whether placeholder ids, such as undefined, null or [object Object], count as missing.

    `keep`, the default, uses them as sent: all events with such an id are one session or user. `missing` treats them as
    not given.

    Example: `turret project placeholder-ids "Support bot" missing`
    """
    if choice not in {"keep", "missing"}:
        raise typer.BadParameter(f"{choice!r} is not allowed; use keep or missing")
    with open_projects() as projects:
        changed = projects.set_placeholder_ids(project, are_missing=choice == "missing")
    words = "count as missing" if changed.are_placeholder_ids_missing else "count as sent"
    say(f"Placeholder ids of {changed.name} {words} from the next run on.")


@app.command("refits")
def refits(
    project: ProjectArgument,
    choice: Annotated[str, typer.Argument(metavar="CHOICE", help="automatic or manual.")],
) -> None:
    """Choose whether topics are refitted automatically, when messages drift, or only by hand.

    With `manual`, `turret topic refit` refits them. New messages still join known topics, or form new ones.

    Example: `turret project refits "Support bot" manual`
    """
    if choice not in {"automatic", "manual"}:
        raise typer.BadParameter(f"{choice!r} is not allowed; use automatic or manual")
    with open_projects() as projects:
        changed = projects.set_refits(project, are_automatic=choice == "automatic")
    words = "automatically, when messages drift" if changed.are_refits_automatic else "only by hand"
    say(f"Topics of {changed.name} are refitted {words}, from the next run on.")


@key_app.command("create")
def create_key(
    project: ProjectArgument,
    name: Annotated[str | None, typer.Option(help="Purpose of the key, such as the app that uses it.")] = None,
    scope: Annotated[
        str, typer.Option(help="ingest to send events, read to read published data, erase to erase users.")
    ] = "ingest",
    *,
    expires_days: Annotated[
        int | None, typer.Option(help="Days after which the key stops working; by default, it does not.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Create another API key, which is shown only once.

    Example: `turret project key create "Support bot" --name "Mobile app" --expires-days 90`
    """
    with open_projects() as projects:
        key = projects.create_key(project, name, scope, expires_days)
    if as_json:
        document: Row = {"project_id": key.project_id, "key_id": key.key_id, "scope": key.scope, "api_key": key.secret}
        document["expires_at"] = _shown_time(key.expires_at)
        print_json(document)
        return
    say(f"  Key id   {key.key_id}")
    say(f"  Scope    {key.scope}")
    if key.expires_at is not None:
        say(f"  Expires  {_shown_time(key.expires_at)}")
    say(f"  API key  {key.secret}")
    say("Save the key now: only its hash is stored, so it cannot be shown again.")


@key_app.command("revoke")
def revoke_key(
    project: ProjectArgument,
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID", help="Key id from `turret project key list`.")],
) -> None:
    """Revoke an API key. It stops working within seconds.

    Example: `turret project key revoke "Support bot" key_0123456789abcdef`
    """
    with open_projects() as projects:
        key = projects.revoke_key(project, key_id)
    say(f"Key {key.key_id} ({key.prefix}…) was revoked at {_shown_time(key.revoked_at)}.")


@key_app.command("list")
def list_keys(project: ProjectArgument, as_json: JsonOption = False) -> None:  # noqa: FBT002  # a flag
    """List a project's API keys by name and first characters, including revoked ones.

    Example: `turret project key list "Support bot"`
    """
    with open_projects() as projects:
        rows = [_key_row(key) for key in projects.list_keys(project)]
    print_rows(rows, f"Project {project} has no keys; `turret project key create` creates one.", as_json=as_json)


@field_app.command("set")
def set_field(
    project: ProjectArgument,
    field: FieldArgument,
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="number, enum or text.")],
    *,
    anyway: AnywayOption = False,
) -> None:
    """Override a field's detected type, from the next run on.

    A field that no published event has is refused as a likely typo.

    Example: `turret project field set "Support bot" order.code enum`
    """
    from cli.marts.published_names import refuse_typos  # noqa: PLC0415 - `turret --help` need not load it

    with open_projects() as projects:
        if not anyway:
            refuse_typos(projects, project, lambda names: names.check_field(field))
        override = projects.set_field_override(project, field, type_)
    say(f"The field {override.field} will be of type {override.type} from the next run on.")


@field_app.command("clear")
def clear_field(project: ProjectArgument, field: FieldArgument) -> None:
    """Detect a field's type again.

    Example: `turret project field clear "Support bot" order.code`
    """
    with open_projects() as projects:
        projects.clear_field_override(project, field)
    say(f"The next run will detect the type of the field {field} again.")


@field_app.command("outcome")
def choose_outcome(
    project: ProjectArgument,
    field: FieldArgument,
    outcome: Annotated[
        str,
        typer.Argument(
            metavar="OUTCOME",
            help="positive or negative: true is a good or a bad outcome; none: no outcome; by-name: as its name says.",
        ),
    ],
    *,
    anyway: AnywayOption = False,
) -> None:
    """Choose what true and false of a field say about how a session went.

    By its name, resolved is a good outcome, and handoff and fallback are bad ones. A field that no published event has
    is refused as a likely typo.

    Example: `turret project field outcome "Support bot" escalated negative`
    """
    from cli.marts.published_names import refuse_typos  # noqa: PLC0415 - `turret --help` need not load it

    with open_projects() as projects:
        if outcome == BY_NAME:
            projects.clear_field_outcome(project, field)
        else:
            if not anyway:
                refuse_typos(projects, project, lambda names: names.check_field(field))
            projects.set_field_outcome(project, field, outcome)
    say(f"The outcome of the field {field} will be {outcome} from the next run on.")


@field_app.command("list")
def list_fields(project: ProjectArgument, as_json: JsonOption = False) -> None:  # noqa: FBT002  # a flag
    """List the fields whose type or outcome people chose; a field without a choice has none.

    Example: `turret project field list "Support bot"`
    """
    with open_projects() as projects:
        types = {override.field: override.type for override in projects.list_overrides(project)}
        outcomes = {choice.field: choice.outcome for choice in projects.list_field_outcomes(project)}
    fields = sorted({*types, *outcomes})
    rows: list[Row] = [{"field": field, "type": types.get(field), "outcome": outcomes.get(field)} for field in fields]
    print_rows(rows, f"Project {project} has no overridden types or outcomes.", as_json=as_json)


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
        "expires_at": _shown_time(key.expires_at),
        "revoked_at": _shown_time(key.revoked_at),
    }


def _shown_time(time: datetime | None) -> str | None:
    return None if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ")
