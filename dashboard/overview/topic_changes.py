"""Find topics that rise and fall: compare shares of two periods, and test whether chance explains the difference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dashboard.data.filters import midnight
from dashboard.data.significance import clear_among, contrasts

if TYPE_CHECKING:
    from dashboard.data.view import View

MAX_CHANGES = 8
MAX_UNCLEAR = 3
"""Maximum number of rises, and of falls, that are named where no change is significant."""


@dataclass(frozen=True)
class TopicChange:
    """A topic and its share of the messages in two periods; `is_clear` if the difference is significant."""

    topic_id: str
    label: str
    n: int
    n_before: int
    share: float
    share_before: float
    is_clear: bool

    @property
    def delta(self) -> float:
        """The change of the share, in -1 to 1."""
        return self.share - self.share_before


def find_topic_changes(now: View, before: View) -> list[TopicChange]:
    """Return all topics of two views, the largest change of share first; none if a view has no messages.

    Args:
        now: the view of the period.
        before: the view of the preceding period.
    """
    sizes = [look.rows("topic_sizes", field=now.field) for look in (now, before)]
    totals = [sum(row["n_messages"] for row in rows) for rows in sizes]
    if 0 in totals:
        return []
    counts = [{row["topic_id"]: row["n_messages"] for row in rows if row["topic_id"]} for rows in sizes]
    labels = {row["topic_id"]: row["label"] for rows in reversed(sizes) for row in rows if row["topic_id"]}
    clear = _clear_topics(now, before)
    changes = [
        TopicChange(
            topic_id,
            label,
            n,
            n_before,
            n / totals[0],
            n_before / totals[1],
            topic_id in clear,
        )
        for topic_id, label in labels.items()
        for n, n_before in [(counts[0].get(topic_id, 0), counts[1].get(topic_id, 0))]
    ]
    return sorted(changes, key=lambda change: (-abs(change.delta), change.topic_id))


def _clear_topics(now: View, before: View) -> set[str]:
    """Return the topics whose change is significant, corrected for all topics."""
    first = now.filters.first
    if first is None or before.filters.first is None:
        return set()
    both = now.with_filters(replace(now.filters, first=before.filters.first))
    found = contrasts(both, "change", field=now.field, since=midnight(first))
    return {item for _, _, item in clear_among(found)}


def clear_changes(changes: list[TopicChange]) -> list[TopicChange]:
    """Return the largest significant changes."""
    return [change for change in changes if change.is_clear][:MAX_CHANGES]


def largest_changes(changes: list[TopicChange]) -> list[TopicChange]:
    """Return the largest rises, then the largest falls, significant or not."""
    rises = [change for change in changes if change.delta > 0][:MAX_UNCLEAR]
    falls = [change for change in changes if change.delta < 0][:MAX_UNCLEAR]
    return rises + falls
