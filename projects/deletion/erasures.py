"""Requests to erase what a user, a session or an event left behind. `Projects.erasures` is the entry point.

A request has the id that it is about until it is done. Then only a keyed hash of the id remains, by which later events
of the same user are recognised, so that the id itself is erased too.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import secrets
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import delete, select

from projects.alerts.models import AlertDeliveryRow, AlertRuleRow
from projects.errors import DatabaseError, NotFoundError
from projects.models import DeletedEventRow, ErasedIdRow, ErasureRow, TopicEditRow
from projects.records import Erasure, ErasureCounts, ErasureKind, LaterEvents
from projects.transactions import find_project, plain_errors, reading, writing
from projects.validation import check_erased_id, check_erasure_kind, check_later_events

if TYPE_CHECKING:
    import builtins
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Engine

ERASED_PHRASE: Final = "(erased)"
"""Stands in alerts and the history of edits for a name that quoted an erased user."""
_SALT_BYTES: Final = 16
_MIN_QUOTE: Final = 12
"""Letters and digits of a text from which it is found inside a sentence: shorter ones occur by chance."""


class Erasures:
    """The erasures of all projects. Every method is one transaction, callable from any thread.

    Each may raise `DatabaseError` when the database cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, project: str, kind: str, target: str, requested_by: str, later_events: str = "drop") -> Erasure:
        """Request an erasure; the next run of the pipeline does it. A request for the same id changes the open one.

        Args:
            project: id or name of the project.
            kind: `user`, `session` or `event`.
            target: the id of the user, session or event.
            requested_by: the name of the person or the key.
            later_events: `drop` if events with this id that arrive later are erased too, `keep` if they count.

        Raises:
            InvalidValueError: the kind, the id or the choice is not allowed.
            NotFoundError: there is no such project.
        """
        checked_kind, checked, later = (
            check_erasure_kind(kind),
            check_erased_id(target),
            check_later_events(later_events),
        )
        with writing(self._engine) as session:
            owner = find_project(session, project).project_id
            query = select(ErasureRow).where(ErasureRow.project_id == owner)
            rows = session.scalars(query).all()
            for row in rows:
                if row.target == checked and row.kind == checked_kind:
                    row.later_events = later
                    return _erasure(row)
            salt = rows[0].salt if rows else secrets.token_hex(_SALT_BYTES)
            row = ErasureRow(
                erasure_id=f"ers_{secrets.token_hex(8)}",
                project_id=owner,
                kind=checked_kind,
                target=checked,
                salt=salt,
                digest=erased_digest(salt, checked_kind, checked),
                later_events=later,
                requested_by=requested_by[:100],
                requested_at=datetime.now(UTC),
            )
            session.add(row)
            return _erasure(row)

    def cancel(self, project: str, erasure_id: str) -> None:
        """Withdraw a request that no run has begun.

        Raises:
            NotFoundError: the project has no such request, or it is begun or done, which cannot be undone.
        """
        with writing(self._engine) as session:
            row = session.get(ErasureRow, erasure_id)
            if row is None or row.project_id != find_project(session, project).project_id:
                raise NotFoundError(
                    f"There is no erasure {erasure_id!r}; `turret person erasures --project PROJECT` lists them."
                )
            if row.begun_at is not None:
                raise NotFoundError(f"The erasure {erasure_id} has begun, so it cannot be cancelled.")
            session.delete(row)

    def list(self, project: str | None = None, *, only_open: bool = False) -> builtins.list[Erasure]:
        """Return the erasures of one project, or of all, the newest first.

        Raises:
            NotFoundError: there is no such project.
        """
        query = select(ErasureRow).order_by(ErasureRow.requested_at.desc(), ErasureRow.erasure_id)
        if only_open:
            query = query.where(ErasureRow.finished_at.is_(None))
        with reading(self._engine) as session:
            if project is not None:
                query = query.where(ErasureRow.project_id == find_project(session, project).project_id)
            return [_erasure(row) for row in session.scalars(query)]

    def begin(self, erasure_ids: Collection[str]) -> None:
        """Record that a run has begun these erasures, which cannot be cancelled from now on, and none of the others."""
        with writing(self._engine) as session:
            for row in session.scalars(select(ErasureRow).where(ErasureRow.finished_at.is_(None))):
                is_begun = row.erasure_id in erasure_ids
                row.begun_at = (row.begun_at or datetime.now(UTC)) if is_begun else None

    def remember(self, project_id: str, ids: Mapping[tuple[str, str], str]) -> None:
        """Remember the digests of erased events and of sessions of erased users, to recognise what comes later.

        Args:
            project_id: the project.
            ids: the erasure of each kind (`event` or `session`) and digest.
        """
        with writing(self._engine) as session:
            for (kind, digest), erasure_id in ids.items():
                session.merge(ErasedIdRow(project_id=project_id, kind=kind, digest=digest, erasure_id=erasure_id))

    def remembered(self, project_id: str) -> dict[tuple[str, str], str]:
        """Return the erasure of each kind and digest that `remember` has stored."""
        with reading(self._engine) as session:
            rows = session.scalars(select(ErasedIdRow).where(ErasedIdRow.project_id == project_id))
            return {(row.kind, row.digest): row.erasure_id for row in rows}

    def erase_quotes(
        self, project_id: str, names: Collection[str], texts: Collection[str], hashes: Collection[str]
    ) -> None:
        """Erase names and texts from alerts and the history of edits. Names that people typed themselves stay.

        Args:
            project_id: the project.
            names: names of topics that may quote an erased user.
            texts: texts that nobody else has said. A short one only counts where it stands alone.
            hashes: their hashes, by which edits name them.
        """
        quotes = Quotes(names, texts)
        with writing(self._engine) as session:
            for delivery in session.scalars(select(AlertDeliveryRow).where(AlertDeliveryRow.project_id == project_id)):
                if quotes.are_in(delivery.subject) or quotes.are_in(delivery.body):
                    session.delete(delivery)
            for rule in session.scalars(select(AlertRuleRow).where(AlertRuleRow.project_id == project_id)):
                if rule.judged_about is not None and quotes.are_in(rule.judged_about):
                    rule.judged_about = ERASED_PHRASE
            for edit in session.scalars(select(TopicEditRow).where(TopicEditRow.project_id == project_id)):
                edit.topic_label = ERASED_PHRASE if edit.topic_label in names else edit.topic_label
                edit.target_label = ERASED_PHRASE if edit.target_label in names else edit.target_label
                if edit.text_hash in hashes:
                    edit.text_hash = secrets.token_hex(len(edit.text_hash or "") // 2)

    def count(self, counts: Mapping[str, ErasureCounts]) -> None:
        """Record what erasures remove; a run that repeats one finds less, and does not lower its counts."""
        with writing(self._engine) as session:
            for row in session.scalars(select(ErasureRow).where(ErasureRow.erasure_id.in_(counts))):
                found = counts[row.erasure_id]
                row.n_events = max(row.n_events or 0, found.n_events)
                row.n_sessions = max(row.n_sessions or 0, found.n_sessions)
                row.n_texts = max(row.n_texts or 0, found.n_texts)
                row.n_files = max(row.n_files or 0, found.n_files)

    def finish(
        self, erasure_ids: Collection[str], run_id: str, erased_events: Collection[tuple[str, str]] = ()
    ) -> None:
        """Record that erasures are done, and forget the ids that they were about.

        Args:
            erasure_ids: the erasures.
            run_id: the run that did them.
            erased_events: project_id and event_id of the erased events; a request to delete one of them is forgotten.
        """
        erasures = select(ErasureRow).where(ErasureRow.erasure_id.in_(erasure_ids))
        with writing(self._engine) as session:
            for row in session.scalars(erasures):
                row.target = None
            for project_id, event_id in erased_events:
                session.execute(
                    delete(DeletedEventRow).where(
                        DeletedEventRow.project_id == project_id, DeletedEventRow.event_id == event_id
                    )
                )
        self._drop_old_pages()
        with writing(self._engine) as session:
            for row in session.scalars(erasures):
                row.finished_at, row.run_id = datetime.now(UTC), run_id

    def _drop_old_pages(self) -> None:
        """Rewrite an SQLite database, whose free pages keep what was deleted. PostgreSQL's vacuum does it by itself."""
        if self._engine.dialect.name != "sqlite":
            return
        try:
            with plain_errors(), closing(self._engine.raw_connection()) as pooled:
                cursor = pooled.cursor()
                cursor.execute("VACUUM")
                ((is_busy, *_),) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            raise DatabaseError(
                f"The projects database cannot be rewritten: {error}. The next run tries again."
            ) from error
        if is_busy:
            raise DatabaseError("The projects database is in use, so old pages remain. The next run tries again.")


class Quotes:
    """Finds names and texts in documents, whatever their escapes: only letters and digits are compared.

    Args:
        names: names of topics.
        texts: texts of messages.
    """

    def __init__(self, names: Collection[str], texts: Collection[str]) -> None:
        self._whole = {_letters(phrase) for phrase in (*names, *texts)} - {""}
        long = {_letters(text) for text in texts}
        self._parts = {_letters(name) for name in names} | {text for text in long if len(text) >= _MIN_QUOTE} - {""}
        self._parts.discard("")

    def are_in(self, document: str) -> bool:
        """Say whether a document quotes one of them; in JSON, a short text also as a value of its own."""
        plain = _letters(html.unescape(document))
        if plain in self._whole or any(part in plain for part in self._parts):
            return True
        try:
            values = [_letters(value) for value in _strings(json.loads(document))]
        except ValueError:
            return False
        return any(value in self._whole or any(part in value for part in self._parts) for value in values)


def _strings(value: object) -> Iterator[str]:
    """Yield the strings among the values of a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def erased_digest(salt: str, kind: str, target: str) -> str:
    """Return the keyed hash by which an erased id is recognised: HMAC-SHA-256, in hexadecimal digits."""
    return hmac.new(bytes.fromhex(salt), f"{kind}\0{target}".encode(), hashlib.sha256).hexdigest()


def _erasure(row: ErasureRow) -> Erasure:
    return Erasure(
        erasure_id=row.erasure_id,
        project_id=row.project_id,
        kind=cast("ErasureKind", row.kind),
        target=row.target,
        salt=row.salt,
        digest=row.digest,
        later_events=cast("LaterEvents", row.later_events),
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        begun_at=row.begun_at,
        finished_at=row.finished_at,
        run_id=row.run_id,
        counts=_counts(row),
    )


def _counts(row: ErasureRow) -> ErasureCounts | None:
    if row.begun_at is None:
        return None
    return ErasureCounts(row.n_events or 0, row.n_sessions or 0, row.n_texts or 0, row.n_files or 0)
