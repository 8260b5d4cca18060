"""Compare a candidate of topics with the topics of today: what moves, splits, merges, appears and vanishes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.data.published import Row, Snapshot

NO_TOPIC = "no topic"


@dataclass(frozen=True)
class TopicChange:
    """What a candidate makes of a topic.

    Attributes:
        topic_id: the topic; None for the messages without one.
        label: its name.
        n_before: messages today.
        n_after: messages in the candidate.
        what: what happens to it, in words; empty where only its size changes.
    """

    topic_id: str | None
    label: str
    n_before: int
    n_after: int
    what: str


@dataclass(frozen=True)
class Candidate:
    """A candidate beside the topics of today.

    Attributes:
        row: the row of `candidates`.
        moves: rows of `candidate_moves`, the most messages first.
    """

    row: Row
    moves: Sequence[Row]

    @property
    def flow(self) -> list[Row]:
        """The moves between different topics."""
        return [move for move in self.moves if move["change"] != "stays"]

    def topics(self) -> list[TopicChange]:
        """Return what becomes of each topic: first those that change otherwise than in size, then by size of change."""
        before: Counter[str | None] = Counter()
        after: Counter[str | None] = Counter()
        labels: dict[str | None, str] = {None: NO_TOPIC}
        for move in self.moves:
            before[move["from_topic_id"]] += move["n_messages"]
            after[move["to_topic_id"]] += move["n_messages"]
            for end in ("from", "to"):
                if move[f"{end}_topic_id"] is not None:
                    labels[move[f"{end}_topic_id"]] = move[f"{end}_label"] or move[f"{end}_topic_id"]
        changes = [
            TopicChange(topic_id, label, before[topic_id], after[topic_id], self._what(topic_id, before, after))
            for topic_id, label in labels.items()
            if before[topic_id] or after[topic_id]
        ]
        return sorted(
            changes,
            key=lambda each: (not each.what, -abs(each.n_after - each.n_before), -each.n_before, each.topic_id or ""),
        )

    def _what(self, topic_id: str | None, before: Counter[str | None], after: Counter[str | None]) -> str:
        if topic_id is None:
            return ""
        out = [move for move in self.moves if move["from_topic_id"] == topic_id and move["change"] != "stays"]
        given = [move["to_label"] or NO_TOPIC for move in out if move["change"] == "split"]
        if not after[topic_id]:
            into = given or [move["to_label"] or NO_TOPIC for move in out if move["change"] == "merged"]
            verb = "splits" if len(into) > 1 else "merges"
            return f"{verb} into {_quoted(into)}" if into else "vanishes"
        if not before[topic_id]:
            sources = [
                move["from_label"] or NO_TOPIC
                for move in self.moves
                if move["to_topic_id"] == topic_id and move["change"] == "split"
            ]
            return f"appears, split from {_quoted(sources)}" if sources else "appears"
        return f"splits: a part becomes {_quoted(given)}" if given else ""


def find_candidate(
    snapshot: Snapshot, project_id: str, field: str, candidate_number: int | None = None
) -> Candidate | None:
    """Return a candidate of a field that a run has made, by default the newest; None without one."""
    rows = snapshot.rows("candidates", project_id=project_id, field=field)
    row = next((row for row in rows if candidate_number in {None, row["candidate_number"]}), None)
    if row is None:
        return None
    values = {"project_id": project_id, "field": field, "candidate_number": row["candidate_number"]}
    return Candidate(row, snapshot.rows("candidate_moves", **values))


def _quoted(labels: Sequence[str]) -> str:
    return ", ".join(label if label == NO_TOPIC else f"“{label}”" for label in labels)
