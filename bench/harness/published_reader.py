"""A process that reads the published marts continuously, in one of the ways that people do.

    python -m harness.published_reader WAY LINK

It ends when its standard input closes; each answer is one JSON line of its standard output.
"""

from __future__ import annotations

import json
import select
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from harness.generations import COUNTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANSWERS_BEFORE_REOPENING = 25


@contextmanager
def _opened(link: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    with duckdb.connect(link, read_only=True) as connection:
        yield connection, ""


@contextmanager
def _attached(link: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{link}' as turret (read_only)")
        yield connection, "turret."


def read_reopening(link: Path, say: Callable[[list[int]], None]) -> None:
    """Open the link, query once, close."""
    with _opened(link) as (connection, prefix):
        say(_counts(connection, prefix))


def read_attached(link: Path, say: Callable[[list[int]], None]) -> None:
    """Attach it to a new database, query once, detach."""
    with _attached(link) as (connection, prefix):
        say(_counts(connection, prefix))


def read_keeping(link: Path, say: Callable[[list[int]], None]) -> None:
    """Open, query many times, close: all answers of one connection must be equal, whatever is published meanwhile."""
    with _opened(link) as (connection, prefix):
        first = _counts(connection, prefix)
        say(first)
        for _ in range(ANSWERS_BEFORE_REOPENING):
            again = _counts(connection, prefix)
            if again != first:
                say(first + again)


WAYS = {"reopening": read_reopening, "attached": read_attached, "keeping": read_keeping}


def _counts(connection: duckdb.DuckDBPyConnection, prefix: str) -> list[int]:
    """Count the rows of each mart by a query of its own, so that a file that changes in between is noticed."""
    return [
        len(connection.execute(f"select project_id from {prefix}{table.qualified_name}").fetchall())  # noqa: S608  # names of contracts
        for table in COUNTED
    ]


def _say(counts: list[int]) -> None:
    print(json.dumps({"counts": counts}), flush=True)


def main() -> None:
    """Read until standard input closes; an error becomes an answer too."""
    way, link = WAYS[sys.argv[1]], Path(sys.argv[2])
    while not select.select([sys.stdin], [], [], 0)[0]:
        try:
            way(link, _say)
        except (duckdb.Error, OSError) as error:
            print(json.dumps({"error": " ".join(str(error).split())}), flush=True)


if __name__ == "__main__":
    main()
