"""`turret status`: show running parts, freshness of the marts, backlog, and disk space."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from cli.installation import load_settings
from cli.options import JsonOption
from cli.printing import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.pipeline.state import Backlog, Freshness, PartState, State, Unsealed
    from contracts.run_progress import RunProgress

NAME_WIDTH = 16
NOT_YET = "nothing published yet; run `turret run`"
FIRST_RUN = "nothing published yet; the first run is under way and publishes the marts in its last stage"


def status(*, as_json: JsonOption = False) -> None:
    """Show running parts, freshness of the published marts, the backlog, and disk space.

    It changes nothing.

    Example: `turret status --json`
    """
    from cli.pipeline.state import collect_state  # noqa: PLC0415 - `turret --help` need not load it

    state = collect_state(load_settings())
    if as_json:
        typer.echo(json.dumps(asdict(state), default=str, indent=2))
        return
    for name, value in _lines(state):
        typer.echo(f"{name:<{NAME_WIDTH}}{value}")


def _lines(state: State) -> Iterator[tuple[str, str]]:
    from contracts.trouble import WAITING  # noqa: PLC0415 - see status()

    yield "Home", state.home
    for name, part in state.parts.items():
        yield name.capitalize(), _part(part)
    yield "Projects", _projects(state)
    yield from _freshness(state.freshness, is_running=state.run is not None)
    if state.run is not None:
        yield "Run", _run(state.run)
    yield WAITING, _backlog(state.backlog)
    yield "Not sealed yet", _unsealed(state.unsealed)
    if state.outbox is not None:
        yield "Not uploaded", f"{_size(state.outbox.n_bytes)} in {counted(state.outbox.n_files, 'file')}"
    yield "Quarantine", f"{_size(state.quarantined.n_bytes)} in {counted(state.quarantined.n_files, 'file')}"
    yield from ((trouble.kind, trouble.sentence) for trouble in state.trouble)
    yield from (("Warning", sentence) for sentence in state.checks.warnings)
    if not state.trouble and not state.checks.warnings:
        yield "Checks", "no problems" if state.freshness else "no check has run yet"
    yield "Disk", f"{_size(state.used_bytes)} used by Turret, {_size(state.free_bytes)} free"


def _projects(state: State) -> str:
    from cli.pipeline.state import UNREADABLE  # noqa: PLC0415 - see status()

    if any(trouble.kind == UNREADABLE for trouble in state.trouble):
        return "unknown, see below"
    return ", ".join(state.projects.values()) or "none yet; run `turret project create NAME`"


def _part(part: PartState) -> str:
    if not part.is_answering:
        return f"does not answer at {part.url}"
    if part.is_of_this_home:
        return f"answers at {part.url}"
    return f"not running for this home; another program or another home's Turret answers at {part.url}"


def _run(run: RunProgress) -> str:
    from contracts.run_progress import STARTING  # noqa: PLC0415 - see status()

    if run == STARTING:
        return "under way, starting its first stage"
    now = datetime.now(UTC).replace(tzinfo=None)
    whole, stage = (max(0, int((now - since).total_seconds())) for since in (run.run_started_at, run.stage_started_at))
    return f"under way for {whole:,} s; {run.title} ({stage:,} s so far)"


def _unsealed(unsealed: Unsealed) -> str:
    if not unsealed.n_events:
        return "no events"
    events = f"{counted(unsealed.n_events, 'event')} ({_size(unsealed.n_bytes)})"
    if unsealed.sealed_within_s is None:
        return f"{events}; the next `turret run`, or the next start of a collector, seals them"
    if unsealed.n_late:
        return f"{events}; the collector cannot seal {unsealed.n_late:,} of them and keeps trying; its log says why"
    return f"{events}; the collector seals them within {unsealed.sealed_within_s:g} s, then a run can load them"


def _freshness(freshness: Freshness | None, *, is_running: bool) -> Iterator[tuple[str, str]]:
    from cli.marts.published import describe_details  # noqa: PLC0415 - see status()

    if freshness is None:
        yield "Marts", FIRST_RUN if is_running else NOT_YET
        return
    yield "Marts", f"{freshness.version}, published {freshness.published_at:%Y-%m-%d %H:%M:%S} UTC"
    if sentence := describe_details(freshness.details_from):
        yield "", sentence
    if freshness.last_run is None:
        yield "Last load", "no run has loaded events yet"
        return
    run = freshness.last_run
    yield "Last load", f"run {run.run_id}, started {run.started_at:%Y-%m-%d %H:%M:%S} UTC"
    counts = f"{counted(run.n_loaded, 'event')} loaded, {run.n_duplicates:,} duplicates, {run.n_rejected:,} rejected"
    yield "", counts
    yield "Fresh until", f"{run.fresh_until:%Y-%m-%d %H:%M:%S} UTC" if run.fresh_until else "no event yet"


def _backlog(backlog: Backlog) -> str:
    if not backlog.n_landed:
        return "nothing has landed yet"
    landed = counted(backlog.n_landed, "landed file")
    if backlog.n_waiting is None:
        return f"{landed}; unknown how many are waiting, because a run is writing the warehouse"
    wait = "waits" if backlog.n_waiting == 1 else "wait"
    return f"{backlog.n_waiting:,} of {landed} {wait} for a run ({_size(backlog.waiting_bytes or 0)})"


def _size(n_bytes: float) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if n_bytes < 1024:  # noqa: PLR2004 - what the units mean
            return f"{n_bytes:,.0f} bytes" if unit == "bytes" else f"{n_bytes:,.1f} {unit}"
        n_bytes /= 1024
    return f"{n_bytes:,.1f} TiB"
