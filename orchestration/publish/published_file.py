"""Publish the marts as one read-only file: written under a new name, synced, then linked atomically.

Readers open the link `published/turret.duckdb`. A published file is never written again, so an open connection keeps
its snapshot; the link is replaced by a rename, so there always is one.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

from contracts.durable_files import sync_path
from contracts.tables import FCT_SESSIONS, MARTS, MARTS_SCHEMA, OPS_SCHEMA, Table
from orchestration.errors import NothingPublishedError, PublishedFileError
from orchestration.publish.details import Details
from orchestration.publish.exchange import count_exchanged, exchange_rows, note_published
from orchestration.warehouse.memory_limit import memory_limit
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.home import Home

VERSIONS_KEPT = 5
"""Number of published files to keep, including the newest: readers may have an older one open."""

_log = logging.getLogger(__name__)

STORAGE_VERSION = "v1.2.0"
"""DuckDB 1.2 and newer can read it, so that BI tools with older drivers can open it."""


@dataclass(frozen=True)
class Publication:
    """A publication.

    Args:
        version: its name, which sorts by time.
        run_id: the run that published it.
        fingerprint: the hash of all inputs; equal inputs give equal marts.
        published_at: when it was published, UTC.
        n_rows: number of rows of all marts.
        n_own_names: number of topics named without a language model.
    """

    version: str
    run_id: str
    fingerprint: str
    published_at: datetime
    n_rows: int
    n_own_names: int


def publish(
    home: Home,
    run_id: str,
    fingerprint: str,
    versions_kept: int = VERSIONS_KEPT,
    detail_days: int | None = None,
) -> Publication:
    """Write the marts into a new file and point the link to it. The warehouse must not be open in this process.

    If little has changed since the last published file, copy that and exchange the touched rows.

    Args:
        home: the installation.
        run_id: the run that publishes.
        fingerprint: the hash of all inputs.
        versions_kept: number of published files to keep.
        detail_days: number of newest days of each project whose sessions are published; None for all.

    Raises:
        NothingPublishedError: a mart is missing from the warehouse.
        PublishedFileError: the new file does not have the rows of the warehouse; the link still points to the last one.
        WarehouseBusyError: the warehouse is open in another program.
    """
    published_at = datetime.now(UTC).replace(tzinfo=None)
    version = f"{published_at:%Y%m%dT%H%M%S%f}"
    target = home.published_folder / f"turret-{version}.duckdb"
    draft = target.with_suffix(".draft")
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_drafts(home)
    n_exchanged = _write(home, draft, (version, run_id, fingerprint, published_at), detail_days)
    sync_path(draft)
    sync_path(draft.parent)
    draft.replace(target)
    _point_link_at(home, target)
    # This imports Dagster, which detecting an unchanged run does without.
    from orchestration.warehouse.resource import OPEN_WAIT_S, open_duckdb  # noqa: PLC0415

    with open_duckdb(home.warehouse, OPEN_WAIT_S) as connection:
        note_published(connection, version, n_exchanged)
    _remove_old(home, versions_kept)
    return _read(target)


def read_publication(home: Home) -> Publication | None:
    """Read the publication behind the link; None if nothing readable is published yet."""
    if not home.published.exists():
        return None
    try:
        return _read(home.published.resolve())
    except duckdb.Error:  # it is damaged, and publishing again repairs it
        return None


def _read(file: Path) -> Publication:
    with duckdb.connect(file, read_only=True) as connection:
        (row,) = connection.execute(read_sql("read_publication")).fetchall()
    return Publication(*row)


def _write(home: Home, draft: Path, publication: tuple[object, ...], detail_days: int | None) -> int:
    """Write the draft; return the number of sessions exchanged since a file was written in full."""
    last = read_publication(home)
    spilled = home.warehouse.with_name(f"{home.warehouse.name}.tmp")  # DuckDB's own default beside a file
    with duckdb.connect(config={"memory_limit": memory_limit(), "temp_directory": str(spilled)}) as connection:
        # Under its own name, by which the views among the marts refer to their tables.
        connection.execute(f"attach {quoted(home.warehouse)} as warehouse (read_only)")
        try:
            details = Details(connection, detail_days)
        except duckdb.CatalogException as error:
            raise _missing(FCT_SESSIONS) from error
        n_touched = count_exchanged(connection, last.version) if last and not _has_erased(connection) else None
        done = None
        if n_touched is not None:
            done = _copy_and_exchange(connection, home.published.resolve(), draft, details, n_touched)
        n_rows, n_exchanged = done or (_write_in_full(connection, draft, details), 0)
        connection.execute(read_sql("create_detail_days"))
        connection.execute(read_sql("create_publication"))
        connection.execute("insert into target.ops.publication values (?, ?, ?, ?, ?)", [*publication, n_rows])
        connection.execute("detach target")
    return n_exchanged


def _has_erased(connection: duckdb.DuckDBPyConnection) -> bool:
    """Say whether events were erased since the last publication: a copy of that would have their bytes."""
    return connection.execute(read_sql("count_erased_rows")).fetchall() != [(0,)]


def _copy_and_exchange(
    connection: duckdb.DuckDBPyConnection, last: Path, draft: Path, details: Details, n_exchanged: int
) -> tuple[int, int] | None:
    shutil.copyfile(last, draft)
    connection.execute(f"attach {quoted(draft)} as target")
    done = exchange_rows(connection, details, n_exchanged)
    if done is not None and details.are_limited and (differing := details.find_differing()):
        _log.warning("%s has other rows than it should: writing all marts in full.", differing.qualified_name)
        done = None
    if done is None:
        connection.execute("detach target")
        draft.unlink()
    return done


def _write_in_full(connection: duckdb.DuckDBPyConnection, draft: Path, details: Details) -> int:
    connection.execute(f"attach {quoted(draft)} as target (storage_version '{STORAGE_VERSION}')")
    connection.execute(f"create schema target.{MARTS_SCHEMA}")
    connection.execute(f"create schema target.{OPS_SCHEMA}")
    n_rows = sum(_copy(connection, table, details) for table in MARTS)
    if details.are_limited and (differing := details.find_differing()):
        raise PublishedFileError(
            f"The new published file has other rows of {differing.qualified_name} than the warehouse, so the last one "
            "stays; run the pipeline again."
        )
    return n_rows


def _copy(connection: duckdb.DuckDBPyConnection, table: Table, details: Details) -> int:
    try:
        ((n_rows,),) = connection.execute(
            f"create table target.{table.qualified_name} as from {details.published(table)}"
        ).fetchall()
    except duckdb.CatalogException as error:
        raise _missing(table) from error
    connection.execute(f"comment on table target.{table.qualified_name} is {quoted(table.grain)}")
    for column in table.columns:
        connection.execute(
            f"comment on column target.{table.qualified_name}.{column.name} is {quoted(column.description)}"
        )
    return int(n_rows)


def _missing(table: Table) -> NothingPublishedError:
    return NothingPublishedError(f"The warehouse has no table {table.qualified_name}; run the whole pipeline.")


def quoted(text: object) -> str:
    """Quote a SQL literal, for statements without parameters."""
    return "'" + str(text).replace("'", "''") + "'"


def _point_link_at(home: Home, target: Path) -> None:
    link = home.published_folder / ".turret.duckdb.next"
    link.unlink(missing_ok=True)
    link.symlink_to(target.name)
    link.replace(home.published)
    sync_path(target.parent)


def remove_older(home: Home) -> None:
    """Remove all published files but the newest. Readers keep what they have open."""
    _remove_old(home, 1)


def _remove_drafts(home: Home) -> None:
    for draft in home.published_folder.glob("turret-*.draft*"):
        draft.unlink()


def _remove_old(home: Home, versions_kept: int = VERSIONS_KEPT) -> None:
    for old in sorted(home.published_folder.glob("turret-*.duckdb"))[:-versions_kept]:
        old.unlink()
