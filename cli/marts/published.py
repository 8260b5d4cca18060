"""Open the published marts for reading."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.errors import NothingPublishedError, QueryError
from contracts.run_progress import read_progress
from contracts.tables import MARTS_SCHEMA, NARROW

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import duckdb

    from contracts.home import Home

OPENING_TRIES = 3


@contextmanager
def open_published(home: Home, writes_to: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a read-only connection to the newest published file, with the marts on the search path and times in UTC.

    Args:
        home: the installation.
        writes_to: the only folder to which it may write files; none by default.

    Raises:
        NothingPublishedError: no run has published yet.
        QueryError: DuckDB cannot read the file.
    """
    connection = _opened(home)
    _narrow(connection, writes_to)
    try:
        yield connection
    finally:
        connection.close()


def describe_details(first_days: Mapping[str, object]) -> str:
    """Say in a sentence from which day on sessions are published; empty if all are.

    Args:
        first_days: the first day of the published sessions, by project, if older ones are left out.
    """
    days = sorted({str(day) for day in first_days.values()})
    if not days:
        return ""
    depending = ", or from a later day, depending on the project" if len(days) > 1 else ""
    return (
        f"Rows of sessions, events and messages are published from {days[0]} on{depending}; of older ones, aggregates "
        "are published."
    )


def _opened(home: Home) -> duckdb.DuckDBPyConnection:
    import duckdb  # noqa: PLC0415 - a tenth of a second that `turret --help` need not pay

    for tries_left in reversed(range(OPENING_TRIES)):
        if not home.root.exists():
            raise NothingPublishedError(
                f"There is no folder {home.root}; set TURRET_HOME to the folder of Turret's data."
            )
        if not home.published.exists():
            is_running = read_progress(home) is not None
            remedy = "`turret status` shows the progress of the first run" if is_running else "run `turret run` first"
            raise NothingPublishedError(f"Nothing is published in {home.root} yet; {remedy}.")
        file = home.published.resolve()
        try:
            connection = duckdb.connect(file, read_only=True)
        except duckdb.Error as error:
            if tries_left and not file.exists():  # it was the oldest version kept, and a newer one replaced it
                continue
            raise QueryError(f"The published file {file} cannot be opened: {_first_line(error)}.") from error
        return connection
    raise NothingPublishedError(f"The published file in {home.root} changes too fast to be opened.")


def _narrow(connection: duckdb.DuckDBPyConnection, writes_to: Path | None) -> None:
    if writes_to is not None:
        connection.execute("set allowed_directories = ?", [[str(writes_to)]])
    connection.execute(f"set search_path = '{MARTS_SCHEMA}'")
    connection.execute("set TimeZone = 'UTC'")
    for setting, value in NARROW.items():
        connection.execute(f"set {setting} = {str(value).lower()}")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")
