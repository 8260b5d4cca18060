"""`turret person …`: manage who may sign in to the dashboard, and erase users of the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.installation import load_settings, open_projects
from cli.options import JsonOption
from cli.printing import Row, print_rows, say
from cli.projects.erasure import cancel_erasure, erase, list_erasures

if TYPE_CHECKING:
    from projects.access.people import PasswordLink, Person

app = typer.Typer(help="Manage who may sign in to the dashboard, and erase users of the app.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Sign-in name.")]
RoleOption = Annotated[
    str,
    typer.Option(
        help="`admin` may change everything; `viewer` sees everything except settings and changes nothing; `numbers` "
        "sees numbers of enough people, and no texts, ids or single sessions."
    ),
]


@app.command("add")
def add(name: NameArgument, role: RoleOption = "viewer") -> None:
    """Add a person, and print a link with which they choose a password, once.

    Example: `turret person add ada@example.com --role admin`
    """
    with open_projects() as projects:
        link = projects.people.add(name, role)
    _print_link(link)


@app.command("list")
def list_people(
    as_json: JsonOption = False,  # noqa: FBT002  # a flag
) -> None:
    """List who may sign in.

    Example: `turret person list --json`
    """
    with open_projects() as projects:
        rows = [_row(person) for person in projects.people.list()]
    print_rows(
        rows,
        "Nobody can sign in yet. Start the dashboard to get a link for the first admin.",
        as_json=as_json,
    )


@app.command("link")
def link(name: NameArgument) -> None:
    """Print a link with which a person chooses a new password, once. Older links stop working.

    Example: `turret person link ada@example.com`
    """
    with open_projects() as projects:
        made = projects.people.new_link(projects.people.find(name).person_id)
    _print_link(made)


@app.command("role")
def role(
    name: NameArgument, role: Annotated[str, typer.Argument(metavar="ROLE", help="admin, viewer or numbers.")]
) -> None:
    """Change a person's role.

    Example: `turret person role ada@example.com viewer`
    """
    with open_projects() as projects:
        person = projects.people.set_role(projects.people.find(name).person_id, role)
    say(f"{person.name} is now {person.role}.")


@app.command("remove")
def remove(name: NameArgument) -> None:
    """Remove a person. They are signed out everywhere within seconds.

    Example: `turret person remove ada@example.com`
    """
    with open_projects() as projects:
        projects.people.remove(projects.people.find(name).person_id)
    say(f"{name} can no longer sign in.")


app.command("erase")(erase)
app.command("erasures")(list_erasures)
app.command("cancel-erasure")(cancel_erasure)


def _row(person: Person) -> Row:
    return {
        "name": person.name,
        "role": person.role,
        "has_password": person.has_password,
        "last_seen_at": person.last_seen_at.isoformat(timespec="seconds") if person.last_seen_at else None,
    }


def _print_link(made: PasswordLink) -> None:
    from cli.serve.probes import addresses  # noqa: PLC0415  # the same

    until = f"{made.expires_at:%d %b %H:%M} UTC"
    say(f"{made.person.name} ({made.person.role}) can choose a password here, once, until {until}:")
    say(f"  {addresses(load_settings())['dashboard']}/password?link={made.secret}")
