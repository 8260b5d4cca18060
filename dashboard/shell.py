"""The frame of every page: the menu, the project switch, the freshness of the data, and light or dark mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html

from contracts.run_progress import STARTING
from dashboard.charts.theme import MANTINE
from dashboard.formatting import duration, moment, shorten
from dashboard.pages import MENU
from dashboard.sign_in.forms import CHANGE_PASSWORD
from dashboard.ui.aria import DECORATIVE, labelled
from dashboard.ui.controls import LINK, control_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from contracts.run_progress import RunProgress
    from dashboard.data.address import Address
    from dashboard.sign_in import Visitor

SCHEME_SCRIPT = """
      (function () {
        var chosen = localStorage.getItem("mantine-color-scheme-value");
        var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
        document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
      })();
    """
"""Sets the colour scheme before anything is drawn, so that a dark page never flashes white."""

INDEX = f"""<!DOCTYPE html>
<html lang="en">
  <head>
    {{%metas%}}
    <title>{{%title%}}</title>
    <link rel="icon" type="image/svg+xml" href="/assets/mark.svg">
    {{%css%}}
    <script>{SCHEME_SCRIPT}</script>
  </head>
  <body>
    {{%app_entry%}}
    <footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer>
  </body>
</html>"""
"""The HTML of the page before any script has run."""


def shell(refresh_s: float) -> Any:
    """Lay out the frame; `refresh_s` is how often the browser asks for a newer version, in seconds."""
    return dmc.MantineProvider(
        [
            dcc.Location(id="address", refresh="callback-nav"),
            dcc.Store(id="shown"),
            dcc.Store(id="newer"),
            dcc.Interval(id="heartbeat", interval=round(refresh_s * 1000)),
            html.A("Skip to content", href="#page", className="skip"),
            html.Div(
                [
                    html.Aside(
                        html.Div(
                            [_brand(), html.Nav(id="menu", className="menu", **labelled("Pages"))],
                            className="side-inner",
                        ),
                        className="side",
                    ),
                    html.Div(
                        [
                            _bar(),
                            html.Div(id="filters-slot"),
                            html.Div(id="said", className="said"),
                            html.Main(_skeleton(), id="page", className="page", tabIndex="-1"),
                        ],
                        className="body",
                    ),
                ],
                className="frame",
            ),
        ],
        theme=MANTINE,
        defaultColorScheme="auto",
    )


def menu(address: Address, parts: Collection[str] | None = None) -> list[Any]:
    """Lay out links to the pages, with the current one marked.

    Args:
        address: of the current page.
        parts: first parts of the addresses of pages that the visitor sees; None for all.
    """
    return [
        dcc.Link(
            [html.Span(className=f"icon icon-{entry.name.lower()}", **DECORATIVE), entry.name],
            href=address.to(*([entry.part] if entry.part else [])).href,
            className="menu-link is-current" if entry.is_current(address.parts) else "menu-link",
        )
        for entry in MENU
        if parts is None or (entry.part or "") in parts
    ]


def project_switch(hrefs: dict[str, str], names: dict[str, str], current: str | None) -> Any:
    """Lay out the choice of project; addresses and names are by project id."""
    shown = hrefs.get(current or "", "")
    return dmc.Select(
        data=[{"value": hrefs[key], "label": shorten(name, 60)} for key, name in names.items()],
        value=shown or None,
        allowDeselect=False,
        searchable=len(names) > 7,  # noqa: PLR2004  # more do not fit the list without scrolling
        size="sm",
        placeholder="No project",
        comboboxProps={"shadow": "md"},
        **control_of([], shown, LINK),
        **labelled("Project"),
    )


def freshness(fresh_until: datetime | None) -> Any:
    """State how fresh the data is."""
    if fresh_until is None:
        return None
    return [
        html.Span("Data as of ", className="fresh-word"),
        html.Time(f"{moment(fresh_until)} UTC", dateTime=fresh_until.isoformat()),
    ]


def under_way(run: RunProgress | None, now: datetime) -> Any:
    """Name the stage of the current run; nothing without one.

    Args:
        run: as `contracts.run_progress` reads it.
        now: the time, UTC and aware.
    """
    if run is None:
        return None
    if run == STARTING:
        return "Starting a run"
    stage_s = (now.replace(tzinfo=None) - run.stage_started_at).total_seconds()
    return f"{run.title} · {duration(max(0.0, stage_s))}"


def _brand() -> Any:
    return dcc.Link(
        [html.Img(src="/assets/mark.svg", alt="", className="mark"), html.Span("Turret")], href="/", className="brand"
    )


def _bar() -> html.Header:
    toggle = dmc.ColorSchemeToggle(
        lightIcon=html.Span(className="icon icon-sun"),
        darkIcon=html.Span(className="icon icon-moon"),
        variant="subtle",
        color="gray",
        size="lg",
        **labelled("Switch between light and dark"),
    )
    return html.Header(
        [
            html.Div(id="project-slot", className="project-slot"),
            html.P(id="under-way", className="under-way", role="status"),
            html.P(id="freshness", className="fresh"),
            toggle,
            html.Div(id="visitor-slot"),
        ],
        className="bar",
    )


ROLE_WORDS = {"admin": "Admin", "viewer": "Viewer", "numbers": "Numbers only"}


def visitor_menu(visitor: Visitor) -> Any:
    """Show who is signed in, and how to sign out; nothing where sign-in is off."""
    if visitor.person is None:
        return None
    name = html.Summary(html.Bdi(shorten(visitor.name, 30)), className="visitor")
    body = html.Div(
        [
            html.P(ROLE_WORDS.get(visitor.person.role, ROLE_WORDS["numbers"]), className="quiet menu-role"),
            html.A("Change password", href=CHANGE_PASSWORD, className="menu-button")
            if visitor.person.has_password
            else None,
            _way_out("/sign-out", "Sign out"),
            _way_out("/sign-out-everywhere", "Sign out on all devices"),
        ],
        className="drop",
    )
    return html.Details([name, body], className="dropdown")


def _way_out(path: str, words: str) -> html.Form:
    return html.Form(html.Button(words, type="submit", className="menu-button"), method="POST", action=path)


def _skeleton() -> Any:
    """Lay out the outline of a page while the first one loads."""
    return html.Div(
        [
            html.Div(className="bone bone-title"),
            html.Div([html.Div(className="bone") for _ in range(4)], className="bones"),
            html.Div(className="bone bone-large"),
        ],
        className="skeleton",
        role="status",
        **labelled("Loading"),
    )
