"""`turret docs`: build pages of the checks' results."""

from __future__ import annotations

from rich.console import Console

from cli.installation import load_settings
from cli.printing import say
from contracts.home import Home


def docs() -> None:
    """Build Great Expectations' pages with the latest results of all checks.

    The pages are in the home's `data_docs` folder and load nothing from elsewhere: open the file in a browser.

    Example: `turret docs`
    """
    with Console(stderr=True).status("Building the pages"):
        from expectations.data_docs import build_pages  # noqa: PLC0415 - seconds that `turret --help` need not pay

        home = Home(load_settings().home)
        page = build_pages(home.checks, home.data_docs)
    say(f"Open {page}")
