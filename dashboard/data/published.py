"""Read the published file: the current version, and the rows of queries.

A published file never changes; a new version is another file that the link names. DuckDB caches databases by path, so
the file behind the link is opened, never the link itself.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd  # noqa: F401  # DuckDB would, at the first bound value, while Plotly looks at it from another thread

from contracts.tables import read_detail_days
from dashboard.data.address import Address
from dashboard.data.filters import (
    NARROWED_RELATIONS,
    Filters,
    bound_by,
    cached_relations,
    compile_query,
    narrowing_sql,
    needed_relations,
    own_filters,
    relation_sql,
)
from dashboard.data.period import NUMBERS_ONLY_PERIOD, chosen_days
from dashboard.data.query_cache import ResultCache, TableCache
from dashboard.data.query_files import read_query
from dashboard.data.sql_literals import substitute
from dashboard.errors import NothingPublishedError, NumbersOnlyError, UnreadableFileError
from dashboard.sign_in.visitor import NOBODY, current_visitor

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import pyarrow as pa

Row = dict[str, Any]
NO_FILTERS = Filters()

CONNECTION: dict[str, Any] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "lock_configuration": True,
    "disabled_optimizers": "build_side_probe_side",
}
"""Settings of connections: a page reads the marts and nothing else, without other files, network or changed settings.

Joins look up their right side, which the queries make the small one. DuckDB's own order assumes that a fifth of any
table belongs to the project and looks up a million events in the few that were chosen, which takes twice as long.
"""


_VERSION = re.compile(r"turret-[\w-]+\.duckdb")

CLUSTER_SUMS = "cluster_sums"
"""The query that sums the cells of a `…_contrasts` query, so that both sides of each comparison can be tested."""


AGGREGATE = "aggregate_"
"""How the names of queries begin whose rows count at least `$min_people` people each, and have no texts and no ids."""
_WITHOUT_PEOPLE = frozenset({"automated", "freshness", "project_days", "projects", "text_fields"})
"""Queries that tell nothing of single people: days, projects, names of fields."""


@cache
def load_query(name: str) -> str:
    """Return the SQL of a query; a `…_contrasts` query is summed by `cluster_sums.sql`."""
    sql = read_query(name)
    if not name.endswith("_contrasts"):
        return sql
    return f"with cells as (\n{sql}),\n\n" + load_query(CLUSTER_SUMS).partition("\nwith ")[2]


@dataclass(frozen=True)
class Snapshot:
    """One version of the marts. A page reads one snapshot only, so that its numbers agree.

    A published file never changes, so results are cached: a page needs some rows several times, and many people open
    the same pages. The next version starts with an empty cache.

    Attributes:
        min_people: fewest people whom a visitor of the role `numbers` sees counted; None in a process without visitors,
            such as a command, which may read everything.
    """

    file: Path
    connection: duckdb.DuckDBPyConnection
    results: ResultCache = field(default_factory=ResultCache, repr=False, compare=False)
    tables: TableCache = field(default_factory=TableCache, repr=False, compare=False)
    min_people: int | None = None

    @property
    def version(self) -> str:
        """The name of the version, unique to it."""
        return self.file.name

    @cached_property
    def details_from(self) -> dict[str, date]:
        """The day from which on sessions are published, by project; projects whose sessions all are have no entry."""
        with self.connection.cursor() as cursor:
            return read_detail_days(cursor)

    def rows(self, query: str, filters: Filters = NO_FILTERS, **parameters: object) -> list[Row]:
        """Run a query by name with bound parameters and filters; thread-safe.

        Raises:
            NumbersOnlyError: the visitor may not read this.
            UnreadableFileError: the file lacks a table or column that the query needs.
        """
        self._check_visitor(query, filters, parameters)
        if query.startswith(AGGREGATE):
            parameters["min_people"] = self.min_people or 1
        return self._rows(query, filters, parameters)

    def numbers_only_filters(self, project_id: object) -> Filters:
        """Return the only filters of the role `numbers`: its period.

        With a second period, or values of its own, it could subtract two numbers of many people to get that of one.
        """
        of_project = {"project_id": project_id}
        [days] = self._rows("project_days", NO_FILTERS, of_project)
        [automated] = self._rows("automated", NO_FILTERS, of_project)
        period = chosen_days(Address(period=NUMBERS_ONLY_PERIOD), days["last_date"])
        return Filters(*period, without_automated=automated["n_sessions"] > 0)

    def _check_visitor(self, query: str, filters: Filters, parameters: dict[str, object]) -> None:
        """Refuse whatever a server's visitor may not read, whichever page or callback asks."""
        if self.min_people is None:
            return
        visitor = current_visitor()
        if visitor is not NOBODY and not visitor.sees_numbers_only:
            return
        is_aggregate = query.startswith(AGGREGATE)
        may_read = is_aggregate and filters == self.numbers_only_filters(parameters["project_id"])
        if visitor is NOBODY or not (may_read or query in _WITHOUT_PEOPLE):
            raise NumbersOnlyError("Your role sees numbers only: no texts, no single sessions, and no other filters.")

    def _rows(self, query: str, filters: Filters, parameters: dict[str, object]) -> list[Row]:
        key = (query, filters, repr(sorted(parameters.items())))
        kept = self.results.get(key)
        if kept is None:
            kept = self._ask(query, filters, parameters)
            self.results.put(key, kept)
        return list(kept)

    def _ask(self, query: str, filters: Filters, parameters: dict[str, object]) -> list[Row]:
        with self.connection.cursor() as cursor:
            try:
                self._run(cursor, load_query(query), filters, parameters)
                records = cursor.fetchall()
            except (duckdb.CatalogException, duckdb.BinderException) as error:
                message = (
                    f"The published file {self.file} was written by another version of Turret; run `turret run` once."
                )
                raise UnreadableFileError(message) from error
            names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, record, strict=True)) for record in records]

    def _run(
        self, cursor: duckdb.DuckDBPyConnection, sql: str, filters: Filters, parameters: dict[str, object]
    ) -> duckdb.DuckDBPyConnection:
        """Run SQL with its relations; cached ones are computed once for each set of filters."""
        kept = cached_relations(filters)
        for name in kept.intersection(needed_relations(sql, filters)):
            cursor.register(name, self._table(name, filters, parameters))
        sql = compile_query(sql, filters, kept)
        values = filters.parameters | parameters
        return cursor.execute(sql, {name: values[name] for name in bound_by(sql)})

    def _table(self, name: str, filters: Filters, parameters: dict[str, object]) -> pa.Table:
        """Return a cached relation; it is selected from one for more days if that is cached, or else computed."""
        filters = own_filters(name, filters)
        sql = compile_query(f"from {name}", filters)
        key = (name, filters, repr(sorted((bound, parameters[bound]) for bound in bound_by(sql) & parameters.keys())))
        kept = self.tables.get(key)
        if kept is None:
            wider = self.tables.covering(key) if name in NARROWED_RELATIONS else None
            with self.connection.cursor() as cursor:
                if wider is None:
                    kept = self._run(cursor, relation_sql(name, filters), filters, parameters).to_arrow_table()
                else:
                    kept = _narrow(cursor, name, wider, filters)
            self.tables.put(key, kept)
        return kept

    def clear(self) -> None:
        """Clear the caches."""
        self.results.clear()
        self.tables.clear()

    def row(self, query: str, filters: Filters = NO_FILTERS, **parameters: object) -> Row:
        """Run a query that returns exactly one row."""
        [only] = self.rows(query, filters, **parameters)
        return only


def _narrow(cursor: duckdb.DuckDBPyConnection, name: str, wider: pa.Table, filters: Filters) -> pa.Table:
    """Select the days of the filters from a relation for more days."""
    cursor.register(name, wider)
    sql = narrowing_sql(name, filters)
    return cursor.execute(sql, {bound: filters.parameters[bound] for bound in bound_by(sql)}).to_arrow_table()


class Published:
    """Keeps the current version open, and opens the next one when the link changes.

    Args:
        link: names the current version.
        min_people: see `Snapshot`; given by a server, whose visitors are checked at every query.
    """

    def __init__(self, link: Path, min_people: int | None = None) -> None:
        self._link = link
        self._min_people = min_people
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._earlier: Snapshot | None = None

    def version(self) -> str | None:
        """Name of the version that the link points to, without opening it; None before the first."""
        return self._link.resolve().name if self._link.exists() else None

    def snapshot(self) -> Snapshot:
        """Return the newest version. Readers of the previous one may keep using it.

        Raises:
            NothingPublishedError: there is no published file yet.
            UnreadableFileError: the file is not a DuckDB database, or cannot be opened.
        """
        with self._lock:
            file = self._link.resolve()
            if not file.is_file():
                message = f"Nothing is published at {self._link} yet; run `turret run`."
                raise NothingPublishedError(message)
            if self._snapshot is None or self._snapshot.file != file:
                self._snapshot = Snapshot(file, _open(file), min_people=self._min_people)
            return self._snapshot

    def snapshot_of(self, version: str) -> Snapshot | None:
        """Return the version of this name, for readers that fetch it page by page; None if it no longer exists.

        Raises:
            UnreadableFileError: the file is not a DuckDB database, or cannot be opened.
        """
        newest = self.snapshot()
        if newest.version == version:
            return newest
        if _VERSION.fullmatch(version) is None:
            return None
        with self._lock:
            if self._earlier is None or self._earlier.version != version:
                file = newest.file.with_name(version)
                if not file.is_file():
                    return None
                self._earlier = Snapshot(file, _open(file), min_people=self._min_people)
            return self._earlier


def runnable(query: str, filters: Filters, **parameters: object) -> str:
    """Return a query as anybody can run it elsewhere: with its relations and with values in place of parameters."""
    sql = compile_query(load_query(query), filters)
    values = filters.parameters | parameters
    return substitute(sql, {name: values[name] for name in bound_by(sql)})


def _open(file: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(file), read_only=True, config=CONNECTION)
    except duckdb.Error as error:
        message = f"The published file {file} cannot be opened; run `turret run` to publish it again."
        raise UnreadableFileError(message) from error
