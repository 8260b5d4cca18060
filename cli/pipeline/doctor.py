"""`turret doctor`: read every file of the home and say what is damaged."""

from __future__ import annotations

from dataclasses import asdict

import typer

from cli.installation import load_settings
from cli.options import JsonOption
from cli.printing import print_json

WIDTH = 12
MARKS = {"ok": "ok", "warning": "look", "damaged": "DAMAGED"}


def doctor(*, as_json: JsonOption = False) -> None:
    """Read every file of the home to its end, and say what is damaged and what to do. It changes nothing.

    The exit status is 1 if anything is damaged.

    Example: `turret doctor --json`
    """
    from orchestration.doctor import examine  # noqa: PLC0415 - `turret --help` need not load it

    findings = []
    for finding in examine(load_settings()):
        findings.append(finding)
        if not as_json:
            typer.echo(f"{finding.part:<{WIDTH}}{MARKS[finding.verdict]:<9}{finding.sentence}")
    if as_json:
        print_json([asdict(finding) for finding in findings])
    if any(finding.verdict == "damaged" for finding in findings):
        raise typer.Exit(1)
