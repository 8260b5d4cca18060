"""The problems that need an admin, at the top of the Overview."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dash import html

from contracts.errors import TurretError
from contracts.settings import home_of
from contracts.trouble import find_trouble
from dashboard.formatting import count
from dashboard.ui.card import card
from dashboard.ui.sentences import with_code

if TYPE_CHECKING:
    from contracts.settings import Settings
    from contracts.trouble import Trouble


def trouble_card(settings: Settings, names: dict[str, str]) -> Any:
    """List the problems that `turret status` reports: blocked gates, failed runs, unknown projects, waiting files.

    Args:
        settings: the installation's settings.
        names: names of projects by their ids.
    """
    try:
        found = [_item(trouble) for trouble in find_trouble(home_of(settings), names, datetime.now(UTC))]
    except TurretError as error:
        found = [html.Li(with_code(str(error)))]
    if not found:
        return None
    title = "Something needs your attention" if len(found) == 1 else f"{count(len(found))} things need your attention"
    return card(
        title,
        html.Ul(found, className="trouble-list"),
        note="Covers all projects. Only admins see this. On the command line: “turret status”.",
        class_name="trouble",
    )


def _item(trouble: Trouble) -> html.Li:
    return html.Li([html.Strong(f"{trouble.kind}: "), html.Bdi(with_code(trouble.sentence))])
