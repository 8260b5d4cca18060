"""What is erased of the landed lines of each project."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from contracts.events import FEEDBACK_NAME
from projects.deletion.erasures import erased_digest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    from orchestration.ingest.erasure.removed_texts import TextRemoval
    from orchestration.ingest.segments import Segment
    from projects.records import Erasure, ErasureKind
    from projects.repository import Projects

KEYS: Final[dict[ErasureKind, str]] = {"user": "user_id", "session": "session_id", "event": "event_id"}
"""The keys of an event by which people, sessions and events are erased."""


class Rules:
    """What is erased in one project: of the ids of open requests, and of the digests of finished ones.

    Args:
        erasures: all erasures of the project, the newest first; of several for an id, the newest counts.
        remembered: the erasure of each kind and digest of events and sessions that were found before.
        oldest_day: events from before this day (UTC) are too old; None if none are.
        texts: how the texts of events that stay are removed; None if they stay too.
    """

    def __init__(
        self,
        erasures: Collection[Erasure],
        remembered: Mapping[tuple[str, str], str],
        oldest_day: date | None = None,
        texts: TextRemoval | None = None,
    ) -> None:
        self.erases = bool(erasures)
        self.texts = texts
        self._oldest_day = oldest_day
        self.aged_feedback: set[str] = set()
        """Ids of landed feedback about events that are too old."""
        self.open = {(erasure.kind, erasure.target): erasure for erasure in erasures if erasure.target is not None}
        self.events: dict[str, Erasure] = {}
        """Ids of events that were found. Copies of them and feedback about them are erased too."""
        self.sessions: dict[str, Erasure] = {}
        """Sessions of erased users. What names no user there, such as an assistant's replies, is erased too."""
        self.found: defaultdict[str, list[tuple[str, str | None, str]]] = defaultdict(list)
        """By erasure: the id, session and file of each event that was found; feedback has no session."""
        by_id = {erasure.erasure_id: erasure for erasure in erasures}
        self._done: dict[str, Erasure] = {}
        for erasure in erasures:
            if erasure.target is None:
                self._done.setdefault(erasure.digest, erasure)
        self._done_kinds = {erasure.kind for erasure in self._done.values()}
        self._remembered = {key: by_id[erasure_id] for key, erasure_id in remembered.items() if erasure_id in by_id}
        self._salt = next((erasure.salt for erasure in erasures), "")
        self._digests: dict[tuple[str, str], str] = {}

    def note(self, segment: str, events: Iterable[Mapping[str, Any]]) -> None:
        """Note the events and sessions to erase among the events of a file that is not loaded."""
        for event in events:
            if erasure := self._match(event):
                self.events[event["event_id"]] = erasure
                is_feedback = event.get("name") == FEEDBACK_NAME
                session_id = None if is_feedback else event["session_id"]
                self.found[erasure.erasure_id].append((event["event_id"], session_id, segment))
                if erasure.kind != "event" and not is_feedback:
                    self.sessions[event["session_id"]] = erasure

    def new_digests(self) -> dict[tuple[str, str], str]:
        """Return the erasure of each kind and digest that was found now, and not before."""
        found = {("event", value): erasure for value, erasure in self.events.items()}
        found |= {("session", value): erasure for value, erasure in self.sessions.items()}
        digests = {(kind, self._digest(kind, value)): found[kind, value].erasure_id for kind, value in found}
        return {key: erasure_id for key, erasure_id in digests.items() if key not in self._remembered}

    def is_too_old(self, segment: Segment, event: Mapping[str, Any] | None) -> bool:
        """Say whether a landed event is too old; of a line that is not an event, when it was received counts.

        Such a line may have texts, so it goes as soon as these would.
        """
        if event is None:
            days = [self._oldest_day, self.texts.oldest_day if self.texts else None]
            return any(oldest is not None and segment.received_date < oldest for oldest in days)
        if self._oldest_day is None:
            return False
        is_before = str(event.get("occurred_at")) < self._oldest_day.isoformat()
        return is_before or event["event_id"] in self.aged_feedback

    def match(self, event: Mapping[str, Any]) -> Erasure | None:
        """Return the erasure of a landed event; None if it stays."""
        erasure = self._match(event) or self._event(event["event_id"])
        if erasure is None and not event.get("user_id_given"):
            erasure = self._session(event["session_id"])
        about = event.get("metadata")
        if erasure is None and event.get("name") == FEEDBACK_NAME and isinstance(about, dict):
            erasure = self._event(about.get("event_id")) or self._session(about.get("session_id"))
        return erasure if erasure is not None and _is_due(erasure, event) else None

    def _event(self, event_id: object) -> Erasure | None:
        return self._known("event", event_id, self.events)

    def _session(self, session_id: object) -> Erasure | None:
        return self._known("session", session_id, self.sessions)

    def _known(self, kind: str, value: object, found: Mapping[str, Erasure]) -> Erasure | None:
        if not isinstance(value, str):
            return None
        known = found.get(value)
        return known or (self._remembered.get((kind, self._digest(kind, value))) if self._remembered else None)

    def _match(self, event: Mapping[str, Any]) -> Erasure | None:
        for kind, key in KEYS.items():
            value = event.get(key)
            if not isinstance(value, str):
                continue
            erasure = self.open.get((kind, value))
            if erasure is None and kind in self._done_kinds:
                erasure = self._done.get(self._digest(kind, value))
            if erasure is not None and _is_due(erasure, event):
                return erasure
        return None

    def _digest(self, kind: str, value: str) -> str:
        known = self._digests.get((kind, value))
        if known is None:
            known = self._digests[kind, value] = erased_digest(self._salt, kind, value)
        return known


def _is_due(erasure: Erasure, event: Mapping[str, Any]) -> bool:
    """Say whether an event was received before the request, or later ones are erased too."""
    if erasure.later_events == "drop":
        return True
    try:
        return datetime.fromisoformat(event["received_at"]) <= erasure.requested_at
    except (KeyError, TypeError, ValueError):
        return True


def make_rules(
    erasures: Iterable[Erasure],
    oldest_days: Mapping[str, date],
    texts: Mapping[str, TextRemoval],
    projects: Projects,
) -> dict[str, Rules]:
    """Return the rules of each project with something to erase, by project_id."""
    by_project: defaultdict[str, list[Erasure]] = defaultdict(list)
    for erasure in erasures:
        by_project[erasure.project_id].append(erasure)
    return {
        project_id: Rules(
            by_project[project_id],
            projects.erasures.remembered(project_id),
            oldest_days.get(project_id),
            texts.get(project_id),
        )
        for project_id in dict.fromkeys([*by_project, *oldest_days, *texts])
    }
