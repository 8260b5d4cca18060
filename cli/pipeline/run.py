"""`turret run`: run the pipeline over everything that has landed."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from cli.installation import load_settings
from cli.options import AnyProjectsOption, JsonOption
from cli.pipeline.unsealed import SEALING_S, upload_outbox, wait_for_sealing
from cli.printing import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contracts.settings import Settings
    from orchestration.runs.run_result import RunResult


class Engine(StrEnum):
    """The engines of the setting TURRET_ENGINE."""

    DUCKDB = "duckdb"
    SPARK = "spark"


MAX_SEAL_WAIT_S = 30.0
AFTER_PUBLISHING = "judge_alerts"
"""The step that follows publishing; a failure begins with the name of its step."""
"""Maximum time to wait for a collector to seal its files."""


def run(
    project: AnyProjectsOption = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Run all steps even if nothing is new.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Rebuild all tables and marts; topics, their ids and edits stay.")
    ] = False,
    engine: Annotated[
        Engine | None, typer.Option(help="Load and model the events with this engine instead of TURRET_ENGINE's.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Load new events, find and name topics, compute journeys, check and publish the marts.

    This runs the same graph as the Dagster UI, which records the run. It waits while another run writes.
    The exit status is 0 only if every step and every blocking check passed.

    Example: `turret run`
    """
    settings = load_settings(engine=engine.value) if engine else load_settings()
    console = Console(stderr=as_json, highlight=False)
    with console.status("Starting the pipeline"):
        from collector.wal.recovery import recover  # noqa: PLC0415 - heavy: loaded when needed
        from contracts.settings import home_of  # noqa: PLC0415 - the same
        from orchestration.run import run_pipeline  # noqa: PLC0415 - the same
        from projects.database import open_projects  # noqa: PLC0415 - the same

        with open_projects(settings) as database:
            recover(home_of(settings), database.ledger)
            project_ids = [database.get(name).project_id for name in project] if project else None
            names = {each.project_id: each.name for each in database.list_projects()}
    _wait_for_open_events(console, settings)
    upload_outbox(settings)
    result = run_pipeline(
        settings,
        project_ids,
        on_progress=lambda line: console.print(f"[dim]·[/dim] {line}"),
        force=force,
        rebuild=rebuild,
    )
    if as_json:
        typer.echo(json.dumps(asdict(result), indent=2))
    else:
        _print(console, result, names)
    if not result.success:
        raise typer.Exit(1)


def _wait_for_open_events(console: Console, settings: Settings) -> None:
    """Wait until a running collector has sealed its open events, because a run reads only sealed files."""
    from contracts.home import Home  # noqa: PLC0415 - the same

    wait_s = min(settings.collector_segment_max_age_s, MAX_SEAL_WAIT_S) + SEALING_S
    with console.status("Waiting until the collector has sealed the newest events"):
        n_open = wait_for_sealing(Home(settings.home), wait_s)
    if n_open:
        events = "1 event is" if n_open == 1 else f"{n_open:,} events are"
        console.print(
            f"{events} not sealed yet and not in this run: collectors seal within "
            f"{settings.collector_segment_max_age_s:g} s (TURRET_COLLECTOR_SEGMENT_MAX_AGE_S).",
            soft_wrap=True,
        )


def _print(console: Console, result: RunResult, names: Mapping[str, str]) -> None:
    from contracts.trouble import name_projects  # noqa: PLC0415 - `turret --help` need not load it

    for warning in result.warnings:
        sentence = name_projects(warning, names)
        console.print(Text.assemble(("Warning:", "yellow"), f" {sentence}"), soft_wrap=True)
    for failure in result.failures:
        sentence = name_projects(failure, names)
        console.print(Text.assemble(("Failed:", "red"), f" {sentence}"), soft_wrap=True)
    if result.is_unchanged:
        console.print(f"Nothing is new: the marts published by run {result.run_id} are up to date.", soft_wrap=True)
    elif result.success:
        new = result.stages["load"]["rows_unpublished"]  # a run before this one may have loaded some and been killed
        console.print(f"Published in {result.seconds:.1f} s; {counted(int(new), 'new event')}.", soft_wrap=True)
        _print_cost(console, result.stages["label"])
    elif result.failures and all(failure.startswith(AFTER_PUBLISHING) for failure in result.failures):
        console.print("The marts were published; only alerts about them failed.", soft_wrap=True)
    else:
        console.print("Nothing was published; the last good marts stay in place.", soft_wrap=True)


def _print_cost(console: Console, named: dict[str, int | float]) -> None:
    """Print the requests to the language model that names topics, if there is one."""
    if "llm_calls" not in named:
        return
    left_out = "; the budget is used up, so the next run names the rest" if named["llm_requests_left_out"] else ""
    console.print(
        f"Names: {counted(int(named['llm_calls']), 'request')} to the model, "
        f"{counted(int(named['llm_tokens']), 'token')}, "
        f"{counted(int(named['llm_cached_answers']), 'answer')} from the cache{left_out}.",
        soft_wrap=True,
    )
