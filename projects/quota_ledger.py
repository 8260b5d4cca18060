"""The quota ledger: leases of events to collector workers, and the number of events used.

A worker takes a lease on a block of events before it accepts any (`take`). The whole block counts as used at once, so
the sum over all workers never exceeds the limit. Once a write-ahead file is sealed, its events move from the worker's
lease to the used events for good (`settle`). What a worker does not need goes back (`give_back`), and so does
everything that was never written when the worker ends or is found dead (`release`): then the count is exactly what is
on disk.

Only the host of a worker can find it dead, because the worker's files are there. If the host is gone as well, its lease
expires: running workers renew theirs (`renew`), and what was not renewed for `LEASE_TIMEOUT_S` goes back when another
worker runs short.

Counts are kept per calendar month (UTC) of receipt, whatever the plan: a trial sums its months.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, tuple_, update

from projects.models import Base, ProjectRow, QuotaLeaseRow, QuotaUsageRow, QuotaWorkerRow
from projects.plans import allowance_of, month_of
from projects.records import Grant, Usage
from projects.transactions import database_time, find_project, project_of_row, reading, writing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Engine
    from sqlalchemy.orm import Session

    from projects.plans import Allowance

ProjectMonth = tuple[str, str]
"""A project_id and a month such as `2026-01`."""

SHARE = 16
"""A worker gets at most this fraction of what is left, unless requests wait for more: blocks shrink near the limit."""


LEASE_TIMEOUT_S = 900
"""Seconds after which a lease that its worker has not renewed expires."""


class QuotaLedger:
    """The ledger, in the projects database. Every method is one transaction and may be called from any thread.

    Each may raise `DatabaseError` when the database cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(  # noqa: PLR0913  # one request to the ledger, all by name
        self, worker_id: str, project_id: str, at: datetime, *, need: int, want: int, unspent: int, ask_others: bool
    ) -> Grant:
        """Lease events to a worker, durably counted as used.

        Args:
            worker_id: the worker.
            project_id: the project.
            at: when the events were received; decides on month and allowance.
            need: number of events that wait now.
            want: number of events that the worker would like to hold.
            unspent: number of events of earlier blocks that it still has.
            ask_others: whether to ask other workers to give back, if `need` cannot be met.

        Raises:
            NotFoundError: there is no such project.
        """
        month = month_of(at)
        with writing(self._engine) as session:
            row = _lock(session, project_id) or find_project(session, project_id)
            allowance = allowance_of(project_of_row(row), at)
            left = _left(session, project_id, month, allowance)
            if left is not None and left < need and _expire(session, worker_id, project_id):
                left = _left(session, project_id, month, allowance)
            granted = max(need, want) if left is None else min(left, max(need, min(want, left // SHARE)))
            if granted:
                _add(session, QuotaUsageRow, {"project_id": project_id, "month": month}, {"taken": granted})
                lease = {"worker_id": worker_id, "project_id": project_id, "month": month}
                held = {"unspent": unspent + granted, "renewed_at": int(database_time(session))}
                _add(session, QuotaLeaseRow, lease, {"reserved": granted}, held)
            is_short = granted < need and not allowance.is_over
            returnable = _returnable(session, worker_id, project_id, month, allowance) if is_short else 0
            if returnable and ask_others:
                session.execute(_usage_update(project_id, month).values(n_wanted=QuotaUsageRow.n_wanted + 1))
            usage = session.get(QuotaUsageRow, (project_id, month))
            n_wanted = 0 if usage is None else usage.n_wanted
        return Grant(granted, None if left is None else left - granted, returnable, allowance, n_wanted)

    def wanted(self, held: Collection[ProjectMonth]) -> dict[ProjectMonth, int]:
        """Return, for each lease of a worker, how often others have asked for it."""
        keys = tuple_(QuotaUsageRow.project_id, QuotaUsageRow.month)
        query = select(QuotaUsageRow.project_id, QuotaUsageRow.month, QuotaUsageRow.n_wanted).where(keys.in_(held))
        with reading(self._engine) as session:
            return {(project_id, month): n_wanted for project_id, month, n_wanted in session.execute(query)}

    def give_back(self, worker_id: str, project_id: str, month: str, n_events: int, unspent: int) -> None:
        """Return `n_events` of a worker's lease; record that it keeps `unspent` others."""
        with writing(self._engine) as session:
            _lock(session, project_id)
            held = session.get(QuotaLeaseRow, (worker_id, project_id, month))
            if held is None:  # already released
                return
            n_returned = min(n_events, held.reserved)
            held.reserved -= n_returned
            held.unspent = unspent
            held.renewed_at = int(database_time(session))
            session.execute(_usage_update(project_id, month).values(taken=QuotaUsageRow.taken - n_returned))

    def renew(self, worker_id: str) -> set[ProjectMonth]:
        """Keep the leases of a running worker from expiring; return those that it still has."""
        with writing(self._engine) as session:
            # In one statement: what another worker is returning at this moment is not renewed.
            renewal = (
                update(QuotaLeaseRow)
                .where(QuotaLeaseRow.worker_id == worker_id)
                .values(renewed_at=int(database_time(session)))
                .returning(QuotaLeaseRow.project_id, QuotaLeaseRow.month)
            )
            return {(project_id, month) for project_id, month in session.execute(renewal)}

    def settle(self, worker_id: str, file_number: int, n_events: Mapping[ProjectMonth, int]) -> None:
        """Count the events of a worker's sealed file for good; repeating it for the same file changes nothing.

        Files are settled in the order of their numbers. Events beyond the worker's lease, or of one that has expired,
        count too.
        """
        with writing(self._engine) as session:
            worker = session.get(QuotaWorkerRow, worker_id)
            if worker is not None and worker.settled_file >= file_number:
                return
            for (project_id, month), n in sorted(n_events.items()):
                _lock(session, project_id)
                lease = session.get(QuotaLeaseRow, (worker_id, project_id, month))
                n_covered = 0 if lease is None else min(n, lease.reserved)
                if lease is not None:
                    lease.reserved -= n_covered
                if n > n_covered:
                    key = {"project_id": project_id, "month": month}
                    _add(session, QuotaUsageRow, key, {"taken": n - n_covered})
            session.merge(QuotaWorkerRow(worker_id=worker_id, settled_file=file_number))

    def release(self, worker_id: str) -> None:
        """Return all that a worker holds and did not write. Its files must all be settled."""
        with writing(self._engine) as session:
            mine = QuotaLeaseRow.worker_id == worker_id
            for project_id in sorted(set(session.scalars(select(QuotaLeaseRow.project_id).where(mine)))):
                _lock(session, project_id)  # before its leases are read: they may expire until then
            for lease in session.scalars(select(QuotaLeaseRow).where(mine)).all():
                taken = QuotaUsageRow.taken - lease.reserved
                session.execute(_usage_update(lease.project_id, lease.month).values(taken=taken))
            session.execute(delete(QuotaLeaseRow).where(mine))
            session.execute(delete(QuotaWorkerRow).where(QuotaWorkerRow.worker_id == worker_id))

    def usage(self, project: str, at: datetime) -> Usage:
        """Return what the project with this id or name has used at `at`.

        Running workers report about once a second, so the latest events may be missing.

        Raises:
            NotFoundError: there is no such project.
        """
        with reading(self._engine) as session:
            found = project_of_row(find_project(session, project))
            allowance = allowance_of(found, at)
            scope = (found.project_id, month_of(at), allowance)
            used = _sum(session, QuotaUsageRow.taken, *scope) - _sum(session, QuotaLeaseRow.unspent, *scope)
        return Usage(found, allowance, used)


def _lock(session: Session, project_id: str) -> ProjectRow | None:
    """Lock a project's ledger for one transaction at a time; SQLite has only one writer anyway.

    The lock is on the project, not on its months, because a trial sums several of them.
    """
    return session.get(ProjectRow, project_id, with_for_update={"key_share": True})


def _left(session: Session, project_id: str, month: str, allowance: Allowance) -> int | None:
    if allowance.is_over:
        return 0
    if allowance.limit is None:
        return None
    return max(0, allowance.limit - _sum(session, QuotaUsageRow.taken, project_id, month, allowance))


def _expire(session: Session, worker_id: str, project_id: str) -> bool:
    """Return the leases of a project that other workers have not renewed in time; say whether there were any."""
    too_old = QuotaLeaseRow.renewed_at < int(database_time(session)) - LEASE_TIMEOUT_S
    query = select(QuotaLeaseRow).where(
        QuotaLeaseRow.project_id == project_id, QuotaLeaseRow.worker_id != worker_id, too_old
    )
    query = query.with_for_update()  # one that is renewed at this moment is not too old
    expired = session.scalars(query).all()
    for lease in expired:
        taken = QuotaUsageRow.taken - lease.reserved
        session.execute(_usage_update(project_id, lease.month).values(taken=taken))
        session.delete(lease)
    session.flush()
    return bool(expired)


def _returnable(session: Session, worker_id: str, project_id: str, month: str, allowance: Allowance) -> int:
    others = QuotaLeaseRow.worker_id != worker_id
    return _sum(session, QuotaLeaseRow.unspent, project_id, month, allowance, others)


def _sum(
    session: Session,
    column: Any,
    project_id: str,
    month: str,
    allowance: Allowance,
    *conditions: ColumnElement[bool],
) -> int:
    """Sum a column over a project's month, or over all of its months in a trial."""
    table = column.class_
    query = select(func.coalesce(func.sum(column), 0)).where(table.project_id == project_id, *conditions)
    if not allowance.is_trial:
        query = query.where(table.month == month)
    return int(session.scalar(query) or 0)


def _usage_update(project_id: str, month: str) -> Any:
    return update(QuotaUsageRow).where(QuotaUsageRow.project_id == project_id, QuotaUsageRow.month == month)


def _add(
    session: Session,
    table: type[Base],
    key: dict[str, str],
    amounts: dict[str, int],
    values: dict[str, int] | None = None,
) -> None:
    """Add amounts to (and set values in) the row with this key; create it if it is missing."""
    # Both dialects have "on conflict do update"; only the one in use is imported.
    insert = import_module(f"sqlalchemy.dialects.{session.get_bind().dialect.name}").insert
    zeros = {"n_wanted": 0} if table is QuotaUsageRow else {}
    statement = insert(table).values(**key, **zeros, **amounts, **(values or {}))
    added = {name: getattr(table, name) + amount for name, amount in amounts.items()}
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_={**added, **(values or {})}))
