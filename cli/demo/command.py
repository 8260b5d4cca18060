"""`turret demo`: simulate users, run the whole pipeline, and compare its results with the simulated truth."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from cli.installation import load_settings
from cli.printing import counted
from contracts.home import Home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress

    from contracts.settings import Settings
    from demo.simulation import Simulation
    from projects.records import Project
    from projects.repository import Projects

PROJECT_NAME = "Demo"
PLAN = "enterprise"
"""No time limit and no event limit, so the demo keeps working."""

WIDTH_WITHOUT_TERMINAL = 120


def demo(
    users: Annotated[int, typer.Option(min=1, max=20_000, help="Number of users to simulate.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Random seed; another seed simulates other users.")] = 7,
    days: Annotated[
        int, typer.Option(min=1, max=365, help="Number of days, ending now, that the events are spread over.")
    ] = 14,
) -> None:
    """Simulate users of an AI assistant, run the pipeline, and show topics, journeys and their accuracy.

    The events go over HTTP to the running collector; if none is running for this home, the command starts one while it
    sends. They land in a project named Demo. The same options create the same events with the same ids, so running the
    demo twice does not double anything.

    Example: `turret demo --users 200`
    """
    from demo.simulation import Scenario, simulate  # noqa: PLC0415 - `turret --help` need not load it
    from demo.truth import save_truth  # noqa: PLC0415 - the same

    settings = load_settings()
    Home(settings.home).make()
    console = _console()
    simulation = simulate(Scenario(users, seed, days), datetime.now(UTC))
    truth_path = save_truth(simulation.truth, settings.home / "demo")
    _say(
        console,
        f"{counted(users, 'user')} of an AI assistant in {counted(days, 'day')}: "
        f"{counted(len(simulation.events), 'event')} and {counted(len(simulation.feedback), 'rating')} simulated.",
    )
    _say(console, f"What they really meant is kept in {truth_path} and not sent.")
    project = _send(settings, simulation, console)
    _run(settings, project, console)
    from cli.demo.report import print_report  # noqa: PLC0415 - the same

    print_report(settings, project, simulation.truth, console)


def _console() -> Console:
    """Return the console; in a log file, lines may be longer than the 80 columns that rich assumes."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH_WITHOUT_TERMINAL)


def _say(console: Console, sentence: str) -> None:
    console.print(Text(sentence), soft_wrap=True)


def _send(settings: Settings, simulation: Simulation, console: Console) -> Project:
    """Send all events with a temporary key, and wait until they have landed."""
    from cli.demo.collector import demo_collector  # noqa: PLC0415 - see demo()
    from demo.sender import send_events  # noqa: PLC0415 - the same
    from projects.database import open_projects  # noqa: PLC0415 - the same

    with open_projects(settings) as projects:
        project = _demo_project(projects)
        key = projects.create_key(project.project_id)
        try:
            with (
                demo_collector(settings, key.secret, simulation.events[0], lambda line: _say(console, line)) as url,
                _progress(console) as bar,
            ):
                task = bar.add_task("Sending events", total=len(simulation.events) + len(simulation.feedback))
                counts = send_events(
                    url, key.secret, simulation.events, lambda: bar.advance(task), feedback=simulation.feedback
                )
        finally:
            projects.revoke_key(project.project_id, key.key_id)
    again = f", {counts.n_retries:,} of them after a retry" if counts.n_retries else ""
    _say(
        console,
        f"{counts.n_sent:,} events and ratings were accepted{again} and have landed in the project {project.name}.",
    )
    return project


def _demo_project(projects: Projects) -> Project:
    from projects.errors import NotFoundError  # noqa: PLC0415 - see demo()

    try:
        return projects.get(PROJECT_NAME)
    except NotFoundError:
        return projects.create_project(PROJECT_NAME, plan=PLAN)


def _progress(console: Console) -> Progress:
    from rich.progress import (  # noqa: PLC0415 - see demo()
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )


def _run(settings: Settings, project: Project, console: Console) -> None:
    """Run the pipeline over everything that has landed.

    Raises:
        PipelineError: a step or a blocking check failed.
    """
    from cli.errors import PipelineError  # noqa: PLC0415 - see demo()

    with console.status("Starting the pipeline"):
        from cli.pipeline.unsealed import upload_outbox  # noqa: PLC0415 - the same
        from orchestration.run import run_pipeline  # noqa: PLC0415 - heavy: Dagster and dbt

    upload_outbox(settings)
    result = run_pipeline(settings, [project.project_id], on_progress=lambda line: _say(console, f"· {line}"))
    for line in _warnings(result.warnings):
        _say(console, line)
    if not result.success:
        reasons = " ".join(result.failures) or "Dagster gives no reason."
        raise PipelineError(f"The pipeline failed in run {result.run_id}: {reasons}")
    _say(console, f"The pipeline took {result.seconds:.1f} s.")


def _warnings(warnings: list[str]) -> Iterator[str]:
    return (f"Warning: {warning}" for warning in warnings)
