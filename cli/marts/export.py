"""`turret export`: write the published marts as a folder of files."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cli.installation import load_settings, open_projects
from cli.marts.published import describe_details
from cli.options import AnyProjectOption, JsonOption
from cli.printing import counted, print_json, say
from contracts.home import Home
from contracts.tables import MARTS, read_detail_days

if TYPE_CHECKING:
    import duckdb

    from contracts.tables import Table

MANIFEST = "export.json"


class FileFormat(StrEnum):
    """How to write a table."""

    PARQUET = "parquet"
    CSV = "csv"


@dataclass(frozen=True)
class Export:
    """The contents of an export, also written to its `export.json`.

    Args:
        version: the published version, named as the file behind the link.
        project_id: the only project in the export, or None for all.
        format: `parquet` or `csv`.
        n_rows: number of rows of each table, by its name.
        details_from: the first day of the exported sessions, by project, if older ones are not published.
    """

    version: str
    project_id: str | None
    format: str
    n_rows: dict[str, int]
    details_from: dict[str, str]


def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to create, with one file per table.")],
    format_: Annotated[
        FileFormat, typer.Option("--format", help="File format; Parquet keeps the types.")
    ] = FileFormat.PARQUET,
    project: AnyProjectOption = None,
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an earlier export.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Export all published tables of one version to a folder, which appears when it is complete.

    Parquet (zstd) keeps lists, times and JSON. In CSV, lists are JSON, times are UTC, and null is empty.

    Example: `turret export /data/turret --project "Support bot"`
    """
    home = Home(load_settings().home)
    with Console(stderr=True).status("Writing the tables"):
        done = write_export(home, folder, format_, _project_id(project), replace=replace)
    if as_json:
        print_json(asdict(done))
        return
    say(
        f"Exported {len(done.n_rows)} tables with {counted(sum(done.n_rows.values()), 'row')} of {done.version} "
        f"to {folder}."
    )
    if sentence := describe_details(done.details_from):
        say(sentence)


def write_export(
    home: Home, folder: Path, format_: FileFormat, project_id: str | None, *, replace: bool = False
) -> Export:
    """Write the marts of the newest published version into `folder`, which is complete or absent.

    Raises:
        NothingPublishedError: no run has published yet.
        QueryError: DuckDB cannot read the published file.
        ExportError: the folder exists, or cannot be written.
    """
    import duckdb  # noqa: PLC0415 - a tenth of a second that `turret --help` need not pay

    from cli.errors import ExportError  # noqa: PLC0415 - the same
    from cli.marts.atomic_folder import replace_folder  # noqa: PLC0415 - the same
    from cli.marts.published import open_published  # noqa: PLC0415 - the same

    try:
        with replace_folder(folder, MANIFEST, replace=replace) as draft, open_published(home, writes_to=draft) as marts:
            n_rows = {table.name: _write(marts, table, project_id, draft, format_) for table in MARTS}
            first_days = read_detail_days(marts).items()
            details_from = {key: first.isoformat() for key, first in first_days if project_id in {None, key}}
            done = Export(_version(marts), project_id, format_.value, n_rows, details_from)
            (draft / MANIFEST).write_text(json.dumps(asdict(done), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ExportError(f"The export to {folder} failed: {error.strerror or error}.") from error
    except duckdb.Error as error:
        raise ExportError(f"The export to {folder} failed: {' '.join(str(error).split()).rstrip('.')}.") from error
    return done


def _project_id(project: str | None) -> str | None:
    if project is None:
        return None
    with open_projects() as projects:
        return projects.get(project).project_id


def _write(
    marts: duckdb.DuckDBPyConnection, table: Table, project_id: str | None, folder: Path, format_: FileFormat
) -> int:
    """Write one table; return its number of rows."""
    import duckdb  # noqa: PLC0415 - see write_export()

    rows = marts.table(table.qualified_name)
    if project_id is not None:
        rows = rows.filter(duckdb.ColumnExpression("project_id") == duckdb.ConstantExpression(project_id))
    file = str(folder / f"{table.name}.{format_}")
    if format_ is FileFormat.PARQUET:
        rows.to_parquet(file, compression="zstd")
    else:
        rows.select(*(_as_csv(column.name, column.type) for column in table.columns)).to_csv(file, header=True)
    (n_rows,) = next(iter(rows.count("*").fetchall()), (0,))
    return int(n_rows)


def _as_csv(name: str, type_: str) -> duckdb.Expression:
    """Convert a column for CSV: lists become JSON, the rest is unchanged."""
    import duckdb  # noqa: PLC0415 - see write_export()

    column = duckdb.ColumnExpression(name)
    return duckdb.FunctionExpression("to_json", column).alias(name) if type_.endswith("[]") else column


def _version(marts: duckdb.DuckDBPyConnection) -> str:
    (name,) = next(iter(marts.execute("select current_database()").fetchall()), ("",))
    return str(name)
