"""Offer admins to erase a user or a session, with a preview of what would go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dash import html

from contracts.tables import read_detail_days
from dashboard.actions import action_button, confirm_button
from dashboard.data.query_files import read_query
from dashboard.formatting import day, plural
from dashboard.sign_in import current_visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    import duckdb

    from dashboard.actions import ActionRequest
    from dashboard.data.view import View
    from projects.records import ErasureKind


@dataclass(frozen=True)
class ErasurePreview:
    """What the published marts have of a user, a session or an event; times are UTC, None without events.

    `details_from` is the first day whose events are published; None if all are.
    """

    n_events: int
    n_sessions: int
    n_messages: int
    n_topics: int
    n_feedback: int
    first_at: datetime | None
    last_at: datetime | None
    details_from: date | None = None


def preview_erasure(
    connection: duckdb.DuckDBPyConnection, project_id: str, kind: ErasureKind, target: str
) -> ErasurePreview:
    """Count what an erasure would remove from the published marts."""
    values = {"project_id": project_id, "kind": kind, "target": target}
    (row,) = connection.execute(read_query("erasure_preview"), values).fetchall()
    return replace(ErasurePreview(*row), details_from=read_detail_days(connection).get(project_id))


def erasure_offer(view: View, kind: ErasureKind, target: str) -> Any:
    """Lay out the button that erases a user or a session, or the request that waits for a run; None for viewers."""
    if view.projects is None or not current_visitor().is_admin:
        return None
    waiting = [
        erasure
        for erasure in view.projects.erasures.list(only_open=True)
        if (erasure.project_id, erasure.kind, erasure.target) == (view.project_id, kind, target)
    ]
    place = f"{view.project_id}/{kind}/{target}"
    if waiting:
        words = html.Span(f"The next run erases this {kind}.", className="quiet")
        cancel = action_button(
            "Cancel", "cancel-erasure", f"{view.project_id}/{waiting[0].erasure_id}", variant="subtle"
        )
        return html.Div([words, None if waiting[0].begun_at else cancel], className="buttons")
    found = view.row("erasure_preview", kind=kind, target=target)
    before = f", and all from before {day(view.details_from)}," if view.details_from else ""
    sentence = (
        f"The next run erases {plural(found['n_events'], 'event')} in {plural(found['n_sessions'], 'session')}{before} "
        "from every file of Turret, and computes all numbers again without them. Later events with this id are erased "
        "too. This cannot be undone."
    )
    return html.Div(confirm_button(f"Erase this {kind}", sentence, "erase", place), className="buttons")


def request_erasure(request: ActionRequest) -> str:
    """Request an erasure, as `turret person erase` does."""
    project_id, _, rest = request.target.partition("/")
    kind, _, target = rest.partition("/")
    request.projects.erasures.add(project_id, kind, target, request.visitor.name)
    return f"The next run erases this {kind}. Until it begins, you can cancel it here."


def cancel_erasure(request: ActionRequest) -> str:
    """Withdraw a request that no run has begun."""
    project_id, _, erasure_id = request.target.partition("/")
    request.projects.erasures.cancel(project_id, erasure_id)
    return "Nothing is erased."


ACTIONS: Mapping[str, Callable[[ActionRequest], Any]] = {"erase": request_erasure, "cancel-erasure": cancel_erasure}
