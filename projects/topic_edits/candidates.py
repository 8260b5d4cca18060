"""Refits that people ask for, as candidates beside today's topics. `Projects.candidates` is the entry point.

The next run fits a candidate. A person then promotes or drops it; a promoted one becomes the topics of the field with
the run after that.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from sqlalchemy import select

from projects.errors import EditRefusedError, NotFoundError, UnknownNameError
from projects.models import TopicCandidateRow
from projects.records import TopicCandidate
from projects.transactions import find_project, reading, writing
from projects.validation import check_editor, check_field

if TYPE_CHECKING:
    import builtins

    from sqlalchemy import Engine

    from projects.name_suggestions import KnownNames
    from projects.records import CandidateOutcome


class TopicCandidates:
    """Candidates of all projects. Every method is one transaction, callable from any thread.

    All of them raise `NotFoundError` where there is no such project. Each may raise `DatabaseError` when the database
    cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def request(
        self, project: str, field: str, by: str, names: KnownNames | None, *, is_promoted: bool = False
    ) -> TopicCandidate:
        """Ask for a refit of a field; an open candidate of the field is dropped.

        Args:
            project: id or name of the project.
            field: text field.
            by: the name of the person.
            names: the names in the project's published events; None if none is published.
            is_promoted: whether the next run makes it live at once, without a comparison.

        Raises:
            InvalidValueError: the field or the person's name is not allowed.
            UnknownNameError: no published event has the field, or it is not text.
        """
        if names is None:
            raise UnknownNameError(f"No event of project {project!r} is published yet; the next run finds its topics.")
        names.check_text_field(field, "topics")
        checked, editor, now = check_field(field), check_editor(by), datetime.now(UTC)
        with writing(self._engine) as session:
            project_id = find_project(session, project, for_update=True).project_id
            query = select(TopicCandidateRow).where(TopicCandidateRow.project_id == project_id)
            former = session.scalars(query.order_by(TopicCandidateRow.number)).all()
            for row in former:
                if row.field == checked and row.outcome is None:
                    row.outcome, row.decided_at, row.decided_by = "dropped", now, editor
            row = TopicCandidateRow(
                project_id=project_id,
                number=former[-1].number + 1 if former else 1,
                field=checked,
                requested_at=now,
                requested_by=editor,
                outcome="promoted" if is_promoted else None,
                decided_at=now if is_promoted else None,
                decided_by=editor if is_promoted else None,
            )
            session.add(row)
            return _candidate(row)

    def decide(self, project: str, number: int, outcome: CandidateOutcome, by: str) -> TopicCandidate:
        """Promote or drop an open candidate.

        Raises:
            NotFoundError: there is no such project, or it has no candidate of this number.
            EditRefusedError: the candidate is promoted or dropped already.
        """
        editor = check_editor(by)
        with writing(self._engine) as session:
            owner = find_project(session, project, for_update=True)
            row = session.get(TopicCandidateRow, (owner.project_id, number))
            if row is None:
                raise NotFoundError(
                    f"Project {owner.name!r} has no candidate {number}; `turret topic candidate list` lists them."
                )
            if row.outcome is not None:
                raise EditRefusedError(f"Candidate {number} is already {row.outcome}, by {row.decided_by}.")
            row.outcome, row.decided_at, row.decided_by = outcome, datetime.now(UTC), editor
            return _candidate(row)

    def list(self, project: str | None = None) -> builtins.list[TopicCandidate]:
        """Return the candidates of one project, or of all, ordered by project and number."""
        query = select(TopicCandidateRow).order_by(TopicCandidateRow.project_id, TopicCandidateRow.number)
        with reading(self._engine) as session:
            if project is not None:
                query = query.where(TopicCandidateRow.project_id == find_project(session, project).project_id)
            return [_candidate(row) for row in session.scalars(query)]


def _candidate(row: TopicCandidateRow) -> TopicCandidate:
    return TopicCandidate(
        project_id=row.project_id,
        number=row.number,
        field=row.field,
        requested_at=row.requested_at,
        requested_by=row.requested_by,
        outcome=cast("CandidateOutcome | None", row.outcome),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )
