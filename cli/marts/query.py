"""`turret query`: run SQL over the published marts."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cli.installation import load_settings
from contracts.home import Home
from contracts.tables import MARTS, read_detail_days

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

ROWS_AT_ONCE = 1_000
MISSING_TABLE = re.compile(r"Catalog Error: Table with name (\S+) does not exist(?=!)")


class Format(StrEnum):
    """The output format."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="SQL over the marts; table names need no schema.")],
    format_: Annotated[
        Format, typer.Option("--format", help="Output format: a table, a JSON array of objects, or CSV.")
    ] = (Format.TABLE),
) -> None:
    """Run SQL over the published marts, read-only. The query cannot reach other files or the network.

    Times are UTC. Rows are printed as they arrive, so large results need little memory.

    Example: `turret query "select label, n_messages from dim_topics where level = 0" --format csv`
    """
    from cli.marts.published import describe_details, open_published  # noqa: PLC0415 - `turret --help` need not load it

    with open_published(Home(load_settings().home)) as connection:
        columns = _execute(connection, sql)
        _print(columns, _pages(connection), format_)
        if sentence := describe_details(read_detail_days(connection)):
            typer.echo(sentence, err=True)


def _execute(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[str, str]]:
    """Run the SQL; return name and DuckDB type of each column of the last statement.

    Raises:
        QueryError: DuckDB refuses it.
    """
    import duckdb  # noqa: PLC0415 - see query()

    from cli.errors import QueryError  # noqa: PLC0415 - the same

    try:
        if not connection.extract_statements(sql):  # nothing, white space, comments, or a lone semicolon
            raise QueryError("The query is empty; give SQL in quotes.")
        connection.execute(sql)
    except (duckdb.Error, RuntimeError) as error:
        raise QueryError(f"DuckDB refuses the query: {_sentence(error)}") from error
    return [(str(column[0]), str(column[1])) for column in connection.description or ()]


def _pages(connection: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[object, ...]]]:
    """Yield the rows in pages.

    Raises:
        QueryError: the query fails at a later row.
    """
    import duckdb  # noqa: PLC0415 - see query()

    from cli.errors import QueryError  # noqa: PLC0415 - the same

    while True:
        try:
            page = connection.fetchmany(ROWS_AT_ONCE)
        except duckdb.Error as error:
            raise QueryError(f"The query failed while running: {_sentence(error)}") from error
        if not page:
            return
        yield page


def _print(columns: list[tuple[str, str]], pages: Iterator[list[tuple[object, ...]]], format_: Format) -> None:
    from cli.marts.rows import write_csv, write_json, write_table  # noqa: PLC0415 - see query()

    write = {Format.TABLE: write_table, Format.JSON: write_json, Format.CSV: write_csv}[format_]
    write(columns, pages, typer.get_text_stream("stdout"))


def _sentence(error: Exception) -> str:
    """Return DuckDB's message without its excerpt of the query: one line, ended by a full stop.

    For a missing table DuckDB suggests system tables too; replace the suggestion by similar marts.
    """
    from projects.name_suggestions import meant  # noqa: PLC0415 - see query()

    words = " ".join(str(error).split("\nLINE ")[0].split())
    if missing := MISSING_TABLE.match(words):
        hint = meant(missing[1], [mart.name for mart in MARTS]) or '`turret query "show tables"` lists all tables.'
        return f"{missing[0]}; {hint}"
    return words if words.endswith((".", "!", "?")) else f"{words}."
