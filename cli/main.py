"""The `turret` command: all commands are registered here, in the order of the help."""

from __future__ import annotations

import errno
import gc
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from cli.demo.command import demo
from cli.marts.export import export
from cli.marts.query import query
from cli.marts.report import report
from cli.pipeline import event
from cli.pipeline.backup import backup, restore
from cli.pipeline.docs import docs
from cli.pipeline.doctor import doctor
from cli.pipeline.import_events import import_events
from cli.pipeline.release import release
from cli.pipeline.run import run
from cli.pipeline.status import status
from cli.projects import alert, goal, person, project
from cli.projects.audit import audit
from cli.serve.collector import collector
from cli.serve.dashboard import dashboard
from cli.serve.mcp import mcp
from cli.serve.up import up
from cli.topics import topic
from contracts.errors import TurretError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

app = typer.Typer(
    name="turret",
    help="Product analytics for AI applications: topics and journeys from what users say.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)

app.command("up")(up)
app.command("demo")(demo)
app.command("collector")(collector)
app.command("dashboard")(dashboard)
project.app.add_typer(goal.app, name="goal")
app.add_typer(project.app, name="project")
app.add_typer(person.app, name="person")
app.add_typer(alert.app, name="alert")
app.add_typer(topic.app, name="topic")
app.add_typer(event.app, name="event")
app.command("import")(import_events)
app.command("run")(run)
app.command("release")(release)
app.command("query")(query)
app.command("export")(export)
app.command("report")(report)
app.command("mcp")(mcp)
app.command("audit")(audit)
app.command("status")(status)
app.command("doctor")(doctor)
app.command("backup")(backup)
app.command("restore")(restore)
app.command("docs")(docs)


def _print_version(*, is_asked: bool) -> None:
    if not is_asked:
        return
    from importlib.metadata import version  # noqa: PLC0415 - `turret --help` need not load it

    typer.echo(f"turret {version('turret')}")
    raise typer.Exit


@app.callback()
def _turret(
    *,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """-"""


def main() -> None:
    """Run the command line; an expected error ends it with one sentence and status 1."""
    try:
        app()
    except TurretError as error:
        # The sentence may contain names that users chose: it is data, not markup.
        Console(stderr=True).print(Text.assemble(("Error:", "red"), f" {error}"), soft_wrap=True)
        sys.exit(1)
    except OSError as error:
        # A write to a full disk raises an error without a file name.
        if not error.filename and error.errno not in FULL:
            raise
        where = f"{error.filename}: " if error.filename else ""
        Console(stderr=True).print(Text.assemble(("Error:", "red"), f" {where}{error.strerror}."), soft_wrap=True)
        sys.exit(1)
    finally:
        gc.freeze()  # the interpreter ends with full collections, which took 2 s after a run


if __name__ == "__main__":
    main()
